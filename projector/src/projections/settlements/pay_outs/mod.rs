//! Pay-outs (지급), each with how far it is. A row follows from its proposal and from what became of it.

mod row;

use crate::entry::{CannotProject, Decoded, Entry};
use crate::projections::cells::Unreadable;
use crate::projections::{Cells, Fold, Projection, Statement};
use ledger_domain::ids::PayOutId;
use ledger_domain::settlement::{PayOutProposed, SettlementEvent};
use row::{PayOutRow, State};
use std::collections::{BTreeMap, BTreeSet};

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "settlement_pay_outs",
    mapping: 1,
    columns: row::COLUMNS,
    key: 2,
    select: include_str!("select.sql"),
    load: Some(include_str!("load.sql")),
    fold: || Box::new(PayOutsFold::default()),
};

/// Partition and id.
type Key = (i32, [u8; 16]);

/// The rows of one batch: those it began, and those it continued.
#[derive(Debug, Default)]
struct PayOutsFold {
    rows: BTreeMap<Key, PayOutRow>,
    changed: BTreeSet<Key>,
}

impl Fold for PayOutsFold {
    fn wanted(&self, batch: &[Decoded]) -> Vec<[u8; 16]> {
        let (mut begun, mut wanted) = (BTreeSet::new(), BTreeSet::new());
        let entries = batch.iter().filter_map(|decoded| decoded.entry.as_ref().ok()?.as_ref());
        for event in entries.filter_map(Entry::settlement) {
            let Some(id) = pay_out(event).map(|id| *id.as_bytes()) else { continue };
            if let SettlementEvent::PayOutProposed(_) = event {
                begun.insert(id);
            } else if !begun.contains(&id) {
                wanted.insert(id);
            }
        }
        wanted.into_iter().collect()
    }

    fn load(&mut self, cells: &Cells) -> Result<(), Unreadable> {
        let row = PayOutRow::read(cells)?;
        self.rows.insert((row.partition, row.id), row);
        Ok(())
    }

    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        let Some(event) = entry.settlement() else { return Ok(()) };
        self.event(entry, event).map_err(|why| entry.cannot(&why))
    }

    fn statements(&self) -> Vec<Statement> {
        let changed = self.changed.iter().filter_map(|key| self.rows.get(key));
        vec![Statement { sql: include_str!("upsert.sql"), rows: changed.map(PayOutRow::cells).collect() }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.rows.values().map(PayOutRow::cells))
    }
}

impl PayOutsFold {
    fn event(&mut self, entry: &Entry, event: &SettlementEvent) -> Result<(), String> {
        let Some(id) = pay_out(event) else { return Ok(()) };
        if let SettlementEvent::PayOutProposed(data) = event {
            return self.proposed(entry, data);
        }
        let key = (entry.at.partition, *id.as_bytes());
        let row = self.rows.get_mut(&key).ok_or("no such pay-out was proposed before it")?;
        if row.payee != *event.payee().as_bytes() {
            return Err("the pay-out is another payee's".to_owned());
        }
        row.become_as(event)?;
        row.updated_at = event.at().ms();
        row.last_seq = entry.seq_number();
        self.changed.insert(key);
        Ok(())
    }

    fn proposed(&mut self, entry: &Entry, data: &PayOutProposed) -> Result<(), String> {
        let row = PayOutRow::proposed(entry, data);
        let key = (row.partition, row.id);
        self.changed.insert(key);
        match self.rows.insert(key, row) {
            None => Ok(()),
            Some(_) => Err("the same pay-out was proposed before".to_owned()),
        }
    }
}

impl PayOutRow {
    /// What became of it.
    fn become_as(&mut self, event: &SettlementEvent) -> Result<(), String> {
        match event {
            SettlementEvent::PayOutApproved(data) => {
                self.goes(&[State::Proposed], State::Approved)?;
                self.approved_by = Some(*data.approved_by.as_bytes());
            }
            SettlementEvent::PayOutRejected(data) => {
                self.goes(&[State::Proposed, State::Approved], State::Rejected)?;
                self.rejected_by = Some(*data.rejected_by.as_bytes());
                self.message = Some(data.reason.clone());
            }
            SettlementEvent::PayOutSent(data) => {
                self.goes(&[State::Approved], State::Sent)?;
                self.released_by = Some(*data.released_by.as_bytes());
                self.batch = Some(data.batch.clone());
            }
            SettlementEvent::PayOutConfirmed(data) => {
                self.goes(&[State::Sent], State::Confirmed)?;
                self.bank_account = Some(data.bank_account.clone());
                self.bank_reference = Some(data.bank_reference.clone());
                self.paid_on = Some(data.paid_on.date());
            }
            SettlementEvent::PayOutFailed(data) => {
                self.goes(&[State::Sent], State::Failed)?;
                self.says(&data.code, &data.message);
            }
            SettlementEvent::PayOutReturned(data) => {
                self.goes(&[State::Confirmed], State::Returned)?;
                self.says(&data.code, &data.message);
            }
            SettlementEvent::MerchantClosed(_)
            | SettlementEvent::CommissionDelivered(_)
            | SettlementEvent::CommissionReceived(_)
            | SettlementEvent::NodeClosed(_)
            | SettlementEvent::PayOutProposed(_)
            | SettlementEvent::Withheld(_)
            | SettlementEvent::Released(_)
            | SettlementEvent::ReserveReleased(_)
            | SettlementEvent::DecisionProposed(_)
            | SettlementEvent::Adjusted(_)
            | SettlementEvent::WrittenOff(_) => {}
        }
        Ok(())
    }

    fn goes(&mut self, from: &[State], to: State) -> Result<(), String> {
        if !from.contains(&self.state) {
            return Err(format!("the pay-out is {}", self.state.as_str()));
        }
        self.state = to;
        Ok(())
    }

    fn says(&mut self, code: &str, message: &str) {
        self.code = Some(code.to_owned());
        self.message = Some(message.to_owned());
    }
}

/// The pay-out an event is about.
fn pay_out(event: &SettlementEvent) -> Option<PayOutId> {
    match event {
        SettlementEvent::PayOutProposed(data) => Some(data.pay_out_id),
        SettlementEvent::PayOutApproved(data) => Some(data.pay_out_id),
        SettlementEvent::PayOutRejected(data) => Some(data.pay_out_id),
        SettlementEvent::PayOutSent(data) => Some(data.pay_out_id),
        SettlementEvent::PayOutConfirmed(data) => Some(data.pay_out_id),
        SettlementEvent::PayOutFailed(data) => Some(data.pay_out_id),
        SettlementEvent::PayOutReturned(data) => Some(data.pay_out_id),
        SettlementEvent::MerchantClosed(_)
        | SettlementEvent::CommissionDelivered(_)
        | SettlementEvent::CommissionReceived(_)
        | SettlementEvent::NodeClosed(_)
        | SettlementEvent::Withheld(_)
        | SettlementEvent::Released(_)
        | SettlementEvent::ReserveReleased(_)
        | SettlementEvent::DecisionProposed(_)
        | SettlementEvent::Adjusted(_)
        | SettlementEvent::WrittenOff(_) => None,
    }
}
