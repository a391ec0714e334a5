//! Follows one partition from a cursor and judges every message: what projector, verify and replay read with.
//! It never skips what it cannot accept, and never resets its position.

use super::client::Held;
use super::error::KafkaError;
use super::headers;
use super::meta::{ask_watermarks, read_at};
use super::range;
use super::settings::KafkaSettings;
use crate::fence::Genesis;
use crate::hash::Hash;
use crate::position::PartitionId;
use crate::reader::{Accepted, Cursor, Reader, Verdict};
use crate::record::RawRecord;
use crate::stop::Stop;
use rdkafka::error::KafkaError as Native;
use std::time::{Duration, Instant};

/// How long the broker holds an empty answer back; new records end the wait at once.
const WAIT_MS: u32 = 100;
/// The bound on orphans until genesis states its own.
const FIRST_DEPTH: u32 = 1;

/// Why following ended. [`FollowError::Stop`] is for good; after the other a new follower may be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// The log is damaged, went back, or is not the one the cursor is from.
    #[error(transparent)]
    Stop(#[from] Stop),
    /// Kafka could not be read now.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
}

/// What one call of [`Follower::next`] brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// Accepted records, in order.
    pub accepted: Vec<Accepted>,
    /// How many messages were void.
    pub voids: u64,
    /// Every offset below has been judged.
    pub next_offset: i64,
    /// Nothing more was in the log when it was last heard of.
    pub at_end: bool,
}

impl Batch {
    /// Nothing was judged.
    fn is_empty(&self) -> bool {
        self.accepted.is_empty() && self.voids == 0
    }
}

/// A judged view of one partition that moves on. Dropping it waits for nothing.
pub struct Follower {
    consumer: Held,
    reader: Reader,
    timeout: Duration,
    at_end: bool,
    ended: Option<FollowError>,
}

impl Follower {
    /// Follows `at` from its genesis, or from behind `cursor`, whose record is read again and compared first.
    /// `depth` bounds orphans where a cursor is given; from the beginning genesis states it.
    ///
    /// # Errors
    /// The cursor's record is missing or differs, or Kafka does not answer.
    pub fn open(
        settings: &KafkaSettings,
        at: PartitionId,
        depth: u32,
        cursor: Option<Cursor>,
    ) -> Result<Follower, FollowError> {
        let reader = match cursor {
            None => Reader::new(at.clone(), depth),
            Some(cursor) => {
                let found = read_at(settings, &at, cursor.offset)?;
                Reader::verify_cursor(&at, &cursor, found.as_ref())?;
                Reader::at(at.clone(), depth, cursor)
            }
        };
        let (from, timeout) = (reader.next_offset(), settings.request_timeout());
        let consumer = Held::new(settings, WAIT_MS)?;
        let marks = ask_watermarks(consumer.get()?, &at, timeout)?;
        range::in_range(&at, from, marks).map_err(|error| lasting(&reader, error))?;
        range::assign(consumer.get()?, &at, from)?;
        Ok(Follower { consumer, reader, timeout, at_end: false, ended: None })
    }

    /// The next judged messages, at most `max_records`: what has arrived already, or the first to arrive within
    /// `wait`. An empty batch means that nothing came, or that the end of the partition was reached.
    ///
    /// # Errors
    /// Only when everything before it was handed over; and the same error again on every later call: a follower
    /// that ended stays ended.
    pub fn next(&mut self, max_records: usize, wait: Duration) -> Result<Batch, FollowError> {
        let mut batch = Batch::default();
        if self.ended.is_none() {
            self.ended = self.fill(&mut batch, max_records.max(1), Instant::now() + wait).err();
        }
        match &self.ended {
            Some(error) if batch.is_empty() => Err(error.clone()),
            _ => {
                batch.next_offset = self.reader.next_offset();
                batch.at_end = self.at_end;
                Ok(batch)
            }
        }
    }

    /// The last accepted record.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.reader.cursor()
    }

    /// One past the partition's last offset, asked now: how far there is to go.
    ///
    /// # Errors
    /// Kafka does not answer.
    pub fn high_watermark(&self) -> Result<i64, KafkaError> {
        ask_watermarks(self.consumer.get()?, self.reader.partition(), self.timeout).map(|(_, high)| high)
    }

    fn fill(&mut self, batch: &mut Batch, max_records: usize, until: Instant) -> Result<(), FollowError> {
        for _ in 0..max_records {
            // Only the first is waited for: what is in hand goes on at once.
            let Some(raw) = self.arrived(batch.is_empty().then_some(until))? else { break };
            match self.reader.judge(raw)? {
                Verdict::Accepted(accepted) => batch.accepted.push(accepted),
                Verdict::Stale { .. } | Verdict::Orphan { .. } | Verdict::Foreign => {
                    batch.voids = batch.voids.saturating_add(1);
                }
            }
        }
        Ok(())
    }

    /// The next message; None when the end of the partition was reached or nothing came in time.
    fn arrived(&mut self, until: Option<Instant>) -> Result<Option<RawRecord>, FollowError> {
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now())).unwrap_or_default();
            match self.consumer.get()?.poll(left) {
                Some(Ok(message)) => {
                    let raw = headers::raw(&message);
                    self.at_end = false;
                    return Ok(Some(raw));
                }
                Some(Err(Native::PartitionEOF(_))) => {
                    self.at_end = true;
                    return Ok(None);
                }
                Some(Err(error)) => self.trouble(&error)?,
                None if left.is_zero() => return Ok(None),
                None => {}
            }
        }
    }

    fn trouble(&self, error: &Native) -> Result<(), FollowError> {
        let (at, next, consumer) = (self.reader.partition(), self.reader.next_offset(), self.consumer.get()?);
        let marks = || ask_watermarks(consumer, at, self.timeout);
        range::what_it_means(error, at, next, marks).map_err(|error| lasting(&self.reader, error))
    }
}

/// A log that lost what was read, or whose bytes changed, is not read on.
fn lasting(reader: &Reader, error: KafkaError) -> FollowError {
    match error {
        KafkaError::OutOfRange { .. } | KafkaError::Damaged { .. } => {
            reader.went_back(error.to_string()).into()
        }
        error => error.into(),
    }
}

/// The partition's genesis and its hash; None where the partition holds no accepted record yet.
///
/// # Errors
/// As [`Follower::open`] and [`Follower::next`].
pub fn read_genesis(
    settings: &KafkaSettings,
    at: &PartitionId,
) -> Result<Option<(Genesis, Hash)>, FollowError> {
    let mut follower = Follower::open(settings, at.clone(), FIRST_DEPTH, None)?;
    let until = Instant::now() + follower.timeout;
    loop {
        let batch = follower.next(1, follower.timeout)?;
        if let Some(accepted) = batch.accepted.first() {
            let genesis = Genesis::read(&accepted.record.payload)
                .map_err(|e| Stop::Genesis { partition: at.clone(), why: e.to_string() })?;
            return Ok(Some((genesis, accepted.hash)));
        }
        if batch.at_end {
            return Ok(None);
        }
        if Instant::now() > until {
            return Err(
                KafkaError::failed(format!("reading the genesis of {at}"), "nothing came in time").into()
            );
        }
    }
}
