//! What the clients have in common: librdkafka's words go to the log, and a consumer for assigned partitions.

use super::bury;
use super::error::{KafkaError, code};
use super::settings::KafkaSettings;
use rdkafka::ClientContext;
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError as Native, RDKafkaErrorCode};
use std::sync::{Arc, Mutex, PoisonError};

/// Sends librdkafka's log lines to tracing.
#[derive(Clone, Copy)]
pub(super) struct Context;

pub(super) type Consumer = BaseConsumer<Context>;

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        log(level, fac, message);
    }

    fn error(&self, error: Native, reason: &str) {
        log_error(&error, reason);
    }
}

impl ConsumerContext for Context {}

/// librdkafka's levels, each one lower than it says: it reports every lost connection as an error, and
/// whether something is wrong shows in what comes of the requests.
pub(super) fn log(level: RDKafkaLogLevel, fac: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(target: "kafka", facility = fac, "{message}");
        }
        RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
            tracing::warn!(target: "kafka", facility = fac, "{message}");
        }
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "kafka", facility = fac, "{message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(target: "kafka", facility = fac, "{message}"),
    }
}

pub(super) fn log_error(error: &Native, reason: &str) {
    match code(error) {
        // The end of a partition is news for the reader alone, and comes with every record at the end of the log.
        Some(RDKafkaErrorCode::PartitionEOF) => {}
        // These come by the hundred while a broker is away; librdkafka's own log says it once in a while.
        Some(
            RDKafkaErrorCode::AllBrokersDown
            | RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::Resolve,
        ) => tracing::debug!(target: "kafka", %error, "{reason}"),
        _ => tracing::warn!(target: "kafka", %error, "{reason}"),
    }
}

fn consumer(settings: &KafkaSettings, wait_ms: u32) -> Result<Consumer, KafkaError> {
    let config = settings.consumer(wait_ms)?;
    Consumer::from_config_and_context(&config, Context)
        .map_err(|e| KafkaError::refused("making a consumer", e))
}

/// A consumer whose end keeps nobody waiting: it may hang.
pub(super) struct Held(Option<Arc<Consumer>>);

impl Held {
    pub(super) fn new(settings: &KafkaSettings, wait_ms: u32) -> Result<Held, KafkaError> {
        consumer(settings, wait_ms).map(|consumer| Held(Some(Arc::new(consumer))))
    }

    pub(super) fn get(&self) -> Result<&Arc<Consumer>, KafkaError> {
        self.0.as_ref().ok_or_else(|| KafkaError::failed("asking Kafka", "the client has ended"))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let consumer = self.0.take();
        bury::run_watched("consumer", move || drop(consumer));
    }
}

/// The consumer of several threads, which can be exchanged for another.
pub(super) struct Exchangeable {
    settings: KafkaSettings,
    wait_ms: u32,
    current: Mutex<Arc<Held>>,
}

impl Exchangeable {
    pub(super) fn new(settings: &KafkaSettings, wait_ms: u32) -> Result<Exchangeable, KafkaError> {
        let current = Mutex::new(Arc::new(Held::new(settings, wait_ms)?));
        Ok(Exchangeable { settings: settings.clone(), wait_ms, current })
    }

    pub(super) fn get(&self) -> Arc<Held> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The next caller gets another consumer. The old one ends when nobody uses it any more; it stays when another
    /// cannot be made.
    pub(super) fn exchange(&self) {
        match Held::new(&self.settings, self.wait_ms) {
            Ok(held) => *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(held),
            Err(error) => tracing::error!(target: "kafka", %error, "no other consumer"),
        }
    }
}
