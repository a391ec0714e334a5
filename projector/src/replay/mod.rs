//! The auditor's reading: every record of the ledger in order, printed, with the chain checked from each partition's
//! genesis to its end. It needs no database and trusts none.

mod line;

use crate::context::{Context, Trouble};
use crate::entry::{CannotProject, position};
use crate::follow::{Until, read};
use crate::run::ledger_partitions;
use ledger_domain::Event;
use ledger_domain::directory::DirectoryEvent;
use ledger_domain::ids::MerchantId;
use ledger_domain::lines::Payee;
use ledger_domain::recorded;
use ledger_log::kafka::{FollowError, read_genesis};
use ledger_log::{Accepted, Hash, PartitionId, Position, Stop};
use line::Content;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What to print. The chain is checked in whole, whatever is printed.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// Only this partition, and printed from this record on.
    pub from: Option<Position>,
    /// Only what is about this merchant.
    pub merchant: Option<MerchantId>,
    /// One JSON object a line.
    pub json: bool,
}

/// What one partition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Which.
    pub at: PartitionId,
    /// Accepted records: the head's seq.
    pub records: u64,
    /// Messages that count for nothing: lost races, duplicates, strangers' bytes.
    pub voids: u64,
    /// The last record's hash.
    pub head: Hash,
}

/// Why a replay did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The ledger is damaged, or holds what this program cannot read.
    #[error("DAMAGED: {0}")]
    Damaged(String),
    /// It could not be read, or the lines could not be written.
    #[error("{0}")]
    Unreadable(String),
}

impl From<Trouble> for ReplayError {
    fn from(trouble: Trouble) -> ReplayError {
        match &trouble {
            Trouble::Follow(FollowError::Stop(_)) | Trouble::CannotProject(_) => {
                ReplayError::Damaged(trouble.to_string())
            }
            _ => ReplayError::Unreadable(trouble.to_string()),
        }
    }
}

impl From<io::Error> for ReplayError {
    fn from(error: io::Error) -> ReplayError {
        ReplayError::Unreadable(format!("writing: {error}"))
    }
}

/// Prints the ledger and returns what each partition holds.
///
/// # Errors
/// [`ReplayError::Damaged`] at the first record that breaks the chain, or that this program cannot read.
pub fn replay(context: &Context, what: &Replay, out: &mut dyn Write) -> Result<Vec<Summary>, ReplayError> {
    let mut summaries = Vec::new();
    let mut opened = BTreeMap::new();
    let root = root(context)?;
    for at in ledger_partitions(&context.kafka).map_err(Trouble::from)? {
        let is_directory = at.topic.as_ref() == context.kafka.topics().directory;
        let asked = what.from.as_ref().is_none_or(|from| from.partition == at);
        if !asked && !is_directory {
            continue;
        }
        let mut reading =
            Reading { at: at.clone(), what, out: &mut *out, silent: !asked, opened: &mut opened, root };
        let summary = reading.run(context)?;
        if asked {
            summaries.push(summary);
        }
    }
    Ok(summaries)
}

/// The hash of the directory's genesis, which every other one quotes.
fn root(context: &Context) -> Result<Option<Hash>, ReplayError> {
    let at = PartitionId::new(&context.kafka.topics().directory, 0);
    Ok(read_genesis(&context.kafka, &at).map_err(Trouble::from)?.map(|(_, hash)| hash))
}

struct Reading<'a> {
    at: PartitionId,
    what: &'a Replay,
    out: &'a mut dyn Write,
    silent: bool,
    opened: &'a mut BTreeMap<PartitionId, String>,
    root: Option<Hash>,
}

impl Reading<'_> {
    fn run(&mut self, context: &Context) -> Result<Summary, ReplayError> {
        self.check_genesis(context)?;
        let mut summary = Summary { at: self.at.clone(), records: 0, voids: 0, head: Hash::ZERO };
        read(context, &self.at.clone(), Until::End, |batch| {
            summary.voids = summary.voids.saturating_add(batch.voids);
            for accepted in &batch.accepted {
                (summary.records, summary.head) = (accepted.record.seq, accepted.hash);
                self.record(accepted)?;
            }
            Ok::<(), ReplayError>(())
        })?;
        Ok(summary)
    }

    /// The genesis must quote the directory's, and be the one the directory recorded.
    fn check_genesis(&self, context: &Context) -> Result<(), ReplayError> {
        let found = read_genesis(&context.kafka, &self.at).map_err(Trouble::from)?;
        let recorded = self.opened.get(&self.at);
        let problem = match (&found, recorded) {
            (None, Some(hash)) => Some(format!("it is empty; the directory opened it with genesis {hash}")),
            (Some((_, hash)), Some(recorded)) if hash.to_string() != *recorded => {
                Some(format!("its hash is {hash}; the directory opened it with {recorded}"))
            }
            (Some((genesis, hash)), _) => match &genesis.of {
                Some(of) if Some(of.clone()) != self.root.map(|root| root.to_string()) => {
                    Some(format!("it quotes {of}, which is not the directory's genesis"))
                }
                None if self.root != Some(*hash) => Some("it quotes no directory".to_owned()),
                _ => None,
            },
            (None, None) => None,
        };
        match problem {
            None => Ok(()),
            Some(why) => Err(Trouble::from(Stop::Genesis { partition: self.at.clone(), why }).into()),
        }
    }

    fn record(&mut self, accepted: &Accepted) -> Result<(), ReplayError> {
        let content = self.content(accepted)?;
        if let Content::Event(both) = &content
            && let Event::Directory(DirectoryEvent::PartitionOpened(data)) = &both.0
        {
            let at = PartitionId::new(&data.partition.topic, data.partition.partition);
            self.opened.insert(at, data.genesis_hash.to_string());
        }
        if !self.wanted(accepted, &content) {
            return Ok(());
        }
        if self.what.json {
            writeln!(self.out, "{}", line::json(&self.at, accepted, &content))?;
        } else {
            writeln!(self.out, "{}", line::text(&self.at, accepted, &content))?;
        }
        Ok(())
    }

    fn content(&self, accepted: &Accepted) -> Result<Content, ReplayError> {
        let record = &accepted.record;
        if record.is_fence() {
            return Ok(Content::Fence);
        }
        let read = recorded::read(&record.payload.headers, &record.payload.value);
        let both = read.map_err(|e| {
            Trouble::from(CannotProject { at: position(&self.at, record.seq), why: e.to_string() })
        })?;
        Ok(Content::Event(Box::new(both)))
    }

    fn wanted(&self, accepted: &Accepted, content: &Content) -> bool {
        let from = self.what.from.as_ref().map_or(0, |from| from.seq);
        let late_enough = !self.silent && accepted.record.seq >= from;
        late_enough && self.what.merchant.is_none_or(|merchant| about(content, merchant))
    }
}

fn about(content: &Content, merchant: MerchantId) -> bool {
    match content {
        Content::Fence => false,
        Content::Event(both) => match &both.0 {
            Event::Payment(event) => event.merchant_id() == merchant,
            Event::Directory(event) => event.subject() == merchant.to_string(),
            Event::Settlement(event) => event.payee() == Payee::Merchant(merchant),
        },
    }
}
