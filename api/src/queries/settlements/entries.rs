//! Entries: one row per payee and event that moved money.

use super::standing::{Asked, EntryStatus, Standing, standings};
use super::{DateType, filter, payee};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, day, id};
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{AgencyId, BranchId, MerchantId, PayOutId, PaymentId};
use ledger_domain::lines::Payee;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, params};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(super) const ENTRIES: &str = include_str!("entries.sql");

/// The projections that entries and how far they are are read from.
pub const ENTRY_PROJECTIONS: &[&str] =
    &["settlement_entries", "settlement_closings", "settlement_receipts", "settlement_pay_outs"];

/// What to list.
#[derive(Clone, Debug)]
pub struct ListEntries {
    /// By which day.
    pub by: DateType,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Only this merchant, branch or agency is paid.
    pub payee: Option<Payee>,
    /// Only this merchant's sales.
    pub merchant_id: Option<MerchantId>,
    /// Only this payment.
    pub payment_id: Option<PaymentId>,
    /// At most so many.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<EntryCursor>,
}

/// The key of the last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryCursor {
    day: Day,
    partition: i32,
    seq: i64,
    entry: i64,
}

impl EntryCursor {
    /// Reads a cursor's text; None when it is not one of this list by this day.
    pub fn parse(by: DateType, text: &str) -> Option<EntryCursor> {
        let (tag, day, partition, seq, entry): (String, Day, i32, i64, i64) =
            cursor::decode("entries", text)?;
        (tag == by.tag()).then_some(EntryCursor { day, partition, seq, entry })
    }
}

/// What one event means to one payee.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettlementEntry {
    /// MERCHANT, BRANCH or AGENCY.
    pub payee_type: String,
    /// Who is paid.
    pub payee_id: String,
    /// SALE, CANCEL, COMMISSION or COMMISSION_RETURN.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose sale it was.
    #[schema(value_type = String)]
    pub merchant_id: MerchantId,
    /// The branch as it was at the sale.
    #[schema(value_type = String)]
    pub branch_id: BranchId,
    /// The agency as it was at the sale.
    #[schema(value_type = String)]
    pub agency_id: AgencyId,
    /// The payment.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// The transaction: the payment, or its cancel.
    pub transaction_id: String,
    /// The merchant's order id.
    pub order_id: String,
    /// CARD.
    pub method: String,
    /// ISO 4217.
    pub currency: String,
    /// Of the sale (positive) or the cancel (negative); of a commission what it was reckoned from.
    pub amount: i64,
    /// The sale's taxable supply, signed; 0 for a commission.
    pub sale_supply_amount: i64,
    /// The sale's VAT, signed.
    pub sale_vat: i64,
    /// The sale's tax-free part, signed.
    pub sale_tax_free_amount: i64,
    /// The merchant's fee, or the commission itself, without VAT; negative when it goes back.
    pub fee_supply_amount: i64,
    /// VAT on it.
    pub fee_vat: i64,
    /// What the payee is owed by this entry; negative when it owes.
    pub pay_out_amount: i64,
    /// The fee line by line: type, rate, supply, VAT, total, contract version, rule. Magnitudes.
    #[schema(value_type = Vec<Object>)]
    pub fees: Value,
    /// Version of the merchant's contract.
    pub contract_version: i32,
    /// How it is posted.
    pub posting_policy: String,
    /// The merchant's settlement day.
    #[schema(value_type = String, format = Date)]
    pub sold_date: Day,
    /// The day the pay-out was expected at the sale.
    #[schema(value_type = String, format = Date)]
    pub expected_pay_out_date: Day,
    /// OPEN, CLOSED or PAID.
    pub status: EntryStatus,
    /// The day the pay-out is due by the payee's closing; null while it is open.
    #[schema(value_type = Option<String>, format = Date)]
    pub pay_out_date: Option<Day>,
    /// The pay-out it is in; null while there is none, and where the closing left nothing to be paid out.
    #[schema(value_type = Option<String>)]
    pub pay_out_id: Option<PayOutId>,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub occurred_at: Moment,
    /// Partition, number of the event, number within it.
    #[serde(skip)]
    pub place: (i32, i64, i64),
    /// Who is paid.
    #[serde(skip)]
    pub payee: Payee,
}

impl SettlementEntry {
    fn read(row: Row) -> Result<SettlementEntry, QueryError> {
        let mut c = Columns::of(row);
        let place = (c.small()?, c.number()?, c.number()?);
        let payee_type = c.text()?;
        let payee = payee(&payee_type, c.uuid()?)?;
        let payee_id = payee.to_string();
        let kind = c.text()?;
        let (merchant_id, branch_id, agency_id, payment_id) =
            (c.merchant()?, c.branch()?, c.agency()?, c.payment()?);
        let transaction = c.uuid()?;
        let transaction_id = match transaction == payment_id.uuid() {
            true => payment_id.to_string(),
            false => ledger_domain::ids::CancelId::new(transaction).to_string(),
        };
        Ok(SettlementEntry {
            payee_type,
            payee_id,
            kind,
            merchant_id,
            branch_id,
            agency_id,
            payment_id,
            transaction_id,
            order_id: c.text()?,
            method: c.text()?,
            currency: c.text()?,
            amount: c.number()?,
            sale_supply_amount: c.number()?,
            sale_vat: c.number()?,
            sale_tax_free_amount: c.number()?,
            fee_supply_amount: c.number()?,
            fee_vat: c.number()?,
            pay_out_amount: c.number()?,
            fees: serde_json::from_str(&c.text()?).map_err(|e| QueryError::Broken(format!("fees: {e}")))?,
            contract_version: c.small()?,
            posting_policy: c.text()?,
            sold_date: c.day()?,
            expected_pay_out_date: c.day()?,
            status: EntryStatus::Open,
            pay_out_date: None,
            pay_out_id: None,
            occurred_at: c.instant()?,
            place,
            payee,
        })
    }

    fn stands(&mut self, standing: Standing) {
        (self.status, self.pay_out_date, self.pay_out_id) =
            (standing.status, standing.pay_out_date, standing.pay_out_id);
    }

    pub(super) fn cursor(&self, by: DateType) -> String {
        let (partition, seq, entry) = self.place;
        let day = match by {
            DateType::Sold => self.sold_date,
            DateType::PaidOut => self.expected_pay_out_date,
        };
        cursor::encode("entries", &(by.tag(), day, partition, seq, entry))
    }
}

impl Queries {
    /// One page of entries, newest day first.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn settlement_entries(
        &self,
        to: &Confinement,
        list: ListEntries,
    ) -> Result<Page<SettlementEntry>, QueryError> {
        let confined = confine(&list.by.put_into(ENTRIES), Rows::OfPayees, to)?;
        let params = parameters(&list, confined.scope);
        let read = async move |conn: &mut Conn| read(conn, &confined.sql, params).await;
        let (rows, through) = self.snapshot_of(ENTRY_PROJECTIONS, read).await?;
        Ok(Page::cut(rows, list.limit, through, |entry| entry.cursor(list.by)))
    }
}

/// The entries of a confined query, with how far they are.
pub(super) async fn read(
    conn: &mut Conn,
    sql: &str,
    params: Params,
) -> Result<Vec<SettlementEntry>, QueryError> {
    let rows: Vec<Row> = conn.exec(sql, params).await?;
    let mut entries = rows.into_iter().map(SettlementEntry::read).collect::<Result<Vec<_>, _>>()?;
    let standings = standings(conn, entries.iter().map(Asked::of)).await?;
    for entry in &mut entries {
        entry.stands(standings.get(&Asked::of(entry)).copied().unwrap_or_default());
    }
    Ok(entries)
}

pub(super) fn parameters(list: &ListEntries, scope: mysql_async::Value) -> Params {
    let null = mysql_async::Value::NULL;
    let (payee_id, payee_kind) = filter(list.payee);
    // The first page begins behind every entry of its last day.
    let (before, partition, seq, entry) = match &list.after {
        Some(after) if after.day <= list.to => (after.day, after.partition, after.seq, after.entry),
        _ => (list.to, i32::MAX, i64::MAX, i64::MAX),
    };
    params! {
        "scope" => scope,
        "from" => day(list.from),
        "before_day" => day(before),
        "before_partition" => partition,
        "before_seq" => seq,
        "before_entry" => entry,
        "payee_id" => payee_id,
        "payee_kind" => payee_kind,
        "merchant_id" => list.merchant_id.map_or(null.clone(), |merchant| id(merchant.as_bytes())),
        "payment_id" => list.payment_id.map_or(null, |payment| id(payment.as_bytes())),
        "limit" => u32::from(list.limit).saturating_add(1),
    }
}
