//! The store as the domain's rules over a partition read it. A read that fails is remembered and told afterwards.

use crate::owner::Fatal;
use crate::owner::rows::{self, CommandRow, OrderRow};
use crate::store::{Rows, StoreError};
use ledger_domain::days::Day;
use ledger_domain::ids::{CommandId, MerchantId};
use ledger_domain::partition::{CommandEntry, OrderEntry, PartitionView};
use ledger_domain::settlement::Totals;
use std::cell::RefCell;

pub(super) struct RuleView<'a> {
    rows: &'a dyn Rows,
    failed: RefCell<Option<StoreError>>,
}

impl<'a> RuleView<'a> {
    pub(super) fn new(rows: &'a dyn Rows) -> Self {
        Self { rows, failed: RefCell::new(None) }
    }

    /// Whether everything could be read; nothing that was derived counts otherwise.
    pub(super) fn finish(self) -> Result<(), Fatal> {
        self.failed.into_inner().map_or(Ok(()), |why| Err(why.into()))
    }

    fn read<T>(&self, key: &[u8], decode: impl FnOnce(&[u8], &[u8]) -> Result<T, StoreError>) -> Option<T> {
        rows::read(self.rows, key, decode).unwrap_or_else(|why| {
            self.failed.borrow_mut().get_or_insert(why);
            None
        })
    }
}

impl PartitionView for RuleView<'_> {
    fn order(&self, merchant: MerchantId, order_id: &str) -> OrderEntry {
        let key = rows::order_key(&merchant, order_id);
        self.read(&key, OrderRow::decode).map(|row| row.0).unwrap_or_default()
    }

    fn command(&self, id: CommandId) -> Option<CommandEntry> {
        let row = self.read(&rows::command_key(&id), CommandRow::decode)?;
        Some(CommandEntry {
            subject: row.stream,
            index: u64::from(row.version.saturating_sub(1)),
            fingerprint: row.fingerprint,
        })
    }

    fn totals(&self, merchant: MerchantId, sold_date: Day) -> Totals {
        let key = rows::totals_key(&merchant, &sold_date.to_string());
        self.read(&key, rows::decode_totals).unwrap_or_default()
    }
}
