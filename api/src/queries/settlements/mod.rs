//! Settlement: what each payee is owed, row by row and summed by day. Until pay-outs are recorded, the paid-out day is
//! the day the pay-out is expected.

mod entries;
mod totals;

pub use entries::{EntryCursor, ListEntries, SettlementEntry};
pub use totals::{SettlementTotal, SumSettlements, TotalCursor};

use super::QueryError;
use ledger_domain::ids::{AgencyId, BranchId, MerchantId};
use uuid::Uuid;

/// The projection both read.
pub const PROJECTION: &str = "settlement_entries";

/// Stands before the column that holds the day asked for; as written it is the day sold.
const MARKER: &str = "/*day*/ sold_date";

/// By which day rows are found and summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateType {
    /// The merchant's settlement day.
    Sold,
    /// The day of the pay-out.
    PaidOut,
}

impl DateType {
    /// The query by this day.
    fn put_into(self, sql: &str) -> String {
        match self {
            DateType::Sold => sql.to_owned(),
            DateType::PaidOut => sql.replace(MARKER, "pay_out_date"),
        }
    }

    /// Cursors of one day's order are none of the other's.
    const fn tag(self) -> &'static str {
        match self {
            DateType::Sold => "sold",
            DateType::PaidOut => "paid-out",
        }
    }
}

/// A payee's id with the prefix of its kind.
fn payee(kind: &str, id: Uuid) -> Result<String, QueryError> {
    match kind {
        "MERCHANT" => Ok(MerchantId::new(id).to_string()),
        "BRANCH" => Ok(BranchId::new(id).to_string()),
        "AGENCY" => Ok(AgencyId::new(id).to_string()),
        _ => Err(QueryError::Broken("a payee of no known kind".to_owned())),
    }
}
