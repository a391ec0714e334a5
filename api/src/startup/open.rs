//! One try to open the ledger. It blocks: first Kafka and the key topic are asked what they hold, which leaves nothing behind, then
//! the engine starts on the store. A try that fails has given back all that it took.

use std::sync::Arc;

use ledger_domain::directory::Digest;
use ledger_domain::ids::KeyId;
use ledger_log::kafka::{KafkaError, partitions};
use ledger_runtime::Telemetry;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::first_store::Sources;
use super::{Failure, Settings, genesis, open_vault};
use crate::access::Authenticator;
use crate::acquirers::Acquirers;
use crate::engine::{self, Courier, Engine, EngineSettings, FirstKey, FirstStore, StartError};
use crate::http::app::App;
use crate::http::command::{CLOCK_BOUND_MS, Recent};
use crate::http::peers::Peers;
use crate::http::under_way::UnderWay;
use crate::keys::{KeyVault, Pepper, VaultError};
use crate::ledger::Ledger;
use crate::store::DiskSettings;

/// Why the ledger is not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log, the store, or what they say.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] VaultError),
    /// The configuration, or what the machine lacks.
    #[error("{0}")]
    Other(Failure),
}

impl OpenError {
    /// Whether another try may go well: Kafka does not answer at this moment, and nothing else is wrong.
    pub fn passes(&self) -> bool {
        match self {
            Self::Start(why) => why.passes(),
            Self::Keys(why) => why.passes(),
            Self::Other(_) => false,
        }
    }
}

impl From<KafkaError> for OpenError {
    fn from(error: KafkaError) -> Self {
        Self::Start(error.into())
    }
}

/// What every try needs.
pub struct Opening {
    /// What the environment says.
    pub settings: Settings,
    /// For `/metrics`.
    pub telemetry: Telemetry,
    /// Carries calls to acquirers and to other processes.
    pub runtime: Handle,
}

/// What was asked before anything was opened.
pub struct Asked {
    vault: Arc<KeyVault>,
    pepper: Pepper,
}

impl Opening {
    /// Whether there is a ledger of this mode, and its keys.
    pub fn ask(&self) -> Result<Asked, OpenError> {
        let settings = &self.settings;
        let topic = settings.kafka.topics().directory;
        match partitions(&settings.kafka, &topic) {
            Err(KafkaError::Missing { topic }) => return Err(StartError::NotInitialised { topic }.into()),
            asked => asked?,
        };
        let genesis = genesis(settings)?.ok_or(StartError::NotInitialised { topic })?;
        if genesis.mode != settings.mode {
            let (is, wanted) = (genesis.mode, settings.mode);
            let why = format!("LEDGER_MODE: is {wanted:?}, but this ledger was initialised as {is:?}");
            return Err(OpenError::Other(why.into()));
        }
        let vault = Arc::new(open_vault(settings)?);
        let pepper = vault.pepper()?;
        Ok(Asked { vault, pepper })
    }

    /// Starts the engine.
    pub fn start(&self, asked: Asked) -> Result<(App, Engine), OpenError> {
        let Asked { vault, pepper } = asked;
        let peers = Peers::new(self.runtime.clone(), self.settings.address.clone());
        let peers = peers.map_err(|error| OpenError::Other(error.into()))?;
        let sources = self.sources(&vault, &peers)?;
        let courier = courier(peers.clone(), vault.pepper()?);
        let (ledger, engine) = self.engine(&pepper, sources, courier)?;
        let telemetry = self.telemetry.clone();
        let app = App {
            ledger: Arc::new(ledger),
            authenticator: Authenticator::new(self.settings.mode, pepper),
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

    fn sources(&self, vault: &KeyVault, peers: &Peers) -> Result<Sources, OpenError> {
        let settings = &self.settings;
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

    fn engine(
        &self,
        pepper: &Pepper,
        sources: Sources,
        courier: Courier,
    ) -> Result<(Ledger, Engine), OpenError> {
        let settings = &self.settings;
        let acquirers = Acquirers::new(settings.acquirers.clone(), Arc::new(engine::now_ms));
        let acquirers = acquirers.map_err(|error| OpenError::Other(error.into()))?;
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
            let id = acquirer.id.parse().map_err(|error| OpenError::Other(Box::from(error)))?;
            engine.acquirers.push((id, acquirer.tombstones));
        }
        let hash = settings.first_operator_key.as_ref().map(|key| pepper.hash_of_api_key(key.expose()));
        engine.first_operator_key = hash.map(first_key);
        Ok(Engine::start(engine, self.runtime.clone(), acquirers)?)
    }
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

/// The id follows from the key, so that two starts before the first record name the same key.
fn first_key(hash: Digest) -> FirstKey {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.0).for_each(|(to, from)| *to = from);
    FirstKey { key_id: KeyId::new(Uuid::new_v8(bytes)), hash }
}
