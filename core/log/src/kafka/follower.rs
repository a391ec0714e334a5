//! Follows one partition from a cursor and judges every message: what projector, verify and replay read with.
//! It never skips what it cannot accept, and never resets its position.

use super::client::Held;
use super::error::KafkaError;
use super::headers;
use super::meta::{ask_watermarks, read_at};
use super::range;
use super::settings::KafkaSettings;
use super::silence::Silence;
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
/// After so much quiet a follower asks where the log ends, and after twice as much it doubts its client.
const PATIENCE: Duration = Duration::from_secs(5);
/// That question is asked in between, so it may not take as long as others.
const ASIDE: Duration = Duration::from_secs(1);
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
    settings: KafkaSettings,
    consumer: Held,
    reader: Reader,
    silence: Silence,
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
        let (consumer, end) = position(settings, &reader)?;
        let silence = Silence::new(PATIENCE, end, Instant::now());
        Ok(Follower { settings: settings.clone(), consumer, reader, silence, at_end: false, ended: None })
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
        self.end_within(self.settings.request_timeout())
    }

    fn end_within(&self, timeout: Duration) -> Result<i64, KafkaError> {
        ask_watermarks(self.consumer.get()?, self.reader.partition(), timeout).map(|(_, high)| high)
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
                    self.silence.broken(Instant::now());
                    return Ok(Some(raw));
                }
                Some(Err(Native::PartitionEOF(_))) => {
                    self.at_end = true;
                    self.silence.at_end(Instant::now());
                    return Ok(None);
                }
                Some(Err(error)) => self.trouble(&error)?,
                None if left.is_zero() => return self.heard_nothing().map(|()| None),
                None => {}
            }
        }
    }

    /// Takes another client where this one keeps back what is in the log.
    fn heard_nothing(&mut self) -> Result<(), FollowError> {
        if !self.silence.is_long(Instant::now()) {
            return Ok(());
        }
        let (at, next) = (self.reader.partition(), self.reader.next_offset());
        match self.end_within(ASIDE.min(self.settings.request_timeout())) {
            Ok(end) if self.silence.is_wrong(end, next) => {
                tracing::warn!(target: "kafka", partition = %at, next, end, "nothing comes though there is more; a new client");
                self.with_another_client()
            }
            Err(error) if self.silence.is_deaf() => {
                tracing::warn!(target: "kafka", partition = %at, next, %error, "the client does not answer; a new one");
                // Where that one does not answer either, this one may still come back.
                match self.with_another_client() {
                    Err(FollowError::Kafka(_)) | Ok(()) => Ok(()),
                    Err(stop @ FollowError::Stop(_)) => Err(stop),
                }
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn with_another_client(&mut self) -> Result<(), FollowError> {
        let (consumer, end) = position(&self.settings, &self.reader)?;
        (self.consumer, self.silence) = (consumer, Silence::new(PATIENCE, end, Instant::now()));
        Ok(())
    }

    fn trouble(&self, error: &Native) -> Result<(), FollowError> {
        let (at, next, consumer) = (self.reader.partition(), self.reader.next_offset(), self.consumer.get()?);
        let marks = || ask_watermarks(consumer, at, self.settings.request_timeout());
        range::what_it_means(error, at, next, marks).map_err(|error| lasting(&self.reader, error))
    }
}

/// A client positioned where the reader goes on, and one past the log's last offset.
fn position(settings: &KafkaSettings, reader: &Reader) -> Result<(Held, i64), FollowError> {
    let (at, from) = (reader.partition(), reader.next_offset());
    let consumer = Held::new(settings, WAIT_MS)?;
    let marks = ask_watermarks(consumer.get()?, at, settings.request_timeout())?;
    range::in_range(at, from, marks).map_err(|error| lasting(reader, error))?;
    range::assign(consumer.get()?, at, from)?;
    Ok((consumer, marks.1))
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
    let until = Instant::now() + settings.request_timeout();
    loop {
        let batch = follower.next(1, settings.request_timeout())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::ensure_topics;
    use crate::kafka::producer::{Outgoing, Producer};
    use rdkafka::TopicPartitionList;
    use rdkafka::consumer::Consumer as _;

    /// A client that was paused is as quiet as one that librdkafka forgot to wake.
    #[test]
    fn a_client_that_keeps_back_what_is_there_is_replaced() {
        let bootstrap = std::env::var("LEDGER_TEST_KAFKA_BOOTSTRAP").expect("a broker for tests");
        let settings = KafkaSettings::new(&bootstrap, &format!("t{:016x}", fastrand::u64(..)));
        ensure_topics(&settings, 1).unwrap();
        let at = PartitionId::new(&settings.topics().payments, 0);
        let mut follower = Follower::open(&settings, at.clone(), 1, None).unwrap();
        follower.silence = Silence::new(Duration::from_millis(200), 0, Instant::now());
        while !follower.next(1, Duration::from_secs(5)).unwrap().at_end {}
        let mut list = TopicPartitionList::new();
        list.add_partition(&at.topic, at.partition);
        follower.consumer.get().unwrap().pause(&list).unwrap();

        let (told, report) = crossbeam_channel::unbounded();
        let on_report = move |_, report| told.send(report).unwrap();
        let producer = Producer::new(&settings, Box::new(on_report)).unwrap();
        let value = Some(b"no record of the ledger".as_slice());
        let foreign = Outgoing { topic: &at.topic, partition: at.partition, key: None, headers: None, value };
        producer.send(0, foreign).unwrap();
        report.recv_timeout(Duration::from_secs(20)).unwrap();

        let until = Instant::now() + Duration::from_secs(20);
        let voids = std::iter::repeat_with(|| follower.next(1, Duration::from_millis(50)).unwrap().voids);
        let came = voids.take_while(|_| Instant::now() < until).any(|voids| voids == 1);
        assert!(came, "the paused client kept the message back");
    }
}
