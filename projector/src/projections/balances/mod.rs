//! The double-entry ledger: what every event posts, summed by account, sub-ledger and day. Deltas of one batch, added to the rows.

use super::cells::{day, text};
use super::{Cells, Fold, Projection, Statement};
use crate::entry::{CannotProject, Entry};
use ledger_domain::Event;
use ledger_domain::posting::{self, Account, Holder, Side};
use mysql_async::Value;
use std::collections::BTreeMap;
use time::Date;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "ledger_balances",
    mapping: 1,
    columns: &["partition_no", "account", "holder", "day", "debit", "credit"],
    key: 4,
    select: include_str!("select.sql"),
    load: None,
    fold: || Box::new(BalancesFold::default()),
};

/// One partition's sums: a fold sees the events of one.
#[derive(Debug, Default)]
struct BalancesFold {
    partition: i32,
    sums: BTreeMap<Key, Sums>,
}

/// Account, sub-ledger, day.
type Key = (Account, Holder, Date);

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    debit: i64,
    credit: i64,
}

impl Fold for BalancesFold {
    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        let posted = match &entry.event {
            Event::Payment(event) => posting::post(event).map_err(|e| entry.cannot(&e.to_string())),
            Event::Settlement(event) => {
                posting::post_settlement(event).map_err(|e| entry.cannot(&e.to_string()))
            }
            Event::Directory(_) => return Ok(()),
        };
        self.partition = entry.at.partition;
        let date = entry.event.at().seoul_day().date();
        for posted in posted? {
            self.add(posted, date).ok_or_else(|| entry.cannot("a sum does not fit"))?;
        }
        Ok(())
    }

    fn statements(&self) -> Vec<Statement> {
        vec![Statement { sql: include_str!("upsert.sql"), rows: self.rows().collect() }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        // In the order of the table's key, which is that of the texts.
        let sums = self.sums.iter();
        let sorted: BTreeMap<(&str, String, Date), &Sums> = sums
            .map(|((account, holder, date), sums)| ((account.code(), holder.to_string(), *date), sums))
            .collect();
        Box::new(sorted.into_iter().map(|((account, holder, date), sums)| {
            vec![
                Value::Int(self.partition.into()),
                text(account),
                text(&holder),
                day(date),
                Value::Int(sums.debit),
                Value::Int(sums.credit),
            ]
        }))
    }
}

impl BalancesFold {
    fn add(&mut self, posted: posting::Entry, date: Date) -> Option<()> {
        let sums = self.sums.entry((posted.account, posted.holder, date)).or_default();
        let sum = match posted.side {
            Side::Debit => &mut sums.debit,
            Side::Credit => &mut sums.credit,
        };
        *sum = sum.checked_add(posted.amount.minor())?;
        Some(())
    }
}
