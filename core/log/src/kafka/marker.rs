//! Marks: messages that are no records, stored with every copy that counts, so that their offset is one that only the leader of a
//! quorum can give. A process has one of these for all its partitions, and only on a cluster.

use super::error::KafkaError;
use super::producer::{Outgoing, Producer, Report};
use super::settings::KafkaSettings;
use crate::position::PartitionId;
use crossbeam_channel::{Sender, bounded};
use rdkafka::message::{Header, OwnedHeaders};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What says so in a mark, for whoever looks at the topic; readers go by what it lacks.
const MARK_TYPE: &str = "ledger.mark.v1";
/// At most one mark of a partition within this time; questions that come meanwhile share the next one.
pub(super) const MARK_EVERY: Duration = Duration::from_millis(20);

/// Stores marks.
pub struct Marker {
    producer: Producer,
    waiting: Arc<Waiting>,
    patience: Duration,
}

#[derive(Default)]
struct Waiting(Mutex<(u64, HashMap<u64, Sender<Report>>)>);

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, (u64, HashMap<u64, Sender<Report>>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Marker {
    /// One for this process; nothing waits for Kafka.
    ///
    /// # Errors
    /// A setting is not acceptable or the machine has no more threads; never that Kafka is down.
    pub fn new(settings: &KafkaSettings) -> Result<Marker, KafkaError> {
        let waiting = Arc::<Waiting>::default();
        let told = Arc::clone(&waiting);
        let on_report = move |mark, report| {
            if let Some(waiter) = told.lock().1.remove(&mark) {
                // Whoever does not wait any more does not want to know.
                let _ = waiter.send(report);
            }
        };
        let producer = Producer::for_marks(settings, Box::new(on_report))?;
        Ok(Marker { producer, waiting, patience: settings.request_timeout() })
    }

    /// Stores one and waits for its offset.
    pub(super) fn mark(&self, at: &PartitionId) -> Result<i64, KafkaError> {
        let failed = |why: &str| KafkaError::failed(format!("storing a mark in {at}"), why);
        let (waiter, report) = bounded(1);
        let mark = {
            let mut waiting = self.waiting.lock();
            waiting.0 = waiting.0.wrapping_add(1);
            let mark = waiting.0;
            waiting.1.insert(mark, waiter);
            mark
        };
        let headers = OwnedHeaders::new_with_capacity(2);
        let headers = headers.insert(Header { key: "ce_specversion", value: Some("1.0") });
        let headers = headers.insert(Header { key: "ce_type", value: Some(MARK_TYPE) });
        let message = Outgoing {
            topic: &at.topic,
            partition: at.partition,
            key: None,
            headers: Some(headers),
            value: Some(&[]),
        };
        let taken = self.producer.send(mark, message);
        let told = taken.map_err(|_| failed("the client does not take it")).and_then(|()| {
            report.recv_timeout(self.patience).map_err(|_| failed("the broker does not answer in time"))
        });
        self.waiting.lock().1.remove(&mark);
        match told? {
            Report::At { offset, .. } => Ok(offset),
            Report::Unknown { .. } => Err(failed("nobody knows whether it is stored")),
        }
    }
}
