//! Reads a range of offsets. A range ends on its end or on the partition's, never on its last record: control
//! records and compaction leave offsets that are never delivered.

use super::client::Consumer;
use super::error::{KafkaError, ReadTrouble, trouble};
use super::meta::ask_watermarks;
use crate::position::PartitionId;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError as Native;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long the broker holds an empty answer back: short, since it is what the end of a partition costs.
pub(super) const WAIT_MS: u32 = 10;
/// A part is handed over when it has so many records or bytes of values.
const PART: (usize, usize) = (1_024, 1 << 20);
/// How long one poll waits; the caller's wish to stop is noticed this often. Not shorter: the last millisecond
/// of every poll spins.
const POLL: Duration = Duration::from_millis(500);

/// So long a partition must end at one place, though it is known to go on, before what is behind it counts as empty: a leader that
/// was only just chosen, or one that was deposed and does not know it, shows for a moment an end that others had moved beyond.
const SURE: Duration = Duration::from_secs(1);
/// The pause before it is read from that place again.
const AGAIN: Duration = Duration::from_millis(50);

/// The offsets `from <= offset < to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub from: i64,
    pub to: i64,
}

/// A piece of a range, in log order.
pub(super) struct Part<T> {
    pub records: Vec<T>,
    /// Every offset below is covered.
    pub through: i64,
    /// The end of the range or of the partition was reached.
    pub done: bool,
}

pub(super) enum ReadError {
    Kafka(KafkaError),
    /// The taker wanted no more.
    Broken,
}

impl From<KafkaError> for ReadError {
    fn from(error: KafkaError) -> ReadError {
        ReadError::Kafka(error)
    }
}

/// Reads the range as far as the log goes and hands it over in parts; the last one is marked. A range whose
/// beginning is not in the log is out of range; one whose end is beyond the log ends with it.
pub(super) fn read<T>(
    consumer: &Consumer,
    at: &PartitionId,
    range: Range,
    timeout: Duration,
    convert: &dyn Fn(&BorrowedMessage<'_>) -> T,
    take: &mut dyn FnMut(Part<T>) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    read_until_sure(consumer, at, range, (timeout, SURE), convert, take)
}

/// The same, where an end must stay for so long.
fn read_until_sure<T>(
    consumer: &Consumer,
    at: &PartitionId,
    range: Range,
    (timeout, sure): (Duration, Duration),
    convert: &dyn Fn(&BorrowedMessage<'_>) -> T,
    take: &mut dyn FnMut(Part<T>) -> ControlFlow<()>,
) -> Result<(), ReadError> {
    let Range { from, to } = range;
    let (low, high) = ask_watermarks(consumer, at, timeout)?;
    in_range(at, from, (low, high))?;
    if from >= to.min(high) {
        return give(take, Part { records: Vec::new(), through: from.max(to.min(high)), done: true });
    }
    assign(consumer, at, from)?;
    let (end, records) = (to.min(high), Vec::new());
    let mut reading =
        Reading { consumer, at, timeout, sure, position: from, end, bytes: 0, records, ended: None };
    let read = reading.run(convert, take);
    let _ = consumer.unassign();
    read
}

/// Positions the consumer; absolute, so there is nothing to reset to.
pub(super) fn assign(consumer: &Consumer, at: &PartitionId, from: i64) -> Result<(), KafkaError> {
    let doing = || format!("reading {at} from offset {from}");
    let mut list = TopicPartitionList::with_capacity(1);
    list.add_partition_offset(&at.topic, at.partition, Offset::Offset(from))
        .and_then(|()| consumer.assign(&list))
        .map_err(|e| KafkaError::failed(doing(), e))
}

/// An error if the log does not hold the position (or its end) any more.
pub(super) fn in_range(at: &PartitionId, offset: i64, (low, high): (i64, i64)) -> Result<(), KafkaError> {
    if (low..=high).contains(&offset) {
        return Ok(());
    }
    Err(KafkaError::OutOfRange { partition: at.to_string(), offset, low, high })
}

/// Ok where the client recovers by itself. That the position is out of range is believed only when the watermarks
/// say so too: librdkafka can report it late, of a position that was given up before.
pub(super) fn what_it_means(
    error: &Native,
    at: &PartitionId,
    position: i64,
    marks: impl FnOnce() -> Result<(i64, i64), KafkaError>,
) -> Result<(), KafkaError> {
    let failed = || KafkaError::asked(format!("reading {at} at offset {position}"), error);
    match trouble(error) {
        ReadTrouble::Passing => Ok(()),
        ReadTrouble::NoPosition => in_range(at, position, marks()?).and_then(|()| Err(failed())),
        ReadTrouble::Damaged => {
            Err(KafkaError::Damaged { partition: at.to_string(), offset: position, why: error.to_string() })
        }
        ReadTrouble::Lasting => Err(failed()),
    }
}

struct Reading<'a, T> {
    consumer: &'a Consumer,
    at: &'a PartitionId,
    timeout: Duration,
    sure: Duration,
    /// Every offset below was delivered or holds nothing.
    position: i64,
    end: i64,
    bytes: usize,
    records: Vec<T>,
    /// Where the partition ended, though it goes on, and since when.
    ended: Option<(i64, Instant)>,
}

impl<T> Reading<'_, T> {
    fn run(
        &mut self,
        convert: &dyn Fn(&BorrowedMessage<'_>) -> T,
        take: &mut dyn FnMut(Part<T>) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        let mut heard = Instant::now();
        while self.position < self.end {
            match self.consumer.poll(POLL.min(self.timeout)) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    self.message(&message, convert);
                    if self.full() && self.position < self.end {
                        self.hand_over(false, take)?;
                    }
                }
                Some(Err(Native::PartitionEOF(_))) => {
                    self.end_of_partition()?;
                    heard = Instant::now();
                }
                Some(Err(error)) => self.error(&error)?,
                None => {}
            }
            if heard.elapsed() > self.timeout {
                let why = format!("nothing came for {} ms", self.timeout.as_millis());
                return Err(KafkaError::failed(format!("reading {}", self.at), why).into());
            }
        }
        self.hand_over(true, take)
    }

    fn message(&mut self, message: &BorrowedMessage<'_>, convert: &dyn Fn(&BorrowedMessage<'_>) -> T) {
        let offset = message.offset();
        if offset < self.position {
            return;
        }
        if offset >= self.end {
            self.position = self.end;
            return;
        }
        self.position = offset.saturating_add(1);
        self.bytes = self.bytes.saturating_add(message.payload_len());
        self.records.push(convert(message));
    }

    /// Nothing more is delivered. When that stays so, the offsets up to the end that was known hold nothing, unless the log has lost
    /// them meanwhile, and the range ends here.
    fn end_of_partition(&mut self) -> Result<(), KafkaError> {
        let (_, high) = ask_watermarks(self.consumer, self.at, self.timeout)?;
        let ended = self.ended.filter(|(place, _)| *place == self.position);
        let (place, since) = *self.ended.insert(ended.unwrap_or((self.position, Instant::now())));
        if high > place && since.elapsed() <= self.sure {
            std::thread::sleep(AGAIN);
            return assign(self.consumer, self.at, place);
        }
        self.position = place.max(self.end.min(high));
        self.end = self.position;
        Ok(())
    }

    fn error(&self, error: &Native) -> Result<(), KafkaError> {
        let marks = || ask_watermarks(self.consumer, self.at, self.timeout);
        what_it_means(error, self.at, self.position, marks)
    }

    fn full(&self) -> bool {
        self.records.len() >= PART.0 || self.bytes >= PART.1
    }

    fn hand_over(
        &mut self,
        done: bool,
        take: &mut dyn FnMut(Part<T>) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        self.bytes = 0;
        give(take, Part { records: std::mem::take(&mut self.records), through: self.position, done })
    }
}

fn give<T>(take: &mut dyn FnMut(Part<T>) -> ControlFlow<()>, part: Part<T>) -> Result<(), ReadError> {
    match take(part) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ReadError::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::client::Held;
    use crate::kafka::headers;
    use crate::kafka::producer::{Outgoing, Producer};
    use crate::kafka::settings::KafkaSettings;
    use rdkafka::mocking::MockCluster;
    use rdkafka::producer::DefaultProducerContext;

    const TOPIC: &str = "t.payments";

    /// Ten messages at a leader, of which the one that is read from shows five.
    fn lagging() -> (MockCluster<'static, DefaultProducerContext>, KafkaSettings) {
        let cluster = MockCluster::new(2).unwrap();
        cluster.create_topic(TOPIC, 1, 2).unwrap();
        cluster.partition_leader(TOPIC, 0, Some(1)).unwrap();
        let settings = KafkaSettings::new(&cluster.bootstrap_servers(), "t");
        let (told, reports) = crossbeam_channel::unbounded();
        let on_report = move |_, report| told.send(report).unwrap();
        let producer = Producer::new(&settings, Box::new(on_report)).unwrap();
        for number in 0..10 {
            let value = Some(b"a message".as_slice());
            let message = Outgoing { topic: TOPIC, partition: 0, key: None, headers: None, value };
            producer.send(number, message).unwrap();
            reports.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        cluster.partition_follower(TOPIC, 0, 2).unwrap();
        cluster.follower_watermarks(TOPIC, 0, Some(0), Some(5)).unwrap();
        (cluster, settings)
    }

    /// The offsets that are delivered, and up to where the range was covered.
    fn read_all(settings: &KafkaSettings, sure: Duration) -> (Vec<i64>, i64) {
        let (at, held) = (PartitionId::new(TOPIC, 0), Held::new(settings, WAIT_MS).unwrap());
        let (mut offsets, mut covered) = (Vec::new(), 0);
        let mut take = |part: Part<i64>| {
            offsets.extend(part.records);
            covered = part.through;
            ControlFlow::Continue(())
        };
        let offset = |message: &BorrowedMessage<'_>| headers::raw(message).offset;
        let (range, times) = (Range { from: 0, to: 10 }, (Duration::from_secs(10), sure));
        let read = read_until_sure(held.get().unwrap(), &at, range, times, &offset, &mut take);
        assert!(read.is_ok());
        (offsets, covered)
    }

    #[test]
    fn an_end_that_is_shown_for_a_moment_hides_nothing() {
        let (cluster, settings) = lagging();
        let reading = std::thread::spawn(move || read_all(&settings, Duration::from_secs(60)));
        std::thread::sleep(SURE / 4);
        cluster.follower_watermarks(TOPIC, 0, Some(0), Some(10)).unwrap();
        assert_eq!(reading.join().unwrap(), ((0..10).collect(), 10));
    }

    #[test]
    fn offsets_that_stay_empty_are_passed_over() {
        let (_cluster, settings) = lagging();
        assert_eq!(read_all(&settings, SURE), ((0..5).collect(), 10));
    }
}
