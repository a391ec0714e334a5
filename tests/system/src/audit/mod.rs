//! What must be true afterwards, whatever happened: the ledger against what callers were told, and against the
//! acquirer's own memory. Read from Kafka as any reader may; it shares no state with the product.

mod account;
mod book;
mod compare;
mod memory;
mod payees;

pub use account::{Account, Undo};
pub use book::{Book, Keyed};
pub use compare::{against_acquirer, against_callers};
pub use memory::{Memory, Operation};
pub use payees::payees;

use crate::failure::{Done, Failure};

/// Fails with the first few findings, if there are any.
///
/// # Errors
/// There are findings.
pub fn nothing_found(what: &str, findings: &[String]) -> Done {
    if findings.is_empty() {
        return Ok(());
    }
    let first: Vec<&str> = findings.iter().take(8).map(String::as_str).collect();
    Err(Failure::new(format!("{what}: {} findings:\n  {}", findings.len(), first.join("\n  "))))
}
