//! Where a record stands: `topic/partition:seq`. Kafka's offset is a hint for seeking and never part of an identity.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// One partition of one topic.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartitionId {
    /// Kafka's topic name.
    pub topic: Arc<str>,
    /// Kafka's partition number, from 0.
    pub partition: i32,
}

impl PartitionId {
    /// The partition `partition` of `topic`.
    pub fn new(topic: &str, partition: i32) -> PartitionId {
        PartitionId { topic: Arc::from(topic), partition }
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.partition)
    }
}

impl fmt::Debug for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A point in the ledger.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The partition.
    pub partition: PartitionId,
    /// The record's gapless number in it, from 1.
    pub seq: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.seq)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a position is written topic/partition:seq, for example ledger.payments/3:1042")]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Position, NotAPosition> {
        let (partition, seq) = text.rsplit_once(':').ok_or(NotAPosition)?;
        Ok(Position { partition: partition.parse()?, seq: number(seq)? })
    }
}

impl FromStr for PartitionId {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<PartitionId, NotAPosition> {
        let (topic, partition) = text.rsplit_once('/').ok_or(NotAPosition)?;
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if topic.is_empty() || topic.len() > 249 || !topic.bytes().all(legal) {
            return Err(NotAPosition);
        }
        Ok(PartitionId::new(topic, number(partition)?))
    }
}

fn number<N: FromStr>(text: &str) -> Result<N, NotAPosition> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(NotAPosition);
    }
    text.parse().map_err(|_| NotAPosition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_what_it_writes() {
        let text = "ledger.payments/3:1042";
        assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "a:1", "a/1", "a/-1:2", "a/1:+2", "a/1:", "/1:2", "a b/1:2", "a/1:99999999999999999999"]
        {
            assert_eq!(text.parse::<Position>(), Err(NotAPosition), "{text}");
        }
    }
}
