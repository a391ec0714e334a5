//! What only other processes of this ledger may ask, by their seal. None of it is in the document, and it may change with any
//! version.

pub mod get_snapshot;

/// Where a process's snapshot is.
pub const SNAPSHOT: &str = "/internal/snapshot";
