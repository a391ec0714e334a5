//! What can go wrong between this process and Kafka, in words for the person who has to act.

use rdkafka::error::{KafkaError as Native, RDKafkaErrorCode};
use std::fmt;

/// Kafka could not be asked, or is not set up as the ledger needs it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KafkaError {
    /// Settings that would let Kafka lose or forget what it acknowledged, all of them.
    #[error("Kafka is not safe for the ledger: {}", list(.0))]
    Weak(Vec<Weakness>),
    /// A topic that should exist does not.
    #[error("topic {topic} does not exist")]
    Missing {
        /// The topic's name.
        topic: String,
    },
    /// Too few brokers for what is to be created.
    #[error("{found} brokers answer where {required} are required")]
    Brokers {
        /// How many are alive.
        found: usize,
        /// How many there must be, in words.
        required: String,
    },
    /// A setting of this client that is not acceptable.
    #[error("Kafka client setting {setting}: {why}")]
    Setting {
        /// Its name.
        setting: String,
        /// What is wrong with it.
        why: String,
    },
    /// The offset is not in the log (any more).
    #[error("{partition}: offset {offset} is out of range; the log holds {low} to {high}")]
    OutOfRange {
        /// Where.
        partition: String,
        /// What was asked for.
        offset: i64,
        /// The first offset the log holds.
        low: i64,
        /// One past the last.
        high: i64,
    },
    /// The log's bytes are not what was written.
    #[error("{partition} is damaged at or behind offset {offset}: {why}")]
    Damaged {
        /// Where.
        partition: String,
        /// Everything before it was read.
        offset: i64,
        /// Kafka's or the client's words.
        why: String,
    },
    /// The client cannot be made, or Kafka does not allow what was asked: it would be the same again.
    #[error("{doing}: {why}")]
    Refused {
        /// What was being done.
        doing: String,
        /// Kafka's or the client's words.
        why: String,
    },
    /// Kafka answered with an error or not at all.
    #[error("{doing}: {why}")]
    Failed {
        /// What was being done.
        doing: String,
        /// Kafka's or the client's words.
        why: String,
    },
}

impl KafkaError {
    /// Whether the same may go well a moment later: Kafka is not reached, or does not know at this moment who leads.
    pub fn passes(&self) -> bool {
        match self {
            KafkaError::Failed { .. } | KafkaError::Brokers { .. } => true,
            KafkaError::Weak(_)
            | KafkaError::Missing { .. }
            | KafkaError::Setting { .. }
            | KafkaError::OutOfRange { .. }
            | KafkaError::Damaged { .. }
            | KafkaError::Refused { .. } => false,
        }
    }

    pub(super) fn failed(doing: impl Into<String>, why: impl fmt::Display) -> KafkaError {
        KafkaError::Failed { doing: doing.into(), why: why.to_string() }
    }

    pub(super) fn refused(doing: impl Into<String>, why: impl fmt::Display) -> KafkaError {
        KafkaError::Refused { doing: doing.into(), why: why.to_string() }
    }

    /// One of the two, as the client's error says.
    pub(super) fn asked(doing: impl Into<String>, error: &Native) -> KafkaError {
        match code(error) {
            Some(code) => KafkaError::answered(doing, error, code),
            None => KafkaError::failed(doing, error),
        }
    }

    /// One of the two, as Kafka's code says.
    pub(super) fn answered(
        doing: impl Into<String>,
        why: impl fmt::Display,
        code: RDKafkaErrorCode,
    ) -> KafkaError {
        if is_refusal(code) { KafkaError::refused(doing, why) } else { KafkaError::failed(doing, why) }
    }
}

/// What is not allowed or not known at all, now or later.
fn is_refusal(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::UnsupportedSASLMechanism
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::GroupAuthorizationFailed
            | RDKafkaErrorCode::ClusterAuthorizationFailed
            | RDKafkaErrorCode::PolicyViolation
            | RDKafkaErrorCode::UnsupportedFeature
            | RDKafkaErrorCode::UnsupportedVersion
    )
}

/// One setting of one topic that is weaker than required.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakness {
    /// The topic.
    pub topic: String,
    /// The setting, as Kafka names it (`partitions` and `replication.factor` too).
    pub setting: String,
    /// The value found.
    pub found: String,
    /// The value required.
    pub required: String,
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Weakness { topic, setting, found, required } = self;
        write!(f, "topic {topic} has {setting}={found}, required is {required}")
    }
}

fn list(weak: &[Weakness]) -> String {
    weak.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The code inside rdkafka's error, where it has one.
pub(super) fn code(error: &Native) -> Option<RDKafkaErrorCode> {
    error.rdkafka_error_code()
}

/// True for an error of a sending that sounds as if this very record could never be stored. A hint only:
/// a retry's refusal says nothing about the first attempt.
pub(super) fn sounds_refused(error: &Native) -> bool {
    matches!(
        code(error),
        Some(
            RDKafkaErrorCode::MessageSizeTooLarge
                | RDKafkaErrorCode::MessageBatchTooLarge
                | RDKafkaErrorCode::InvalidMessage
                | RDKafkaErrorCode::InvalidMessageSize
                | RDKafkaErrorCode::InvalidRecord
                | RDKafkaErrorCode::InvalidTimestamp
                | RDKafkaErrorCode::PolicyViolation
                | RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
        )
    )
}

/// What an error met while reading means.
pub(super) enum ReadTrouble {
    /// The client recovers by itself; go on waiting.
    Passing,
    /// The client has no position any more: the log went back, or lost its beginning, or the error is about an
    /// earlier position.
    NoPosition,
    /// The bytes are not what was written.
    Damaged,
    /// Waiting does not help.
    Lasting,
}

pub(super) fn trouble(error: &Native) -> ReadTrouble {
    use RDKafkaErrorCode as Code;
    match code(error) {
        Some(Code::AutoOffsetReset | Code::OffsetOutOfRange | Code::LogTruncation) => ReadTrouble::NoPosition,
        Some(Code::BadMessage | Code::BadCompression | Code::InvalidMessage) => ReadTrouble::Damaged,
        Some(
            Code::UnknownPartition
            | Code::UnknownTopic
            | Code::UnknownTopicOrPartition
            | Code::TopicAuthorizationFailed
            | Code::Authentication
            | Code::Fatal,
        ) => ReadTrouble::Lasting,
        _ => ReadTrouble::Passing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kafka_does_not_answer_or_is_about_to_know_passes_and_nothing_else() {
        use RDKafkaErrorCode as Code;
        let said = |code| KafkaError::asked("asking", &Native::MetadataFetch(code)).passes();
        for code in [
            Code::AllBrokersDown,
            Code::BrokerTransportFailure,
            Code::OperationTimedOut,
            Code::RequestTimedOut,
            Code::LeaderNotAvailable,
            Code::NotLeaderForPartition,
            Code::OffsetNotAvailable,
            Code::UnknownTopicOrPartition,
        ] {
            assert!(said(code), "{code}");
        }
        for code in [Code::TopicAuthorizationFailed, Code::Authentication, Code::UnsupportedVersion] {
            assert!(!said(code), "{code}");
        }
        assert!(!KafkaError::Missing { topic: "t".to_owned() }.passes());
        assert!(!KafkaError::Weak(Vec::new()).passes());
    }

    #[test]
    fn a_client_that_cannot_be_made_is_not_waited_for() {
        let mut settings = crate::kafka::KafkaSettings::new("127.0.0.1:9", "t");
        settings.security.push(("ssl.no.such.setting".to_owned(), "x".to_owned()));
        let error = crate::kafka::partitions(&settings, "t.directory").unwrap_err();
        assert!(matches!(error, KafkaError::Refused { .. }), "{error}");
    }
}
