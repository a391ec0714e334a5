//! Looks at the topics' settings again while the engine runs, on a thread of its own that sleeps in between. A setting that was
//! weakened stops new commands and is named, a partition that was added is opened; a Kafka that does not answer says nothing about settings.

use super::{Input, StartError};
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use ledger_log::kafka::{KafkaError, KafkaSettings, check_topics, partitions};
use std::time::Duration;

/// Ends the thread when dropped.
pub struct Watch {
    _end: Sender<()>,
}

/// Starts looking.
pub fn start(kafka: KafkaSettings, every: Duration, inputs: Sender<Input>) -> Result<Watch, StartError> {
    let (end, ended) = bounded::<()>(0);
    let thread = std::thread::Builder::new().name("ledger watch".to_owned());
    let look = move || {
        while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            let finding = match check_topics(&kafka) {
                Ok(()) => None,
                Err(error @ (KafkaError::Weak(_) | KafkaError::Missing { .. })) => Some(error.to_string()),
                Err(error) => {
                    tracing::warn!(target: "engine", %error, "the topics' settings could not be looked at");
                    continue;
                }
            };
            if inputs.send(Input::Topics(finding)).is_err() {
                return;
            }
            // One that was added meanwhile; whoever added it knows that this takes a moment.
            if let Ok(count) = partitions(&kafka, &kafka.topics().payments)
                && inputs.send(Input::Partitions(count)).is_err()
            {
                return;
            }
        }
    };
    thread.spawn(look).map_err(StartError::Thread)?;
    Ok(Watch { _end: end })
}
