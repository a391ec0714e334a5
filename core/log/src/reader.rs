//! The rule: which records of a partition are accepted. Everything that reads the ledger goes through here,
//! the writer included; there is no second implementation, and nothing is ever skipped silently.

use crate::fence::Genesis;
use crate::hash::Hash;
use crate::position::PartitionId;
use crate::record::{RawRecord, Record};
use crate::sabotage::sabotage;
use crate::stop::Stop;
use std::collections::{HashMap, VecDeque};

/// The last accepted record: what a store, a snapshot or a checkpoint keeps, and re-reads at every start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Kafka's offset of it.
    pub offset: i64,
    /// Its seq.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its term.
    pub term: u64,
}

/// An accepted record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Kafka's offset.
    pub offset: i64,
    /// The broker's LogAppendTime in Unix milliseconds, -1 when unknown.
    pub timestamp_ms: i64,
    /// Its hash.
    pub hash: Hash,
    /// The record.
    pub record: Record,
}

impl Accepted {
    /// The cursor that stands at this record.
    pub fn cursor(&self) -> Cursor {
        Cursor { offset: self.offset, seq: self.record.seq, hash: self.hash, term: self.record.term }
    }
}

/// What the rule says of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It extends the head and is part of the ledger.
    Accepted(Accepted),
    /// Void: its seq is not above the head. A lost race or a duplicate.
    Stale {
        /// Its hash.
        hash: Hash,
    },
    /// Void: its predecessor was not accepted.
    Orphan {
        /// Its hash.
        hash: Hash,
        /// How many void records are linked up to it, itself included.
        depth: u32,
    },
    /// Void: not a record of the ledger at all.
    Foreign,
}

/// Judges the messages of one partition in log order.
#[derive(Debug, Clone)]
pub struct Reader {
    partition: PartitionId,
    depth: u32,
    head: Option<Cursor>,
    next_offset: i64,
    orphans: Orphans,
    #[cfg(test)]
    pub(crate) sabotage: Option<crate::sabotage::Sabotage>,
}

impl Reader {
    /// Reads from the beginning. `depth` holds until genesis states the pipeline's depth.
    pub fn new(partition: PartitionId, depth: u32) -> Reader {
        Reader {
            partition,
            depth,
            head: None,
            next_offset: 0,
            orphans: Orphans::default(),
            #[cfg(test)]
            sabotage: None,
        }
    }

    /// Reads on after `cursor`, whose record the caller has re-read and compared ([`Reader::verify_cursor`]).
    pub fn at(partition: PartitionId, depth: u32, cursor: Cursor) -> Reader {
        let mut reader = Reader::new(partition, depth);
        reader.next_offset = cursor.offset.saturating_add(1);
        reader.head = Some(cursor);
        reader
    }

    /// Compares a stored cursor with what the log holds at its offset now.
    ///
    /// # Errors
    /// [`Stop::CursorMissing`] or [`Stop::CursorDiffers`], with both hashes: the log went back or is another.
    pub fn verify_cursor(
        partition: &PartitionId,
        cursor: &Cursor,
        found: Option<&RawRecord>,
    ) -> Result<(), Stop> {
        let Cursor { offset, seq, hash, .. } = cursor.clone();
        let Some(raw) = found.filter(|raw| raw.offset == offset) else {
            return Err(Stop::CursorMissing { partition: partition.clone(), offset, seq, hash });
        };
        let found = match raw.clone().parse() {
            Some(record) if record.seq == seq && record.hash(partition) == hash => return Ok(()),
            Some(record) => format!("seq {} with hash {}", record.seq, record.hash(partition)),
            None => "not a record of a ledger".to_owned(),
        };
        Err(Stop::CursorDiffers { partition: partition.clone(), offset, seq, hash, found })
    }

    /// The partition this reader judges.
    pub fn partition(&self) -> &PartitionId {
        &self.partition
    }

    /// The last accepted record, or None before genesis.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.head.as_ref()
    }

    /// Every offset below this one has been judged.
    pub fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// The pipeline's depth that genesis stated.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// The head's seq, 0 before genesis.
    pub fn head_seq(&self) -> u64 {
        self.head.as_ref().map_or(0, |head| head.seq)
    }

    /// The head's hash, zeros before genesis.
    pub fn head_hash(&self) -> Hash {
        self.head.as_ref().map_or(Hash::ZERO, |head| head.hash)
    }

    /// Judges the next message of the log.
    ///
    /// # Errors
    /// A [`Stop`] when the log is damaged or went back; the reader must then not be used again.
    pub fn judge(&mut self, raw: RawRecord) -> Result<Verdict, Stop> {
        let (offset, timestamp_ms) = (raw.offset, raw.timestamp_ms);
        if offset < self.next_offset && !sabotage!(self, IgnoreLogWentBack) {
            return Err(self.went_back(format!("offset {offset} was given again")));
        }
        match raw.parse() {
            Some(record) => {
                let hash = record.hash(&self.partition);
                self.judge_record(record, hash, offset, timestamp_ms)
            }
            None => {
                self.passed(offset.saturating_add(1));
                Ok(Verdict::Foreign)
            }
        }
    }

    /// As [`Reader::judge`], for a record whose hash the caller has computed already.
    pub(crate) fn judge_record(
        &mut self,
        record: Record,
        hash: Hash,
        offset: i64,
        timestamp_ms: i64,
    ) -> Result<Verdict, Stop> {
        self.passed(offset.saturating_add(1));
        if self.extends(&record, hash) {
            return self.accept(Accepted { offset, timestamp_ms, hash, record });
        }
        if record.prev == self.head_hash() && !sabotage!(self, SkipSeq) && !sabotage!(self, SkipPrev) {
            return Err(self.damaged(&record, offset));
        }
        if record.seq <= self.head_seq() {
            return Ok(Verdict::Stale { hash });
        }
        let depth = self.orphans.add(hash, record.prev, self.depth);
        if depth > self.depth && !sabotage!(self, NoOrphanBound) {
            return Err(Stop::TooManyOrphans {
                partition: self.partition.clone(),
                offset,
                depth: self.depth,
                head_seq: self.head_seq(),
                head_hash: self.head_hash(),
            });
        }
        Ok(Verdict::Orphan { hash, depth })
    }

    /// The offsets below `next_offset` are judged or hold nothing (control records of transactions).
    pub fn passed(&mut self, next_offset: i64) {
        self.next_offset = self.next_offset.max(next_offset);
    }

    /// The rule itself, and all of it.
    fn extends(&self, record: &Record, hash: Hash) -> bool {
        let _ = hash;
        if sabotage!(self, AcceptTwice) && hash == self.head_hash() {
            return true;
        }
        let follows = record.seq == self.head_seq().saturating_add(1) || sabotage!(self, SkipSeq);
        let linked = record.prev == self.head_hash() || sabotage!(self, SkipPrev);
        let in_reign = self.head.as_ref().is_some_and(|head| head.term == record.term);
        follows && linked && (in_reign || record.is_fence() || sabotage!(self, SkipTerm))
    }

    fn accept(&mut self, accepted: Accepted) -> Result<Verdict, Stop> {
        if self.head.is_none() {
            let genesis = Genesis::read(&accepted.record.payload)
                .map_err(|e| Stop::Genesis { partition: self.partition.clone(), why: e.to_string() })?;
            self.depth = genesis.depth;
        }
        self.head = Some(accepted.cursor());
        Ok(Verdict::Accepted(accepted))
    }

    #[cfg(test)]
    pub(crate) fn force_head(&mut self, record: &Record, hash: Hash, offset: i64) {
        self.passed(offset.saturating_add(1));
        self.head = Some(Cursor { offset, seq: record.seq, hash, term: record.term });
    }

    fn damaged(&self, record: &Record, offset: i64) -> Stop {
        Stop::Damaged {
            partition: self.partition.clone(),
            offset,
            seq: record.seq,
            term: record.term,
            head_seq: self.head_seq(),
            head_term: self.head.as_ref().map_or(0, |head| head.term),
            head_hash: self.head_hash(),
        }
    }

    pub(crate) fn went_back(&self, why: String) -> Stop {
        Stop::WentBack {
            partition: self.partition.clone(),
            why,
            judged: self.next_offset,
            head_seq: self.head_seq(),
            head_hash: self.head_hash(),
        }
    }
}

/// How deep void records are linked, for as many as the depth can need; the oldest are forgotten.
#[derive(Debug, Clone, Default)]
struct Orphans {
    depth_of: HashMap<Hash, u32>,
    order: VecDeque<Hash>,
}

impl Orphans {
    fn add(&mut self, hash: Hash, prev: Hash, bound: u32) -> u32 {
        let depth = self.depth_of.get(&prev).map_or(1, |depth| depth.saturating_add(1));
        if self.depth_of.insert(hash, depth).is_none() {
            self.order.push_back(hash);
        }
        let keep = usize::try_from(bound).unwrap_or(usize::MAX).saturating_mul(4).saturating_add(4);
        while self.order.len() > keep {
            if let Some(oldest) = self.order.pop_front() {
                self.depth_of.remove(&oldest);
            }
        }
        depth
    }
}

#[cfg(test)]
mod tests;
