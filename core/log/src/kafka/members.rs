//! Which processes are alive, as a hint: each says so every half second in a small topic and hears what the others say.
//! Nothing rests on it but who tries to lead; it never judges whether a process is dead.

use super::client::{Consumer, Held};
use super::error::{KafkaError, ReadTrouble, trouble};
use super::meta::ask_watermarks;
use super::producer::{Outgoing, Producer};
use super::range::{self, Part, Range, ReadError};
use super::settings::KafkaSettings;
use crate::fence::Fence;
use crate::position::PartitionId;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use rdkafka::Message;
use rdkafka::error::KafkaError as Native;
use rdkafka::message::BorrowedMessage;
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often a process says that it is alive.
pub const BEAT_EVERY: Duration = Duration::from_millis(500);
/// How long the broker holds an empty answer back; a new beat ends the wait at once.
const WAIT_MS: u32 = 200;
/// So many messages before the end are heard at first: what every process has said lately.
const BACK: i64 = 256;
/// Without a word for so long, not even an own one, another client is made: one may be quiet for minutes.
const PATIENCE: Duration = Duration::from_secs(4);
/// One poll of the consumer, and the pause after a failure.
const POLL: Duration = Duration::from_millis(500);

/// What a process said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Which process, and where it can be reached.
    pub member: Fence,
    /// It is about to end and wants to lead nothing any more.
    pub leaving: bool,
    /// The broker's time of it, Unix milliseconds.
    pub at_ms: i64,
}

/// The bytes of a beat.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    incarnation: String,
    address: String,
    leaving: bool,
}

/// Where beats go; called from a thread of its own, and must not wait.
pub type Heard = Arc<dyn Fn(Beat) + Send + Sync>;

/// Says that this process is alive until it is dropped, and passes on what the others say.
pub struct Members {
    leave: Sender<()>,
    ended: Arc<AtomicBool>,
}

impl Members {
    /// Begins to speak and to listen; nothing waits for Kafka.
    ///
    /// # Errors
    /// A setting is not acceptable or the machine has no more threads; never that Kafka is down.
    pub fn start(settings: &KafkaSettings, me: Fence, heard: Heard) -> Result<Members, KafkaError> {
        let at = PartitionId::new(&settings.topics().members, 0);
        let producer = Producer::new(settings, Box::new(|_, _| {}))?;
        let consumer = Held::new(settings, WAIT_MS)?;
        let (leave, told) = unbounded();
        let (alive, _) = bounded::<()>(0);
        let ended = Arc::new(AtomicBool::new(false));
        let (speaks_at, listens) = (at.clone(), Arc::clone(&ended));
        super::threads::spawn("kafka says alive", &alive, move || speak(&producer, &speaks_at, &me, &told))?;
        let ear = Ear { settings: settings.clone(), at, heard, ended: listens };
        super::threads::spawn("kafka hears alive", &alive, move || ear.listen(consumer))?;
        Ok(Members { leave, ended })
    }

    /// Says at once, and from now on, that this process is about to end.
    pub fn leave(&self) {
        // The other end lives as long as this does.
        let _ = self.leave.send(());
    }
}

impl Drop for Members {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
    }
}

fn speak(producer: &Producer, at: &PartitionId, me: &Fence, told: &Receiver<()>) {
    let mut said = Said { incarnation: me.incarnation.clone(), address: me.address.clone(), leaving: false };
    loop {
        let value = serde_json::to_vec(&said).unwrap_or_default();
        let key = Some(me.incarnation.as_bytes());
        let message = Outgoing {
            topic: &at.topic,
            partition: at.partition,
            key,
            headers: None,
            value: Some(value.as_slice()),
        };
        // A beat that is lost is followed by another.
        let _ = producer.send(0, message);
        match told.recv_timeout(BEAT_EVERY) {
            Ok(()) => said.leaving = true,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The listening half.
struct Ear {
    settings: KafkaSettings,
    at: PartitionId,
    heard: Heard,
    ended: Arc<AtomicBool>,
}

impl Ear {
    fn is_over(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Listens with one client after the other.
    fn listen(&self, mut consumer: Held) {
        while !self.is_over() {
            let ended = consumer.get().and_then(|consumer| self.listen_with(consumer));
            if self.is_over() {
                return;
            }
            if let Err(error) = ended {
                tracing::warn!(target: "kafka", %error, "the members are not heard");
                thread::sleep(POLL);
            }
            match Held::new(&self.settings, WAIT_MS) {
                Ok(another) => consumer = another,
                Err(error) => tracing::error!(target: "kafka", %error, "no other consumer"),
            }
        }
    }

    /// Until the client has been quiet for too long, or fails.
    fn listen_with(&self, consumer: &Arc<Consumer>) -> Result<(), KafkaError> {
        let (low, high) = ask_watermarks(consumer, &self.at, self.settings.request_timeout())?;
        range::assign(consumer, &self.at, high.saturating_sub(BACK).max(low))?;
        let mut last = Instant::now();
        while !self.is_over() && last.elapsed() < PATIENCE {
            match consumer.poll(POLL) {
                Some(Ok(message)) => {
                    last = Instant::now();
                    beat(&message).into_iter().for_each(|beat| (self.heard)(beat));
                }
                Some(Err(Native::PartitionEOF(_))) | None => {}
                Some(Err(error)) => match trouble(&error) {
                    ReadTrouble::Passing => {}
                    ReadTrouble::NoPosition | ReadTrouble::Damaged | ReadTrouble::Lasting => {
                        return Err(KafkaError::failed("hearing the members", error));
                    }
                },
            }
        }
        Ok(())
    }
}

/// What the processes have said lately, in its order, read once: for one that does not speak yet. Waits for Kafka.
///
/// # Errors
/// Kafka did not answer in time.
pub fn heard_lately(settings: &KafkaSettings) -> Result<Vec<Beat>, KafkaError> {
    let at = PartitionId::new(&settings.topics().members, 0);
    let consumer = Held::new(settings, range::WAIT_MS)?;
    let (reading, timeout) = (consumer.get()?, settings.request_timeout());
    let (low, high) = ask_watermarks(reading, &at, timeout)?;
    let lately = Range { from: high.saturating_sub(BACK).max(low), to: high };
    let mut heard = Vec::new();
    let mut take = |part: Part<Option<Beat>>| {
        heard.extend(part.records.into_iter().flatten());
        ControlFlow::Continue(())
    };
    match range::read(reading, &at, lately, timeout, &beat, &mut take) {
        Ok(()) | Err(ReadError::Broken) => Ok(heard),
        Err(ReadError::Kafka(error)) => Err(error),
    }
}

/// Anything else in the topic is nobody's beat.
fn beat(message: &BorrowedMessage<'_>) -> Option<Beat> {
    let Said { incarnation, address, leaving } = serde_json::from_slice(message.payload()?).ok()?;
    let at_ms = message.timestamp().to_millis()?;
    Some(Beat { member: Fence { incarnation, address }, leaving, at_ms })
}
