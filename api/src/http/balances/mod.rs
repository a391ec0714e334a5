//! The double-entry ledger: balances for operators.

pub mod list_balances;
