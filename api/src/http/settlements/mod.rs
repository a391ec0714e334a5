//! Settlement: totals by day and the entries behind them, closings, what branches and agencies received, pay-outs, and what everybody
//! is owed now.

pub mod explain;
pub mod export_entries;
pub mod list_closings;
pub mod list_entries;
pub mod list_pay_outs;
pub mod list_receipts;
pub mod list_settlements;
pub mod list_status;

use super::route::{Routes, get};
use crate::access::Access;
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::queries::settlements::DateType;

const DATE_TYPES: &[&str] = &["soldDate", "paidOutDate"];

/// Declares the routes of this folder.
pub fn configure(routes: &mut Routes<'_>) {
    routes.at("/v1/settlements", [get(Access::AnyKey, list_settlements::handle)]);
    routes.at("/v1/settlements/entries", [get(Access::AnyKey, list_entries::handle)]);
    routes.at("/v1/settlements/entries.csv", [get(Access::AnyKey, export_entries::handle)]);
    routes.at("/v1/settlements/status", [get(Access::AnyKey, list_status::handle)]);
    routes.at("/v1/settlements/closings", [get(Access::AnyKey, list_closings::handle)]);
    routes.at("/v1/settlements/receipts", [get(Access::AnyKey, list_receipts::handle)]);
    routes.at("/v1/settlements/pay-outs", [get(Access::AnyKey, list_pay_outs::handle)]);
    routes.at("/v1/settlements/explain", [get(Access::AnyKey, explain::handle)]);
}

/// `dateType`, the day sold if not given.
fn date_type(query: &Query) -> Result<DateType, Problem> {
    let read = |text: &str| match text {
        "soldDate" => Ok(DateType::Sold),
        "paidOutDate" => Ok(DateType::PaidOut),
        _ => Err(Fault::OneOf(DATE_TYPES)),
    };
    Ok(query.optional("dateType", read)?.unwrap_or(DateType::Sold))
}
