//! Topics of a test's own and one writer that chains records by hand, so that a test can also break the chain.

use crossbeam_channel::{Receiver, unbounded};
use futures::executor::block_on;
use ledger_log::kafka::{KafkaSettings, PartitionIo, ensure_topics};
use ledger_log::{
    Action, Completion, Delivery, Genesis, Hash, HashFunction, Headers, Mode, PartitionId, Payload, Record,
    fence,
};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{PATIENCE, unique};

pub const LEDGER_ID: &str = "test-ledger";

/// The ledger of one test.
pub struct TestLedger {
    pub settings: KafkaSettings,
    partitions: Mutex<BTreeMap<PartitionId, Pen>>,
}

/// Writes one partition.
struct Pen {
    at: PartitionId,
    io: PartitionIo,
    reports: Receiver<Completion>,
    sends: u64,
    seq: u64,
    head: Hash,
}

impl TestLedger {
    /// Topics with a genesis in every partition.
    pub fn create(bootstrap: &str, partitions: i32) -> TestLedger {
        let settings = KafkaSettings::new(bootstrap, &unique("p"));
        ensure_topics(&settings, partitions).unwrap();
        let ledger = TestLedger { settings, partitions: Mutex::default() };
        let root = ledger.open(&ledger.directory(), None);
        for partition in 0..partitions {
            ledger.open(&ledger.payments(partition), Some(root));
        }
        ledger
    }

    pub fn directory(&self) -> PartitionId {
        PartitionId::new(&self.settings.topics().directory, 0)
    }

    pub fn payments(&self, partition: i32) -> PartitionId {
        PartitionId::new(&self.settings.topics().payments, partition)
    }

    fn open(&self, at: &PartitionId, of: Option<Hash>) -> Hash {
        let (sender, reports) = unbounded();
        let sink = Arc::new(move |completion| sender.send(completion).unwrap_or_default());
        let io = PartitionIo::start(&self.settings, at.clone(), sink).unwrap();
        let mut pen = Pen { at: at.clone(), io, reports, sends: 0, seq: 0, head: Hash::ZERO };
        let genesis = Genesis {
            ledger_id: LEDGER_ID.to_owned(),
            mode: Mode::Test,
            format: fence::FORMAT,
            hash: HashFunction::Sha256,
            depth: 64,
            of: of.map(|hash| hash.to_string()),
            incarnation: "test".to_owned(),
            address: "http://127.0.0.1:1".to_owned(),
        };
        pen.append(vec![genesis.payload()]);
        let head = pen.head;
        self.partitions.lock().unwrap().insert(at.clone(), pen);
        head
    }

    fn with<T>(&self, at: &PartitionId, act: impl FnOnce(&mut Pen) -> T) -> T {
        act(self.partitions.lock().unwrap().get_mut(at).unwrap())
    }

    /// Appends events, chained, and waits until they are stored.
    pub fn append(&self, at: &PartitionId, payloads: Vec<(Headers, Vec<u8>)>) {
        let payloads = payloads.into_iter().map(|(headers, value)| Payload { headers, value }).collect();
        self.with(at, |pen| pen.append(payloads));
    }

    /// Stores a record that names the head as its predecessor and lies about its number: no correct writer makes that.
    pub fn damage(&self, at: &PartitionId) {
        self.with(at, |pen| {
            let record = Record { seq: pen.seq + 2, term: 1, prev: pen.head, payload: Payload::default() };
            pen.send(vec![record]);
        });
    }

    /// Stores a record again: a duplicate that every reader passes over.
    pub fn stale(&self, at: &PartitionId) {
        self.with(at, |pen| {
            pen.send(vec![Record { seq: 1, term: 1, prev: Hash::ZERO, payload: Payload::default() }]);
        });
    }

    /// The last seq of a partition.
    pub fn seq(&self, at: &PartitionId) -> u64 {
        self.with(at, |pen| pen.seq)
    }

    /// The last seq of every partition.
    pub fn heads(&self) -> Vec<(PartitionId, u64)> {
        self.partitions.lock().unwrap().values().map(|pen| (pen.at.clone(), pen.seq)).collect()
    }
}

impl Drop for TestLedger {
    fn drop(&mut self) {
        self.partitions.lock().unwrap().clear();
        let mut config = ClientConfig::new();
        let admin: AdminClient<DefaultClientContext> =
            config.set("bootstrap.servers", &self.settings.bootstrap).create().unwrap();
        let names = self.settings.topics();
        let all = [&names.directory, &names.payments, &names.keys, &names.members].map(String::as_str);
        // Whatever is left is a server's of tests, which is thrown away.
        let _ = block_on(admin.delete_topics(&all, &AdminOptions::new()));
    }
}

impl Pen {
    fn append(&mut self, payloads: Vec<Payload>) {
        let mut records = Vec::new();
        for payload in payloads {
            let record = Record { seq: self.seq + 1, term: 1, prev: self.head, payload };
            (self.seq, self.head) = (record.seq, record.hash(&self.at));
            records.push(record);
        }
        self.send(records);
    }

    fn send(&mut self, records: Vec<Record>) {
        let count = records.len();
        for record in records {
            self.io.perform(Action::Send { epoch: 0, send: self.sends, record });
            self.sends += 1;
        }
        for _ in 0..count {
            let report = self.reports.recv_timeout(PATIENCE).unwrap();
            let stored = matches!(report, Completion::Delivered { delivery: Delivery::At { .. }, .. });
            assert!(stored, "{report:?}");
        }
    }
}
