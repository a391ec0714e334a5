//! `replay`: read a partition from its genesis and judge every record (sequence, term, hash of the one before); the control
//! is a raw consumer of the same partition with the same settings.

use std::time::{Duration, Instant};

use ledger_dev::testing::kafka;
use ledger_domain::recorded;
use ledger_log::PartitionId;
use ledger_log::kafka::{Follower, KafkaSettings};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::ROUNDS;
use super::figures::{last_line, median, per_second, ratio};
use super::line::{DEPTH, Line, topics};
use super::mill::Mill;
use crate::ensure;
use crate::failure::Done;

const RECORDS: u64 = 300_000;

/// Runs it.
///
/// # Errors
/// Kafka cannot be read.
pub fn run() -> Done {
    let (settings, at) = topics(&kafka(), "bench_replay")?;
    let mut line = Line::lead(&settings, at.clone())?;
    let mut mill = Mill::new()?;
    line.append(RECORDS, || mill.next())?;
    line.stop();
    let (mut ours, mut control, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        control.push(per_second(RECORDS, raw(&settings, &at)?));
        ours.push(per_second(RECORDS, follow(&settings, &at, false)?));
        read.push(per_second(RECORDS, follow(&settings, &at, true)?));
        let last = |all: &[u64]| all.last().copied().unwrap_or_default();
        let (ours, control, read) = (last(&ours), last(&control), last(&read));
        println!(
            "replay, round {round}: {ours} records/s, events understood {read}, the raw consumer {control}"
        );
    }
    let (ours, control) = (median(ours), median(control));
    println!("replay with every event understood: {} records/s", median(read));
    last_line("replay", ours, "records/s", &ratio(ours, control), "a raw consumer of the same records");
    Ok(())
}

fn follow(settings: &KafkaSettings, at: &PartitionId, understand: bool) -> Done<Duration> {
    let begun = Instant::now();
    let mut follower = Follower::open(settings, at.clone(), DEPTH, None)?;
    let mut seen = 0;
    // The genesis and the fence are not among those that were appended.
    while seen < RECORDS {
        let batch = follower.next(2_000, Duration::from_secs(5))?;
        ensure!(!batch.accepted.is_empty() || !batch.at_end, "the partition ends after {seen} records");
        for accepted in batch.accepted.iter().filter(|accepted| !accepted.record.is_fence()) {
            seen += 1;
            if understand {
                let payload = &accepted.record.payload;
                std::hint::black_box(recorded::read(&payload.headers, &payload.value)?);
            }
        }
    }
    Ok(begun.elapsed())
}

fn raw(settings: &KafkaSettings, at: &PartitionId) -> Done<Duration> {
    let begun = Instant::now();
    let consumer: BaseConsumer = config(settings).create()?;
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&at.topic, at.partition, Offset::Beginning)?;
    consumer.assign(&list)?;
    let (mut seen, mut bytes) = (0, 0);
    while seen < RECORDS {
        match consumer.poll(Duration::from_secs(5)) {
            Some(Ok(message)) => {
                bytes += message.payload_len();
                seen += 1;
            }
            Some(Err(KafkaError::PartitionEOF(_))) => {}
            Some(Err(error)) => return Err(error.into()),
            None => ensure!(false, "the raw consumer says nothing more after {seen} records"),
        }
    }
    std::hint::black_box(bytes);
    Ok(begun.elapsed())
}

/// The settings of the product's own consumer (`ledger_log::kafka::KafkaSettings`).
fn config(settings: &KafkaSettings) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", &settings.bootstrap)
        .set("group.id", "bench")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("isolation.level", "read_uncommitted")
        .set("auto.offset.reset", "error")
        .set("enable.partition.eof", "true")
        .set("check.crcs", "true")
        .set("fetch.wait.max.ms", "100")
        .set("fetch.min.bytes", "1")
        .set("fetch.message.max.bytes", "4194304")
        .set("queued.max.messages.kbytes", "16384");
    config
}
