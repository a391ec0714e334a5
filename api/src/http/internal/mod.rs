//! What only other processes of this ledger may ask, by their seal. None of it is in the document, and it may change with any
//! version.

pub mod get_snapshot;
pub mod post_commission;

/// Where a process's snapshot is.
pub const SNAPSHOT: &str = "/internal/snapshot";
/// Where commissions are delivered.
pub const COMMISSIONS: &str = "/internal/commissions";
