//! A row of `transactions`, to and from its columns. The order here is the order of [`COLUMNS`].

use crate::projections::Cells;
use crate::projections::cells::{
    Reader, Unreadable, bytes, instant, maybe_day, maybe_instant, maybe_text, text,
};
use mysql_async::Value;
use time::Date;

/// The table's columns, the key first.
pub const COLUMNS: &[&str] = &[
    "id",
    "kind",
    "payment_id",
    "partition_no",
    "seq",
    "merchant_id",
    "branch_id",
    "agency_id",
    "order_id",
    "order_name",
    "method",
    "currency",
    "status",
    "result",
    "requested_amount",
    "amount",
    "supply",
    "vat",
    "tax_free",
    "fee_supply",
    "fee_vat",
    "balance",
    "card_number",
    "installment",
    "acquirer",
    "approve_no",
    "reason",
    "failure_code",
    "failure_message",
    "requested_at",
    "occurred_at",
    "approved_at",
    "sold_date",
    "pay_out_date",
];

/// A payment attempt or a cancel. Amounts are in minor units and signed by their effect on the merchant's sales.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionRow {
    /// The payment's or the cancel's id.
    pub id: [u8; 16],
    /// APPROVAL or CANCEL.
    pub kind: String,
    /// The payment.
    pub payment_id: [u8; 16],
    /// Its partition.
    pub partition: i32,
    /// The last event that changed this row.
    pub seq: i64,
    /// Who sold.
    pub merchant_id: [u8; 16],
    /// The branch at the sale.
    pub branch_id: [u8; 16],
    /// The agency at the sale.
    pub agency_id: [u8; 16],
    /// The merchant's order id.
    pub order_id: String,
    /// What was sold.
    pub order_name: String,
    /// CARD.
    pub method: String,
    /// ISO 4217.
    pub currency: String,
    /// The payment's state as of this row.
    pub status: String,
    /// What came of this row.
    pub result: String,
    /// What was asked for, never negative.
    pub requested_amount: i64,
    /// What moved.
    pub money: Money,
    /// What is left of the payment: of an approval now, of a cancel after it.
    pub balance: i64,
    /// Masked card number.
    pub card_number: String,
    /// Months.
    pub installment: i32,
    /// Where it was routed.
    pub acquirer: String,
    /// The acquirer's approval number.
    pub approve_no: Option<String>,
    /// Why it was cancelled.
    pub reason: Option<String>,
    /// Why nothing moved: a code.
    pub failure_code: Option<String>,
    /// Why nothing moved, in words.
    pub failure_message: Option<String>,
    /// When it was asked for, Unix ms.
    pub requested_at: i64,
    /// When its outcome was recorded, Unix ms.
    pub occurred_at: i64,
    /// When the acquirer says it happened, Unix ms.
    pub approved_at: Option<i64>,
    /// The merchant's settlement day.
    pub sold_date: Option<Date>,
    /// The day the pay-out is expected.
    pub pay_out_date: Option<Date>,
}

/// What moved, signed; all 0 while nothing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Money {
    /// The whole.
    pub amount: i64,
    /// Taxable supply without VAT.
    pub supply: i64,
    /// VAT.
    pub vat: i64,
    /// Tax-free part.
    pub tax_free: i64,
    /// The merchant's fee without VAT; positive when charged.
    pub fee_supply: i64,
    /// VAT on the fee.
    pub fee_vat: i64,
}

impl TransactionRow {
    /// The values of [`COLUMNS`].
    pub fn cells(&self) -> Cells {
        vec![
            bytes(&self.id),
            text(&self.kind),
            bytes(&self.payment_id),
            Value::Int(self.partition.into()),
            Value::Int(self.seq),
            bytes(&self.merchant_id),
            bytes(&self.branch_id),
            bytes(&self.agency_id),
            text(&self.order_id),
            text(&self.order_name),
            text(&self.method),
            text(&self.currency),
            text(&self.status),
            text(&self.result),
            Value::Int(self.requested_amount),
            Value::Int(self.money.amount),
            Value::Int(self.money.supply),
            Value::Int(self.money.vat),
            Value::Int(self.money.tax_free),
            Value::Int(self.money.fee_supply),
            Value::Int(self.money.fee_vat),
            Value::Int(self.balance),
            text(&self.card_number),
            Value::Int(self.installment.into()),
            text(&self.acquirer),
            maybe_text(self.approve_no.as_deref()),
            maybe_text(self.reason.as_deref()),
            maybe_text(self.failure_code.as_deref()),
            maybe_text(self.failure_message.as_deref()),
            instant(self.requested_at),
            instant(self.occurred_at),
            maybe_instant(self.approved_at),
            maybe_day(self.sold_date),
            maybe_day(self.pay_out_date),
        ]
    }

    /// Reads the values of [`COLUMNS`] back.
    ///
    /// # Errors
    /// When a value is not what [`TransactionRow::cells`] writes.
    pub fn read(cells: &Cells) -> Result<TransactionRow, Unreadable> {
        let mut c = Reader::of(cells);
        // Struct fields are evaluated in the order they are written: the order of the columns.
        Ok(TransactionRow {
            id: c.id()?,
            kind: c.text()?,
            payment_id: c.id()?,
            partition: c.small()?,
            seq: c.number()?,
            merchant_id: c.id()?,
            branch_id: c.id()?,
            agency_id: c.id()?,
            order_id: c.text()?,
            order_name: c.text()?,
            method: c.text()?,
            currency: c.text()?,
            status: c.text()?,
            result: c.text()?,
            requested_amount: c.number()?,
            money: Money::read(&mut c)?,
            balance: c.number()?,
            card_number: c.text()?,
            installment: c.small()?,
            acquirer: c.text()?,
            approve_no: c.maybe_text()?,
            reason: c.maybe_text()?,
            failure_code: c.maybe_text()?,
            failure_message: c.maybe_text()?,
            requested_at: c.instant()?,
            occurred_at: c.instant()?,
            approved_at: c.maybe_instant()?,
            sold_date: c.maybe_day()?,
            pay_out_date: c.maybe_day()?,
        })
    }
}

impl Money {
    fn read(c: &mut Reader<'_>) -> Result<Money, Unreadable> {
        Ok(Money {
            amount: c.number()?,
            supply: c.number()?,
            vat: c.number()?,
            tax_free: c.number()?,
            fee_supply: c.number()?,
            fee_vat: c.number()?,
        })
    }
}
