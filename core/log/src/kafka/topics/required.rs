//! The settings each topic must have, and why. The one list: topics are created with it and checked against it.

/// What a topic holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A part of the ledger: kept for ever.
    Ledger,
    /// Wrapped secrets: the newest of each key is kept, and what is deleted must be gone.
    Keys,
    /// Who is alive: worth nothing a minute later.
    Members,
}

/// What an acknowledged record rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The disk of a single broker.
    OneDisk,
    /// Three replicas, two of them in sync at every acknowledgement.
    Replicas,
}

impl Durability {
    pub(super) fn replicas(self) -> i32 {
        match self {
            Durability::OneDisk => 1,
            Durability::Replicas => 3,
        }
    }
}

/// Which values are strong enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Enough {
    Exactly,
    AtLeast,
    /// And above zero: Kafka takes 0 and -1 as "never" or refuses them.
    AtMost,
}

/// One setting, the value it is made with, and what a value found must fulfil.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub setting: &'static str,
    pub made_with: &'static str,
    enough: Enough,
}

impl Rule {
    pub(super) fn holds(&self, found: &str) -> bool {
        let numbers = found.parse::<i64>().ok().zip(self.made_with.parse::<i64>().ok());
        match self.enough {
            Enough::Exactly => found == self.made_with,
            Enough::AtLeast => numbers.is_some_and(|(found, required)| found >= required),
            Enough::AtMost => numbers.is_some_and(|(found, required)| 0 < found && found <= required),
        }
    }

    pub(super) fn required(&self) -> String {
        match self.enough {
            Enough::Exactly => self.made_with.to_owned(),
            Enough::AtLeast => format!("{} or more", self.made_with),
            Enough::AtMost => format!("1 to {}", self.made_with),
        }
    }
}

const fn rule(setting: &'static str, made_with: &'static str, enough: Enough) -> Rule {
    Rule { setting, made_with, enough }
}

/// For every topic: nothing is elected that lacks acknowledged records, the broker's clock dates records, bytes
/// are stored as they were sent, and what the producer takes the broker takes (the producer's bound is lower).
const ALWAYS: [Rule; 4] = [
    rule("unclean.leader.election.enable", "false", Enough::Exactly),
    rule("message.timestamp.type", "LogAppendTime", Enough::Exactly),
    rule("compression.type", "producer", Enough::Exactly),
    rule("max.message.bytes", "1048588", Enough::AtLeast),
];

/// The ledger is never shortened, neither by age nor by size nor by compaction.
const LEDGER: [Rule; 3] = [
    rule("cleanup.policy", "delete", Enough::Exactly),
    rule("retention.ms", "-1", Enough::Exactly),
    rule("retention.bytes", "-1", Enough::Exactly),
];

/// An erased key is gone from the disk within a day or two: compaction may lag by a day, and a segment is closed,
/// and so open to compaction, after a day.
const KEYS: [Rule; 3] = [
    rule("cleanup.policy", "compact", Enough::Exactly),
    rule("max.compaction.lag.ms", "86400000", Enough::AtMost),
    rule("segment.ms", "86400000", Enough::AtMost),
];

/// Beats are dated by the broker and soon forgotten, so that the topic stays small for whoever reads its end.
const MEMBERS: [Rule; 4] = [
    rule("message.timestamp.type", "LogAppendTime", Enough::Exactly),
    rule("cleanup.policy", "delete", Enough::Exactly),
    rule("retention.ms", "3600000", Enough::AtMost),
    rule("segment.ms", "600000", Enough::AtMost),
];

/// `acks=all` alone does not reach the disk of a single broker.
const ONE_DISK: [Rule; 1] = [rule("flush.messages", "1", Enough::Exactly)];
const REPLICAS: [Rule; 1] = [rule("min.insync.replicas", "2", Enough::AtLeast)];

/// Every rule for a topic.
pub(super) fn rules(kind: Kind, durability: Durability) -> Vec<Rule> {
    let kind: &[Rule] = match kind {
        Kind::Ledger => &LEDGER,
        Kind::Keys => &KEYS,
        // Nothing is lost with a beat: it need not reach a disk, nor a second one.
        Kind::Members => return MEMBERS.to_vec(),
    };
    let durability: &[Rule] = match durability {
        Durability::OneDisk => &ONE_DISK,
        Durability::Replicas => &REPLICAS,
    };
    [&ALWAYS, kind, durability].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(kind: Kind, durability: Durability, setting: &str) -> Rule {
        rules(kind, durability).into_iter().find(|rule| rule.setting == setting).unwrap()
    }

    #[test]
    fn what_a_topic_is_made_with_passes_the_check() {
        for kind in [Kind::Ledger, Kind::Keys, Kind::Members] {
            for durability in [Durability::OneDisk, Durability::Replicas] {
                for rule in rules(kind, durability) {
                    assert!(rule.holds(rule.made_with), "{rule:?}");
                }
            }
        }
    }

    #[test]
    fn weaker_values_do_not_hold_and_stronger_ones_do() {
        let cases = [
            (Kind::Ledger, Durability::OneDisk, "retention.ms", "604800000", false),
            (Kind::Ledger, Durability::OneDisk, "cleanup.policy", "compact,delete", false),
            (Kind::Ledger, Durability::OneDisk, "flush.messages", "2", false),
            (Kind::Ledger, Durability::OneDisk, "max.message.bytes", "1000000", false),
            (Kind::Ledger, Durability::OneDisk, "max.message.bytes", "8388608", true),
            (Kind::Ledger, Durability::Replicas, "min.insync.replicas", "1", false),
            (Kind::Ledger, Durability::Replicas, "min.insync.replicas", "3", true),
            (Kind::Keys, Durability::OneDisk, "segment.ms", "604800000", false),
            (Kind::Keys, Durability::OneDisk, "segment.ms", "3600000", true),
            (Kind::Keys, Durability::OneDisk, "max.compaction.lag.ms", "0", false),
            (Kind::Keys, Durability::OneDisk, "max.compaction.lag.ms", "soon", false),
        ];
        for (kind, durability, setting, value, holds) in cases {
            assert_eq!(find(kind, durability, setting).holds(value), holds, "{setting}={value}");
        }
    }
}
