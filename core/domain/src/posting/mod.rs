//! Double-entry postings: pure functions from an event to balanced entries (money.md 5). A policy, once published,
//! never changes; the event names the one that applies.

mod account;
mod policies;

pub use account::{Account, Side};
pub use policies::{Entry, Holder, PostingError, post};
