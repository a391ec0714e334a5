//! What each node of the tree earned on each closing of a merchant, and whether it has arrived. A row follows from the closing and,
//! later, from the event that says where its receipt stands.

use crate::entry::{CannotProject, Decoded, Entry};
use crate::projections::cells::{Reader, Unreadable, bytes, day, maybe_instant, maybe_text, text};
use crate::projections::{Cells, Fold, Projection, Statement};
use ledger_domain::ids::MerchantId;
use ledger_domain::lines::{Node, Payee};
use ledger_domain::settlement::{CommissionDelivered, MerchantClosed, SettlementEvent};
use mysql_async::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "settlement_commissions",
    mapping: 1,
    columns: &[
        "partition_no",
        "seq",
        "entry_no",
        "merchant_id",
        "closing",
        "day",
        "node_kind",
        "payee_id",
        "amount",
        "delivered_seq",
        "delivered_position",
        "delivered_at",
    ],
    key: 3,
    select: include_str!("commissions_select.sql"),
    load: Some(include_str!("commissions_load.sql")),
    fold: || Box::new(CommissionsFold::default()),
};

/// Seq of the closing, number within it.
type Place = (i64, i64);
/// Merchant, number of its closing, kind and id of the node.
type Earned = ([u8; 16], i64, String, [u8; 16]);

/// The rows of one batch: those it began, and those it continued.
#[derive(Debug, Default)]
struct CommissionsFold {
    rows: BTreeMap<Place, Commission>,
    /// Those that have not arrived.
    open: BTreeMap<Earned, Place>,
    changed: BTreeSet<Place>,
}

#[derive(Debug, Clone)]
struct Commission {
    partition: i32,
    seq: i64,
    number: i64,
    merchant: [u8; 16],
    closing: i64,
    day: Date,
    node_kind: String,
    node: [u8; 16],
    amount: i64,
    delivered: Option<Delivered>,
}

#[derive(Debug, Clone)]
struct Delivered {
    seq: i64,
    position: String,
    at_ms: i64,
}

impl Fold for CommissionsFold {
    /// The merchants of deliveries: whatever of theirs has not arrived is loaded.
    fn wanted(&self, batch: &[Decoded]) -> Vec<[u8; 16]> {
        let entries = batch.iter().filter_map(|decoded| decoded.entry.as_ref().ok()?.as_ref());
        let delivered = entries.filter_map(|entry| {
            let Some(SettlementEvent::CommissionDelivered(data)) = entry.settlement() else { return None };
            Some(*data.payee.as_bytes())
        });
        delivered.collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn load(&mut self, cells: &Cells) -> Result<(), Unreadable> {
        let row = Commission::read(cells)?;
        self.put(row);
        Ok(())
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        match entry.settlement() {
            Some(SettlementEvent::MerchantClosed(data)) => self.closed(entry, data),
            Some(SettlementEvent::CommissionDelivered(data)) => self.delivered(entry, data),
            Some(
                SettlementEvent::CommissionReceived(_)
                | SettlementEvent::NodeClosed(_)
                | SettlementEvent::PayOutProposed(_)
                | SettlementEvent::PayOutApproved(_)
                | SettlementEvent::PayOutRejected(_)
                | SettlementEvent::PayOutSent(_)
                | SettlementEvent::PayOutConfirmed(_)
                | SettlementEvent::PayOutFailed(_)
                | SettlementEvent::PayOutReturned(_)
                | SettlementEvent::Withheld(_)
                | SettlementEvent::Released(_)
                | SettlementEvent::ReserveReleased(_)
                | SettlementEvent::DecisionProposed(_)
                | SettlementEvent::Adjusted(_)
                | SettlementEvent::WrittenOff(_),
            )
            | None => Ok(()),
        }
        .map_err(|why| entry.cannot(&why))
    }

    fn statements(&self) -> Vec<Statement> {
        let changed = self.changed.iter().filter_map(|place| self.rows.get(place));
        let rows = changed.map(Commission::cells).collect();
        vec![Statement { sql: include_str!("commissions_upsert.sql"), rows }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.rows.values().map(Commission::cells))
    }
}

impl CommissionsFold {
    fn put(&mut self, row: Commission) -> Place {
        let place = (row.seq, row.number);
        if row.delivered.is_none() {
            let earned = (row.merchant, row.closing, row.node_kind.clone(), row.node);
            self.open.insert(earned, place);
        }
        self.rows.insert(place, row);
        place
    }

    fn closed(&mut self, entry: &Entry, data: &MerchantClosed) -> Result<(), String> {
        let merchant = merchant(data.payee)?;
        for (number, commission) in (0..).zip(&data.commissions) {
            let place = self.put(Commission {
                partition: entry.at.partition,
                seq: entry.seq_number(),
                number,
                merchant: *merchant.as_bytes(),
                closing: data.number.into(),
                day: data.day.date(),
                node_kind: commission.payee.kind().to_owned(),
                node: *commission.payee.as_bytes(),
                amount: commission.amount.minor(),
                delivered: None,
            });
            self.changed.insert(place);
        }
        Ok(())
    }

    fn delivered(&mut self, entry: &Entry, data: &CommissionDelivered) -> Result<(), String> {
        let earned = earned(merchant(data.payee)?, data.closing, data.to);
        let place = self.open.remove(&earned).ok_or("no such commission is on its way")?;
        let row = self.rows.get_mut(&place).ok_or("no such commission is on its way")?;
        if row.amount != data.amount.minor() {
            return Err("another amount is on its way".to_owned());
        }
        let (seq, position, at_ms) = (entry.seq_number(), data.position.clone(), data.at.ms());
        row.delivered = Some(Delivered { seq, position, at_ms });
        self.changed.insert(place);
        Ok(())
    }
}

fn merchant(payee: Payee) -> Result<MerchantId, String> {
    match payee {
        Payee::Merchant(id) => Ok(id),
        Payee::Node(_) => Err("its payee is no merchant".to_owned()),
    }
}

fn earned(merchant: MerchantId, closing: u32, node: Node) -> Earned {
    (*merchant.as_bytes(), closing.into(), node.kind().to_owned(), *node.as_bytes())
}

impl Commission {
    fn cells(&self) -> Cells {
        let delivered = self.delivered.as_ref();
        vec![
            Value::Int(self.partition.into()),
            Value::Int(self.seq),
            Value::Int(self.number),
            bytes(&self.merchant),
            Value::Int(self.closing),
            day(self.day),
            text(&self.node_kind),
            bytes(&self.node),
            Value::Int(self.amount),
            delivered.map_or(Value::NULL, |delivered| Value::Int(delivered.seq)),
            maybe_text(delivered.map(|delivered| delivered.position.as_str())),
            maybe_instant(delivered.map(|delivered| delivered.at_ms)),
        ]
    }

    fn read(cells: &Cells) -> Result<Commission, Unreadable> {
        let mut c = Reader::of(cells);
        // Only what has not arrived is loaded.
        Ok(Commission {
            partition: c.small()?,
            seq: c.number()?,
            number: c.number()?,
            merchant: c.id()?,
            closing: c.number()?,
            day: c.day()?,
            node_kind: c.text()?,
            node: c.id()?,
            amount: c.number()?,
            delivered: None,
        })
    }
}
