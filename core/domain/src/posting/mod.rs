//! Double-entry postings: pure functions from an event to balanced entries (money.md 5). A policy, once published,
//! never changes; the event names the one that applies.

mod account;
mod book;
mod policies;
mod settlement;

pub use account::{Account, Side};
pub use book::{Entry, Holder};
pub use policies::{PostingError, post};
pub use settlement::post_settlement;
