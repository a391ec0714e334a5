//! Wires the api together: configuration, keys, engine, HTTP, and the order in which they end. No rule of any kind is here.

mod first_store;
mod open;
mod patience;
mod settings;
mod snapshot;

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use ledger_log::kafka::{KafkaError, KeyTopic, ensure_topics, partitions, read_genesis};
use ledger_log::{Genesis, PartitionId};
use ledger_runtime::{Database, Shutdown, Telemetry, TelemetrySettings, Vars};

use crate::engine::{self, InitSettings, StartError};
use crate::http::server::{self, Extras, ServerSettings};
use crate::keys::{KeyStore, KeyStoreError, KeyVault, MasterKey, VaultError};
use crate::queries::Queries;

use open::Opening;

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

/// `ledger-api serve`: waits for Kafka, then runs until it is asked to end, and ends in order: HTTP accepts nothing, finishes its
/// requests, and only then the ledger's handle is closed.
///
/// # Errors
/// Anything that makes serving impossible, in words for a person.
pub fn serve() -> Result<(), Failure> {
    let vars = Vars::from_process();
    let telemetry = Telemetry::start(&TelemetrySettings::read(&vars)?)?;
    let settings = Settings::read(&vars)?;
    engine::put_clock_forward(settings.clock_ahead);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(run(settings, telemetry));
    // A try to open the ledger may have been left behind.
    runtime.shutdown_background();
    served
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
    let database = Database::start(&settings.database)?;
    let extras = with_queries(Queries::new(database.clone()));
    let opening = Opening { settings, telemetry, runtime: tokio::runtime::Handle::current() };
    let Some((app, mut engine)) = patience::open(opening, &listener, &shutdown).await? else {
        database.close(DATABASE_CLOSES_WITHIN).await;
        tracing::info!("ended before the ledger was open");
        return Ok(());
    };
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

fn genesis(settings: &Settings) -> Result<Option<Genesis>, StartError> {
    let directory = PartitionId::new(&settings.kafka.topics().directory, 0);
    Ok(read_genesis(&settings.kafka, &directory)?.map(|(genesis, _)| genesis))
}

fn exists(settings: &Settings, genesis: Genesis) -> StartError {
    let topic = settings.kafka.topics().directory;
    StartError::AlreadyInitialised { topic, ledger_id: genesis.ledger_id }
}

fn open_vault(settings: &Settings) -> Result<KeyVault, VaultError> {
    let master = MasterKey::read(&settings.master_key_file)?;
    KeyVault::open(master, Box::new(Topic(KeyTopic::new(&settings.kafka))))
}

/// The key topic as the vault sees it.
struct Topic(KeyTopic);

impl KeyStore for Topic {
    fn put(&self, key_id: &str, record: &[u8]) -> Result<(), KeyStoreError> {
        self.0.put(key_id, record).map_err(|error| of_topic(&error))
    }

    fn load_all(&self) -> Result<HashMap<String, Vec<u8>>, KeyStoreError> {
        self.0.load_all().map_err(|error| of_topic(&error))
    }
}

fn of_topic(error: &KafkaError) -> KeyStoreError {
    KeyStoreError { why: error.to_string(), passes: error.passes() }
}

/// The queries' handle, one for all workers.
fn with_queries(queries: Queries) -> Extras {
    let queries = Data::new(queries);
    Arc::new(move |config| {
        config.app_data(queries.clone());
    })
}
