//! Topics of a test's own, a writer with its shell, and a hand that writes what no correct writer writes.

use crossbeam_channel::{Receiver, unbounded};
use futures::executor::block_on;
use ledger_log::kafka::{
    Follower, KafkaSettings, Marker, PartitionIo, ensure_topics, read_genesis, watermarks,
};
use ledger_log::{
    Accepted, Action, Completion, Delivery, Fate, Fence, Genesis, HashFunction, Headers, Mode, PartitionId,
    Payload, Reader, Record, Writer,
};
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigSource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub const DEPTH: u32 = 64;
const PATIENCE: Duration = Duration::from_secs(30);

/// A random prefix whose topics are deleted in the end.
pub struct Prefix {
    pub settings: KafkaSettings,
}

impl Prefix {
    /// No topics yet.
    pub fn bare() -> Prefix {
        let bootstrap = std::env::var("LEDGER_TEST_KAFKA_BOOTSTRAP")
            .expect("LEDGER_TEST_KAFKA_BOOTSTRAP must name a broker (host:port) that tests may write to");
        Prefix { settings: KafkaSettings::new(&bootstrap, &format!("t{:016x}", fastrand::u64(..))) }
    }

    /// With the ledger's topics.
    pub fn ready() -> Prefix {
        let prefix = Prefix::bare();
        ensure_topics(&prefix.settings, 1).unwrap();
        prefix
    }

    /// Settings of a broker that is not there, with short patience. Nothing listens on the discard port.
    pub fn nowhere(&self) -> KafkaSettings {
        let mut settings = self.settings.clone();
        settings.bootstrap = "127.0.0.1:9".to_owned();
        settings.delivery_timeout_ms = 200;
        settings.request_timeout_ms = 200;
        settings
    }

    pub fn payments(&self) -> PartitionId {
        PartitionId::new(&self.settings.topics().payments, 0)
    }

    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.settings.bootstrap);
        config
    }

    pub fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.config().create().unwrap()
    }

    pub fn create(&self, topic: &str, partitions: i32, settings: &[(&str, &str)]) {
        let mut new = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
        new.config = settings.to_vec();
        let made = block_on(self.admin().create_topics([&new], &AdminOptions::new())).unwrap();
        made.into_iter().for_each(|result| drop(result.unwrap()));
        self.until("the topic has appeared", || watermarks(&self.settings, &PartitionId::new(topic, 0)).ok());
    }

    pub fn delete(&self, topic: &str) {
        block_on(self.admin().delete_topics(&[topic], &AdminOptions::new())).unwrap();
        let gone = || self.metadata_of(topic).is_none().then_some(());
        self.until("the topic has gone", gone);
    }

    /// How many partitions it has.
    pub fn metadata_of(&self, topic: &str) -> Option<i32> {
        ledger_log::kafka::partitions(&self.settings, topic).ok()
    }

    /// Changes one setting of a topic and leaves its others.
    pub fn alter(&self, topic: &str, setting: &str, value: &str) {
        let admin = self.admin();
        let about = ResourceSpecifier::Topic(topic);
        let found =
            block_on(admin.describe_configs([&about], &AdminOptions::new())).unwrap().remove(0).unwrap();
        let own = found.entries.iter().filter(|entry| entry.source == ConfigSource::DynamicTopic);
        let mut alter = AlterConfig::new(about);
        for entry in own.filter(|entry| entry.name != setting) {
            alter = alter.set(&entry.name, entry.value.as_deref().unwrap());
        }
        alter = alter.set(setting, value);
        block_on(admin.alter_configs([&alter], &AdminOptions::new())).unwrap().remove(0).unwrap();
        let shown = || {
            let found =
                block_on(admin.describe_configs([&about], &AdminOptions::new())).ok()?.remove(0).ok()?;
            (found.get(setting)?.value.as_deref() == Some(value)).then_some(())
        };
        self.until("the setting has changed", shown);
    }

    /// Deletes everything below an offset, as no retention of the ledger's ever does.
    pub fn cut(&self, at: &PartitionId, offset: i64) {
        let mut below = TopicPartitionList::new();
        below.add_partition_offset(&at.topic, at.partition, Offset::Offset(offset)).unwrap();
        block_on(self.admin().delete_records(&below, &AdminOptions::new())).unwrap();
    }

    /// Waits for a condition, asking again and again.
    pub fn until<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(Instant::now() < deadline, "waited in vain: {what}");
            std::thread::yield_now();
        }
    }

    /// Everything in the partition, judged from the beginning.
    pub fn chain(&self, at: &PartitionId) -> (Vec<Accepted>, u64) {
        let depth = read_genesis(&self.settings, at).unwrap().map_or(DEPTH, |(genesis, _)| genesis.depth);
        let mut follower = Follower::open(&self.settings, at.clone(), depth, None).unwrap();
        let (mut accepted, mut voids) = (Vec::new(), 0);
        self.until("the end of the partition", || {
            let batch = follower.next(1_000, Duration::from_secs(1)).unwrap();
            accepted.extend(batch.accepted);
            voids += batch.voids;
            batch.at_end.then_some(())
        });
        (accepted, voids)
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        let names = self.settings.topics();
        let all =
            [names.directory.as_str(), names.payments.as_str(), names.keys.as_str(), names.members.as_str()];
        let _ = block_on(self.admin().delete_topics(&all, &AdminOptions::new()));
    }
}

pub fn genesis() -> Genesis {
    Genesis {
        ledger_id: "test".to_owned(),
        mode: Mode::Test,
        format: ledger_log::fence::FORMAT,
        hash: HashFunction::Sha256,
        depth: DEPTH,
        of: None,
        incarnation: "first".to_owned(),
        address: "http://127.0.0.1:1".to_owned(),
    }
}

pub fn payload(value: &[u8]) -> Payload {
    Payload { headers: [("ce_type", "test.happened.v1")].into_iter().collect(), value: value.to_vec() }
}

/// A writer, its shell, and what became of things.
pub struct Hand {
    pub writer: Writer,
    pub io: PartitionIo,
    pub completions: Receiver<Completion>,
    pub fates: Vec<Fate>,
}

impl Hand {
    /// Follows from the beginning.
    pub fn new(prefix: &Prefix, at: &PartitionId, incarnation: &str) -> Hand {
        Hand::with(&prefix.settings, at, incarnation)
    }

    pub fn with(settings: &KafkaSettings, at: &PartitionId, incarnation: &str) -> Hand {
        let (sender, completions) = unbounded();
        let sink = Arc::new(move |completion| sender.send(completion).unwrap_or_default());
        let marker = Arc::new(Marker::new(settings).unwrap());
        let io = PartitionIo::start_with(settings, at.clone(), Some(marker), sink).unwrap();
        let me = Fence { incarnation: incarnation.to_owned(), address: "http://127.0.0.1:1".to_owned() };
        let mut writer = Writer::new(Reader::new(at.clone(), DEPTH), me);
        writer.set_genesis(genesis());
        Hand { writer, io, completions, fates: Vec::new() }
    }

    /// Has caught up and leads.
    pub fn leading(prefix: &Prefix, at: &PartitionId, incarnation: &str) -> Hand {
        let mut hand = Hand::new(prefix, at, incarnation);
        let (_, high) = watermarks(&prefix.settings, at).unwrap();
        hand.writer.catch_up(high);
        hand.writer.lead();
        hand.drain();
        hand.until("a reign", |fates| fates.iter().any(|fate| matches!(fate, Fate::Leading { .. })));
        hand
    }

    pub fn drain(&mut self) {
        self.io.drain(&mut self.writer, &mut self.fates);
    }

    /// Appends as soon as there is room.
    pub fn append(&mut self, payload: Payload) -> u64 {
        let deadline = Instant::now() + PATIENCE;
        while self.writer.room() == 0 {
            self.step(deadline, "room");
        }
        let (ticket, _) = self.writer.append(payload).unwrap();
        self.drain();
        ticket
    }

    pub fn feed(&mut self, completion: Completion) {
        self.io.feed(&mut self.writer, completion, &mut self.fates);
    }

    /// Lets things happen until the condition holds.
    pub fn until(&mut self, what: &str, holds: impl Fn(&[Fate]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(&self.fates) {
            self.step(deadline, what);
        }
    }

    fn step(&mut self, deadline: Instant, what: &str) {
        let Ok(completion) = self.completions.recv_deadline(deadline) else {
            panic!("waited in vain for {what}; so far {:?}", self.fates);
        };
        self.feed(completion);
    }

    /// Waits until every ticket has its final fate.
    pub fn settle(&mut self, tickets: &[u64]) {
        self.until("every fate", |fates| tickets.iter().all(|ticket| fate_of(fates, *ticket).is_some()));
    }

    pub fn fate(&self, ticket: u64) -> &Fate {
        fate_of(&self.fates, ticket).unwrap()
    }

    pub fn is_accepted(&self, ticket: u64) -> bool {
        matches!(self.fate(ticket), Fate::Accepted { .. })
    }

    /// The values of every accepted record with a ticket.
    pub fn own_values(&self) -> Vec<Vec<u8>> {
        let own = |fate: &Fate| match fate {
            Fate::Accepted { ticket: Some(_), accepted } => Some(accepted.record.payload.value.clone()),
            _ => None,
        };
        self.fates.iter().filter_map(own).collect()
    }
}

fn fate_of(fates: &[Fate], wanted: u64) -> Option<&Fate> {
    fates.iter().find(|fate| match fate {
        Fate::Accepted { ticket, .. } => *ticket == Some(wanted),
        Fate::Void { ticket } | Fate::Refused { ticket } => *ticket == wanted,
        _ => false,
    })
}

/// Says that this sending's fate is unknown, as a producer does that died.
pub fn unknown(action: &Action) -> Completion {
    let Action::Send { epoch, send, .. } = action else { panic!("not a sending: {action:?}") };
    Completion::Delivered { epoch: *epoch, send: *send, delivery: Delivery::Unknown { refused: false } }
}

/// Writes a message past every rule, and waits until it is stored.
pub fn forge<'a>(
    prefix: &Prefix,
    at: &PartitionId,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    value: &[u8],
) {
    let producer: BaseProducer = prefix.config().create().unwrap();
    send(&producer, at, headers, value);
    producer.flush(PATIENCE).unwrap();
}

/// Writes a record past every rule.
pub fn forge_record(prefix: &Prefix, at: &PartitionId, record: &Record) {
    forge(prefix, at, &record.wire_headers(), &record.payload.value);
}

/// Messages of a transaction that is then aborted or committed: both leave a control record behind.
pub fn transaction(prefix: &Prefix, at: &PartitionId, messages: usize, commit: bool) {
    let id = format!("tx{:x}", fastrand::u64(..));
    let producer: BaseProducer = prefix.config().set("transactional.id", id).create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    (0..messages).for_each(|_| send(&producer, at, &Headers::new(), b"of a transaction"));
    producer.flush(PATIENCE).unwrap();
    if commit {
        producer.commit_transaction(PATIENCE).unwrap();
    } else {
        producer.abort_transaction(PATIENCE).unwrap();
    }
}

fn send<'a>(
    producer: &BaseProducer,
    at: &PartitionId,
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    value: &[u8],
) {
    let mut wire = OwnedHeaders::new();
    for (key, value) in headers {
        wire = wire.insert(Header { key, value: Some(value) });
    }
    let record = BaseRecord::<(), [u8]>::to(&at.topic).partition(at.partition).payload(value).headers(wire);
    producer.send(record).map_err(|(error, _)| error).unwrap();
}
