//! What has to be true before the engine runs, and the opening of partitions: an uninitialised ledger, a weak topic, another
//! ledger's store and a store the log does not agree with are all refused in words.

use super::effects::Effects;
use super::membership::Membership;
use super::partitions::Partitions;
use super::slot::{self, Slot};
use super::watch::Watch;
use super::{EngineSettings, FirstStore, Input, now_ms};
use crate::ledger::Port;
use crate::owner::{DirectoryRules, Fatal, Owner, Payments, Rules};
use crate::store::{Disk, PartitionRows, StoreError};
use crossbeam_channel::Sender;
use ledger_log::kafka::{
    Durability, FollowError, KafkaError, Marker, Members, PartitionIo, ensure_topics, partitions,
    read_genesis,
};
use ledger_log::{Fence, Genesis, Hash, PartitionId, Reader, Stop, Writer};
use std::sync::Arc;
use uuid::Uuid;

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `init` has not been run.
    #[error("the ledger under {topic} was never initialised; run `ledger-api init` once")]
    NotInitialised {
        /// The directory's topic.
        topic: String,
    },
    /// `init` has been run before.
    #[error("the ledger under {topic} exists already, with id {ledger_id}")]
    AlreadyInitialised {
        /// The directory's topic.
        topic: String,
        /// Its id.
        ledger_id: String,
    },
    /// The genesis did not come into the log.
    #[error("the directory's genesis could not be written: {0}")]
    Genesis(String),
    /// Kafka cannot be reached or is not safe.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// The genesis cannot be read.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// Log and store disagree, or the log is damaged.
    #[error(transparent)]
    Log(#[from] Stop),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store's content cannot be used.
    #[error(transparent)]
    Owner(#[from] Fatal),
    /// The machine has no more threads.
    #[error("no thread: {0}")]
    Thread(std::io::Error),
}

impl StartError {
    /// Whether the same may go well a moment later, because all that is wrong is that Kafka does not answer now.
    pub fn passes(&self) -> bool {
        match self {
            Self::Kafka(why) | Self::Follow(FollowError::Kafka(why)) => why.passes(),
            Self::NotInitialised { .. }
            | Self::AlreadyInitialised { .. }
            | Self::Genesis(_)
            | Self::Follow(FollowError::Stop(_))
            | Self::Log(_)
            | Self::Store(_)
            | Self::Owner(_)
            | Self::Thread(_) => false,
        }
    }

    /// What is wrong with the store, where that is why.
    pub fn damage(&self) -> Option<String> {
        match self {
            Self::Store(why) | Self::Owner(Fatal::Store(why)) if why.is_damage() => Some(why.to_string()),
            _ => None,
        }
    }
}

/// Everything the engine's thread works with.
pub struct Core {
    pub settings: EngineSettings,
    pub inputs: Sender<Input>,
    pub port: Arc<Port>,
    pub effects: Effects,
    pub disk: Disk,
    pub genesis: Genesis,
    pub genesis_hash: Hash,
    /// Says that this process is alive, as long as it is held.
    pub members: Members,
    /// Where the log lies on several brokers: what confirms questions there.
    pub marker: Option<Arc<Marker>>,
    pub partitions: Partitions<PartitionIo, PartitionRows>,
    pub _watch: Watch,
}

/// Checks everything and opens the directory.
pub fn open(
    settings: EngineSettings,
    inputs: Sender<Input>,
    port: Arc<Port>,
    effects: Effects,
    watch: Watch,
) -> Result<Core, StartError> {
    let rests_on = ensure_topics(&settings.kafka, settings.payments_partitions)?;
    let at = PartitionId::new(&settings.kafka.topics().directory, 0);
    let Some((genesis, genesis_hash)) = read_genesis(&settings.kafka, &at)? else {
        return Err(StartError::NotInitialised { topic: at.topic.to_string() });
    };
    let opened = open_store(&settings, &at, &genesis);
    let (disk, rows, rules) = match opened.as_ref().err().and_then(StartError::damage) {
        Some(damage) => {
            Disk::mark_damaged(&settings.store_dir, &damage);
            open_store(&settings, &at, &genesis)?
        }
        None => opened?,
    };
    // The last that Kafka has to answer. Only then does this process say that it is alive: others count on who says so.
    let reader = slot::reader(&settings.kafka, &at, &rows)?;
    let me = Fence { incarnation: Uuid::now_v7().simple().to_string(), address: settings.address.clone() };
    let beats = inputs.clone();
    let heard = Arc::new(move |beat| drop(beats.send(Input::Heard(beat))));
    let members = Members::start(&settings.kafka, me.clone(), heard)?;
    let membership = Membership::new(me.clone());
    let retake_after_ms = u64::try_from(settings.retake_after.as_millis()).unwrap_or(u64::MAX);
    let marker = match rests_on {
        Durability::OneDisk => None,
        Durability::Replicas => Some(Arc::new(Marker::new(&settings.kafka)?)),
    };
    let standbys = settings.standbys;
    let partitions = Partitions { me, membership, slots: Vec::new(), retake_after_ms, standbys };
    let mut core = Core {
        settings,
        inputs,
        port,
        effects,
        disk,
        genesis,
        genesis_hash,
        members,
        marker,
        partitions,
        _watch: watch,
    };
    core.add(&at, reader, rows, Rules::Directory(Box::new(rules)), None)?;
    Ok(core)
}

/// The store with the directory as it has it. One that is damaged has been set aside when this is called again.
fn open_store(
    settings: &EngineSettings,
    at: &PartitionId,
    genesis: &Genesis,
) -> Result<(Disk, PartitionRows, DirectoryRules), StartError> {
    let mut begin = || {
        if let Some(FirstStore(begin)) = &settings.first_store {
            begin(&genesis.ledger_id);
        }
    };
    let disk = Disk::open_or_begin(&settings.store_dir, settings.disk, &mut begin)?;
    disk.belongs_to(&genesis.ledger_id)?;
    let rows = disk.partition(at)?;
    let rules = DirectoryRules::load(&rows, at)?;
    Ok((disk, rows, rules))
}

impl Core {
    /// Opens every payments partition; the directory says which of them may be empty.
    pub fn open_payments(&mut self) -> Result<(), StartError> {
        let topic = self.settings.kafka.topics().payments;
        let count = partitions(&self.settings.kafka, &topic)?;
        for partition in 0..count {
            let at = PartitionId::new(&topic, partition);
            if self.partitions.slots.iter().any(|slot| slot.at == at) {
                continue;
            }
            let genesis = self.partitions.genesis_of(&at, &self.genesis, &self.genesis_hash);
            let share =
                u64::try_from(count).ok().and_then(|count| self.settings.stream_bytes.checked_div(count));
            let rules = Payments::new(self.settings.timing, share.unwrap_or_default());
            let rows = self.disk.partition(&at)?;
            let reader = slot::reader(&self.settings.kafka, &at, &rows)?;
            self.add(&at, reader, rows, Rules::Payments(Box::new(rules)), genesis)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        at: &PartitionId,
        reader: Reader,
        rows: PartitionRows,
        rules: Rules,
        genesis: Option<Genesis>,
    ) -> Result<(), StartError> {
        let mut owner = Owner::open(at.clone(), rules, self.settings.owner.clone(), &rows)?;
        owner.set_ledger_id(&self.genesis.ledger_id);
        let (place, inputs) = (self.partitions.slots.len(), self.inputs.clone());
        let sink = Arc::new(move |completion| drop(inputs.send(Input::Log(place, completion))));
        let io = PartitionIo::start_with(&self.settings.kafka, at.clone(), self.marker.clone(), sink)?;
        let mut writer = Writer::new(reader, self.partitions.me.clone());
        if let Some(genesis) = genesis {
            writer.set_genesis(genesis);
        }
        if self.marker.is_some() {
            writer.confirm_by_mark();
        }
        self.partitions.slots.push(Slot::open(writer, rows, owner, io, now_ms()));
        Ok(())
    }
}
