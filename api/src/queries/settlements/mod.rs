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
pub use explained::EntryWithEvents;
pub use standing::EntryStatus;
pub use totals::{SettlementTotal, SumSettlements, TotalCursor};

use super::{QueryError, row};
use ledger_domain::ids::{AgencyId, BranchId, IdError, MerchantId};
use mysql_async::Value;
use std::fmt;
use std::str::FromStr;
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
    payee.map_or((Value::NULL, Value::NULL), |payee| (row::id(&payee.id()), payee.kind().into()))
}

/// Whoever is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payee {
    /// For its sales.
    Merchant(MerchantId),
    /// For its merchants' sales.
    Branch(BranchId),
    /// For its branches' merchants' sales.
    Agency(AgencyId),
}

impl Payee {
    fn read(kind: &str, id: Uuid) -> Result<Payee, QueryError> {
        match kind {
            "MERCHANT" => Ok(Payee::Merchant(MerchantId::new(id))),
            "BRANCH" => Ok(Payee::Branch(BranchId::new(id))),
            "AGENCY" => Ok(Payee::Agency(AgencyId::new(id))),
            _ => Err(QueryError::Broken("a payee of no known kind".to_owned())),
        }
    }

    const fn kind(&self) -> &'static str {
        match self {
            Payee::Merchant(_) => "MERCHANT",
            Payee::Branch(_) => "BRANCH",
            Payee::Agency(_) => "AGENCY",
        }
    }

    const fn id(&self) -> [u8; 16] {
        match self {
            Payee::Merchant(id) => *id.as_bytes(),
            Payee::Branch(id) => *id.as_bytes(),
            Payee::Agency(id) => *id.as_bytes(),
        }
    }
}

impl fmt::Display for Payee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payee::Merchant(id) => id.fmt(f),
            Payee::Branch(id) => id.fmt(f),
            Payee::Agency(id) => id.fmt(f),
        }
    }
}

impl FromStr for Payee {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Payee, IdError> {
        let merchant = text.parse().map(Payee::Merchant);
        let merchant = merchant.or_else(|_| text.parse().map(Payee::Branch));
        merchant.or_else(|_: IdError| text.parse().map(Payee::Agency))
    }
}
