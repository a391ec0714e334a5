//! What branches sold.

pub mod list_branch_sales;

use super::route::{Routes, get};
use crate::access::Access;

/// Declares the routes of this folder. They come before `/v1/branches/{branchId}`: the first pattern that fits wins.
pub fn configure(routes: &mut Routes<'_>) {
    routes.at("/v1/branches/sales", [get(Access::AnyKey, list_branch_sales::handle)]);
}
