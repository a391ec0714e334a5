//! Transactions: the list and one of them. Also what all reads over the tables share: periods, positions, pages.

pub mod get_transaction;
pub mod list_transactions;
pub mod period;
pub mod reading;

use super::route::{Routes, get};
use crate::access::Access;

/// Declares the routes of this folder.
pub fn configure(routes: &mut Routes<'_>) {
    routes.at("/v1/transactions", [get(Access::AnyKey, list_transactions::handle)]);
    routes.at("/v1/transactions/{transactionId}", [get(Access::AnyKey, get_transaction::handle)]);
}
