//! The shell of one partition's writer: performs its actions on threads of their own and reports every
//! completion to one sink. It judges nothing and retries nothing.

use super::bury;
use super::client::Exchangeable;
use super::error::KafkaError;
use super::producer::{Outgoing, Producer, Report};
use super::range::{self, Range};
use super::settings::KafkaSettings;
use super::threads::{self, Creditor, ReadJob, Shared};
use crate::position::PartitionId;
use crate::record::{PREV, Record, SEQ, TERM};
use crate::writer::{Action, Completion, Delivery, Fate, Output, Writer};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use rdkafka::message::{Header, OwnedHeaders};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where completions go; called from the shell's threads, and must not wait.
pub type Sink = Arc<dyn Fn(Completion) + Send + Sync>;

/// Lets completions through until the shell has stopped.
pub(super) struct Gate {
    closed: AtomicBool,
    sink: Sink,
}

impl Gate {
    pub(super) fn new(sink: Sink) -> Gate {
        Gate { closed: AtomicBool::new(false), sink }
    }

    pub(super) fn report(&self, completion: Completion) {
        if !self.is_closed() {
            (self.sink)(completion);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}

/// The producer of the present epoch; None when making it failed.
struct Epoch {
    epoch: u64,
    producer: Option<Producer>,
}

/// The ways to the threads; dropping them ends the threads.
struct Ways {
    reads: Sender<ReadJob>,
    asks: Sender<u64>,
    waits: Sender<(Instant, u64)>,
    creditor: Creditor,
}

/// Executes one writer's actions against one Kafka partition.
pub struct PartitionIo {
    settings: KafkaSettings,
    at: PartitionId,
    gate: Arc<Gate>,
    current: Mutex<Epoch>,
    ways: Option<Ways>,
    /// Disconnects when every thread has ended.
    threads_done: Receiver<()>,
}

impl PartitionIo {
    /// Connects to one partition. The producer of epoch 0 is ready at once; nothing waits for Kafka.
    ///
    /// # Errors
    /// A setting is not acceptable or the machine has no more threads; never that Kafka is down.
    pub fn start(settings: &KafkaSettings, at: PartitionId, sink: Sink) -> Result<PartitionIo, KafkaError> {
        let gate = Arc::new(Gate::new(sink));
        let consumer = Arc::new(Exchangeable::new(settings, range::WAIT_MS)?);
        let shared =
            Shared { at: at.clone(), gate: Arc::clone(&gate), consumer, timeout: settings.request_timeout() };
        let (alive, threads_done) = bounded(0);
        let ways = start_threads(shared, &alive)?;
        let producer = make_producer(settings, &gate, 0)?;
        let current = Mutex::new(Epoch { epoch: 0, producer: Some(producer) });
        Ok(PartitionIo { settings: settings.clone(), at, gate, current, ways: Some(ways), threads_done })
    }

    /// Begins what the writer asks for; never waits. Its completion goes to the sink.
    pub fn perform(&self, action: Action) {
        let Some(ways) = &self.ways else { return };
        // The threads outlive `ways`, so sending to them cannot fail.
        match action {
            Action::Send { epoch, send, record } => self.send(epoch, send, &record),
            Action::ReplaceProducer { epoch } => self.replace(epoch),
            Action::Read { read, from, to } => {
                let _ = ways.reads.send(ReadJob { read, range: Range { from, to } });
            }
            Action::AskWatermark { request } => {
                let _ = ways.asks.send(request);
            }
            Action::Wait { wait, ms } => {
                let _ = ways.waits.send((Instant::now() + Duration::from_millis(ms), wait));
            }
        }
    }

    /// Gives the writer what this shell reported, performs what it then asks for and collects what is learnt.
    /// Every completion must come through here: it also lets the next part of a long read be handed over.
    pub fn feed(&self, writer: &mut Writer, completion: Completion, fates: &mut Vec<Fate>) {
        let was_fetched = matches!(completion, Completion::Fetched { .. });
        writer.on(completion);
        if let (true, Some(ways)) = (was_fetched, &self.ways) {
            ways.creditor.give_back();
        }
        self.drain(writer, fates);
    }

    /// Performs what the writer asks for and collects what is learnt: after every call of the writer.
    pub fn drain(&self, writer: &mut Writer, fates: &mut Vec<Fate>) {
        while let Some(output) = writer.poll() {
            match output {
                Output::Do(action) => self.perform(action),
                Output::Fate(fate) => fates.push(fate),
            }
        }
    }

    /// Ends the shell: from now on nothing is reported. What is in flight is purged, so its fate stays unknown
    /// to this process. False when something did not end in time and was left behind.
    pub fn stop(mut self, deadline: Duration) -> bool {
        let until = Instant::now() + deadline;
        let retired = self.close();
        let left = |until: Instant| until.saturating_duration_since(Instant::now());
        let producer = retired.is_none_or(|done| bury::wait("producer", &done, left(until)));
        bury::wait("threads of a partition", &self.threads_done, left(until)) && producer
    }

    fn close(&mut self) -> Option<Receiver<()>> {
        self.gate.closed.store(true, Ordering::Release);
        self.ways = None;
        let current = self.current.get_mut().unwrap_or_else(PoisonError::into_inner);
        current.producer.take().map(Producer::retire)
    }

    fn send(&self, epoch: u64, send: u64, record: &Record) {
        let refused = {
            let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
            match (&current.producer, outgoing(&self.at, record)) {
                (Some(producer), Some(outgoing)) if current.epoch == epoch => {
                    producer.send(send, outgoing).err()
                }
                (_, None) => Some(true),
                _ => Some(false),
            }
        };
        if let Some(refused) = refused {
            self.gate.report(Completion::Delivered { epoch, send, delivery: Delivery::Unknown { refused } });
        }
    }

    fn replace(&self, epoch: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        drop(current.producer.take());
        current.epoch = epoch;
        match make_producer(&self.settings, &self.gate, epoch) {
            Ok(producer) => current.producer = Some(producer),
            // Every sending is then reported as unknown, and the writer asks for another producer.
            Err(error) => tracing::error!(target: "kafka", %error, partition = %self.at, "no producer"),
        }
    }
}

impl Drop for PartitionIo {
    fn drop(&mut self) {
        drop(self.close());
    }
}

fn start_threads(shared: Shared, alive: &Sender<()>) -> Result<Ways, KafkaError> {
    let (reads, read_jobs) = unbounded();
    let (asks, requests) = unbounded();
    let (waits, due) = unbounded();
    let (creditor, credit) = threads::credit();
    let (asking, gate) = (shared.clone(), Arc::clone(&shared.gate));
    threads::spawn("kafka reads", alive, move || threads::read_jobs(&shared, &read_jobs, &credit))?;
    threads::spawn("kafka asks", alive, move || threads::ask_jobs(&asking, &requests))?;
    threads::spawn("kafka waits", alive, move || threads::wait_jobs(&gate, &due))?;
    Ok(Ways { reads, asks, waits, creditor })
}

fn make_producer(settings: &KafkaSettings, gate: &Arc<Gate>, epoch: u64) -> Result<Producer, KafkaError> {
    let gate = Arc::clone(gate);
    let on_report = move |send, report| {
        let delivery = match report {
            Report::At { offset, timestamp_ms } => Delivery::At { offset, timestamp_ms },
            Report::Unknown { refused } => Delivery::Unknown { refused },
        };
        gate.report(Completion::Delivered { epoch, send, delivery });
    };
    Producer::new(settings, Box::new(on_report))
}

/// The record on the wire (`schemas/record.md`): chain headers first, no key. None for a header name that Kafka's
/// client cannot carry.
fn outgoing<'a>(at: &'a PartitionId, record: &'a Record) -> Option<Outgoing<'a>> {
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
    let value = Some(payload.value.as_slice());
    Some(Outgoing { topic: &at.topic, partition: at.partition, key: None, headers: Some(headers), value })
}
