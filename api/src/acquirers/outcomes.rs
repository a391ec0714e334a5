//! What came of an order. Only what an acquirer said in a well-formed answer about this very operation is final;
//! everything after a byte may have left is `Unknown`, and "not found" is never a decline.

use ledger_domain::payment::{NotAttemptedCause, UnknownCause};

/// What an approval is known by afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The acquirer's name for it; a cancel quotes it.
    pub acquirer_transaction: String,
    /// The issuer's approval number.
    pub approve_no: String,
    /// Unix milliseconds, by the acquirer's clock.
    pub approved_at_ms: i64,
    /// Who issued the card, if the acquirer says.
    pub issuer_code: Option<String>,
}

/// What came of an [`ApproveOrder`](super::ApproveOrder).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApproveOutcome {
    /// The card was charged.
    Approved(Approval),
    /// Final: it was not and will not be.
    Declined {
        /// The acquirer's.
        code: String,
        /// The acquirer's, for a person.
        message: String,
    },
    /// Certain: nothing was sent, or the acquirer says that it did not and will not try.
    NotAttempted {
        /// For the event.
        cause: NotAttemptedCause,
        /// For a person.
        why: String,
    },
    /// The card may have been charged, or may yet be.
    Unknown {
        /// For the event.
        cause: UnknownCause,
        /// For a person.
        why: String,
    },
}

/// What came of a [`CancelOrder`](super::CancelOrder).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// The money goes back.
    Cancelled {
        /// The acquirer's name for the cancel.
        cancel_transaction: String,
        /// Unix milliseconds, by the acquirer's clock.
        cancelled_at_ms: i64,
    },
    /// Final: it does not.
    Declined {
        /// The acquirer's.
        code: String,
        /// The acquirer's, for a person.
        message: String,
    },
    /// Certain, and only ever of a first attempt or by the acquirer's own word.
    NotAttempted {
        /// For the event.
        cause: NotAttemptedCause,
        /// For a person.
        why: String,
    },
    /// It may have been done, or may yet be.
    Unknown {
        /// For the event.
        cause: UnknownCause,
        /// For a person.
        why: String,
    },
}

/// What came of a [`NetCancelOrder`](super::NetCancelOrder).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetCancelOutcome {
    /// Final: nothing of the approval stands, and if it arrives later it is refused.
    NetCancelled {
        /// Whether the card had been charged.
        had_approved: bool,
        /// Unix milliseconds, by the acquirer's clock.
        at_ms: i64,
    },
    /// Not final: the acquirer knows no such approval and keeps no tombstone, so one may still arrive. Never closes a payment.
    NothingFound,
    /// Certain, and only ever of a first attempt or by the acquirer's own word.
    NotAttempted {
        /// For a person.
        why: String,
    },
    /// It may have been done, or may yet be.
    Unknown {
        /// For a person.
        why: String,
    },
}

/// What an acquirer says about an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inquiry {
    /// Of an approval: the card was charged.
    Approved(Approval),
    /// Of an approval or a cancel: final, not done.
    Declined {
        /// The acquirer's.
        code: String,
        /// The acquirer's, for a person.
        message: String,
    },
    /// Of an approval or a cancel: the acquirer did not and will not try.
    NotAttempted {
        /// For a person.
        why: String,
    },
    /// Of a cancel: done.
    Cancelled {
        /// The acquirer's name for the cancel.
        cancel_transaction: String,
        /// Unix milliseconds, by the acquirer's clock.
        cancelled_at_ms: i64,
    },
    /// Of an approval or its net cancel: undone or prevented for ever.
    NetCancelled {
        /// Whether the card had been charged.
        had_approved: bool,
    },
    /// Being worked on: ask again.
    InProgress,
    /// Not known there. Not an answer: the request may still be under way.
    NotFound,
    /// The inquiry itself was not answered.
    Unknown {
        /// For a person.
        why: String,
    },
}
