//! One idempotent producer with a thread that waits for its delivery reports. It never retries on its own
//! account beyond what librdkafka does, and calls nothing failed: every error is an unknown fate.

use super::bury;
use super::client::{log, log_error};
use super::error::{KafkaError, sounds_refused};
use super::settings::KafkaSettings;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::KafkaError as Native;
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext, PurgeConfig};
use rdkafka::{ClientConfig, ClientContext, Message, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long one poll waits. Reports wake it at once; only the wish to end waits for it, on a thread that
/// nobody waits for. Not shorter: the last millisecond of every poll spins.
const POLL: Duration = Duration::from_secs(1);

/// What the broker said of a sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// Stored at this offset, at this LogAppendTime in Unix milliseconds (-1 when unknown).
    At { offset: i64, timestamp_ms: i64 },
    /// An error, or success without an offset.
    Unknown { refused: bool },
}

/// Called with the sending's number from the producer's own thread.
pub(super) type OnReport = Box<dyn Fn(u64, Report) + Send + Sync>;

struct Reports(OnReport);

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        log(level, fac, message);
    }

    fn error(&self, error: Native, reason: &str) {
        log_error(&error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &rdkafka::message::DeliveryResult<'_>, send: usize) {
        let report = match result {
            // librdkafka reports success without an offset for a duplicate whose first answer was lost.
            Ok(message) if message.offset() < 0 => Report::Unknown { refused: false },
            Ok(message) => {
                Report::At { offset: message.offset(), timestamp_ms: append_time(message.timestamp()) }
            }
            Err((error, _)) => Report::Unknown { refused: sounds_refused(error) },
        };
        (self.0)(send as u64, report);
    }
}

fn append_time(timestamp: Timestamp) -> i64 {
    match timestamp {
        Timestamp::LogAppendTime(ms) => ms,
        Timestamp::CreateTime(_) | Timestamp::NotAvailable => -1,
    }
}

/// What is sent, borrowed.
pub(super) struct Outgoing<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub key: Option<&'a [u8]>,
    pub headers: Option<OwnedHeaders>,
    /// None is a tombstone.
    pub value: Option<&'a [u8]>,
}

/// An idempotent producer. [`Producer::retire`] it; dropping it does the same.
pub(super) struct Producer {
    client: Option<Arc<BaseProducer<Reports>>>,
    poller: Option<JoinHandle<()>>,
    ending: Arc<AtomicBool>,
}

impl Producer {
    pub(super) fn new(settings: &KafkaSettings, on_report: OnReport) -> Result<Producer, KafkaError> {
        Producer::configured(&settings.producer()?, on_report)
    }

    /// One whose messages may come twice or in any order, and that no error ends.
    pub(super) fn for_marks(settings: &KafkaSettings, on_report: OnReport) -> Result<Producer, KafkaError> {
        Producer::configured(&settings.producer_for_marks()?, on_report)
    }

    fn configured(config: &ClientConfig, on_report: OnReport) -> Result<Producer, KafkaError> {
        let client = BaseProducer::from_config_and_context(config, Reports(on_report))
            .map_err(|e| KafkaError::refused("making a producer", e))?;
        let client = Arc::new(client);
        let ending = Arc::new(AtomicBool::new(false));
        let (polled, stop) = (Arc::clone(&client), Arc::clone(&ending));
        let poller = thread::Builder::new()
            .name("kafka reports".to_owned())
            .spawn(move || {
                while !stop.load(Ordering::Acquire) {
                    polled.poll(POLL);
                }
            })
            .map_err(|e| KafkaError::refused("starting the thread for delivery reports", e))?;
        Ok(Producer { client: Some(client), poller: Some(poller), ending })
    }

    /// Hands a message over; never waits. An error means that it was not taken, so no report will come of it;
    /// true in it means that this very message would never be taken.
    pub(super) fn send(&self, send: u64, message: Outgoing<'_>) -> Result<(), bool> {
        let (Some(client), Ok(opaque)) = (&self.client, usize::try_from(send)) else { return Err(false) };
        let Outgoing { topic, partition, key, headers, value } = message;
        let record = BaseRecord {
            topic,
            partition: Some(partition),
            payload: value,
            key,
            timestamp: None,
            headers,
            delivery_opaque: opaque,
        };
        client.send(record).map_err(|(error, _)| {
            tracing::warn!(target: "kafka", %error, topic, partition, "a record was not taken by the client");
            sounds_refused(&error)
        })
    }

    /// Purges what is queued and in flight (each is reported, as unknown) and ends the client, on a thread of
    /// its own. The receiver disconnects when that is done.
    pub(super) fn retire(mut self) -> crossbeam_channel::Receiver<()> {
        bury::run("producer", self.ending_of())
    }

    fn ending_of(&mut self) -> impl FnOnce() + Send + 'static {
        let (client, poller, ending) = (self.client.take(), self.poller.take(), Arc::clone(&self.ending));
        move || {
            if let Some(client) = &client {
                client.purge(PurgeConfig::default().queue().inflight());
            }
            ending.store(true, Ordering::Release);
            if let Some(poller) = poller {
                let _ = poller.join();
            }
            drop(client);
        }
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        if self.client.is_some() {
            bury::run_watched("producer", self.ending_of());
        }
    }
}
