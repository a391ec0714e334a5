//! What the sandbox acquirer reads and answers: closed JSON, amounts in the currency's minor unit, instants in Unix milliseconds.
//! A card lives here only until it has been masked; it is never written out.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// The id of an operation, chosen by the caller: 1 to 64 visible ASCII characters, one per approve, cancel or net cancel.
pub type Id = String;

/// `POST /approve`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveRequest {
    /// The operation's own id: the idempotency key.
    pub operation_id: Id,
    /// What is asked for, without the card.
    pub payment_id: String,
    /// Who sells.
    pub merchant_id: String,
    /// The merchant's order; a prefix `sbx-` asks for faults.
    pub order_id: String,
    /// Minor units, above zero.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// 0 for paid at once.
    pub installment_months: u8,
    /// The card in the clear.
    pub card: Card,
}

/// A card in the clear; wiped when dropped.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Card {
    /// Digits only.
    pub number: String,
    /// Two digits.
    pub expiry_year: u8,
    /// 1 to 12.
    pub expiry_month: u8,
    /// Birth date or business number.
    #[serde(default)]
    pub identity_number: Option<String>,
    /// First two digits.
    #[serde(default)]
    pub password: Option<String>,
}

impl Drop for Card {
    fn drop(&mut self) {
        self.number.zeroize();
        self.expiry_year.zeroize();
        self.expiry_month.zeroize();
        self.identity_number.zeroize();
        self.password.zeroize();
    }
}

/// `POST /cancel`: full or partial, of an approved operation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelRequest {
    /// The cancel's own id.
    pub operation_id: Id,
    /// Which approval.
    #[serde(flatten)]
    pub facts: CancelFacts,
}

/// What a cancel asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelFacts {
    /// The operation that was approved.
    pub approve_operation_id: Id,
    /// The transaction that approval was answered with.
    pub transaction: String,
    /// The merchant's order.
    pub order_id: String,
    /// Minor units, above zero.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
}

/// `POST /net-cancel`: undo an approve operation whose answer never arrived.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetCancelRequest {
    /// The net cancel's own id.
    pub operation_id: Id,
    /// Which approve operation.
    #[serde(flatten)]
    pub facts: NetCancelFacts,
}

/// What a net cancel asks for: it repeats what the approval asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NetCancelFacts {
    /// The operation to undo.
    pub approve_operation_id: Id,
    /// The merchant's order.
    pub order_id: String,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
}

/// Every answer, told apart by `outcome`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Answer {
    /// The card was charged.
    Approved {
        /// The acquirer's transaction.
        transaction: String,
        /// The issuer's approval number.
        approve_no: String,
        /// Unix milliseconds.
        approved_at_ms: i64,
        /// Minor units.
        amount: i64,
        /// Minor units cancelled since.
        cancelled_amount: i64,
        /// Who issued the card.
        issuer_code: String,
    },
    /// Final: nothing was or will be done under this operation.
    Declined {
        /// A code in the manner of Toss.
        code: String,
        /// For a person.
        message: String,
    },
    /// Final: nobody tried, and nobody will under this operation.
    NotAttempted {
        /// Why.
        code: String,
        /// For a person.
        message: String,
    },
    /// A cancel was done.
    Cancelled {
        /// The cancel's transaction.
        transaction: String,
        /// Unix milliseconds.
        cancelled_at_ms: i64,
        /// Minor units.
        amount: i64,
        /// Minor units that can still be cancelled.
        remaining: i64,
    },
    /// Final: nothing of the approve operation stands, and a later arrival will be refused.
    NetCancelled {
        /// Whether the card had been charged before.
        had_approved: bool,
        /// Whether an arrival after this is refused.
        tombstone: bool,
        /// Unix milliseconds.
        at_ms: i64,
    },
    /// A net cancel that found nothing and, without tombstones, prevents nothing.
    NothingFound,
    /// An inquiry about an operation that never arrived here (yet).
    NotFound,
    /// An inquiry about an operation that is being worked on.
    InProgress,
    /// The request was wrong; nothing was done and nothing is remembered.
    Error {
        /// `INVALID_REQUEST`, `OPERATION_REUSED`, `MISMATCH` or `JOURNAL_FAILED`.
        code: String,
        /// For a person.
        message: String,
    },
}

impl Answer {
    /// An error that binds nothing.
    pub fn error(code: &str, message: impl Into<String>) -> Answer {
        Answer::Error { code: code.into(), message: message.into() }
    }

    /// The status that goes with it.
    pub fn status(&self) -> u16 {
        match self {
            Answer::Approved { .. } | Answer::Cancelled { .. } | Answer::NetCancelled { .. } => 200,
            Answer::InProgress | Answer::NothingFound => 200,
            Answer::Declined { .. } => 402,
            Answer::NotFound => 404,
            Answer::NotAttempted { .. } => 503,
            Answer::Error { code, .. } => match code.as_str() {
                "INVALID_REQUEST" => 400,
                "JOURNAL_FAILED" => 500,
                _ => 409,
            },
        }
    }
}

/// An answer with the operation it is about, as it goes out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<'a> {
    /// The operation asked about; none when the request could not be read.
    pub operation_id: Option<&'a str>,
    /// What is said of it.
    #[serde(flatten)]
    pub answer: &'a Answer,
}
