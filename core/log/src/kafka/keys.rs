//! `<prefix>.keys`: wrapped secrets by key id, compacted, deliberately not part of the ledger. There, deletion
//! is the point. It never sees a secret in the clear.

use super::client::Held;
use super::error::KafkaError;
use super::meta::ask_watermarks;
use super::producer::{Outgoing, Producer, Report};
use super::range::{self, Part, Range, ReadError};
use super::settings::KafkaSettings;
use crate::position::PartitionId;
use crossbeam_channel::unbounded;
use rdkafka::Message;
use rdkafka::message::BorrowedMessage;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// The topic of wrapped secrets. Its calls wait for Kafka: not for an async thread.
pub struct KeyTopic {
    settings: KafkaSettings,
    at: PartitionId,
}

/// A key id and its bytes; None for the bytes is a tombstone.
type Entry = (Option<String>, Option<Vec<u8>>);

impl KeyTopic {
    /// The key topic under this prefix.
    pub fn new(settings: &KafkaSettings) -> KeyTopic {
        let at = PartitionId::new(&settings.topics().keys, 0);
        KeyTopic { settings: settings.clone(), at }
    }

    /// Stores the bytes under a key id. They are durable when this returns Ok; after an error they may be.
    ///
    /// # Errors
    /// Kafka did not confirm it in time.
    pub fn put(&self, key_id: &str, bytes: &[u8]) -> Result<(), KafkaError> {
        self.write(key_id, Some(bytes))
    }

    /// Deletes what is stored under a key id; compaction removes the bytes within the topic's bounds.
    ///
    /// # Errors
    /// Kafka did not confirm it in time.
    pub fn tombstone(&self, key_id: &str) -> Result<(), KafkaError> {
        self.write(key_id, None)
    }

    /// Every key id that is not deleted, with its bytes.
    ///
    /// # Errors
    /// Kafka did not answer in time.
    pub fn load_all(&self) -> Result<HashMap<String, Vec<u8>>, KafkaError> {
        let consumer = Held::new(&self.settings, range::WAIT_MS)?;
        let reading = consumer.get()?;
        let timeout = self.settings.request_timeout();
        let (from, to) = ask_watermarks(reading, &self.at, timeout)?;
        let mut found = HashMap::new();
        let mut take = |part: Part<Entry>| {
            part.records.into_iter().for_each(|entry| apply(&mut found, entry));
            ControlFlow::Continue(())
        };
        match range::read(reading, &self.at, Range { from, to }, timeout, &entry, &mut take) {
            Ok(()) | Err(ReadError::Broken) => Ok(found),
            Err(ReadError::Kafka(error)) => Err(error),
        }
    }

    /// The newest value of a key wins, so writing again after an unknown fate is harmless.
    fn write(&self, key_id: &str, value: Option<&[u8]>) -> Result<(), KafkaError> {
        let doing = || format!("writing key {key_id} to {}", self.at);
        if key_id.is_empty() {
            return Err(KafkaError::failed(doing(), "a key id must not be empty"));
        }
        let (reported, reports) = unbounded();
        let producer = Producer::new(
            &self.settings,
            Box::new(move |_, report| reported.send(report).unwrap_or_default()),
        )?;
        let message = Outgoing {
            topic: &self.at.topic,
            partition: self.at.partition,
            key: Some(key_id.as_bytes()),
            headers: None,
            value,
        };
        producer.send(1, message).map_err(|_| KafkaError::failed(doing(), "the client did not take it"))?;
        let until = Instant::now() + Duration::from_millis(self.settings.delivery_timeout_ms.into()) * 2;
        match reports.recv_deadline(until) {
            Ok(Report::At { .. }) => Ok(()),
            Ok(Report::Unknown { .. }) => Err(KafkaError::failed(doing(), "Kafka did not confirm it")),
            Err(_) => Err(KafkaError::failed(doing(), "no report came in time")),
        }
    }
}

fn entry(message: &BorrowedMessage<'_>) -> Entry {
    let key = message.key().and_then(|key| String::from_utf8(key.to_vec()).ok());
    (key, message.payload().map(<[u8]>::to_vec))
}

fn apply(found: &mut HashMap<String, Vec<u8>>, (key, value): Entry) {
    match (key, value) {
        (Some(key), Some(value)) => drop(found.insert(key, value)),
        (Some(key), None) => drop(found.remove(&key)),
        (None, _) => {}
    }
}
