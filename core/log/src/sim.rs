//! A simulated partition that lies, delays, duplicates, reorders, refuses and forgets, for the seeded simulations
//! here and in other packages. It plays broker, producers and consumers towards any number of real writers; it
//! holds no rule of its own.

mod forge;
#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use crate::position::PartitionId;
use crate::record::{RawRecord, Record};
use crate::writer::{Action, Completion, Delivery};
use std::collections::VecDeque;

/// How often things go wrong, in per mille of the occasions.
#[derive(Debug, Clone, Copy)]
pub struct Chaos {
    /// A sending never arrives.
    pub drop: u32,
    /// A sending arrives twice.
    pub duplicate: u32,
    /// A sending is reported unknown and may arrive much later.
    pub late: u32,
    /// It arrived, but the report says unknown (also: success without an offset).
    pub lost_report: u32,
    /// It is refused, though the same bytes alone would be stored.
    pub refuse: u32,
    /// It arrived, and the refusal is only about a retry.
    pub refused_retry: u32,
    /// The next sending overtakes the first.
    pub reorder: u32,
    /// A completion is on its way for long.
    pub slow: u32,
    /// A read or a watermark request fails.
    pub read_failure: u32,
    /// Bytes of somebody else, or a transaction's control record, are stored.
    pub foreign: u32,
    /// A forged record is stored.
    pub forged: u32,
    /// A watermark comes from a leader that was deposed and does not know it: one that was right long ago.
    pub deposed: u32,
}

impl Chaos {
    /// Nothing goes wrong.
    pub const CALM: Chaos = Chaos {
        drop: 0,
        duplicate: 0,
        late: 0,
        lost_report: 0,
        refuse: 0,
        refused_retry: 0,
        reorder: 0,
        slow: 0,
        read_failure: 0,
        foreign: 0,
        forged: 0,
        deposed: 0,
    };
    /// Everything goes wrong now and then.
    pub const ROUGH: Chaos = Chaos {
        drop: 8,
        duplicate: 15,
        late: 12,
        lost_report: 12,
        refuse: 8,
        refused_retry: 6,
        reorder: 10,
        slow: 60,
        read_failure: 20,
        foreign: 4,
        forged: 6,
        deposed: 0,
    };
    /// The same on a cluster.
    pub const CLUSTER: Chaos = Chaos { deposed: 200, ..Chaos::ROUGH };
}

/// What occupies one offset.
#[derive(Debug, Clone)]
enum Slot {
    Record {
        headers: crate::record::Headers,
        value: Vec<u8>,
    },
    /// A control record: an offset that no consumer is ever given.
    Control,
}

/// A sending on its way to the broker.
#[derive(Debug, Clone)]
struct Sending {
    writer: usize,
    epoch: u64,
    send: u64,
    record: Record,
}

/// The partition and everything between it and its writers.
pub struct SimPartition {
    at: PartitionId,
    /// The randomness of the whole run.
    pub rng: fastrand::Rng,
    /// What goes wrong from now on.
    pub chaos: Chaos,
    /// Payload values that contain this are refused whenever they arrive.
    pub poison: Option<Vec<u8>>,
    log: Vec<Slot>,
    /// The producers' queues, in order.
    sendings: VecDeque<Sending>,
    /// Reported unknown, and still able to arrive.
    late: Vec<Record>,
    /// Reads, watermark requests, waits.
    requests: Vec<(usize, Action)>,
    /// Completions on their way back, with their writer.
    completions: VecDeque<(usize, Completion)>,
    /// The producer epoch of each writer; reports of others are still possible and must do no harm.
    epochs: Vec<u64>,
    /// The highest watermark each writer has been given: a deposed leader stays where it was, it does not go back.
    given: Vec<i64>,
    /// Producers whose sequence the broker has lost with the tail of its log: it takes nothing more from them.
    out_of_sequence: Vec<(usize, u64)>,
}

impl SimPartition {
    /// An empty partition for `writers` writers, driven by `seed`.
    pub fn new(at: PartitionId, writers: usize, seed: u64, chaos: Chaos) -> SimPartition {
        SimPartition {
            at,
            rng: fastrand::Rng::with_seed(seed),
            chaos,
            poison: None,
            log: Vec::new(),
            sendings: VecDeque::new(),
            late: Vec::new(),
            requests: Vec::new(),
            completions: VecDeque::new(),
            epochs: vec![0; writers],
            given: vec![0; writers],
            out_of_sequence: Vec::new(),
        }
    }

    /// One past the last offset.
    pub fn high(&self) -> i64 {
        i64::try_from(self.log.len()).unwrap_or(i64::MAX)
    }

    /// What a consumer is given at this offset.
    pub fn raw(&self, offset: i64) -> Option<RawRecord> {
        match self.log.get(usize::try_from(offset).ok()?)? {
            Slot::Control => None,
            Slot::Record { headers, value } => Some(RawRecord {
                offset,
                timestamp_ms: offset,
                headers: headers.clone(),
                value: value.clone(),
            }),
        }
    }

    /// Stores bytes as they are: for damage and forgery.
    pub fn store_raw(&mut self, headers: crate::record::Headers, value: Vec<u8>) {
        self.log.push(Slot::Record { headers, value });
    }

    /// Replaces what is stored at an offset with other bytes.
    pub fn damage(&mut self, offset: i64) {
        if let Some(slot) = usize::try_from(offset).ok().and_then(|place| self.log.get_mut(place)) {
            *slot = Slot::Record { headers: crate::record::Headers::new(), value: b"damaged".to_vec() };
        }
    }

    /// The log loses everything from this offset on, and no copy of what was lost comes back: one that lands on
    /// its old offset would heal the log. A broker that lost records of an idempotent producer answers its next
    /// ones with OUT_OF_ORDER_SEQUENCE_NUMBER.
    pub fn go_back(&mut self, high: i64) {
        self.late.clear();
        self.out_of_sequence = self.epochs.iter().copied().enumerate().collect();
        self.log.truncate(usize::try_from(high).unwrap_or(0));
    }

    /// True when nothing is on its way any more (late arrivals apart).
    pub fn idle(&self) -> bool {
        self.sendings.is_empty() && self.requests.is_empty() && self.completions.is_empty()
    }

    /// Takes a writer's action.
    pub fn perform(&mut self, writer: usize, action: Action) {
        match action {
            Action::Send { epoch, send, record } => {
                self.sendings.push_back(Sending { writer, epoch, send, record });
            }
            Action::ReplaceProducer { epoch } => {
                if let Some(present) = self.epochs.get_mut(writer) {
                    *present = epoch;
                }
                self.purge(writer);
            }
            other => self.requests.push((writer, other)),
        }
    }

    /// A process died: nothing comes back to it, and what it had sent may or may not arrive.
    pub fn crash(&mut self, writer: usize) {
        self.requests.retain(|(other, _)| *other != writer);
        self.completions.retain(|(other, _)| *other != writer);
        self.purge(writer);
    }

    /// What a dropped producer had queued is gone, or already on its way.
    fn purge(&mut self, writer: usize) {
        let (gone, kept) = std::mem::take(&mut self.sendings).into_iter().partition(|s| s.writer == writer);
        self.sendings = kept;
        let gone: VecDeque<Sending> = gone;
        for sending in gone {
            if self.rng.u32(0..100) < 30 {
                self.late.push(sending.record);
            }
        }
    }

    /// One thing happens; a writer may have something to take in.
    pub fn step(&mut self) -> Option<(usize, Completion)> {
        self.disturb();
        match self.rng.u32(0..10) {
            0..=3 => self.arrive(),
            4..=5 => self.serve(),
            6 if self.chance(300) => self.arrive_late(),
            _ => {}
        }
        self.report()
    }

    fn chance(&mut self, per_mille: u32) -> bool {
        self.rng.u32(0..1000) < per_mille
    }

    fn disturb(&mut self) {
        if self.chance(self.chaos.foreign) {
            let slot = if self.rng.bool() {
                Slot::Control
            } else {
                Slot::Record { headers: [("x", "1")].into_iter().collect(), value: b"not ours".to_vec() }
            };
            self.log.push(slot);
        }
        if self.chance(self.chaos.forged) {
            self.forge();
        }
    }

    /// Hands over a completion: mostly the oldest one, for the order between kinds is not promised.
    fn report(&mut self) -> Option<(usize, Completion)> {
        if self.completions.is_empty() || self.rng.u32(0..10) < 3 {
            return None;
        }
        // The parts of one read come through one channel and keep their order.
        let read = |c: Option<&(usize, Completion)>| matches!(c, Some((_, Completion::Fetched { .. })));
        let parts = read(self.completions.front()) && read(self.completions.get(1));
        if self.chance(self.chaos.reorder) && self.completions.len() > 1 && !parts {
            return self.completions.remove(1);
        }
        // Now and then one is slow, and all that is behind it comes first.
        if self.chance(self.chaos.slow) && !read(self.completions.front()) {
            self.completions.rotate_left(1);
            return None;
        }
        self.completions.pop_front()
    }

    /// The next sending reaches the broker, or does not.
    fn arrive(&mut self) {
        let overtaken = self.chance(self.chaos.reorder) && self.sendings.len() > 1;
        let Some(sending) = self.sendings.remove(usize::from(overtaken)) else { return };
        if self.out_of_sequence.contains(&(sending.writer, sending.epoch)) {
            return self.back(&sending, Delivery::Unknown { refused: false });
        }
        let poisoned =
            self.poison.as_ref().is_some_and(|poison| sending.record.payload.value.ends_with(poison));
        let Chaos { drop, duplicate, late, lost_report, refuse, refused_retry, .. } = self.chaos;
        if poisoned || self.chance(refuse) {
            return self.refuse(&sending);
        }
        if self.chance(drop) {
            return self.back(&sending, Delivery::Unknown { refused: false });
        }
        if self.chance(late) {
            self.late.push(sending.record.clone());
            return self.back(&sending, Delivery::Unknown { refused: false });
        }
        let offset = self.high();
        self.store(&sending.record);
        if self.chance(duplicate) {
            self.late.push(sending.record.clone());
        }
        if self.chance(lost_report) {
            return self.back(&sending, Delivery::Unknown { refused: false });
        }
        if self.chance(refused_retry) {
            return self.back(&sending, Delivery::Unknown { refused: true });
        }
        self.back(&sending, Delivery::At { offset, timestamp_ms: offset });
    }

    /// A refusal fails the rest of its batch too; what is behind the batch is stored all the same.
    fn refuse(&mut self, sending: &Sending) {
        self.back(sending, Delivery::Unknown { refused: true });
        for _ in 0..self.rng.usize(0..3) {
            match self.sendings.front() {
                Some(next) if next.writer == sending.writer => {
                    if let Some(next) = self.sendings.pop_front() {
                        self.back(&next, Delivery::Unknown { refused: true });
                    }
                }
                _ => return,
            }
        }
    }

    fn arrive_late(&mut self) {
        if !self.late.is_empty() {
            let which = self.rng.usize(0..self.late.len());
            let record = self.late.swap_remove(which);
            self.store(&record);
            if self.chance(self.chaos.duplicate) {
                self.late.push(record);
            }
        }
    }

    fn store(&mut self, record: &Record) {
        self.log.push(Slot::Record { headers: record.wire_headers(), value: record.payload.value.clone() });
    }

    fn back(&mut self, sending: &Sending, delivery: Delivery) {
        let completion = Completion::Delivered { epoch: sending.epoch, send: sending.send, delivery };
        self.completions.push_back((sending.writer, completion));
    }

    /// One request is answered, or fails.
    fn serve(&mut self) {
        if self.requests.is_empty() {
            return;
        }
        let which = self.rng.usize(0..self.requests.len());
        let (writer, action) = self.requests.swap_remove(which);
        let fails = self.chance(self.chaos.read_failure);
        let completion = match action {
            Action::Read { read, .. } if fails => {
                Completion::ReadFailed { read, out_of_range: false, why: "simulated".to_owned() }
            }
            Action::Read { read, from, to } => return self.read(writer, read, from, to),
            Action::AskWatermark { request } if fails => Completion::WatermarkFailed { request },
            Action::AskWatermark { request } => {
                Completion::Watermark { request, high: self.watermark(writer) }
            }
            Action::Mark { request } if fails => {
                // Stored or not: nobody knows.
                if self.rng.bool() {
                    self.store_mark();
                }
                Completion::WatermarkFailed { request }
            }
            Action::Mark { request } => {
                let offset = self.high();
                self.store_mark();
                Completion::Marked { request, offset }
            }
            Action::Wait { wait, .. } => Completion::Waited { wait },
            Action::Send { .. } | Action::ReplaceProducer { .. } => return,
        };
        self.completions.push_back((writer, completion));
    }

    fn store_mark(&mut self) {
        self.store_raw([("ce_type", "mark")].into_iter().collect(), Vec::new());
    }

    fn watermark(&mut self, writer: usize) -> i64 {
        let high = self.high();
        let deposed = self.chaos.deposed > 0 && self.chance(self.chaos.deposed);
        let back = if deposed { self.rng.i64(0..30) } else { 0 };
        let Some(given) = self.given.get_mut(writer) else { return high };
        let high = high.saturating_sub(back).max(*given);
        *given = (*given).max(high);
        high
    }

    /// Answers a read in one or more parts, up to its end or the end of the partition.
    fn read(&mut self, writer: usize, read: u64, from: i64, to: i64) {
        if from > self.high() {
            let why = format!("offset {from} is out of range");
            self.completions.push_back((writer, Completion::ReadFailed { read, out_of_range: true, why }));
            return;
        }
        let end = to.min(self.high());
        let mut start = from;
        loop {
            let part = end.min(start.saturating_add(self.rng.i64(1..40)));
            let records = (start..part).filter_map(|offset| self.raw(offset)).collect();
            let done = part >= end;
            self.completions.push_back((writer, Completion::Fetched { read, records, through: part, done }));
            if done {
                return;
            }
            start = part;
        }
    }

    /// The partition's name.
    pub fn at(&self) -> &PartitionId {
        &self.at
    }
}
