//! Transactions: the list, and one payment with everything known of it.

mod list;
mod one;
mod row;

pub use list::{ListTransactions, TransactionCursor};
pub use one::{OneTransaction, TransactionEvent};
pub use row::{Transaction, TransactionCard, TransactionFailure};

/// The projection both read.
pub const PROJECTION: &str = "transactions";
