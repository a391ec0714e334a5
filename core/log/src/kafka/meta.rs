//! Questions to Kafka that need no thread of their own: partitions, watermarks, one record.

use super::client::{Consumer, Held};
use super::error::{KafkaError, code};
use super::headers;
use super::range::{self, Range, ReadError};
use super::settings::KafkaSettings;
use crate::position::PartitionId;
use crate::record::RawRecord;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::{Metadata, MetadataTopic};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The pause before a question that a moving leadership kept from being answered is put again.
const AGAIN: Duration = Duration::from_millis(50);

/// A client for questions.
pub(super) struct Questions {
    consumer: Held,
    timeout: Duration,
}

impl Questions {
    pub(super) fn new(settings: &KafkaSettings) -> Result<Questions, KafkaError> {
        let consumer = Held::new(settings, range::WAIT_MS)?;
        Ok(Questions { consumer, timeout: settings.request_timeout() })
    }

    /// Brokers alive, and the topic's partitions, or every topic's.
    pub(super) fn metadata(&self, topic: Option<&str>) -> Result<Metadata, KafkaError> {
        let doing = format!("metadata of {}", topic.unwrap_or("all topics"));
        self.consumer.get()?.fetch_metadata(topic, self.timeout).map_err(|e| KafkaError::asked(doing, &e))
    }
}

/// The first and one past the last readable offset.
///
/// librdkafka finds the leader in metadata it keeps. Told once that a partition has none, as a broker says while it
/// starts, it answers from that without asking again until the metadata grows old, which takes minutes. So after a
/// failure the metadata are fetched anew and the question is put once more; and until the time is over while a leader is being
/// chosen, or has been and does not know yet how far the others have got.
pub(super) fn ask_watermarks(
    consumer: &Consumer,
    at: &PartitionId,
    timeout: Duration,
) -> Result<(i64, i64), KafkaError> {
    let until = Instant::now() + timeout;
    let left = || until.saturating_duration_since(Instant::now());
    let mut first = true;
    loop {
        let error = match consumer.fetch_watermarks(&at.topic, at.partition, left()) {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        let passes = code(&error).is_some_and(is_passing);
        let gives_up = !(std::mem::take(&mut first) || passes) || left().is_zero();
        if gives_up || consumer.fetch_metadata(Some(&at.topic), left()).is_err() {
            return Err(KafkaError::asked(format!("watermarks of {at}"), &error));
        }
        if passes {
            std::thread::sleep(AGAIN.min(left()));
        }
    }
}

/// What a broker says while leadership moves.
fn is_passing(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::OffsetNotAvailable
            | RDKafkaErrorCode::LeaderNotAvailable
            | RDKafkaErrorCode::NotLeaderForPartition
    )
}

/// How many partitions the topic has.
///
/// # Errors
/// [`KafkaError::Missing`] where it does not exist.
pub fn partitions(settings: &KafkaSettings, topic: &str) -> Result<i32, KafkaError> {
    let metadata = Questions::new(settings)?.metadata(Some(topic))?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    match found.and_then(MetadataTopic::error).map(RDKafkaErrorCode::from) {
        None | Some(RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownTopicOrPartition) => {}
        // That a broker cannot say so now does not mean that there is none.
        Some(code) => return Err(KafkaError::answered(format!("metadata of {topic}"), code, code)),
    }
    let count = found.map_or(0, |found| found.partitions().len());
    match i32::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(KafkaError::Missing { topic: topic.to_owned() }),
    }
}

/// The first and one past the last readable offset of a partition, now.
///
/// # Errors
/// Kafka did not answer in time.
pub fn watermarks(settings: &KafkaSettings, at: &PartitionId) -> Result<(i64, i64), KafkaError> {
    let questions = Questions::new(settings)?;
    ask_watermarks(questions.consumer.get()?, at, questions.timeout)
}

/// The message at exactly this offset; None where there is none (compacted away, a control record, or beyond
/// either end of the log).
///
/// # Errors
/// Kafka did not answer in time.
pub fn read_at(
    settings: &KafkaSettings,
    at: &PartitionId,
    offset: i64,
) -> Result<Option<RawRecord>, KafkaError> {
    let questions = Questions::new(settings)?;
    let range = Range { from: offset, to: offset.saturating_add(1) };
    let mut found = None;
    let read =
        range::read(questions.consumer.get()?, at, range, questions.timeout, &headers::raw, &mut |part| {
            found = part.records.into_iter().find(|raw| raw.offset == offset).or(found.take());
            ControlFlow::Continue(())
        });
    match read {
        Ok(()) => Ok(found),
        Err(ReadError::Kafka(KafkaError::OutOfRange { .. })) => Ok(None),
        Err(ReadError::Kafka(error)) => Err(error),
        Err(ReadError::Broken) => Ok(found),
    }
}
