//! A row of `settlement_pay_outs` as it is built, written and read back.

use crate::entry::Entry;
use crate::projections::Cells;
use crate::projections::cells::{
    Reader, Unreadable, bytes, day, instant, maybe_bytes, maybe_day, maybe_text, text,
};
use ledger_domain::settlement::PayOutProposed;
use mysql_async::Value;
use time::Date;

/// The table's columns, in the order of [`PayOutRow::cells`].
pub const COLUMNS: &[&str] = &[
    "partition_no",
    "pay_out_id",
    "payee_kind",
    "payee_id",
    "number",
    "pay_out_date",
    "amount",
    "income_tax",
    "local_tax",
    "transfer",
    "state",
    "proposed_by",
    "approved_by",
    "released_by",
    "rejected_by",
    "batch",
    "bank_account",
    "bank_reference",
    "paid_on",
    "code",
    "message",
    "proposed_at",
    "updated_at",
    "proposed_seq",
    "last_seq",
];

/// How far a pay-out is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for a person's approval.
    Proposed,
    /// Waits to be sent.
    Approved,
    /// Refused by a person.
    Rejected,
    /// With the bank.
    Sent,
    /// Paid.
    Confirmed,
    /// The bank could not pay it.
    Failed,
    /// Paid, and the money came back.
    Returned,
}

impl State {
    const ALL: [State; 7] = [
        State::Proposed,
        State::Approved,
        State::Rejected,
        State::Sent,
        State::Confirmed,
        State::Failed,
        State::Returned,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Proposed => "PROPOSED",
            State::Approved => "APPROVED",
            State::Rejected => "REJECTED",
            State::Sent => "SENT",
            State::Confirmed => "CONFIRMED",
            State::Failed => "FAILED",
            State::Returned => "RETURNED",
        }
    }

    fn read(word: &str) -> Result<State, Unreadable> {
        let found = State::ALL.into_iter().find(|state| state.as_str() == word);
        let column = COLUMNS.iter().position(|column| *column == "state").unwrap_or_default();
        found.ok_or_else(|| Unreadable { column, found: word.to_owned() })
    }
}

/// One pay-out.
#[derive(Debug, Clone)]
pub struct PayOutRow {
    /// The payee's partition.
    pub partition: i32,
    /// The pay-out.
    pub id: [u8; 16],
    /// Whose kind.
    pub payee_kind: String,
    /// Whose.
    pub payee: [u8; 16],
    /// 1, 2, 3 of this payee.
    pub number: i64,
    /// The day it is due.
    pub pay_out_date: Date,
    /// Amount, income tax, local tax, transfer.
    pub amounts: [i64; 4],
    /// How far.
    pub state: State,
    /// The key that proposed it, if one did.
    pub proposed_by: Option<[u8; 16]>,
    /// The key that approved it.
    pub approved_by: Option<[u8; 16]>,
    /// The key that sent it to the bank.
    pub released_by: Option<[u8; 16]>,
    /// The key that refused it.
    pub rejected_by: Option<[u8; 16]>,
    /// The bank file.
    pub batch: Option<String>,
    /// The bank account it was paid from.
    pub bank_account: Option<String>,
    /// The bank's reference.
    pub bank_reference: Option<String>,
    /// The day it was paid.
    pub paid_on: Option<Date>,
    /// The bank's code.
    pub code: Option<String>,
    /// The bank's message, or why it was refused.
    pub message: Option<String>,
    /// Unix ms.
    pub proposed_at: i64,
    /// Of the last event, Unix ms.
    pub updated_at: i64,
    /// Of the proposal.
    pub proposed_seq: i64,
    /// Of the last event.
    pub last_seq: i64,
}

impl PayOutRow {
    /// As it begins.
    pub fn proposed(entry: &Entry, data: &PayOutProposed) -> PayOutRow {
        let withheld = data.withholding;
        PayOutRow {
            partition: entry.at.partition,
            id: *data.pay_out_id.as_bytes(),
            payee_kind: data.payee.kind().to_owned(),
            payee: *data.payee.as_bytes(),
            number: data.number.into(),
            pay_out_date: data.pay_out_date.date(),
            amounts: [data.amount, withheld.income_tax, withheld.local_tax, data.transfer]
                .map(|amount| amount.minor()),
            state: State::Proposed,
            proposed_by: data.proposed_by.map(|key| *key.as_bytes()),
            approved_by: None,
            released_by: None,
            rejected_by: None,
            batch: None,
            bank_account: None,
            bank_reference: None,
            paid_on: None,
            code: None,
            message: None,
            proposed_at: data.at.ms(),
            updated_at: data.at.ms(),
            proposed_seq: entry.seq_number(),
            last_seq: entry.seq_number(),
        }
    }

    /// The values of [`COLUMNS`].
    pub fn cells(&self) -> Cells {
        let mut cells = vec![
            Value::Int(self.partition.into()),
            bytes(&self.id),
            text(&self.payee_kind),
            bytes(&self.payee),
            Value::Int(self.number),
            day(self.pay_out_date),
        ];
        cells.extend(self.amounts.map(Value::Int));
        cells.extend([
            text(self.state.as_str()),
            maybe_bytes(self.proposed_by.as_ref()),
            maybe_bytes(self.approved_by.as_ref()),
            maybe_bytes(self.released_by.as_ref()),
            maybe_bytes(self.rejected_by.as_ref()),
            maybe_text(self.batch.as_deref()),
            maybe_text(self.bank_account.as_deref()),
            maybe_text(self.bank_reference.as_deref()),
            maybe_day(self.paid_on),
            maybe_text(self.code.as_deref()),
            maybe_text(self.message.as_deref()),
            instant(self.proposed_at),
            instant(self.updated_at),
            Value::Int(self.proposed_seq),
            Value::Int(self.last_seq),
        ]);
        cells
    }

    /// Reads the values of [`COLUMNS`] back.
    ///
    /// # Errors
    /// When a value is not what [`PayOutRow::cells`] writes.
    pub fn read(cells: &Cells) -> Result<PayOutRow, Unreadable> {
        let mut c = Reader::of(cells);
        // Struct fields are evaluated in the order they are written: the order of the columns.
        Ok(PayOutRow {
            partition: c.small()?,
            id: c.id()?,
            payee_kind: c.text()?,
            payee: c.id()?,
            number: c.number()?,
            pay_out_date: c.day()?,
            amounts: [c.number()?, c.number()?, c.number()?, c.number()?],
            state: State::read(&c.text()?)?,
            proposed_by: c.maybe_id()?,
            approved_by: c.maybe_id()?,
            released_by: c.maybe_id()?,
            rejected_by: c.maybe_id()?,
            batch: c.maybe_text()?,
            bank_account: c.maybe_text()?,
            bank_reference: c.maybe_text()?,
            paid_on: c.maybe_day()?,
            code: c.maybe_text()?,
            message: c.maybe_text()?,
            proposed_at: c.instant()?,
            updated_at: c.instant()?,
            proposed_seq: c.number()?,
            last_seq: c.number()?,
        })
    }
}
