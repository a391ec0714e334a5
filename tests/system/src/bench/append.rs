//! `append`: decide, chain and flush to Kafka, on one partition; the control is a raw rdkafka producer that sends the same
//! bytes with the same settings to a topic of the same settings.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger_dev::testing::kafka;
use ledger_log::kafka::KafkaSettings;
use ledger_log::{Hash, Headers, PartitionId, Payload, Record};
use rdkafka::ClientConfig;
use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, ProducerContext, ThreadedProducer};

use super::ROUNDS;
use super::figures::{last_line, median, per_second, ratio};
use super::line::{DEPTH, Line, topics};
use super::mill::Mill;
use crate::failure::Done;
use crate::{Failure, ensure};

const RECORDS: u64 = 200_000;

/// Runs it.
///
/// # Errors
/// Kafka does not take the records.
pub fn run() -> Done {
    let (mut ours, mut control) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let raw = per_second(RECORDS, raw(&kafka())?);
        let (settings, at) = topics(&kafka(), "bench_append")?;
        let mut line = Line::lead(&settings, at)?;
        let mut mill = Mill::new()?;
        let chained = per_second(RECORDS, line.append(RECORDS, || mill.next())?);
        line.stop();
        println!("append, round {round}: {chained} records/s, the raw producer {raw}");
        ours.push(chained);
        control.push(raw);
    }
    let (ours, control) = (median(ours), median(control));
    let of = "a raw rdkafka producer with the same bytes and settings";
    last_line("append", ours, "records/s", &ratio(ours, control), of);
    Ok(())
}

/// How many are on their way.
#[derive(Default)]
struct Flight {
    state: Mutex<(u64, u64, Option<KafkaError>)>,
    changed: Condvar,
}

#[derive(Clone)]
struct Reports(Arc<Flight>);

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 += 1;
        if let Err((error, _)) = result {
            state.2 = Some(error.clone());
        }
        // Waking for every single report would cost the control, not help it.
        if state.0.saturating_sub(state.1) < u64::from(DEPTH) / 2 {
            self.0.changed.notify_one();
        }
    }
}

/// Sends bytes made beforehand and returns when every one is reported: how long that took.
fn raw(bootstrap: &str) -> Done<Duration> {
    let (settings, at) = topics(bootstrap, "bench_raw")?;
    let mut mill = Mill::new()?;
    let messages = (0..RECORDS).map(|seq| Ok(wire(seq, mill.next()?))).collect::<Done<Vec<_>>>()?;
    let flight = Arc::new(Flight::default());
    let producer: ThreadedProducer<Reports> =
        config(&settings).create_with_context(Reports(Arc::clone(&flight)))?;
    let begun = Instant::now();
    for (headers, value) in &messages {
        flight.wait_until(|sent, done| sent - done < u64::from(DEPTH))?;
        send(&producer, &at, headers, value)?;
        flight.state.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
    }
    flight.wait_until(|_, done| done == RECORDS)?;
    Ok(begun.elapsed())
}

fn send(producer: &ThreadedProducer<Reports>, at: &PartitionId, headers: &Headers, value: &[u8]) -> Done {
    let mut owned = OwnedHeaders::new_with_capacity(headers.len());
    for (key, value) in headers {
        owned = owned.insert(Header { key, value: Some(value) });
    }
    let record: BaseRecord<'_, (), [u8]> =
        BaseRecord::to(&at.topic).partition(at.partition).headers(owned).payload(value);
    producer.send(record).map_err(|(error, _)| match error {
        KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) => {
            Failure::new("the raw producer's queue is full")
        }
        error => error.into(),
    })
}

/// A record's bytes as ours are on the wire, the chain's headers included.
fn wire(seq: u64, payload: Payload) -> (Headers, Vec<u8>) {
    let record = Record { seq, term: 1, prev: Hash([0xab; 32]), payload };
    (record.wire_headers(), record.payload.value)
}

/// The settings of the product's own producer (`ledger_log::kafka::KafkaSettings`).
fn config(settings: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.bootstrap)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "0")
        .set("max.in.flight.requests.per.connection", "5")
        .set("message.max.bytes", "1000000")
        .set("queue.buffering.max.messages", "200000")
        .set("queue.buffering.max.kbytes", "262144");
    config
}

impl Flight {
    fn wait_until(&self, holds: impl Fn(u64, u64) -> bool) -> Done {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !holds(state.0, state.1) {
            ensure!(state.2.is_none(), "the raw producer: {:?}", state.2);
            let (next, waited) = self
                .changed
                .wait_timeout(state, Duration::from_secs(20))
                .unwrap_or_else(PoisonError::into_inner);
            ensure!(!waited.timed_out(), "the raw producer says nothing more");
            state = next;
        }
        Ok(())
    }
}
