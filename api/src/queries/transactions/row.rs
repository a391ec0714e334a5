//! One row of a transaction list, as the table holds it and as the caller gets it.

use crate::queries::QueryError;
use crate::queries::row::Columns;
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{AgencyId, BranchId, MerchantId, PaymentId};
use mysql_async::Row;
use serde::Serialize;
use utoipa::ToSchema;

/// A payment attempt, or a cancel of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// The payment's id of an APPROVAL, the cancel's id of a CANCEL.
    pub transaction_id: String,
    /// APPROVAL or CANCEL.
    #[serde(rename = "type")]
    pub kind: String,
    /// The payment it belongs to.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// Whose sale it is.
    #[schema(value_type = String)]
    pub merchant_id: MerchantId,
    /// The branch as it was at the sale.
    #[schema(value_type = String)]
    pub branch_id: BranchId,
    /// The agency as it was at the sale.
    #[schema(value_type = String)]
    pub agency_id: AgencyId,
    /// The merchant's order id.
    pub order_id: String,
    /// What was bought.
    pub order_name: String,
    /// CARD.
    pub method: String,
    /// ISO 4217.
    pub currency: String,
    /// The payment's state as of this row.
    pub status: String,
    /// What came of this row: PENDING, DONE, FAILED, UNKNOWN, UNRESOLVED or NET_CANCELED.
    pub result: String,
    /// What was asked for, never negative, in minor units.
    pub requested_amount: i64,
    /// What moved: positive for an approval, negative for a cancel, 0 while nothing has.
    pub amount: i64,
    /// Its supply part, signed.
    pub supply_amount: i64,
    /// Its VAT, signed.
    pub vat: i64,
    /// Its tax-free part, signed.
    pub tax_free_amount: i64,
    /// The merchant's fee without VAT: positive when charged, negative when returned.
    pub fee_supply_amount: i64,
    /// VAT on the fee, signed likewise.
    pub fee_vat: i64,
    /// Of an approval: what is left of the payment now. Of a cancel: what was left after it.
    pub balance_amount: i64,
    /// The card, masked.
    pub card: TransactionCard,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
    /// Why nothing moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<TransactionFailure>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub requested_at: Moment,
    /// When its outcome was recorded; while there is none, when it was asked for. Lists are ordered by this.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub transaction_at: Moment,
    /// When the acquirer says it approved or cancelled.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "crate::queries::maybe_seoul", skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Moment>,
    /// The merchant's day of sale (Asia/Seoul), once money has moved.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sold_date: Option<Day>,
    /// The day (Asia/Seoul) the pay-out is expected.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_pay_out_date: Option<Day>,
    /// Partition and number of the event that last changed this row.
    #[serde(skip)]
    pub place: (i32, i64),
}

/// What may be shown of the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionCard {
    /// First six and last four digits.
    pub number: String,
    /// 0 is a lump sum.
    pub installment_plan_months: i32,
    /// The acquirer's approval number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve_no: Option<String>,
    /// Where the payment was routed.
    pub acquirer: String,
}

/// Why nothing moved, in the acquirer's or this system's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TransactionFailure {
    /// A code.
    pub code: String,
    /// A message.
    pub message: String,
}

impl Transaction {
    /// Reads a row of `list.sql` or `one.sql`.
    pub(super) fn read(row: Row) -> Result<Transaction, QueryError> {
        let mut c = Columns::of(row);
        let id = c.uuid()?;
        let kind = c.text()?;
        let prefix = if kind == "CANCEL" { "can_" } else { "pay_" };
        let payment_id = c.payment()?;
        let place = (c.small()?, c.number()?);
        let (merchant_id, branch_id, agency_id) = (c.merchant()?, c.branch()?, c.agency()?);
        let (order_id, order_name, method, currency) = (c.text()?, c.text()?, c.text()?, c.text()?);
        let (status, result) = (c.text()?, c.text()?);
        let (requested_amount, amount) = (c.number()?, c.number()?);
        let (supply_amount, vat, tax_free_amount) = (c.number()?, c.number()?, c.number()?);
        let (fee_supply_amount, fee_vat, balance_amount) = (c.number()?, c.number()?, c.number()?);
        let (number, installment_plan_months, acquirer) = (c.text()?, c.small()?, c.text()?);
        let card = TransactionCard { number, installment_plan_months, acquirer, approve_no: c.maybe_text()? };
        let cancel_reason = c.maybe_text()?;
        let (code, message) = (c.maybe_text()?, c.maybe_text()?);
        let failure = code.map(|code| TransactionFailure { code, message: message.unwrap_or_default() });
        let transaction_id = format!("{prefix}{}", id.simple());
        Ok(Transaction {
            transaction_id,
            kind,
            payment_id,
            merchant_id,
            branch_id,
            agency_id,
            order_id,
            order_name,
            method,
            currency,
            status,
            result,
            requested_amount,
            amount,
            supply_amount,
            vat,
            tax_free_amount,
            fee_supply_amount,
            fee_vat,
            balance_amount,
            card,
            cancel_reason,
            failure,
            requested_at: c.instant()?,
            transaction_at: c.instant()?,
            approved_at: c.maybe_instant()?,
            sold_date: c.maybe_day()?,
            expected_pay_out_date: c.maybe_day()?,
            place,
        })
    }
}
