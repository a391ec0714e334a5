//! What is in flight: own records chained after the head, in order, and own fences not yet judged.

use crate::hash::Hash;
use crate::record::Record;
use crate::writer::io::{Delivery, Ticket};
use std::collections::VecDeque;

/// One own record that is neither accepted nor void yet.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub ticket: Ticket,
    pub send: u64,
    pub hash: Hash,
    pub record: Record,
    /// What its producer reported.
    pub report: Option<Delivery>,
    /// Read in the log at these offsets, and void there: a predecessor of it had not arrived.
    pub void_at: Vec<i64>,
    /// It was the only one in flight from its sending on.
    pub alone: bool,
    /// Its producer called it refused while it was alone.
    pub refused: bool,
    /// The questions put before it was handed over: its acceptance confirms them.
    pub confirms: Vec<u64>,
}

/// An own fence that may still be accepted.
#[derive(Debug, Clone)]
pub(super) struct FenceFlight {
    pub send: u64,
    pub hash: Hash,
    pub record: Record,
    pub report: Option<Delivery>,
}

/// Everything in flight.
#[derive(Debug, Clone, Default)]
pub(super) struct Flights {
    pub chain: VecDeque<Flight>,
    pub fences: Vec<FenceFlight>,
}

impl Flights {
    /// Notes a delivery report. False when it belongs to nothing unjudged.
    pub fn report(&mut self, send: u64, delivery: Delivery) -> bool {
        if let Some(fence) = self.fences.iter_mut().find(|fence| fence.send == send) {
            fence.report = Some(delivery);
            return true;
        }
        // Sends ascend along the chain, so the place can be searched for.
        match self.chain.binary_search_by_key(&send, |flight| flight.send) {
            Ok(place) => self.chain.get_mut(place).map(|flight| flight.report = Some(delivery)).is_some(),
            Err(_) => false,
        }
    }

    /// Notes that one of ours was read as void at `offset`.
    pub fn seen_void(&mut self, hash: Hash, offset: i64) {
        if let Some(flight) = self.chain.iter_mut().find(|flight| flight.hash == hash) {
            flight.void_at.push(offset);
        }
    }

    /// Reports of the dropped producer say nothing any more.
    pub fn forget_reports(&mut self) {
        self.chain.iter_mut().for_each(|flight| flight.report = None);
        self.fences.iter_mut().for_each(|fence| fence.report = None);
    }

    /// Drops the fences that can no longer be accepted because the head has passed them.
    pub fn drop_fences_up_to(&mut self, head_seq: u64) {
        self.fences.retain(|fence| fence.record.seq > head_seq);
    }
}
