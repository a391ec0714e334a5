//! The threads of one partition's shell: reads, watermarks and pauses, each on its own, each asleep until it
//! is asked for something.

use super::client::Exchangeable;
use super::error::KafkaError;
use super::headers;
use super::marker::{MARK_EVERY, Marker};
use super::meta::ask_watermarks;
use super::partition_io::Gate;
use super::range::{self, Part, Range, ReadError};
use crate::position::PartitionId;
use crate::record::RawRecord;
use crate::writer::Completion;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// So many parts of a read may be handed over and not yet taken: bounds the memory of a long catch-up.
pub(super) const PARTS_AHEAD: usize = 8;
/// An idle consumer's queue holds what librdkafka has to say about its connections; it is emptied this often.
const HOUSEKEEPING: Duration = Duration::from_secs(30);

/// A read to do.
pub(super) struct ReadJob {
    pub read: u64,
    pub range: Range,
}

/// A question to the broker, by its number.
pub(super) enum Ask {
    /// How far does the log reach?
    Watermark(u64),
    /// Where does a mark lie that is stored now?
    Mark(u64),
}

/// What the threads share.
#[derive(Clone)]
pub(super) struct Shared {
    pub at: PartitionId,
    pub gate: Arc<Gate>,
    pub consumer: Arc<Exchangeable>,
    pub marker: Option<Arc<Marker>>,
    pub timeout: Duration,
}

/// Starts a thread that holds `alive` until it ends.
pub(super) fn spawn(
    name: &str,
    alive: &Sender<()>,
    run: impl FnOnce() + Send + 'static,
) -> Result<(), KafkaError> {
    let alive = alive.clone();
    let body = move || {
        run();
        drop(alive);
    };
    let spawned = thread::Builder::new().name(name.to_owned()).spawn(body);
    spawned.map(drop).map_err(|e| KafkaError::refused("starting a thread", e))
}

/// Does one read after the other.
pub(super) fn read_jobs(shared: &Shared, jobs: &Receiver<ReadJob>, credit: &Credit) {
    loop {
        match jobs.recv_timeout(HOUSEKEEPING) {
            Ok(job) => read_job(shared, &job, credit),
            Err(RecvTimeoutError::Timeout) => empty(&shared.consumer),
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn empty(consumer: &Exchangeable) {
    let held = consumer.get();
    let Ok(consumer) = held.get() else { return };
    while consumer.poll(Duration::ZERO).is_some() {}
}

fn read_job(shared: &Shared, job: &ReadJob, credit: &Credit) {
    let Shared { at, gate, consumer, timeout, .. } = shared;
    let read = job.read;
    let mut take = |part: Part<RawRecord>| {
        if !credit.spend() || gate.is_closed() {
            return ControlFlow::Break(());
        }
        let Part { records, through, done } = part;
        gate.report(Completion::Fetched { read, records, through, done });
        ControlFlow::Continue(())
    };
    let held = consumer.get();
    let done = held.get().map_err(ReadError::from);
    match done.and_then(|held| range::read(held, at, job.range, *timeout, &headers::raw, &mut take)) {
        Ok(()) | Err(ReadError::Broken) => {}
        Err(ReadError::Kafka(error)) => {
            // Neither gets better by reading again: the writer stops on both.
            let out_of_range = matches!(error, KafkaError::OutOfRange { .. } | KafkaError::Damaged { .. });
            tracing::warn!(target: "kafka", %error, "a read failed");
            if !out_of_range {
                // The writer reads again, and a client that kept the records back once may do so for minutes.
                consumer.exchange();
            }
            gate.report(Completion::ReadFailed { read, out_of_range, why: error.to_string() });
        }
    }
}

/// Asks the broker, once for every request.
pub(super) fn ask_jobs(shared: &Shared, asks: &Receiver<Ask>) {
    let mut marked: Option<Instant> = None;
    for ask in asks {
        let (request, answer) = match ask {
            Ask::Watermark(request) => {
                let held = shared.consumer.get();
                let asked = held.get().and_then(|held| ask_watermarks(held, &shared.at, shared.timeout));
                (request, asked.map(|(_, high)| Completion::Watermark { request, high }))
            }
            Ask::Mark(request) => {
                // On this partition's own thread: what is asked meanwhile waits with it and shares the next mark.
                let next = marked.map(|at| at + MARK_EVERY);
                thread::sleep(next.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now())));
                marked = Some(Instant::now());
                let none = || KafkaError::failed("storing a mark", "this shell was started without a marker");
                let marker = shared.marker.as_ref().ok_or_else(none);
                let offset = marker.and_then(|marker| marker.mark(&shared.at));
                (request, offset.map(|offset| Completion::Marked { request, offset }))
            }
        };
        shared.gate.report(answer.unwrap_or_else(|error| {
            tracing::warn!(target: "kafka", %error, "no confirmation");
            Completion::WatermarkFailed { request }
        }));
    }
}

/// Reports each wait when it is over.
pub(super) fn wait_jobs(gate: &Gate, waits: &Receiver<(Instant, u64)>) {
    let mut due: BinaryHeap<Reverse<(Instant, u64)>> = BinaryHeap::new();
    loop {
        let next = match due.peek() {
            Some(Reverse((at, _))) => waits.recv_deadline(*at),
            None => waits.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(wait) => due.push(Reverse(wait)),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        while due.peek().is_some_and(|Reverse((at, _))| *at <= Instant::now()) {
            if let Some(Reverse((_, wait))) = due.pop() {
                gate.report(Completion::Waited { wait });
            }
        }
    }
}

/// Permission to hand over parts of a read: [`PARTS_AHEAD`] of them, given back as they are taken.
pub(super) struct Credit {
    spend: Receiver<()>,
}

/// Gives credit back. When it is dropped, nothing more is spent.
pub(super) struct Creditor {
    give: Sender<()>,
}

pub(super) fn credit() -> (Creditor, Credit) {
    let (give, spend) = bounded(PARTS_AHEAD);
    let creditor = Creditor { give };
    (0..PARTS_AHEAD).for_each(|_| creditor.give_back());
    (creditor, Credit { spend })
}

impl Creditor {
    pub(super) fn give_back(&self) {
        // Full means that more was given back than spent, which harms nothing.
        let _ = self.give.try_send(());
    }
}

impl Credit {
    fn spend(&self) -> bool {
        self.spend.recv().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{KafkaSettings, ensure_topics};

    /// What one read reports, and whether the next one has another client.
    fn read_once(settings: &KafkaSettings, from: i64) -> (Completion, bool) {
        let (told, completions) = crossbeam_channel::unbounded();
        let sink = Arc::new(move |completion| told.send(completion).unwrap());
        let at = PartitionId::new(&settings.topics().payments, 0);
        let consumer = Arc::new(Exchangeable::new(settings, range::WAIT_MS).unwrap());
        let timeout = settings.request_timeout();
        let gate = Arc::new(Gate::new(sink));
        let shared = Shared { at, gate, consumer: Arc::clone(&consumer), marker: None, timeout };
        let before = consumer.get();
        let (_creditor, credit) = credit();
        read_job(&shared, &ReadJob { read: 1, range: Range { from, to: 9 } }, &credit);
        (completions.recv().unwrap(), !Arc::ptr_eq(&before, &consumer.get()))
    }

    #[test]
    fn after_a_failed_read_the_next_one_has_another_client() {
        let mut nowhere = KafkaSettings::new("127.0.0.1:9", "t");
        nowhere.request_timeout_ms = 200;
        let (completion, exchanged) = read_once(&nowhere, 0);
        assert!(matches!(completion, Completion::ReadFailed { out_of_range: false, .. }), "{completion:?}");
        assert!(exchanged, "a client that kept records back would go on doing so");
    }

    #[test]
    fn a_range_that_the_log_does_not_hold_is_nothing_that_another_client_would_find() {
        let bootstrap = std::env::var("LEDGER_TEST_KAFKA_BOOTSTRAP").expect("a broker for tests");
        let settings = KafkaSettings::new(&bootstrap, &format!("t{:016x}", fastrand::u64(..)));
        ensure_topics(&settings, 1).unwrap();
        let (completion, exchanged) = read_once(&settings, 5);
        assert!(matches!(completion, Completion::ReadFailed { out_of_range: true, .. }), "{completion:?}");
        assert!(!exchanged);
    }
}
