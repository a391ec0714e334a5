//! One payment: the events of its stream, what may happen next (`decide`), and what has (`evolve`, `replay`).
//! The rules of talking to an acquirer (architecture, section 3) live here; no call is made here.

mod answer;
mod cancel;
mod command;
mod common;
mod decide;
pub mod effects;
mod event;
mod evolve;
mod metadata;
mod movement;
mod outcome;
mod request;
mod resolve;
mod state;
mod view;

pub use answer::{Answer, answer};
pub use command::{
    AcquirerApproval, AcquirerCancel, NotAttemptedCause, PaymentCommand, RequestCancel, RequestPayment,
    Resolve, UnknownCause,
};
pub use decide::{Facts, decide};
pub use event::*;
pub use evolve::{evolve, replay};
pub use metadata::{
    ChangeMetadata, MAX_METADATA_CHANGES, MAX_METADATA_KEY, MAX_METADATA_KEYS, MAX_METADATA_VALUE, Metadata,
};
pub use movement::{Movement, MovementKind, PostingPolicy};
pub use request::{INSTALLMENT_MINIMUM, MAX_INSTALLMENT_MONTHS, MAX_PAYMENT};
pub use resolve::{Evidence, EvidenceKind, Resolution};
pub use state::{
    Closed, MAX_CANCELS, Paid, Parts, Payment, PaymentStatus, PendingCancel, PendingStage, Proposal, Sale,
    Terms, UnknownPayment,
};
pub use view::{CancelStatus, CancelView, Failure, PaymentView};
