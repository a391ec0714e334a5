//! The shell of the owners: one OS thread and one blocking channel that HTTP, Kafka's threads, acquirers' answers and checks all
//! feed. It decides nothing about payments; it keeps time, carries what the owners give out, and nothing in it spins.

mod chores;
mod clock;
mod disk_watch;
mod effects;
mod init;
mod membership;
mod opening;
mod partitions;
mod pulse;
mod round;
mod routing;
mod shell;
mod slot;
mod watch;

pub use disk_watch::DiskGuard;
pub use init::{InitSettings, Initialised, init};
pub use membership::Membership;
pub use opening::StartError;
pub use partitions::Partitions;
pub use shell::Shell;
pub use slot::{Slot, reader};

use crate::acquirers::Acquirers;
use crate::ledger::{Ledger, Port, Request};
use crate::owner::{CallId, DeliveryId, OwnerSettings, Returned};
use crate::store::{DiskSettings, Snapshots};
use crossbeam_channel::{Receiver, Sender};
use futures::future::BoxFuture;
use ledger_domain::directory::Digest;
use ledger_domain::ids::KeyId;
use ledger_domain::lines::AcquirerId;
use ledger_domain::payment::effects::Timing;
use ledger_domain::settlement::Delivery;
use ledger_log::Completion;
use ledger_log::kafka::{Beat, KafkaSettings};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Two further processes may fail before a takeover has to read history.
pub const STANDBYS: usize = 2;

/// How the engine is set up; each field has the unit in its name or type.
#[derive(Clone, Debug)]
pub struct EngineSettings {
    /// Where Kafka is and what the topics are called.
    pub kafka: KafkaSettings,
    /// Partitions of the payments topic, where it is made.
    pub payments_partitions: i32,
    /// The store's folder.
    pub store_dir: PathBuf,
    /// The store's memory.
    pub disk: DiskSettings,
    /// What may put a store there where there is none, or only a damaged one; otherwise it comes from the ledger.
    pub first_store: Option<FirstStore>,
    /// Where other processes reach this one; fences name it.
    pub address: String,
    /// Bounds of every owner.
    pub owner: OwnerSettings,
    /// How long to wait for acquirers.
    pub timing: Timing,
    /// Recent payments kept in memory, over all partitions, bytes.
    pub stream_bytes: u64,
    /// Requests under way at a time; more are answered at once.
    pub most_under_way: usize,
    /// How far the own clock may be from the broker's before no client command is decided, ms.
    pub clock_bound_ms: i64,
    /// How often topic settings and the log's head are checked again.
    pub recheck_every: Duration,
    /// How long a partition lost to another process is left alone before it is taken back: they may disagree on who is alive.
    pub retake_after: Duration,
    /// How many processes beside the leader follow a partition, so that a takeover costs what came since. The others read when they
    /// are asked.
    pub standbys: usize,
    /// The free space below which no new payment is taken, if it is watched.
    pub disk_guard: Option<DiskGuard>,
    /// The way to the owners in other processes, for commissions; none where there is only this one.
    pub courier: Option<Courier>,
    /// Acquirers of the configuration, with whether they keep tombstones: facts of the directory.
    pub acquirers: Vec<(AcquirerId, bool)>,
    /// The first operator's key, taken only while the directory has no key at all.
    pub first_operator_key: Option<FirstKey>,
}

impl EngineSettings {
    /// Settings with their defaults: four partitions, 64 MiB for rows and as much for payments, 4096 requests, a clock bound of two
    /// seconds, two standbys, checks every 30 seconds.
    #[must_use]
    pub fn new(kafka: KafkaSettings, store_dir: PathBuf) -> Self {
        Self {
            kafka,
            payments_partitions: 4,
            store_dir,
            disk: DiskSettings::default(),
            first_store: None,
            address: String::new(),
            owner: OwnerSettings::default(),
            timing: Timing::default(),
            stream_bytes: 64 * 1024 * 1024,
            most_under_way: 4_096,
            clock_bound_ms: 2_000,
            recheck_every: Duration::from_secs(30),
            retake_after: Duration::from_secs(2),
            standbys: STANDBYS,
            disk_guard: None,
            courier: None,
            acquirers: Vec::new(),
            first_operator_key: None,
        }
    }
}

/// A key by its id and keyed hash; never its secret.
#[derive(Clone, Debug)]
pub struct FirstKey {
    /// Its id.
    pub key_id: KeyId,
    /// HMAC-SHA-256 under the pepper.
    pub hash: Digest,
}

/// Called with the ledger's id, on the thread that starts the engine, when nothing lies where the store should be. Whether it puts
/// a store there is its own matter.
#[derive(Clone)]
pub struct FirstStore(pub Arc<dyn Fn(&str) + Send + Sync>);

impl std::fmt::Debug for FirstStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FirstStore")
    }
}

/// Brings a commission to the process at this address (`http://host:port`) and comes back with the position of its record.
#[derive(Clone)]
pub struct Courier(pub Arc<dyn Fn(String, Delivery) -> BoxFuture<'static, Option<String>> + Send + Sync>);

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Courier")
    }
}

/// What comes in through the one channel.
#[derive(Debug)]
pub enum Input {
    /// From HTTP.
    Request(Request),
    /// From a partition's Kafka shell, by the partition's place in the engine.
    Log(usize, Completion),
    /// From an acquirer.
    Returned(usize, CallId, Returned),
    /// From a payee's owner: the position of a commission's record, if it is known to be recorded.
    Delivered(usize, DeliveryId, Option<String>),
    /// The topics were looked at again: what is too weak, if anything.
    Topics(Option<String>),
    /// The topics were looked at again: so many payments partitions there are.
    Partitions(i32),
    /// The free space was looked at, and there is too little of it, or enough again.
    Disk(Option<String>),
    /// A process said that it is alive.
    Heard(Beat),
    /// Lead nothing any more, and say when nothing is led or nobody else is there to lead.
    Leave(Sender<bool>),
    /// Finish what is accepted, within this time.
    Stop(Duration),
}

/// A running engine; dropping it does not stop it, [`Engine::stop`] does.
#[derive(Debug)]
pub struct Engine {
    inputs: Sender<Input>,
    thread: Option<JoinHandle<()>>,
    broken: Option<oneshot::Receiver<String>>,
    snapshots: Snapshots,
}

impl Engine {
    /// Starts the engine of an initialised ledger. Blocks while Kafka is asked; commands are taken once [`Ledger::readiness`]
    /// says so.
    ///
    /// # Errors
    /// When the ledger was never initialised, a topic's settings are too weak, the store belongs to another ledger or does not
    /// match the log, or Kafka cannot be reached.
    pub fn start(
        settings: EngineSettings,
        runtime: Handle,
        acquirers: Acquirers,
    ) -> Result<(Ledger, Self), StartError> {
        let (inputs, received): (Sender<Input>, Receiver<Input>) = crossbeam_channel::unbounded();
        let port = Arc::new(Port::new(settings.most_under_way));
        let ledger = Ledger::new(inputs.clone(), Arc::clone(&port));
        let courier = settings.courier.clone();
        let effects = effects::Effects::new(runtime, acquirers, inputs.clone(), ledger.clone(), courier);
        let watch = watch::start(settings.kafka.clone(), settings.recheck_every, inputs.clone())?;
        let guard = settings.disk_guard.clone();
        let disk_watch = guard.map(|guard| disk_watch::start(guard, inputs.clone())).transpose()?;
        let core = opening::open(settings, inputs.clone(), Arc::clone(&port), effects, watch)?;
        let snapshots = Snapshots::of(core.disk.clone());
        let thread = std::thread::Builder::new().name("ledger engine".to_owned());
        let (tell, broken) = oneshot::channel();
        let thread = thread
            .spawn(move || round::live((core, disk_watch), &received, tell))
            .map_err(StartError::Thread)?;
        let engine = Self { inputs: inputs.clone(), thread: Some(thread), broken: Some(broken), snapshots };
        Ok((ledger, engine))
    }

    /// The store, to be copied while it is written.
    #[must_use]
    pub fn snapshots(&self) -> Snapshots {
        self.snapshots.clone()
    }

    /// Ends with why this process cannot go on and has to be started again: its store is damaged, or its thread panicked. To be
    /// called once; a second call never ends.
    pub fn broken(&mut self) -> impl Future<Output = String> + Send + use<> {
        let broken = self.broken.take();
        async move {
            match broken {
                None => std::future::pending().await,
                Some(broken) => broken.await.unwrap_or_else(|_| "the engine's thread ended".to_owned()),
            }
        }
    }

    /// Hands the partitions over to other processes, if there are any; commands that come meanwhile are passed on. Blocks until
    /// they have them, at most for `deadline`. True when there are others, who may send something on to this one a moment longer.
    pub fn leave(&self, deadline: Duration) -> bool {
        let (left, done) = crossbeam_channel::bounded(1);
        self.inputs.send(Input::Leave(left)).is_ok() && done.recv_timeout(deadline).unwrap_or(true)
    }

    /// Takes no new commands, finishes what is accepted within `deadline`, and writes the store out. Blocks.
    pub fn stop(mut self, deadline: Duration) {
        drop(self.inputs.send(Input::Stop(deadline)));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// How far a test system's clock is put forward, ms; one process has one clock.
static AHEAD_MS: AtomicI64 = AtomicI64::new(0);

/// Puts this process's clock forward, so that what waits for a date comes. Before anything asks for the time; only in a test system.
pub fn put_clock_forward(ahead: Duration) {
    AHEAD_MS.store(i64::try_from(ahead.as_millis()).unwrap_or(0), Ordering::Relaxed);
}

/// How far the clock is put forward, ms.
fn ahead_ms() -> i64 {
    AHEAD_MS.load(Ordering::Relaxed)
}

/// Unix milliseconds, now.
#[must_use]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX).saturating_add(ahead_ms())
}
