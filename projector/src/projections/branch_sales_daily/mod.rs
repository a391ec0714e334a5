//! What a branch's merchants sold, by day sold and method: deltas of one batch, added to the rows. Each partition has
//! rows of its own; whoever wants a total sums them.

use super::cells::{bytes, day, text};
use super::money::{Fees, Nodes, currency, earners};
use super::{Cells, Fold, Projection, Statement};
use crate::entry::{CannotProject, Entry};
use ledger_domain::Event;
use ledger_domain::lines::Node;
use ledger_domain::payment::{Movement, MovementKind};
use mysql_async::Value;
use std::collections::BTreeMap;
use time::Date;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "branch_sales_daily",
    mapping: 1,
    columns: &[
        "partition_no",
        "branch_id",
        "day",
        "method",
        "currency",
        "agency_id",
        "approval_count",
        "approval_amount",
        "cancel_count",
        "cancel_amount",
        "net_amount",
        "fee_supply",
        "fee_vat",
        "branch_commission",
        "agency_commission",
    ],
    key: 6,
    select: include_str!("select.sql"),
    load: None,
    fold: || Box::new(BranchSalesFold::default()),
};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    partition: i32,
    branch: [u8; 16],
    day: Date,
    method: &'static str,
    currency: &'static str,
    agency: [u8; 16],
}

/// In the order of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Sums {
    approval_count: i64,
    approval_amount: i64,
    cancel_count: i64,
    cancel_amount: i64,
    net_amount: i64,
    fee_supply: i64,
    fee_vat: i64,
    branch_commission: i64,
    agency_commission: i64,
}

/// The deltas of one batch.
#[derive(Debug, Default)]
struct BranchSalesFold {
    sums: BTreeMap<Key, Sums>,
}

impl Fold for BranchSalesFold {
    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        let Event::Payment(event) = &entry.event else { return Ok(()) };
        let Some(money) = event.money() else { return Ok(()) };
        self.add(entry.at.partition, money).map_err(|why| entry.cannot(&why))
    }

    fn statements(&self) -> Vec<Statement> {
        vec![Statement { sql: include_str!("upsert.sql"), rows: self.rows().collect() }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.sums.iter().map(|(key, sums)| cells(key, sums)))
    }
}

impl BranchSalesFold {
    fn add(&mut self, partition: i32, money: &Movement) -> Result<(), String> {
        let nodes = Nodes::of(&money.branch_path)?;
        let key = Key {
            partition,
            branch: nodes.branch,
            day: money.sold_date.date(),
            method: money.method.as_str(),
            currency: currency(money.currency),
            agency: nodes.agency,
        };
        let delta = Sums::of(money)?;
        let sums = self.sums.entry(key).or_default();
        *sums = sums.plus(&delta).ok_or("a day's sum does not fit")?;
        Ok(())
    }
}

impl Sums {
    fn of(money: &Movement) -> Result<Sums, String> {
        let fees = Fees::of_merchant(money)?;
        let (mut branches, mut agencies) = (0_i64, 0_i64);
        for node in earners(money) {
            let earned = Fees::of_node(money, node)?.total;
            let sum = match node {
                Node::Branch(_) => &mut branches,
                Node::Agency(_) => &mut agencies,
            };
            *sum = sum.checked_add(earned).ok_or("its commissions do not fit a sum")?;
        }
        let amount = money.amount.minor();
        let sums = Sums {
            fee_supply: fees.supply,
            fee_vat: fees.vat,
            branch_commission: branches,
            agency_commission: agencies,
            ..Sums::default()
        };
        Ok(match money.posting_policy.kind() {
            MovementKind::Sale => {
                Sums { approval_count: 1, approval_amount: amount, net_amount: amount, ..sums }
            }
            MovementKind::Cancel => {
                Sums { cancel_count: 1, cancel_amount: amount, net_amount: amount.saturating_neg(), ..sums }
            }
        })
    }

    fn plus(&self, other: &Sums) -> Option<Sums> {
        Some(Sums {
            approval_count: self.approval_count.checked_add(other.approval_count)?,
            approval_amount: self.approval_amount.checked_add(other.approval_amount)?,
            cancel_count: self.cancel_count.checked_add(other.cancel_count)?,
            cancel_amount: self.cancel_amount.checked_add(other.cancel_amount)?,
            net_amount: self.net_amount.checked_add(other.net_amount)?,
            fee_supply: self.fee_supply.checked_add(other.fee_supply)?,
            fee_vat: self.fee_vat.checked_add(other.fee_vat)?,
            branch_commission: self.branch_commission.checked_add(other.branch_commission)?,
            agency_commission: self.agency_commission.checked_add(other.agency_commission)?,
        })
    }
}

fn cells(key: &Key, sums: &Sums) -> Cells {
    vec![
        Value::Int(key.partition.into()),
        bytes(&key.branch),
        day(key.day),
        text(key.method),
        text(key.currency),
        bytes(&key.agency),
        Value::Int(sums.approval_count),
        Value::Int(sums.approval_amount),
        Value::Int(sums.cancel_count),
        Value::Int(sums.cancel_amount),
        Value::Int(sums.net_amount),
        Value::Int(sums.fee_supply),
        Value::Int(sums.fee_vat),
        Value::Int(sums.branch_commission),
        Value::Int(sums.agency_commission),
    ]
}
