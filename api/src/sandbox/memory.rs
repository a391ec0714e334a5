//! All that the sandbox acquirer remembers: a fold over its entries, so that reading the file back gives the same memory.
//! It decides nothing (see `decide`) and holds no card number, only its mask.

use std::collections::BTreeMap;

use super::entry::{ApproveFacts, Entry, Happened, Outcome};
use super::wire::{CancelFacts, Id, NetCancelFacts};

/// Everything, by operation id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Approve operations, those known only from a net cancel included.
    pub approves: BTreeMap<Id, Approve>,
    /// Cancels.
    pub cancels: BTreeMap<Id, Cancel>,
    /// Net cancels that bound their id, with what they asked for.
    pub net_cancels: BTreeMap<Id, NetCancelFacts>,
}

/// What is known of one approve operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approve {
    /// What was asked for; none when only a net cancel came so far.
    pub request: Option<ApproveFacts>,
    /// How it ended and when; none when it never arrived or came too late.
    pub outcome: Option<(Outcome, i64)>,
    /// Minor units cancelled.
    pub cancelled: i64,
    /// The cancels asked for, in order, whatever became of them.
    pub cancels: Vec<Id>,
    /// The net cancel that closed it.
    pub net_cancel: Option<NetCancel>,
    /// Arrived after its net cancel and was refused.
    pub refused_late: bool,
}

/// A net cancel as it stands on the operation it undid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetCancel {
    /// Its own id.
    pub operation: Id,
    /// Minor units undone; 0 when nothing had been approved.
    pub undone: i64,
    /// Unix milliseconds.
    pub at_ms: i64,
}

/// What is known of one cancel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancel {
    /// What was asked for.
    pub request: CancelFacts,
    /// How it ended.
    pub outcome: Outcome,
    /// Minor units left on the approval after it.
    pub remaining: i64,
    /// Unix milliseconds.
    pub at_ms: i64,
}

impl Approve {
    /// Whether the card was charged, even if that was undone since.
    pub fn had_approved(&self) -> bool {
        matches!(self.outcome, Some((Outcome::Done, _)))
    }

    /// Minor units the card was charged; 0 unless approved.
    pub fn approved(&self) -> i64 {
        self.request.as_ref().filter(|_| self.had_approved()).map_or(0, |request| request.amount)
    }

    /// Minor units that a net cancel gave back.
    pub fn undone(&self) -> i64 {
        self.net_cancel.as_ref().map_or(0, |net_cancel| net_cancel.undone)
    }

    /// Minor units that still stand on the card; `apply` keeps it from going below zero.
    pub fn net(&self) -> i64 {
        self.approved() - self.cancelled - self.undone()
    }
}

/// An entry that no correct sandbox can have written at this point.
#[derive(Debug, thiserror::Error)]
#[error("impossible entry for operation {operation}: {why}")]
pub struct Impossible {
    operation: Id,
    why: &'static str,
}

impl Memory {
    /// Takes one entry in; refuses one that contradicts what is known.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), Impossible> {
        let impossible = |why| Impossible { operation: entry.operation.clone(), why };
        let Entry { operation, at_ms, happened } = entry;
        match happened {
            Happened::Approve(request, outcome) => self.approve(operation, request, outcome, *at_ms),
            Happened::LateApproveRefused(request) => self.refuse_late(operation, request),
            Happened::Cancel(request, outcome) => self.cancel(operation, request, outcome, *at_ms),
            Happened::NetCancel(request) => self.net_cancel(operation, request, *at_ms),
            Happened::NetCancelFoundNothing(request) => {
                let unknown = !self.approves.contains_key(&request.approve_operation_id);
                expect(unknown, "found nothing where something was")
            }
        }
        .map_err(impossible)
    }

    fn approve(&mut self, id: &Id, request: &ApproveFacts, outcome: &Outcome, at_ms: i64) -> Applied {
        expect(!self.approves.contains_key(id), "approved twice or after its net cancel")?;
        let (request, outcome) = (Some(request.clone()), Some((outcome.clone(), at_ms)));
        self.approves.insert(id.clone(), Approve { request, outcome, ..Approve::default() });
        Ok(())
    }

    fn refuse_late(&mut self, id: &Id, request: &ApproveFacts) -> Applied {
        let known = self.approves.get_mut(id).filter(|known| known.request.is_none() && !known.refused_late);
        let known = known.ok_or("refused as late without a tombstone")?;
        known.request = Some(request.clone());
        known.refused_late = true;
        Ok(())
    }

    fn cancel(&mut self, id: &Id, request: &CancelFacts, outcome: &Outcome, at_ms: i64) -> Applied {
        expect(!self.cancels.contains_key(id), "cancelled twice under one id")?;
        let done = *outcome == Outcome::Done;
        let mut remaining = 0;
        match self.approves.get_mut(&request.approve_operation_id) {
            Some(known) => {
                expect(!done || request.amount <= known.net(), "cancelled more than was left")?;
                known.cancelled += if done { request.amount } else { 0 };
                known.cancels.push(id.clone());
                remaining = known.net();
            }
            None => expect(!done, "cancelled what was never approved")?,
        }
        let cancel = Cancel { request: request.clone(), outcome: outcome.clone(), remaining, at_ms };
        self.cancels.insert(id.clone(), cancel);
        Ok(())
    }

    fn net_cancel(&mut self, id: &Id, request: &NetCancelFacts, at_ms: i64) -> Applied {
        let known = self.approves.entry(request.approve_operation_id.clone()).or_default();
        expect(known.net_cancel.is_none(), "net cancelled twice")?;
        known.net_cancel = Some(NetCancel { operation: id.clone(), undone: known.net(), at_ms });
        self.net_cancels.insert(id.clone(), request.clone());
        Ok(())
    }
}

type Applied = Result<(), &'static str>;

fn expect(holds: bool, why: &'static str) -> Applied {
    if holds { Ok(()) } else { Err(why) }
}
