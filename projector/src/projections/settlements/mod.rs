//! A payee's stream as tables: closings, commissions and their receipts, pay-outs, and what people decided. The money behind them
//! stands in `settlement_entries`, the postings in `ledger_balances`.

pub mod closings;
pub mod commissions;
pub mod movements;
pub mod pay_outs;
pub mod receipts;

use super::cells::{bytes, text};
use super::{Cells, Fold, Statement};
use crate::entry::{CannotProject, Entry};
use ledger_domain::settlement::SettlementEvent;
use mysql_async::Value;
use std::collections::BTreeMap;

/// Partition, seq, and whose stream it is: how most rows here begin.
fn begin(entry: &Entry, event: &SettlementEvent) -> Cells {
    let payee = event.payee();
    vec![
        Value::Int(entry.at.partition.into()),
        Value::Int(entry.seq_number()),
        text(payee.kind()),
        bytes(payee.as_bytes()),
    ]
}

/// The row that an event adds, if it adds one.
type Row = fn(&Entry, &SettlementEvent) -> Result<Option<Cells>, String>;

/// The rows of one batch of a table to which an event adds at most one.
struct Added {
    sql: &'static str,
    row: Row,
    rows: BTreeMap<u64, Cells>,
}

impl Added {
    fn new(sql: &'static str, row: Row) -> Added {
        Added { sql, row, rows: BTreeMap::new() }
    }
}

impl Fold for Added {
    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        let Some(event) = entry.settlement() else { return Ok(()) };
        let row = (self.row)(entry, event).map_err(|why| entry.cannot(&why))?;
        self.rows.extend(row.map(|cells| (entry.seq, cells)));
        Ok(())
    }

    fn statements(&self) -> Vec<Statement> {
        vec![Statement { sql: self.sql, rows: self.rows().collect() }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.rows.values().cloned())
    }
}
