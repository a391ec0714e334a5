//! The list of what merchants asked for: one row per payment attempt and one per cancel, each with its outcome.
//! A row appears with the request and gets its outcome later, so a declined or unknown attempt is seen as what it is.
//! A row follows from earlier rows of the same payment and the next event, never from anything else.

mod apply;
mod row;

pub use row::{Money, TransactionRow};

use super::{Cells, Fold, Projection, Statement};
use crate::entry::{CannotProject, Decoded, Entry};
use crate::projections::cells::Unreadable;
use ledger_domain::Event;
use ledger_domain::payment::PaymentEvent;
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "transactions",
    mapping: 1,
    columns: row::COLUMNS,
    key: 1,
    select: include_str!("select.sql"),
    load: Some(include_str!("load.sql")),
    fold: || Box::new(TransactionsFold::default()),
};

/// The rows of one batch: those it began, and those it continued.
#[derive(Debug, Default)]
pub struct TransactionsFold {
    rows: BTreeMap<[u8; 16], TransactionRow>,
    changed: BTreeSet<[u8; 16]>,
}

impl Fold for TransactionsFold {
    fn wanted(&self, batch: &[Decoded]) -> Vec<[u8; 16]> {
        let (mut begun, mut wanted) = (BTreeSet::new(), BTreeSet::new());
        for event in batch.iter().filter_map(payment_event) {
            let payment = *event.payment_id().as_bytes();
            match event {
                PaymentEvent::Requested(_) => _ = begun.insert(payment),
                _ if !begun.contains(&payment) => _ = wanted.insert(payment),
                _ => {}
            }
            // The cancel of an unknown payment is a wish for its net cancel and has no row; asking for it finds none.
            if let Some(cancel) = event.cancel_id() {
                let cancel = *cancel.as_bytes();
                match event {
                    PaymentEvent::CancelRequested(_) => _ = begun.insert(cancel),
                    _ if !begun.contains(&cancel) => _ = wanted.insert(cancel),
                    _ => {}
                }
            }
        }
        wanted.into_iter().collect()
    }

    fn load(&mut self, cells: &Cells) -> Result<(), Unreadable> {
        let row = TransactionRow::read(cells)?;
        self.rows.insert(row.id, row);
        Ok(())
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        match &entry.event {
            Event::Payment(event) => self.event(entry, event).map_err(|why| entry.cannot(&why)),
            Event::Directory(_) | Event::Settlement(_) => Ok(()),
        }
    }

    fn statements(&self) -> Vec<Statement> {
        let changed = self.changed.iter().filter_map(|id| self.rows.get(id));
        let rows = changed.map(TransactionRow::cells).collect();
        vec![Statement { sql: include_str!("upsert.sql"), rows }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.rows.values().map(TransactionRow::cells))
    }
}

fn payment_event(decoded: &Decoded) -> Option<&PaymentEvent> {
    match decoded.entry.as_ref().ok()?.as_ref()?.event {
        Event::Payment(ref event) => Some(event),
        Event::Directory(_) | Event::Settlement(_) => None,
    }
}
