//! The way of one partition's records into Kafka: one batch at a time, and whatever comes meanwhile is the next one.
//! It must never reorder, and never hand over what an earlier epoch left behind.

use super::error::KafkaError;
use super::partition_io::Gate;
use super::producer::{Outgoing, Producer, Report};
use super::settings::KafkaSettings;
use crate::position::PartitionId;
use crate::record::{PREV, Record, SEQ, TERM};
use crate::writer::{Completion, Delivery};
use crossbeam_channel::Receiver;
use rdkafka::message::{Header, OwnedHeaders};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// One batch at a time is also what keeps librdkafka quiet: an idempotent producer sends nothing while five messages
/// of a partition are on their way, and its thread spins for as long as another one waits.
pub(super) struct Lane {
    settings: KafkaSettings,
    shared: Arc<Shared>,
}

struct Shared {
    at: PartitionId,
    gate: Arc<Gate>,
    now: Mutex<Now>,
}

struct Now {
    epoch: u64,
    /// None when making it failed.
    producer: Option<Producer>,
    /// Handed over and not yet reported.
    under_way: usize,
    next: Vec<Ready>,
}

/// A record in the form in which the client takes it; made before the batch begins, so that all of it goes at once.
struct Ready {
    send: u64,
    headers: OwnedHeaders,
    value: Vec<u8>,
}

impl Lane {
    /// With the producer of epoch 0.
    pub(super) fn start(
        settings: &KafkaSettings,
        at: PartitionId,
        gate: Arc<Gate>,
    ) -> Result<Lane, KafkaError> {
        let now = Mutex::new(Now { epoch: 0, producer: None, under_way: 0, next: Vec::new() });
        let lane = Lane { settings: settings.clone(), shared: Arc::new(Shared { at, gate, now }) };
        let producer = lane.producer(0)?;
        lane.shared.now().producer = Some(producer);
        Ok(lane)
    }

    /// Puts a record into the next batch.
    pub(super) fn put(&self, epoch: u64, send: u64, record: Record) {
        let ready = headers(&record).map(|headers| Ready { send, headers, value: record.payload.value });
        let mut now = self.shared.now();
        match ready {
            None => self.shared.unknown(epoch, send, true),
            Some(_) if now.epoch != epoch || now.producer.is_none() => {
                self.shared.unknown(epoch, send, false)
            }
            Some(ready) => now.next.push(ready),
        }
    }

    /// Begins the next batch, unless one is under way.
    pub(super) fn hand_over(&self) {
        self.shared.hand_over(&mut self.shared.now());
    }

    /// Another producer for a new epoch. What was not handed over yet never will be.
    pub(super) fn replace(&self, epoch: u64) {
        let mut now = self.shared.now();
        *now = Now { epoch, producer: None, under_way: 0, next: Vec::new() };
        match self.producer(epoch) {
            Ok(producer) => now.producer = Some(producer),
            // Every sending is then reported as unknown, and the writer asks for another producer.
            Err(error) => {
                tracing::error!(target: "kafka", %error, partition = %self.shared.at, "no producer")
            }
        }
    }

    /// Ends it; the receiver disconnects when the client is gone.
    pub(super) fn close(&self) -> Option<Receiver<()>> {
        let mut now = self.shared.now();
        now.next.clear();
        now.producer.take().map(Producer::retire)
    }

    fn producer(&self, epoch: u64) -> Result<Producer, KafkaError> {
        // The client ends with the lane, not the lane with the client.
        let lane: Weak<Shared> = Arc::downgrade(&self.shared);
        let on_report = move |send, report| {
            if let Some(lane) = lane.upgrade() {
                lane.reported(epoch, send, report);
            }
        };
        Producer::new(&self.settings, Box::new(on_report))
    }
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// On the thread of the reports: the last report of a batch begins the next one.
    fn reported(&self, epoch: u64, send: u64, report: Report) {
        let delivery = match report {
            Report::At { offset, timestamp_ms } => Delivery::At { offset, timestamp_ms },
            Report::Unknown { refused } => Delivery::Unknown { refused },
        };
        self.gate.report(Completion::Delivered { epoch, send, delivery });
        let mut now = self.now();
        if now.epoch == epoch {
            now.under_way = now.under_way.saturating_sub(1);
            self.hand_over(&mut now);
        }
    }

    fn hand_over(&self, now: &mut Now) {
        let Some(producer) = now.producer.as_ref().filter(|_| now.under_way == 0) else { return };
        for Ready { send, headers, value } in std::mem::take(&mut now.next) {
            let message = Outgoing {
                topic: &self.at.topic,
                partition: self.at.partition,
                key: None,
                headers: Some(headers),
                value: Some(&value),
            };
            match producer.send(send, message) {
                Ok(()) => now.under_way += 1,
                Err(refused) => self.unknown(now.epoch, send, refused),
            }
        }
    }

    fn unknown(&self, epoch: u64, send: u64, refused: bool) {
        self.gate.report(Completion::Delivered { epoch, send, delivery: Delivery::Unknown { refused } });
    }
}

/// The record's headers on the wire (`schemas/record.md`): the chain's first. None for a name that Kafka's client
/// cannot carry.
fn headers(record: &Record) -> Option<OwnedHeaders> {
    let Record { seq, term, prev, payload } = record;
    let mut headers = OwnedHeaders::new_with_capacity(payload.headers.len().saturating_add(3));
    for (key, value) in [(SEQ, seq.to_string()), (TERM, term.to_string()), (PREV, prev.to_string())] {
        headers = headers.insert(Header { key, value: Some(&value) });
    }
    for (key, value) in &payload.headers {
        if key.is_empty() || key.contains('\0') {
            return None;
        }
        headers = headers.insert(Header { key, value: Some(value) });
    }
    Some(headers)
}
