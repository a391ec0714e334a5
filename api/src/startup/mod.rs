//! Wires the api together: configuration, keys, engine, HTTP, and the order in which they end. No rule of any kind is here.

mod first_store;
mod settings;
mod snapshot;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use ledger_domain::directory::Digest;
use ledger_domain::ids::KeyId;
use ledger_log::kafka::{KafkaError, KeyTopic, ensure_topics, partitions, read_genesis};
use ledger_log::{Genesis, PartitionId};
use ledger_runtime::{Database, Shutdown, Telemetry, TelemetrySettings, Vars};
use uuid::Uuid;

use crate::access::Authenticator;
use crate::acquirers::Acquirers;
use crate::engine::{self, Courier, Engine, EngineSettings, FirstKey, FirstStore, InitSettings, StartError};
use crate::http::app::App;
use crate::http::command::{CLOCK_BOUND_MS, Recent};
use crate::http::peers::Peers;
use crate::http::server::{self, Extras, ServerSettings};
use crate::http::under_way::UnderWay;
use crate::keys::{KeyStore, KeyVault, MasterKey, Pepper};
use crate::ledger::Ledger;
use crate::queries::Queries;
use crate::store::DiskSettings;

use first_store::Sources;

pub use settings::Settings;
pub use snapshot::snapshot;

/// The most records a writer of a new ledger may have in flight.
const DEPTH: u32 = 20_000;
/// How long the engine may take to finish what it has accepted.
const ENGINE_STOPS_WITHIN: Duration = Duration::from_secs(20);

/// How long other processes may take to take over.
const LEAVES_WITHIN: Duration = Duration::from_secs(3);

/// How long this process goes on listening once others lead everything: until they have read so, they may pass a request on to it,
/// and one that meets a closing connection would be answered 504. They read on ten times a second.
const LINGERS: Duration = Duration::from_millis(700);

/// How long connections to MariaDB may take to close.
const DATABASE_CLOSES_WITHIN: Duration = Duration::from_secs(2);

/// Why a start failed: what to read is its text.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// `ledger-api init`: makes topics, pepper and the directory's genesis. An existing ledger is left alone, and is an error
/// unless `if_empty`.
///
/// # Errors
/// Configuration, Kafka, the master key, or a ledger that exists.
pub fn init(if_empty: bool) -> Result<(), Failure> {
    let vars = Vars::from_process();
    let _telemetry = Telemetry::start(&TelemetrySettings::read(&vars)?)?;
    let settings = Settings::read(&vars)?;
    ensure_topics(&settings.kafka, settings.payments_partitions)?;
    let made = match genesis(&settings)? {
        Some(found) => Err(exists(&settings, found)),
        None => {
            // Before the genesis: a ledger that exists always has its pepper, and an existing one never gets another.
            open_vault(&settings)?.ensure_pepper()?;
            engine::init(&InitSettings {
                kafka: settings.kafka.clone(),
                payments_partitions: settings.payments_partitions,
                mode: settings.mode,
                depth: DEPTH,
                address: settings.address.clone(),
                within: Duration::from_secs(30),
            })
        }
    };
    match made {
        Ok(made) => {
            tracing::info!(ledger_id = made.ledger_id, mode = ?made.mode, "the ledger is initialised")
        }
        Err(StartError::AlreadyInitialised { ledger_id, .. }) if if_empty => {
            tracing::info!(ledger_id, "the ledger exists already; nothing was done");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// `ledger-api add-partitions`: so many payments partitions in all.
///
/// # Errors
/// Configuration, Kafka, no ledger, or as many partitions already.
pub fn add_partitions(to: i32) -> Result<(), Failure> {
    let vars = Vars::from_process();
    let _telemetry = Telemetry::start(&TelemetrySettings::read(&vars)?)?;
    let settings = Settings::read(&vars)?;
    let topics = settings.kafka.topics();
    if genesis(&settings)?.is_none() {
        return Err(StartError::NotInitialised { topic: topics.directory }.into());
    }
    let found = partitions(&settings.kafka, &topics.payments)?;
    if found >= to {
        return Err(format!("there are {found} payments partitions; they never become fewer").into());
    }
    ensure_topics(&settings.kafka, to)?;
    tracing::info!(from = found, to, "payments partitions were added");
    Ok(())
}

/// `ledger-api serve`: runs until it is asked to end, then ends in order: HTTP accepts nothing, finishes its requests, and
/// only then the ledger's handle is closed.
///
/// # Errors
/// Anything that makes serving impossible, in words for a person.
pub fn serve() -> Result<(), Failure> {
    let vars = Vars::from_process();
    let telemetry = Telemetry::start(&TelemetrySettings::read(&vars)?)?;
    let settings = Settings::read(&vars)?;
    engine::put_clock_forward(settings.clock_ahead);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(settings, telemetry))
}

/// A connection is an open file, and the usual bound of 1,024 is for programs that wait on few of them.
fn allow_many_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let found = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: found.maximum, maximum: found.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, wanted) {
        tracing::warn!(%error, "the bound of open files could not be raised");
    }
}

async fn run(settings: Settings, telemetry: Telemetry) -> Result<(), Failure> {
    allow_many_connections();
    let shutdown = Shutdown::new();
    shutdown.listen_to_signals()?;
    // Before the engine: a second process started by mistake must fail here, not after it has fenced the first one off.
    let listener = TcpListener::bind(settings.listen)?;
    let address = listener.local_addr()?;
    let handle = tokio::runtime::Handle::current();
    let database = Database::start(&settings.database)?;
    let extras = with_queries(Queries::new(database.clone()));
    let started = tokio::task::spawn_blocking(move || open(settings, telemetry, handle));
    let (app, mut engine) = started.await??;
    let broken = engine.broken();

    let server_settings = ServerSettings::default();
    let app = Data::new(app);
    let server = server::start(listener, app.clone(), extras, server_settings)?;
    let server_handle = server.handle();
    let serving = tokio::spawn(server);
    announce(&address.to_string());
    let broken = tokio::select! {
        () = shutdown.requested() => None,
        why = broken => Some(why),
    };
    if let Some(why) = &broken {
        tracing::error!(why, "this process ends, to be started again");
    }
    // Others take over first, so that what comes until the listener is closed can be passed on to them.
    let engine = tokio::task::spawn_blocking(move || {
        let has_others = engine.leave(LEAVES_WITHIN);
        (engine, has_others)
    });
    let (engine, has_others) = engine.await?;
    if has_others {
        tokio::time::sleep(LINGERS).await;
    }
    server::finish(&server_handle, &app, server_settings).await;
    serving.await??;
    tokio::task::spawn_blocking(move || engine.stop(ENGINE_STOPS_WITHIN)).await?;
    database.close(DATABASE_CLOSES_WITHIN).await;
    tracing::info!("ended in order");
    broken.map_or(Ok(()), |why| Err(why.into()))
}

/// The one line on stdout that whoever started the process waits for.
fn announce(address: &str) {
    println!("listening on http://{address}");
    tracing::info!(address, "listening");
}

/// Everything that blocks: the genesis, the keys, the engine.
fn open(
    settings: Settings,
    telemetry: Telemetry,
    runtime: tokio::runtime::Handle,
) -> Result<(App, Engine), Failure> {
    let topic = settings.kafka.topics().directory;
    match partitions(&settings.kafka, &topic) {
        Err(KafkaError::Missing { topic }) => return Err(StartError::NotInitialised { topic }.into()),
        asked => asked?,
    };
    let genesis = genesis(&settings)?.ok_or(StartError::NotInitialised { topic })?;
    if genesis.mode != settings.mode {
        let (is, wanted) = (genesis.mode, settings.mode);
        return Err(format!("LEDGER_MODE: is {wanted:?}, but this ledger was initialised as {is:?}").into());
    }
    let vault = Arc::new(open_vault(&settings)?);
    let pepper = vault.pepper()?;
    let peers = Peers::new(runtime.clone(), settings.address.clone())?;
    let sources = sources(&settings, &vault, &peers)?;
    let courier = courier(peers.clone(), vault.pepper()?);
    let (ledger, engine) = start_engine(&settings, &pepper, (sources, courier), runtime)?;
    let app = App {
        ledger: Arc::new(ledger),
        authenticator: Authenticator::new(settings.mode, pepper),
        vault,
        under_way: UnderWay::default(),
        recent: Recent::new(engine::now_ms()),
        peers: Some(peers),
        snapshots: Some(engine.snapshots()),
        clock: Arc::new(engine::now_ms),
        metrics: Arc::new(move || telemetry.render()),
    };
    Ok((app, engine))
}

fn sources(settings: &Settings, vault: &KeyVault, peers: &Peers) -> Result<Sources, Failure> {
    Ok(Sources {
        store: settings.store_dir.clone(),
        disk: DiskSettings::default(),
        folder: settings.snapshot_dir.clone(),
        min_records: settings.snapshot_min_records,
        kafka: settings.kafka.clone(),
        peers: peers.clone(),
        pepper: vault.pepper()?,
    })
}

/// The way to the owners in other processes.
fn courier(peers: Peers, pepper: Pepper) -> Courier {
    let way = Arc::new((peers, pepper));
    Courier(Arc::new(move |to, delivery| {
        let way = Arc::clone(&way);
        Box::pin(async move {
            let (peers, pepper) = &*way;
            peers.bring(&to, &delivery, pepper, engine::now_ms()).await
        })
    }))
}

fn start_engine(
    settings: &Settings,
    pepper: &Pepper,
    (sources, courier): (Sources, Courier),
    runtime: tokio::runtime::Handle,
) -> Result<(Ledger, Engine), Failure> {
    let acquirers = Acquirers::new(settings.acquirers.clone(), Arc::new(engine::now_ms))?;
    let mut engine = EngineSettings::new(settings.kafka.clone(), settings.store_dir.clone());
    engine.disk = sources.disk;
    engine.first_store = Some(FirstStore(Arc::new(move |ledger_id| sources.begin(ledger_id))));
    engine.payments_partitions = settings.payments_partitions;
    engine.most_under_way = settings.most_under_way;
    engine.courier = Some(courier);
    engine.standbys = settings.standbys;
    engine.disk_guard.clone_from(&settings.disk_guard);
    engine.address.clone_from(&settings.address);
    engine.clock_bound_ms = CLOCK_BOUND_MS;
    for acquirer in &settings.acquirers {
        engine.acquirers.push((acquirer.id.parse()?, acquirer.tombstones));
    }
    let hash = settings.first_operator_key.as_ref().map(|key| pepper.hash_of_api_key(key.expose()));
    engine.first_operator_key = hash.map(first_key);
    Ok(Engine::start(engine, runtime, acquirers)?)
}

/// The id follows from the key, so that two starts before the first record name the same key.
fn first_key(hash: Digest) -> FirstKey {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.0).for_each(|(to, from)| *to = from);
    FirstKey { key_id: KeyId::new(Uuid::new_v8(bytes)), hash }
}

fn genesis(settings: &Settings) -> Result<Option<Genesis>, Failure> {
    let directory = PartitionId::new(&settings.kafka.topics().directory, 0);
    Ok(read_genesis(&settings.kafka, &directory)?.map(|(genesis, _)| genesis))
}

fn exists(settings: &Settings, genesis: Genesis) -> StartError {
    let topic = settings.kafka.topics().directory;
    StartError::AlreadyInitialised { topic, ledger_id: genesis.ledger_id }
}

fn open_vault(settings: &Settings) -> Result<KeyVault, Failure> {
    let master = MasterKey::read(&settings.master_key_file)?;
    Ok(KeyVault::open(master, Box::new(Topic(KeyTopic::new(&settings.kafka))))?)
}

/// The key topic as the vault sees it.
struct Topic(KeyTopic);

impl KeyStore for Topic {
    fn put(&self, key_id: &str, record: &[u8]) -> Result<(), String> {
        self.0.put(key_id, record).map_err(|error| error.to_string())
    }

    fn load_all(&self) -> Result<std::collections::HashMap<String, Vec<u8>>, String> {
        self.0.load_all().map_err(|error| error.to_string())
    }
}

/// The queries' handle, one for all workers.
fn with_queries(queries: Queries) -> Extras {
    let queries = Data::new(queries);
    Arc::new(move |config| {
        config.app_data(queries.clone());
    })
}
