//! The shell of one partition's writer: performs its actions on threads of their own and reports every
//! completion to one sink. It judges nothing and retries nothing.

use super::bury;
use super::client::Exchangeable;
use super::error::KafkaError;
use super::lane::Lane;
use super::marker::Marker;
use super::range::{self, Range};
use super::settings::KafkaSettings;
use super::threads::{self, Ask, Creditor, ReadJob, Shared};
use crate::position::PartitionId;
use crate::writer::{Action, Completion, Fate, Output, Writer};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// The ways to the threads; dropping them ends the threads.
struct Ways {
    reads: Sender<ReadJob>,
    asks: Sender<Ask>,
    waits: Sender<(Instant, u64)>,
    creditor: Creditor,
}

/// Executes one writer's actions against one Kafka partition.
pub struct PartitionIo {
    gate: Arc<Gate>,
    lane: Lane,
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
        PartitionIo::start_with(settings, at, None, sink)
    }

    /// As [`PartitionIo::start`], for a writer that confirms by marks ([`Writer::confirm_by_mark`]); without a marker every wish for
    /// one fails.
    ///
    /// # Errors
    /// As there.
    pub fn start_with(
        settings: &KafkaSettings,
        at: PartitionId,
        marker: Option<Arc<Marker>>,
        sink: Sink,
    ) -> Result<PartitionIo, KafkaError> {
        let gate = Arc::new(Gate::new(sink));
        let consumer = Arc::new(Exchangeable::new(settings, range::WAIT_MS)?);
        let timeout = settings.request_timeout();
        let shared = Shared { at: at.clone(), gate: Arc::clone(&gate), consumer, marker, timeout };
        let (alive, threads_done) = bounded(0);
        let ways = start_threads(shared, &alive)?;
        let lane = Lane::start(settings, at, Arc::clone(&gate))?;
        Ok(PartitionIo { gate, lane, ways: Some(ways), threads_done })
    }

    /// Begins what the writer asks for; never waits. Its completion goes to the sink.
    pub fn perform(&self, action: Action) {
        self.begin(action);
        self.lane.hand_over();
    }

    fn begin(&self, action: Action) {
        let Some(ways) = &self.ways else { return };
        // The threads outlive `ways`, so sending to them cannot fail.
        match action {
            Action::Send { epoch, send, record } => self.lane.put(epoch, send, record),
            Action::ReplaceProducer { epoch } => self.lane.replace(epoch),
            Action::Read { read, from, to } => {
                let _ = ways.reads.send(ReadJob { read, range: Range { from, to } });
            }
            Action::AskWatermark { request } => {
                let _ = ways.asks.send(Ask::Watermark(request));
            }
            Action::Mark { request } => {
                let _ = ways.asks.send(Ask::Mark(request));
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
                Output::Do(action) => self.begin(action),
                Output::Fate(fate) => fates.push(fate),
            }
        }
        self.lane.hand_over();
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
        self.lane.close()
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
