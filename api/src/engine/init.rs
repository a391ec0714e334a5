//! The explicit initialisation of a ledger: the directory's genesis and nothing else. Never done by a running api on its own.

use super::opening::StartError;
use crossbeam_channel::unbounded;
use ledger_log::kafka::{KafkaSettings, PartitionIo, ensure_topics, read_genesis};
use ledger_log::{Fate, Fence, Genesis, HashFunction, Mode, PartitionId, Reader, Writer, fence};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What a new ledger is made with.
#[derive(Clone, Debug)]
pub struct InitSettings {
    /// Where Kafka is and what the topics are called.
    pub kafka: KafkaSettings,
    /// Partitions of the payments topic, where it is made.
    pub payments_partitions: i32,
    /// Test or live, for ever.
    pub mode: Mode,
    /// The most records a writer may have in flight.
    pub depth: u32,
    /// Written into the genesis.
    pub address: String,
    /// How long to try.
    pub within: Duration,
}

/// A ledger that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initialised {
    /// Its id.
    pub ledger_id: String,
    /// Test or live.
    pub mode: Mode,
}

/// Makes the topics and writes the directory's genesis. Blocks.
///
/// # Errors
/// [`StartError::AlreadyInitialised`] when there is one, whoever wrote it; otherwise when Kafka cannot be reached or is not safe.
pub fn init(settings: &InitSettings) -> Result<Initialised, StartError> {
    ensure_topics(&settings.kafka, settings.payments_partitions)?;
    let at = PartitionId::new(&settings.kafka.topics().directory, 0);
    if let Some((genesis, _)) = read_genesis(&settings.kafka, &at)? {
        let topic = at.topic.to_string();
        return Err(StartError::AlreadyInitialised { topic, ledger_id: genesis.ledger_id });
    }
    let incarnation = Uuid::now_v7().simple().to_string();
    let genesis = Genesis {
        ledger_id: Uuid::now_v7().simple().to_string(),
        mode: settings.mode,
        format: fence::FORMAT,
        hash: HashFunction::Sha256,
        depth: settings.depth,
        of: None,
        incarnation: incarnation.clone(),
        address: settings.address.clone(),
    };
    let me = Fence { incarnation, address: settings.address.clone() };
    let made = Initialised { ledger_id: genesis.ledger_id.clone(), mode: settings.mode };
    match write(settings, &at, me, genesis)? {
        // Somebody else was faster: theirs counts.
        Some(other) if other != made.ledger_id => {
            Err(StartError::AlreadyInitialised { topic: at.topic.to_string(), ledger_id: other })
        }
        Some(_) => Ok(made),
        None => {
            Err(StartError::Genesis("no answer in time; run it again to see whether it is there".to_owned()))
        }
    }
}

/// Leads the directory once. Gives back the id in the genesis that was accepted.
fn write(
    settings: &InitSettings,
    at: &PartitionId,
    me: Fence,
    genesis: Genesis,
) -> Result<Option<String>, StartError> {
    let (inputs, received) = unbounded();
    let sink = Arc::new(move |completion| drop(inputs.send(completion)));
    let io = PartitionIo::start(&settings.kafka, at.clone(), sink)?;
    let mut writer = Writer::new(Reader::new(at.clone(), settings.depth), me);
    writer.set_genesis(genesis);
    writer.lead();
    let until = Instant::now() + settings.within;
    let mut fates = Vec::new();
    io.drain(&mut writer, &mut fates);
    let mut found = None;
    while found.is_none()
        && let Ok(completion) = received.recv_deadline(until)
    {
        io.feed(&mut writer, completion, &mut fates);
        for fate in fates.drain(..) {
            match fate {
                Fate::Accepted { accepted, .. } if accepted.record.seq == 1 => {
                    found = Genesis::read(&accepted.record.payload).ok().map(|genesis| genesis.ledger_id);
                }
                Fate::Stopped(stop) => return Err(stop.into()),
                Fate::Accepted { .. }
                | Fate::Void { .. }
                | Fate::Refused { .. }
                | Fate::Leading { .. }
                | Fate::Lost { .. }
                | Fate::Confirmed { .. }
                | Fate::Looked { .. } => {}
            }
        }
    }
    io.stop(Duration::from_secs(2));
    Ok(found)
}
