//! Where Kafka is, how topics are named, and the client settings that safety rests on. Nothing configurable
//! can weaken those: of the client's own settings only the ones about the connection's security pass through.

use super::error::KafkaError;
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use std::fmt;

/// The largest record (headers and value together, with the client's overhead) a producer takes, in bytes.
/// `decide` must refuse what could exceed it, so that no refusal comes from Kafka.
pub const MAX_RECORD_BYTES: usize = 1_000_000;

/// The longest a reconnecting client waits; the default of ten seconds would outlast a broker's restart.
const RECONNECT_MS: (&str, &str) = ("50", "500");
/// Settings of the connection that may be passed through, by prefix.
const SECURITY: [&str; 3] = ["security.", "ssl.", "sasl."];

/// Where Kafka is and how it is used.
#[derive(Clone)]
pub struct KafkaSettings {
    /// `host:port`, several separated by commas.
    pub bootstrap: String,
    /// What every topic's name begins with, for example `ledger`.
    pub prefix: String,
    /// How many brokers must be alive before topics are created: keeps a cluster that is just starting from
    /// being taken for a single broker.
    pub brokers_min: usize,
    /// How long a record may be on its way before its fate counts as unknown, in milliseconds.
    pub delivery_timeout_ms: u32,
    /// How long metadata, watermarks and reads may take without a sign of life, in milliseconds.
    pub request_timeout_ms: u32,
    /// `security.*`, `ssl.*` and `sasl.*` settings of librdkafka. Never printed.
    pub security: Vec<(String, String)>,
}

impl fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.security.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("KafkaSettings")
            .field("bootstrap", &self.bootstrap)
            .field("prefix", &self.prefix)
            .field("security", &names)
            .finish_non_exhaustive()
    }
}

/// The ledger's topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicNames {
    /// Agencies, branches, merchants, contracts, keys' hashes; one partition.
    pub directory: String,
    /// Payments.
    pub payments: String,
    /// Wrapped secrets, compacted, not part of the ledger; one partition.
    pub keys: String,
    /// Which processes are alive, a hint and not part of the ledger; one partition.
    pub members: String,
}

impl KafkaSettings {
    /// Settings with the default bounds: 10 s for a delivery, 5 s for a request, one broker.
    pub fn new(bootstrap: &str, prefix: &str) -> KafkaSettings {
        KafkaSettings {
            bootstrap: bootstrap.to_owned(),
            prefix: prefix.to_owned(),
            brokers_min: 1,
            delivery_timeout_ms: 10_000,
            request_timeout_ms: 5_000,
            security: Vec::new(),
        }
    }

    /// The topics under this prefix.
    pub fn topics(&self) -> TopicNames {
        let name = |suffix: &str| format!("{}.{suffix}", self.prefix);
        TopicNames {
            directory: name("directory"),
            payments: name("payments"),
            keys: name("keys"),
            members: name("members"),
        }
    }

    pub(super) fn request_timeout(&self) -> std::time::Duration {
        std::time::Duration::from_millis(self.request_timeout_ms.into())
    }

    /// What every client needs.
    pub(super) fn client(&self) -> Result<ClientConfig, KafkaError> {
        let mut config = ClientConfig::new();
        for (name, value) in &self.security {
            if !SECURITY.iter().any(|prefix| name.starts_with(prefix)) {
                let why = "only security.*, ssl.* and sasl.* may be passed through".to_owned();
                return Err(KafkaError::Setting { setting: name.clone(), why });
            }
            config.set(name, value);
        }
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", &self.prefix)
            .set("allow.auto.create.topics", "false")
            .set("reconnect.backoff.ms", RECONNECT_MS.0)
            .set("reconnect.backoff.max.ms", RECONNECT_MS.1)
            .set("retry.backoff.ms", "50")
            .set("retry.backoff.max.ms", "500")
            .set("socket.keepalive.enable", "true")
            .set("socket.nagle.disable", "true")
            .set("socket.timeout.ms", self.request_timeout_ms.max(10_000).to_string())
            .set_log_level(RDKafkaLogLevel::Warning);
        Ok(config)
    }

    /// An idempotent producer that waits for nothing.
    pub(super) fn producer(&self) -> Result<ClientConfig, KafkaError> {
        let mut config = self.client()?;
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "0")
            .set("retries", i32::MAX.to_string())
            .set("max.in.flight.requests.per.connection", "5")
            .set("message.timeout.ms", self.delivery_timeout_ms.to_string())
            .set("request.timeout.ms", self.delivery_timeout_ms.clamp(1, 5_000).to_string())
            .set("message.max.bytes", MAX_RECORD_BYTES.to_string())
            .set("queue.buffering.max.messages", "200000")
            .set("queue.buffering.max.kbytes", "262144");
        Ok(config)
    }

    /// Marks are stored with every copy that counts or not at all; that one may come twice harms nothing, and a producer that need
    /// not be idempotent has no state that could break.
    pub(super) fn producer_for_marks(&self) -> Result<ClientConfig, KafkaError> {
        let mut config = self.producer()?;
        config
            .set("enable.idempotence", "false")
            .set("message.timeout.ms", self.request_timeout_ms.to_string())
            .set("request.timeout.ms", self.request_timeout_ms.clamp(1, 5_000).to_string())
            .set("queue.buffering.max.messages", "10000")
            .set("queue.buffering.max.kbytes", "4096");
        Ok(config)
    }

    /// A consumer of assigned partitions: it sees every byte, joins no group and never resets its offset.
    /// `wait_ms` is how long the broker holds an empty answer back.
    pub(super) fn consumer(&self, wait_ms: u32) -> Result<ClientConfig, KafkaError> {
        let mut config = self.client()?;
        config
            // librdkafka wants a name for assigned partitions too; nothing ever joins or commits under it.
            .set("group.id", format!("{}.reader", self.prefix))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("isolation.level", "read_uncommitted")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "true")
            .set("check.crcs", "true")
            .set("fetch.wait.max.ms", wait_ms.to_string())
            .set("fetch.min.bytes", "1")
            .set("fetch.error.backoff.ms", "50")
            .set("fetch.queue.backoff.ms", "5")
            .set("fetch.message.max.bytes", "4194304")
            .set("queued.max.messages.kbytes", "16384")
            // Whoever reads may be busy elsewhere (a database that is down) for as long as it likes.
            .set("max.poll.interval.ms", "86400000");
        Ok(config)
    }
}
