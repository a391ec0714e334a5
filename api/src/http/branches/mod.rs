//! What was sold under branches and agencies.

pub mod list_branch_sales;
pub mod list_sales_of_branch;
pub mod list_transactions_of_branch;
mod parameters;

use super::route::{Routes, get};
use crate::access::Access;

/// Declares the routes of this folder. They come before `/v1/branches/{branchId}`: the first pattern that fits wins.
pub fn configure(routes: &mut Routes<'_>) {
    routes.at("/v1/branches/sales", [get(Access::AnyKey, list_branch_sales::handle)]);
    routes.at("/v1/branches/{nodeId}/sales", [get(Access::AnyKey, list_sales_of_branch::handle)]);
    routes.at(
        "/v1/branches/{nodeId}/sales/transactions",
        [get(Access::AnyKey, list_transactions_of_branch::handle)],
    );
}
