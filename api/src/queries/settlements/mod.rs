//! Settlement: what each payee is owed, row by row and summed by day, what was closed and what was paid out.

pub mod closings;
mod entries;
mod explained;
pub mod pay_outs;
pub mod place;
pub mod receipts;
mod standing;
pub mod status;
mod totals;

pub use entries::{ENTRY_PROJECTIONS, EntryCursor, ListEntries, SettlementEntry};
pub use explained::{EXPLAINED_PROJECTIONS, EntryWithEvents};
pub use standing::EntryStatus;
pub use totals::{SettlementTotal, SumSettlements, TotalCursor};

use super::{QueryError, row};
use ledger_domain::ids::{AgencyId, BranchId, MerchantId};
use ledger_domain::lines::{Node, Payee};
use mysql_async::Value;
use uuid::Uuid;

/// The projection that holds the entries.
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

/// A filter by payee as two parameters: its id and its kind, or nothing twice.
fn filter(payee: Option<Payee>) -> (Value, Value) {
    payee.map_or((Value::NULL, Value::NULL), |payee| (row::id(payee.as_bytes()), payee.kind().into()))
}

/// The payee that two columns name.
fn payee(kind: &str, id: Uuid) -> Result<Payee, QueryError> {
    match kind {
        "MERCHANT" => Ok(Payee::Merchant(MerchantId::new(id))),
        "BRANCH" => Ok(Payee::Node(Node::Branch(BranchId::new(id)))),
        "AGENCY" => Ok(Payee::Node(Node::Agency(AgencyId::new(id)))),
        _ => Err(QueryError::Broken("a payee of no known kind".to_owned())),
    }
}
