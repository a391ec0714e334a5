//! The read models. Each is a pure mapping from events to row changes with its SQL beside it; nothing here reads a
//! clock, another table, or another partition, so that a rebuild gives the same rows.

pub mod balances;
pub mod branch_sales;
pub mod cells;
pub mod money;
pub mod payment_events;
pub mod settlement_entries;
pub mod settlements;
pub mod transactions;

use crate::entry::{CannotProject, Decoded, Entry};
use cells::Unreadable;
use mysql_async::Value;

/// The columns of one row in the order of [`Projection::columns`].
pub type Cells = Vec<Value>;

/// One read model: a table that follows from the ledger.
#[derive(Debug)]
pub struct Projection {
    /// Its name, which is its live table's.
    pub name: &'static str,
    /// Version of the mapping. Change it with the mapping, and rebuild: rows of two mappings must not meet in a table.
    pub mapping: u32,
    /// The table's columns, the key's first.
    pub columns: &'static [&'static str],
    /// How many columns the key has.
    pub key: usize,
    /// Selects all columns of one partition's rows in key order; the one parameter is the partition's number.
    pub select: &'static str,
    /// Selects all columns of the rows with these ids, for a projection whose rows continue earlier ones.
    pub load: Option<&'static str>,
    /// Begins a batch with nothing in it.
    pub fold: fn() -> Box<dyn Fold>,
}

/// Row changes of one batch of one partition, folded in memory.
pub trait Fold: Send {
    /// Ids of the rows this batch continues, which must be loaded first.
    fn wanted(&self, _batch: &[Decoded]) -> Vec<[u8; 16]> {
        Vec::new()
    }

    /// Takes in a row that an earlier batch wrote.
    ///
    /// # Errors
    /// When it is not a row of this table.
    fn load(&mut self, _row: &Cells) -> Result<(), Unreadable> {
        Ok(())
    }

    /// Takes the next event, in order.
    ///
    /// # Errors
    /// When the event contradicts what came before it or does not fit the table.
    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject>;

    /// What to execute, in order. The SQL names the live table in backticks.
    fn statements(&self) -> Vec<Statement>;

    /// The whole rows in key order. Only a fold that began at the partition's beginning has whole rows.
    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_>;
}

/// One statement with its rows of parameters, executed in bulk.
#[derive(Debug)]
pub struct Statement {
    /// The SQL; the live table's name is in backticks.
    pub sql: &'static str,
    /// One list of parameters a row; a column has the same type in every row.
    pub rows: Vec<Vec<Value>>,
}

/// All of them.
pub static ALL: [Projection; 12] = [
    transactions::PROJECTION,
    payment_events::PROJECTION,
    branch_sales::sums::BY_DAY,
    branch_sales::sums::BY_HOUR,
    branch_sales::rows::PROJECTION,
    settlement_entries::PROJECTION,
    settlements::closings::PROJECTION,
    settlements::commissions::PROJECTION,
    settlements::receipts::PROJECTION,
    settlements::pay_outs::PROJECTION,
    settlements::movements::PROJECTION,
    balances::PROJECTION,
];

/// The projection of that name.
pub fn named(name: &str) -> Option<&'static Projection> {
    ALL.iter().find(|projection| projection.name == name)
}

/// The SQL for a table other than the live one: the same text with the name in backticks replaced.
pub fn for_table(sql: &str, live: &str, table: &str) -> String {
    sql.replace(&format!("`{live}`"), &format!("`{table}`"))
}
