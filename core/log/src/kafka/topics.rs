//! The ledger's topics: created with the settings that safety rests on, and refused when a setting is weaker.
//! The same check runs at start and while running; nothing here ever changes a topic that exists, but for
//! adding partitions.

mod required;

use super::client::Context;
use super::error::{KafkaError, Weakness};
use super::meta::Questions;
use super::settings::KafkaSettings;
use futures::executor::block_on;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewPartitions, NewTopic, OwnedResourceSpecifier,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::{Metadata, MetadataTopic};
pub use required::Durability;
use required::Kind;
use std::time::{Duration, Instant};

/// How long a created topic may take to be known and to have a leader everywhere, and how often that is looked at.
const APPEARS: (Duration, Duration) = (Duration::from_secs(15), Duration::from_millis(50));

/// One of the ledger's topics.
struct Topic {
    name: String,
    kind: Kind,
    /// How many partitions are made, and whether there may be another number later.
    partitions: i32,
    exactly: bool,
}

fn topics(settings: &KafkaSettings, payments_partitions: i32) -> [Topic; 4] {
    let names = settings.topics();
    let topic = |name, kind, partitions, exactly| Topic { name, kind, partitions, exactly };
    [
        topic(names.directory, Kind::Ledger, 1, true),
        topic(names.payments, Kind::Ledger, payments_partitions, false),
        topic(names.keys, Kind::Keys, 1, true),
        topic(names.members, Kind::Members, 1, true),
    ]
}

/// Creates the topics that are missing, adds partitions to `payments` where there are fewer, and checks every
/// setting of all of them. More partitions than asked for stay: a merchant's partition is for ever. Says what the ledger rests on.
///
/// # Errors
/// [`KafkaError::Weak`] names each setting, the value found and the value required.
pub fn ensure_topics(settings: &KafkaSettings, payments_partitions: i32) -> Result<Durability, KafkaError> {
    let wanted = topics(settings, payments_partitions.max(1));
    let questions = Questions::new(settings)?;
    let metadata = questions.metadata(None)?;
    let admin = Admin::new(settings)?;
    for topic in &wanted {
        match find(&metadata, &topic.name) {
            None => admin.create(topic, durability_for_new(settings, &metadata)?)?,
            Some(found) if !topic.exactly => admin.add_partitions(topic, found.partitions().len())?,
            Some(_) => {}
        }
    }
    let metadata = wait_until_led(&questions, &wanted)?;
    check(&admin, &metadata, &wanted)
}

/// The check of [`ensure_topics`] alone; for every now and then while running.
///
/// # Errors
/// [`KafkaError::Missing`] or [`KafkaError::Weak`]; [`KafkaError::Failed`] when Kafka does not answer, which
/// says nothing about the settings.
pub fn check_topics(settings: &KafkaSettings) -> Result<(), KafkaError> {
    let metadata = Questions::new(settings)?.metadata(None)?;
    check(&Admin::new(settings)?, &metadata, &topics(settings, 1)).map(|_| ())
}

fn find<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a MetadataTopic> {
    metadata.topics().iter().find(|topic| topic.name() == name && !topic.partitions().is_empty())
}

/// What a topic made now would rest on: the disk of the only broker, or three replicas.
fn durability_for_new(settings: &KafkaSettings, metadata: &Metadata) -> Result<Durability, KafkaError> {
    let found = metadata.brokers().len();
    let brokers = |required: String| KafkaError::Brokers { found, required };
    match found {
        _ if found < settings.brokers_min => Err(brokers(format!("at least {}", settings.brokers_min))),
        1 => Ok(Durability::OneDisk),
        0 | 2 => Err(brokers("1, or 3 or more,".to_owned())),
        _ => Ok(Durability::Replicas),
    }
}

/// Every topic must be there with every partition led, before anything is said about it.
fn wait_until_led(questions: &Questions, wanted: &[Topic]) -> Result<Metadata, KafkaError> {
    let until = Instant::now() + APPEARS.0;
    loop {
        let metadata = questions.metadata(None)?;
        let missing = wanted.iter().find(|topic| !led(find(&metadata, &topic.name), topic.partitions));
        let Some(topic) = missing else { return Ok(metadata) };
        if Instant::now() > until {
            return Err(KafkaError::failed(
                format!("waiting for topic {}", topic.name),
                "a partition has no leader",
            ));
        }
        std::thread::sleep(APPEARS.1);
    }
}

fn led(found: Option<&MetadataTopic>, partitions: i32) -> bool {
    let Some(found) = found else { return false };
    i32::try_from(found.partitions().len()).is_ok_and(|count| count >= partitions)
        && found.partitions().iter().all(|partition| partition.leader() >= 0)
}

fn check(admin: &Admin, metadata: &Metadata, wanted: &[Topic]) -> Result<Durability, KafkaError> {
    let names: Vec<&str> = wanted.iter().map(|topic| topic.name.as_str()).collect();
    if let Some(missing) = names.iter().find(|name| find(metadata, name).is_none()) {
        return Err(KafkaError::Missing { topic: (*missing).to_owned() });
    }
    let configs = admin.settings(&names)?;
    let brokers = metadata.brokers().len();
    let mut weak = Vec::new();
    let mut rests_on = Durability::OneDisk;
    for topic in wanted {
        let (Some(found), Some(config)) = (find(metadata, &topic.name), config_of(&configs, &topic.name))
        else {
            return Err(KafkaError::Missing { topic: topic.name.clone() });
        };
        let durability = durability(found, brokers);
        if durability == Durability::Replicas {
            rests_on = durability;
        }
        weak.extend(weaknesses(topic, found, config, durability));
    }
    if weak.is_empty() { Ok(rests_on) } else { Err(KafkaError::Weak(weak)) }
}

fn config_of<'a>(configs: &'a [ConfigResource], name: &str) -> Option<&'a ConfigResource> {
    configs.iter().find(|config| config.specifier == OwnedResourceSpecifier::Topic(name.to_owned()))
}

fn replicas(found: &MetadataTopic) -> usize {
    found.partitions().iter().map(|partition| partition.replicas().len()).min().unwrap_or(0)
}

/// The topic's own replicas say what it rests on, not how many brokers happen to be alive.
fn durability(found: &MetadataTopic, brokers: usize) -> Durability {
    if replicas(found) <= 1 && brokers <= 1 { Durability::OneDisk } else { Durability::Replicas }
}

fn weaknesses(
    topic: &Topic,
    found: &MetadataTopic,
    config: &ConfigResource,
    durability: Durability,
) -> Vec<Weakness> {
    let weakness = |setting: &str, found: String, required: String| Weakness {
        topic: topic.name.clone(),
        setting: setting.to_owned(),
        found,
        required,
    };
    let mut weak = Vec::new();
    if topic.exactly && found.partitions().len() != 1 {
        weak.push(weakness("partitions", found.partitions().len().to_string(), "1".to_owned()));
    }
    let replicas = replicas(found);
    if durability == Durability::Replicas && replicas < 3 {
        weak.push(weakness("replication.factor", replicas.to_string(), "3 or more".to_owned()));
    }
    for rule in required::rules(topic.kind, durability) {
        let value = config.get(rule.setting).and_then(|entry| entry.value.clone());
        if !value.as_deref().is_some_and(|value| rule.holds(value)) {
            weak.push(weakness(rule.setting, value.unwrap_or_else(|| "nothing".to_owned()), rule.required()));
        }
    }
    weak
}

/// The administrative client; its futures are waited for here, on the caller's thread.
struct Admin {
    client: AdminClient<Context>,
    options: AdminOptions,
}

impl Admin {
    fn new(settings: &KafkaSettings) -> Result<Admin, KafkaError> {
        let client = AdminClient::from_config_and_context(&settings.client()?, Context)
            .map_err(|e| KafkaError::refused("making an administrative client", e))?;
        let timeout = settings.request_timeout();
        let options = AdminOptions::new().request_timeout(Some(timeout)).operation_timeout(Some(timeout));
        Ok(Admin { client, options })
    }

    fn create(&self, topic: &Topic, durability: Durability) -> Result<(), KafkaError> {
        let rules = required::rules(topic.kind, durability);
        let replication = TopicReplication::Fixed(durability.replicas());
        let mut new = NewTopic::new(&topic.name, topic.partitions, replication);
        for rule in &rules {
            new = new.set(rule.setting, rule.made_with);
        }
        let doing = || format!("creating topic {}", topic.name);
        let results = block_on(self.client.create_topics([&new], &self.options))
            .map_err(|e| KafkaError::asked(doing(), &e))?;
        for result in results {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(KafkaError::answered(doing(), code, code)),
            }
        }
        tracing::info!(target: "kafka", topic = topic.name, partitions = topic.partitions, "created a topic");
        Ok(())
    }

    fn add_partitions(&self, topic: &Topic, found: usize) -> Result<(), KafkaError> {
        let Some(count) = usize::try_from(topic.partitions).ok().filter(|wanted| *wanted > found) else {
            return Ok(());
        };
        let doing = || format!("adding partitions to topic {}", topic.name);
        let new = NewPartitions::new(&topic.name, count);
        let results = block_on(self.client.create_partitions([&new], &self.options))
            .map_err(|e| KafkaError::asked(doing(), &e))?;
        match results.into_iter().find_map(Result::err) {
            Some((_, code)) => Err(KafkaError::answered(doing(), code, code)),
            None => Ok(()),
        }
    }

    /// The settings of all of them. A broker that has not heard of a topic yet answers with none at all: that is no weak setting, and
    /// it is asked again.
    fn settings(&self, names: &[&str]) -> Result<Vec<ConfigResource>, KafkaError> {
        let until = Instant::now() + APPEARS.0;
        loop {
            let configs = self.describe(names)?;
            let is_known =
                |name: &str| config_of(&configs, name).is_some_and(|config| !config.entries.is_empty());
            let Some(unknown) = names.iter().find(|name| !is_known(name)) else { return Ok(configs) };
            if Instant::now() > until {
                let doing = format!("settings of {unknown}");
                return Err(KafkaError::failed(doing, "the broker that was asked does not know them"));
            }
            std::thread::sleep(APPEARS.1);
        }
    }

    fn describe(&self, names: &[&str]) -> Result<Vec<ConfigResource>, KafkaError> {
        let doing = || format!("settings of {}", names.join(", "));
        let specifiers: Vec<ResourceSpecifier<'_>> =
            names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
        let described = block_on(self.client.describe_configs(&specifiers, &self.options))
            .map_err(|e| KafkaError::asked(doing(), &e))?;
        described
            .into_iter()
            .map(|found| found.map_err(|code| KafkaError::answered(doing(), code, code)))
            .collect()
    }
}
