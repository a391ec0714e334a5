//! Entries with the events behind them, read at one moment.

use super::entries::{self, ENTRIES, ENTRY_PROJECTIONS, parameters};
use super::{ListEntries, SettlementEntry};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::payments::events_of;
use crate::queries::{Page, Queries, QueryError};
use ledger_domain::ids::PaymentId;
use ledger_domain::payment::PaymentEvent;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// An entry with all events of its payment, each with its number in the partition, in order.
#[derive(Clone, Debug)]
pub struct EntryWithEvents {
    /// The entry.
    pub entry: SettlementEntry,
    /// Of its payment.
    pub events: Arc<Vec<(i64, PaymentEvent)>>,
}

impl Queries {
    /// One page of entries with the events behind them, newest day first.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn entries_with_events(
        &self,
        to: &Confinement,
        list: ListEntries,
    ) -> Result<Page<EntryWithEvents>, QueryError> {
        let confined = confine(&list.by.put_into(ENTRIES), Rows::OfPayees, to)?;
        let (params, limit, by) = (parameters(&list, confined.scope), list.limit, list.by);
        let read = async move |conn: &mut mysql_async::Conn| {
            let entries = entries::read(conn, &confined.sql, params).await?;
            let mut known: BTreeMap<PaymentId, Arc<Vec<(i64, PaymentEvent)>>> = BTreeMap::new();
            let mut found = Vec::with_capacity(entries.len());
            for entry in entries {
                let events = match known.entry(entry.payment_id) {
                    Entry::Occupied(events) => Arc::clone(events.get()),
                    Entry::Vacant(place) => {
                        Arc::clone(place.insert(Arc::new(events_of(conn, entry.payment_id).await?)))
                    }
                };
                found.push(EntryWithEvents { entry, events });
            }
            Ok(found)
        };
        let (rows, through) = self.snapshot_of(ENTRY_PROJECTIONS, read).await?;
        Ok(Page::cut(rows, limit, through, |row| row.entry.cursor(by)))
    }
}
