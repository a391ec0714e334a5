//! The lines of the sandbox's file: what became of each operation, without any card number. A line never changes.

use serde::{Deserialize, Serialize};

use super::wire::{CancelFacts, Id, NetCancelFacts};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Of this operation.
    pub operation: Id,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub happened: Happened,
}

/// What happened to an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", content = "of", rename_all = "camelCase")]
pub enum Happened {
    /// An approval got its final outcome.
    Approve(ApproveFacts, Outcome),
    /// An approval arrived after its net cancel and was refused.
    LateApproveRefused(ApproveFacts),
    /// A cancel got its final outcome.
    Cancel(CancelFacts, Outcome),
    /// An approval was undone, or prevented for ever.
    NetCancel(NetCancelFacts),
    /// A net cancel found nothing and, without tombstones, prevented nothing.
    NetCancelFoundNothing(NetCancelFacts),
}

/// An approve request without the card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApproveFacts {
    /// The payment it is for.
    pub payment_id: String,
    /// Who sells.
    pub merchant_id: String,
    /// The merchant's order.
    pub order_id: String,
    /// Minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// 0 for paid at once.
    pub installment_months: u8,
    /// First six and last four digits.
    pub card: String,
}

/// How an approve or a cancel ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Done.
    Done,
    /// Refused.
    Declined(Refusal),
    /// Nobody tried.
    NotAttempted(Refusal),
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// In the manner of Toss.
    pub code: String,
    /// For a person.
    pub message: String,
}

impl Refusal {
    /// From the tables.
    pub fn new(code: &str, message: &str) -> Refusal {
        Refusal { code: code.into(), message: message.into() }
    }
}
