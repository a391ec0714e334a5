//! An accepted record as the projections see it: decoded once, with its place. What cannot be read is an error that
//! stops whoever asked; it is never skipped.

use ledger_domain::Event;
use ledger_domain::payment::{Movement, PaymentEvent};
use ledger_domain::recorded::{self, Meta};
use ledger_domain::settlement::SettlementEvent;
use ledger_log::{Accepted, Cursor, Hash, PartitionId, Position};

/// One event with its place in the ledger.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its partition.
    pub at: PartitionId,
    /// Its number in the partition.
    pub seq: u64,
    /// Its record's hash.
    pub hash: Hash,
    /// What happened.
    pub event: Event,
    /// Who and why.
    pub meta: Meta,
    /// The value, byte for byte.
    pub value: Vec<u8>,
}

impl Entry {
    /// Its seq as a signed column holds it.
    pub fn seq_number(&self) -> i64 {
        i64::try_from(self.seq).unwrap_or(i64::MAX)
    }

    /// The event with the money it moved, if it moved any.
    pub fn moved(&self) -> Option<(&PaymentEvent, &Movement)> {
        match &self.event {
            Event::Payment(event) => event.money().map(|money| (event, money)),
            Event::Directory(_) | Event::Settlement(_) => None,
        }
    }

    /// The event of a payee's stream, if it is one.
    pub fn settlement(&self) -> Option<&SettlementEvent> {
        match &self.event {
            Event::Settlement(event) => Some(event),
            Event::Payment(_) | Event::Directory(_) => None,
        }
    }

    /// The error that this event cannot be projected, and why.
    pub fn cannot(&self, why: &str) -> CannotProject {
        CannotProject { at: position(&self.at, self.seq), why: format!("{}: {why}", self.event.type_name()) }
    }
}

/// A record that is part of the ledger but whose content this program cannot use. It stops a projection there.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{at} cannot be projected: {why}")]
pub struct CannotProject {
    /// The record's position.
    pub at: Position,
    /// What is wrong with it.
    pub why: String,
}

/// The event in an accepted record, or None for a fence, which holds none.
///
/// # Errors
/// [`CannotProject`] when the bytes are no event this program knows.
pub fn decode(at: &PartitionId, accepted: &Accepted) -> Result<Option<Entry>, CannotProject> {
    let record = &accepted.record;
    if record.is_fence() {
        return Ok(None);
    }
    let (event, meta) = recorded::read(&record.payload.headers, &record.payload.value)
        .map_err(|e| CannotProject { at: position(at, record.seq), why: e.to_string() })?;
    let value = record.payload.value.clone();
    Ok(Some(Entry { at: at.clone(), seq: record.seq, hash: accepted.hash, event, meta, value }))
}

/// The place of a record.
pub fn position(at: &PartitionId, seq: u64) -> Position {
    Position { partition: at.clone(), seq }
}

/// An accepted record that has been decoded as far as possible: a record that cannot be read still moves nobody, but
/// those who need no more of it than its place can see it.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Where it lies.
    pub cursor: Cursor,
    /// Its event, if it holds one and it can be read.
    pub entry: Result<Option<Entry>, CannotProject>,
}

impl Decoded {
    /// Decodes an accepted record.
    pub fn of(at: &PartitionId, accepted: &Accepted) -> Decoded {
        Decoded { cursor: accepted.cursor(), entry: decode(at, accepted) }
    }
}
