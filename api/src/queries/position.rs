//! How far a read model has got: a vector of positions, one per partition.

use ledger_log::{PartitionId, Position};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// How the name of the payments' topic ends.
const PAYMENTS: &str = ".payments";

/// The highest position per partition; its text is `topic/partition:seq` joined by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionVector(BTreeMap<(String, i32), u64>);

impl PositionVector {
    /// Takes a position in; of two in the same partition the later one holds.
    pub fn insert(&mut self, topic: &str, partition: i32, seq: u64) {
        let here = self.0.entry((topic.to_owned(), partition)).or_default();
        *here = (*here).max(seq);
    }

    /// True when every position of `wanted` is at or before this vector's.
    pub fn covers(&self, wanted: &PositionVector) -> bool {
        wanted.0.iter().all(|(at, seq)| self.0.get(at).is_some_and(|here| here >= seq))
    }

    /// What both cover: of each partition that both know, the lower position.
    #[must_use]
    pub fn both(&self, other: &PositionVector) -> PositionVector {
        let lower = self.0.iter().filter_map(|(at, seq)| Some((at.clone(), *other.0.get(at)?.min(seq))));
        PositionVector(lower.collect())
    }

    /// Whether the record of this partition of the payments' topic is at or before this vector.
    pub fn holds(&self, partition: i32, seq: i64) -> bool {
        let of_partition =
            self.0.iter().find(|((topic, at), _)| *at == partition && topic.ends_with(PAYMENTS));
        of_partition.is_some_and(|(_, here)| u64::try_from(seq).is_ok_and(|seq| seq <= *here))
    }

    /// Whether this vector knows a topic of that name.
    pub fn knows_topics_of(&self, wanted: &PositionVector) -> bool {
        wanted.0.keys().all(|(topic, _)| self.0.keys().any(|(known, _)| known == topic))
    }

    /// The name of the topic that payments are in.
    pub fn payments_topic(&self) -> Option<String> {
        self.0.keys().map(|(topic, _)| topic).find(|topic| topic.ends_with(PAYMENTS)).cloned()
    }

    /// True when there is no position in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for PositionVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ((topic, partition), seq)) in self.0.iter().enumerate() {
            let partition = PartitionId { topic: topic.as_str().into(), partition: *partition };
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}", Position { partition, seq: *seq })?;
        }
        Ok(())
    }
}

/// A text that is not a vector of positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position is written topic/partition:seq, several are joined by commas")]
pub struct NotAPosition;

impl FromStr for PositionVector {
    type Err = NotAPosition;
    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let mut vector = PositionVector::default();
        for part in text.split(',') {
            let at: Position = part.trim().parse().map_err(|_| NotAPosition)?;
            vector.insert(&at.partition.topic, at.partition.partition, at.seq);
        }
        Ok(vector)
    }
}

#[cfg(test)]
mod tests {
    use super::PositionVector;

    #[test]
    fn a_vector_covers_what_lies_before_it_in_every_partition() {
        let through: PositionVector = "ledger.payments/0:5,ledger.payments/1:9".parse().unwrap();
        let covered = |text: &str| through.covers(&text.parse().unwrap());
        assert!(covered("ledger.payments/0:5"));
        assert!(covered("ledger.payments/1:2,ledger.payments/0:1"));
        assert!(!covered("ledger.payments/0:6"));
        assert!(!covered("ledger.payments/2:1"));
    }

    #[test]
    fn what_two_vectors_cover_is_the_lower_of_both() {
        let one: PositionVector = "ledger.payments/0:5,ledger.payments/1:9".parse().unwrap();
        let other: PositionVector = "ledger.payments/1:7,ledger.payments/2:1".parse().unwrap();
        let both = one.both(&other);
        assert_eq!(both.to_string(), "ledger.payments/1:7");
        assert!(both.holds(1, 7) && !both.holds(1, 8) && !both.holds(0, 1));
    }

    #[test]
    fn a_vector_reads_back_what_it_writes() {
        let text = "ledger.directory/0:3,ledger.payments/10:7";
        assert_eq!(text.parse::<PositionVector>().unwrap().to_string(), text);
        assert!("ledger.payments".parse::<PositionVector>().is_err());
        assert!("".parse::<PositionVector>().is_err());
    }
}
