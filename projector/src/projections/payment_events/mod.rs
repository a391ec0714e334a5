//! Every event of every payment, byte for byte, so that one transaction can be shown with its history while Kafka is away.

use super::cells::{bytes, instant, maybe_text, text};
use super::{Cells, Fold, Projection, Statement};
use crate::entry::{CannotProject, Entry};
use ledger_domain::Event;
use mysql_async::Value;
use std::collections::BTreeMap;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "payment_events",
    mapping: 1,
    columns: &[
        "payment_id",
        "seq",
        "partition_no",
        "type",
        "occurred_at",
        "actor",
        "command_id",
        "request_id",
        "hash",
        "data",
    ],
    key: 2,
    select: include_str!("select.sql"),
    load: None,
    fold: || Box::new(PaymentEventsFold::default()),
};

/// The events of one batch.
#[derive(Debug, Default)]
struct PaymentEventsFold {
    events: BTreeMap<([u8; 16], u64), Cells>,
}

impl Fold for PaymentEventsFold {
    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        let Event::Payment(event) = &entry.event else { return Ok(()) };
        let data = std::str::from_utf8(&entry.value).map_err(|e| entry.cannot(&e.to_string()))?;
        let payment = *event.payment_id().as_bytes();
        let cells = vec![
            bytes(&payment),
            Value::Int(entry.seq_number()),
            Value::Int(entry.at.partition.into()),
            text(event.type_name()),
            instant(event.at().ms()),
            text(&entry.meta.actor.to_string()),
            bytes(entry.meta.command.as_bytes()),
            maybe_text(entry.meta.request_id.as_deref()),
            bytes(&entry.hash.0),
            text(data),
        ];
        self.events.insert((payment, entry.seq), cells);
        Ok(())
    }

    fn statements(&self) -> Vec<Statement> {
        vec![Statement { sql: include_str!("insert.sql"), rows: self.events.values().cloned().collect() }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.events.values().cloned())
    }
}
