//! The projector's daily work: one thread per partition of the ledger, partitions found in the topics themselves.
//! One partition's damage stops that partition and is said loudly; the others go on.

use crate::context::{Context, Trouble};
use crate::db::{Backoff, DbError, Remedy};
use crate::migrate::migrate;
use crate::worker::Worker;
use ledger_log::PartitionId;
use ledger_log::kafka::{KafkaError, KafkaSettings, partitions};
use std::collections::BTreeMap;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a migration may take, the wait for another process's included.
const MIGRATION: Duration = Duration::from_secs(3_600);
/// How often to look for new partitions and for workers that ended.
const LOOK: Duration = Duration::from_secs(2);
/// Partitions change rarely: they are asked for once in so many looks.
const LOOKS_PER_QUESTION: u32 = 15;

/// Why the projector as a whole ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Every partition has stopped; each has said why.
    #[error("every partition has stopped; the first: {0}")]
    AllStopped(String),
    /// At least one partition stopped before the process was asked to end.
    #[error("stopped, and not all was well: {0}")]
    SomeStopped(String),
}

/// Migrates, then projects until asked to stop.
///
/// # Errors
/// [`RunError`], after every worker has ended.
pub fn run(context: &Context) -> Result<(), RunError> {
    migrate_patiently(&context.patient(MIGRATION))?;
    let mut workers = Workers { context, running: BTreeMap::new(), stopped: BTreeMap::new() };
    let outcome = workers.look_after();
    workers.join_all();
    outcome?;
    match workers.stopped.into_values().next() {
        None => Ok(()),
        Some(why) => Err(RunError::SomeStopped(why)),
    }
}

fn migrate_patiently(context: &Context) -> Result<(), RunError> {
    let mut backoff = Backoff::new();
    while !context.stopping() {
        match context.wait_for(migrate(&context.database)) {
            Ok(applied) if applied.is_empty() => break,
            Ok(applied) => {
                tracing::info!(migrations = applied.join(", "), "the schema is up to date");
                break;
            }
            Err(e) if e.remedy() == Remedy::GiveUp => return Err(e.into()),
            Err(e) => {
                tracing::warn!(error = %e, "MariaDB is away; waiting");
                context.wait(backoff.wait());
            }
        }
    }
    Ok(())
}

struct Workers<'a> {
    context: &'a Context,
    running: BTreeMap<PartitionId, JoinHandle<Result<(), Trouble>>>,
    stopped: BTreeMap<PartitionId, String>,
}

impl Workers<'_> {
    fn look_after(&mut self) -> Result<(), RunError> {
        let mut looks: u32 = 0;
        while !self.context.stopping() {
            if looks.is_multiple_of(LOOKS_PER_QUESTION) || self.running.is_empty() {
                self.start_missing();
            }
            looks = looks.wrapping_add(1);
            self.context.wait(LOOK);
            self.gather_ended();
            if let (true, Some(why)) = (self.running.is_empty(), self.stopped.values().next()) {
                return Err(RunError::AllStopped(why.clone()));
            }
        }
        Ok(())
    }

    fn start_missing(&mut self) {
        match ledger_partitions(&self.context.kafka) {
            Ok(all) => {
                for at in all {
                    if !self.running.contains_key(&at) && !self.stopped.contains_key(&at) {
                        self.start(at);
                    }
                }
            }
            Err(e) => tracing::warn!(error = %e, "the ledger's partitions cannot be asked for; trying again"),
        }
    }

    fn start(&mut self, at: PartitionId) {
        let (context, of) = (self.context.clone(), at.clone());
        let thread = thread::Builder::new().name(format!("project {at}"));
        match thread.spawn(move || Worker::new(&context, of).run()) {
            Ok(handle) => _ = self.running.insert(at, handle),
            Err(e) => {
                tracing::error!(partition = %at, error = %e, "no thread for the partition; trying again")
            }
        }
    }

    fn gather_ended(&mut self) {
        let ended: Vec<PartitionId> = self
            .running
            .iter()
            .filter(|(_, handle)| handle.is_finished())
            .map(|(at, _)| at.clone())
            .collect();
        for at in ended {
            self.gather(&at);
        }
    }

    fn gather(&mut self, at: &PartitionId) {
        let Some(handle) = self.running.remove(at) else { return };
        let why = match handle.join() {
            Ok(Ok(())) => return,
            Ok(Err(trouble)) => trouble.to_string(),
            Err(_) => "its thread panicked".to_owned(),
        };
        tracing::error!(partition = %at, "projecting stopped for good: {why}");
        ::metrics::gauge!("ledger_partition_stopped", "partition" => at.to_string()).set(1.0);
        self.stopped.insert(at.clone(), format!("{at}: {why}"));
    }

    fn join_all(&mut self) {
        self.context.shutdown.request();
        let all: Vec<PartitionId> = self.running.keys().cloned().collect();
        for at in all {
            self.gather(&at);
        }
    }
}

/// Every partition of the ledger: the directory's, then the payments'.
///
/// # Errors
/// When Kafka does not answer or a topic is missing.
pub fn ledger_partitions(kafka: &KafkaSettings) -> Result<Vec<PartitionId>, KafkaError> {
    let topics = kafka.topics();
    let mut all = Vec::new();
    for topic in [&topics.directory, &topics.payments] {
        all.extend((0..partitions(kafka, topic)?).map(|partition| PartitionId::new(topic, partition)));
    }
    Ok(all)
}
