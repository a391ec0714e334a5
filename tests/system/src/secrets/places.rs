//! Where things come to rest: the decoded contents of Kafka, of the store and of MariaDB, and every file there is.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger_api::store::{Disk, DiskSettings, Rows};
use ledger_log::PartitionId;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};

use crate::ensure;
use crate::failure::{Done, During, Failure};
use crate::sql::Database;

/// Some bytes, and where they are from.
#[derive(Clone, Debug)]
pub struct Place {
    /// For a person.
    pub name: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

const PATIENCE: Duration = Duration::from_secs(10);

/// How many clients try to read a partition: one may be kept waiting by its own memory of who leads it.
const CLIENTS: u32 = 3;

/// Every message of every topic, decompressed: key, headers and value. Each partition is read to where it ended
/// when its reading began: some topics are written all the time.
///
/// # Errors
/// Kafka cannot be read.
pub fn kafka(bootstrap: &str) -> Done<Vec<Place>> {
    let metadata = consumer(bootstrap)?.fetch_metadata(None, PATIENCE)?;
    let mut places = Vec::new();
    for topic in metadata.topics() {
        for partition in topic.partitions() {
            places.push(topic_partition(bootstrap, topic.name(), partition.id())?);
        }
    }
    ensure!(!places.is_empty(), "Kafka has no topics");
    Ok(places)
}

/// A client of its own for each partition: what one is still told about the partition before is nobody's business.
fn consumer(bootstrap: &str) -> Done<BaseConsumer> {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("group.id", "secrets").set("enable.partition.eof", "true");
    config.set("isolation.level", "read_uncommitted").set("enable.auto.commit", "false");
    Ok(config.create()?)
}

fn topic_partition(bootstrap: &str, topic: &str, partition: i32) -> Done<Place> {
    let mut failure = None;
    for _ in 0..CLIENTS {
        match read(&consumer(bootstrap)?, topic, partition) {
            Ok(place) => return Ok(place),
            Err(why) => failure = Some(why),
        }
    }
    Err(failure.unwrap_or_else(|| Failure::new("nobody tried")))
}

fn read(consumer: &BaseConsumer, topic: &str, partition: i32) -> Done<Place> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Beginning)?;
    let (begin, end) = consumer.fetch_watermarks(topic, partition, PATIENCE)?;
    consumer.assign(&list)?;
    let mut bytes = Vec::new();
    let mut next = begin;
    let mut heard = Instant::now();
    while next < end {
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                bytes.extend_from_slice(message.key().unwrap_or_default());
                for header in message.headers().iter().flat_map(|headers| headers.iter()) {
                    bytes.extend_from_slice(header.key.as_bytes());
                    bytes.extend_from_slice(header.value.unwrap_or_default());
                    bytes.push(b'\n');
                }
                bytes.extend_from_slice(message.payload().unwrap_or_default());
                bytes.push(b'\n');
                next = message.offset() + 1;
                heard = Instant::now();
            }
            // Below the end lie only what compaction took and the marks of transactions.
            Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => break,
            Some(Err(error)) => return Err(error).during(|| format!("read {topic}/{partition}")),
            None => ensure!(heard.elapsed() < PATIENCE, "{topic}/{partition} ends at {end}, read to {next}"),
        }
    }
    Ok(Place { name: format!("Kafka {topic}/{partition}"), bytes })
}

/// Every row of a stopped api's store, as the api itself would read it.
///
/// # Errors
/// It cannot be opened.
pub fn store(folder: &Path, partitions: &[PartitionId]) -> Done<Vec<Place>> {
    let disk = Disk::open(folder, DiskSettings::default())?;
    let mut places = Vec::new();
    for at in partitions {
        let rows = disk.partition(at)?.range(&[], &[0xff; 64], usize::MAX)?;
        let bytes = rows
            .into_iter()
            .flat_map(|(key, value)| [key, vec![b'\n'], value, vec![b'\n']].concat())
            .collect();
        places.push(Place { name: format!("store {}/{}", at.topic, at.partition), bytes });
    }
    Ok(places)
}

/// The ledger's partitions.
pub fn partitions(payments: i32) -> Vec<PartitionId> {
    let at = |topic: &str, partition| PartitionId { topic: Arc::from(topic), partition };
    let payments = (0..payments).map(|partition| at("ledger.payments", partition));
    std::iter::once(at("ledger.directory", 0)).chain(payments).collect()
}

/// Every row of every table of the product's database.
///
/// # Errors
/// MariaDB cannot be read.
pub async fn mariadb(database: &Database) -> Done<Vec<Place>> {
    let tables: Vec<String> = database
        .rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
        .await?;
    ensure!(tables.len() >= 5, "only the tables {tables:?}");
    let mut places = Vec::new();
    for table in tables {
        let rows: Vec<mysql_async::Row> = database.raw(&format!("SELECT * FROM `{table}`")).await?;
        let bytes = rows.into_iter().flat_map(|row| row.unwrap().into_iter().flat_map(cell)).collect();
        places.push(Place { name: format!("MariaDB {table}"), bytes });
    }
    Ok(places)
}

fn cell(value: mysql_async::Value) -> Vec<u8> {
    let mut bytes = match value {
        mysql_async::Value::Bytes(bytes) => bytes,
        other => other.as_sql(true).into_bytes(),
    };
    bytes.push(b'\n');
    bytes
}

/// Every file below a folder, as it lies there.
///
/// # Errors
/// One cannot be read.
pub fn files(folder: &Path) -> Done<Vec<Place>> {
    let mut places = Vec::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(&folder).during(|| format!("read {}", folder.display()))? {
            let path = entry?.path();
            let kind = std::fs::symlink_metadata(&path)?.file_type();
            if kind.is_dir() {
                left.push(path);
            } else if kind.is_file() {
                let bytes = std::fs::read(&path).during(|| format!("read {}", path.display()))?;
                places.push(Place { name: format!("file {}", path.display()), bytes });
            }
        }
    }
    Ok(places)
}
