//! The sums by day and by hour: deltas of one batch, added to the rows. Each partition has rows of its own; whoever wants a total
//! sums them.

use super::{Path, Seen, Sums, hour, seen};
use crate::entry::{CannotProject, Entry};
use crate::projections::cells::{bytes, day, text};
use crate::projections::money::currency;
use crate::projections::{Cells, Fold, Projection, Statement};
use ledger_domain::days::Moment;
use ledger_domain::payment::Movement;
use mysql_async::Value;
use std::collections::BTreeMap;
use time::Date;

macro_rules! columns {
    ($($hour:literal)?) => {
        &[
            "partition_no", "node_id", "day", $($hour,)? "path", "method", "currency",
            "is_top", "branch_id", "agency_id", "approval_count", "approval_amount", "cancel_count",
            "cancel_amount", "net_amount", "fee_supply", "fee_vat", "own_commission", "below_commission",
        ]
    };
}

/// By day sold.
pub const BY_DAY: Projection = Projection {
    name: "branch_sales_by_day",
    mapping: 1,
    columns: columns!(),
    key: 6,
    select: include_str!("by_day_select.sql"),
    load: None,
    fold: || Box::new(SalesFold::new(Grain::Day)),
};

/// By day sold and hour.
pub const BY_HOUR: Projection = Projection {
    name: "branch_sales_by_hour",
    mapping: 1,
    columns: columns!("hour"),
    key: 7,
    select: include_str!("by_hour_select.sql"),
    load: None,
    fold: || Box::new(SalesFold::new(Grain::Hour)),
};

/// What one row sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    Day,
    Hour,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    partition: i32,
    node: [u8; 16],
    day: Date,
    /// Of a day's sum: none.
    hour: Option<u8>,
    path: Path,
    method: &'static str,
    currency: &'static str,
}

/// What follows from the key, and the sums.
#[derive(Debug, Clone)]
struct Rest {
    is_top: bool,
    branch: [u8; 16],
    agency: [u8; 16],
    sums: Sums,
}

/// The deltas of one batch.
#[derive(Debug)]
struct SalesFold {
    grain: Grain,
    sums: BTreeMap<Key, Rest>,
}

impl Fold for SalesFold {
    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        let Some((event, money)) = entry.moved() else { return Ok(()) };
        self.add(entry.at.partition, money, event.at()).map_err(|why| entry.cannot(&why))
    }

    fn statements(&self) -> Vec<Statement> {
        let sql = match self.grain {
            Grain::Day => include_str!("by_day_upsert.sql"),
            Grain::Hour => include_str!("by_hour_upsert.sql"),
        };
        vec![Statement { sql, rows: self.rows().collect() }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.sums.iter().map(|(key, rest)| cells(key, rest)))
    }
}

impl SalesFold {
    fn new(grain: Grain) -> SalesFold {
        SalesFold { grain, sums: BTreeMap::new() }
    }

    fn add(&mut self, partition: i32, money: &Movement, at: Moment) -> Result<(), String> {
        let hour = match self.grain {
            Grain::Day => None,
            Grain::Hour => Some(hour(money, at)),
        };
        for Seen { node, is_top, path, branch, agency, sums: delta } in seen(money)? {
            let (day, method) = (money.sold_date.date(), money.method.as_str());
            let key = Key { partition, node, day, hour, path, method, currency: currency(money.currency) };
            let fresh = Rest { is_top, branch, agency, sums: Sums::default() };
            let rest = self.sums.entry(key).or_insert(fresh);
            rest.sums = rest.sums.plus(&delta).ok_or("a sum does not fit")?;
        }
        Ok(())
    }
}

fn cells(key: &Key, rest: &Rest) -> Cells {
    let mut cells = vec![Value::Int(key.partition.into()), bytes(&key.node), day(key.day)];
    cells.extend(key.hour.map(|hour| Value::Int(hour.into())));
    cells.extend([
        bytes(&key.path),
        text(key.method),
        text(key.currency),
        Value::Int(rest.is_top.into()),
        bytes(&rest.branch),
        bytes(&rest.agency),
    ]);
    cells.extend(amounts(&rest.sums));
    cells
}

/// The sums in the order of the columns.
fn amounts(sums: &Sums) -> [Value; 9] {
    [
        sums.approval_count,
        sums.approval_amount,
        sums.cancel_count,
        sums.cancel_amount,
        sums.net_amount,
        sums.fee_supply,
        sums.fee_vat,
        sums.own_commission,
        sums.below_commission,
    ]
    .map(Value::Int)
}
