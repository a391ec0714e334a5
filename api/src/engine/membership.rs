//! Who should lead which partition, as far as this process has heard: a hint. Two processes that disagree for a moment harm nothing,
//! because fence and chain decide. Rendezvous hashing, so that a process that comes or goes moves only its own partitions.

use ledger_log::kafka::Beat;
use ledger_log::{Fence, PartitionId};
use ring::digest::{Context, SHA256};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A process not heard for so long counts as dead: three beats missed.
const SILENT: Duration = Duration::from_millis(1_600);
/// At the start, what others said is heard before the own first beat. Older ones than this (ms, by the broker's clock) are dead.
const SILENT_MS: i64 = 1_600;
/// Somebody heard within this time may still pass something on: longer than a command may be on its way.
const LATELY: Duration = Duration::from_secs(20);

/// Nothing is kept of a process that was silent for so long.
const FORGOTTEN: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
struct Heard {
    incarnation: String,
    leaving: bool,
    at: Instant,
    /// By the broker's clock, Unix ms.
    at_ms: i64,
}

/// What is known of the processes.
#[derive(Clone, Debug)]
pub struct Membership {
    me: Fence,
    /// By address: a process that starts again on its address is the same member.
    heard: BTreeMap<String, Heard>,
    settled: bool,
}

impl Membership {
    /// Nobody is known, not even oneself: nothing is led before the own first beat came back.
    pub const fn new(me: Fence) -> Self {
        Self { me, heard: BTreeMap::new(), settled: false }
    }

    /// A process spoke.
    pub fn hear(&mut self, beat: Beat, now: Instant) {
        let Beat { member: Fence { incarnation, address }, leaving, at_ms } = beat;
        let mine = address == self.me.address;
        if mine && incarnation != self.me.incarnation {
            // An earlier life of this process.
            return;
        }
        if let Some(known) = self.heard.get(&address)
            && known.incarnation != incarnation
            && known.at_ms > at_ms
        {
            return;
        }
        self.heard.retain(|_, other| now < other.at + FORGOTTEN);
        self.heard.insert(address, Heard { incarnation, leaving, at: now, at_ms });
        if mine && !self.settled {
            self.settled = true;
            self.heard.retain(|_, other| other.at_ms.saturating_add(SILENT_MS) >= at_ms);
        }
    }

    /// Who is alive and stays. While not even the own beats come back nobody's silence says anything: the last view holds.
    fn alive(&self) -> impl Iterator<Item = &str> {
        let stay = self.heard.iter().filter(|(_, other)| !other.leaving && self.is_heard(other));
        stay.map(|(address, _)| address.as_str())
    }

    fn is_heard(&self, other: &Heard) -> bool {
        self.heard.get(&self.me.address).is_none_or(|own| own.at < other.at + SILENT)
    }

    /// Who should lead the partition; None before anything is known, or when everybody is leaving.
    pub fn leader_of(&self, at: &PartitionId) -> Option<&str> {
        if !self.settled {
            return None;
        }
        self.alive().max_by_key(|address| weight(at, address))
    }

    /// Which place this process has among those that could lead the partition: 0 leads it, 1 is the first to take over. None before
    /// anything is known, or when it is leaving.
    pub fn place_in(&self, at: &PartitionId) -> Option<usize> {
        if !self.settled || !self.alive().any(|address| address == self.me.address) {
            return None;
        }
        let mine = weight(at, &self.me.address);
        Some(self.alive().filter(|address| weight(at, address) > mine).count())
    }

    /// Whether the process that fenced a partition is still there, be it about to leave: the same life of it, not a later one.
    pub fn is_there(&self, fence: &Fence) -> bool {
        let known = self.heard.get(&fence.address);
        known.is_some_and(|known| known.incarnation == fence.incarnation && self.is_heard(known))
    }

    /// Whether somebody else could lead.
    pub fn has_others(&self) -> bool {
        self.alive().any(|address| address != self.me.address)
    }

    /// Everybody else who was heard lately, alive or not.
    pub fn lately(&self, now: Instant) -> Vec<String> {
        let heard = self.heard.iter().filter(|(_, other)| now < other.at + LATELY);
        heard.map(|(address, _)| address.clone()).filter(|address| *address != self.me.address).collect()
    }
}

/// The process with the greatest weight leads.
fn weight(at: &PartitionId, address: &str) -> [u8; 8] {
    let mut context = Context::new(&SHA256);
    for part in [at.topic.as_bytes(), &at.partition.to_be_bytes(), address.as_bytes()] {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let digest = context.finish();
    let mut weight = [0; 8];
    weight.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    weight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fence(name: &str, life: u32) -> Fence {
        Fence { incarnation: format!("{name}-{life}"), address: format!("http://{name}") }
    }

    fn beat(name: &str, life: u32, at_ms: i64) -> Beat {
        Beat { member: fence(name, life), leaving: false, at_ms }
    }

    fn partitions() -> Vec<PartitionId> {
        (0..64).map(|number| PartitionId::new("ledger.payments", number)).collect()
    }

    /// Every partition's leader, seen by `me`.
    fn leaders(seen: &Membership) -> Vec<String> {
        partitions().iter().map(|at| seen.leader_of(at).unwrap_or("nobody").to_owned()).collect()
    }

    fn heard(me: &str, names: &[&str], at: Instant) -> Membership {
        let mut seen = Membership::new(fence(me, 1));
        names.iter().chain([&me]).for_each(|name| seen.hear(beat(name, 1, 1_000), at));
        seen
    }

    #[test]
    fn everybody_who_hears_the_same_agrees_and_everybody_gets_some() {
        let now = Instant::now();
        let one = leaders(&heard("a", &["b", "c"], now));
        assert_eq!(one, leaders(&heard("c", &["b", "a"], now)));
        for name in ["a", "b", "c"] {
            let count = one.iter().filter(|leader| **leader == format!("http://{name}")).count();
            assert!((8..40).contains(&count), "{name} leads {count} of 64");
        }
    }

    #[test]
    fn whoever_has_the_next_place_leads_when_the_leader_is_gone() {
        let now = Instant::now();
        let seen = ["a", "b", "c"].map(|me| {
            let others: Vec<&str> = ["a", "b", "c"].into_iter().filter(|name| *name != me).collect();
            heard(me, &others, now)
        });
        for at in partitions() {
            let mut places: Vec<usize> = seen.iter().filter_map(|one| one.place_in(&at)).collect();
            let next = seen.iter().find(|one| one.place_in(&at) == Some(1)).unwrap();
            let first = seen.iter().find(|one| one.place_in(&at) == Some(0)).unwrap();
            assert_eq!(first.leader_of(&at), Some(first.me.address.as_str()));
            places.sort_unstable();
            assert_eq!(places, [0, 1, 2]);
            let mut without = next.clone();
            without.hear(Beat { member: first.me.clone(), leaving: true, at_ms: 2_000 }, now);
            assert_eq!(without.leader_of(&at), Some(next.me.address.as_str()));
            assert_eq!(without.place_in(&at), Some(0));
        }
        assert_eq!(Membership::new(fence("a", 1)).place_in(&partitions()[0]), None);
    }

    #[test]
    fn a_process_that_goes_moves_its_own_partitions_and_no_others() {
        let now = Instant::now();
        let (three, two) = (leaders(&heard("a", &["b", "c"], now)), leaders(&heard("a", &["b"], now)));
        for (before, after) in three.iter().zip(&two) {
            assert!(before == after || before == "http://c", "{before} became {after}");
        }
    }

    #[test]
    fn nothing_is_led_before_the_own_beat_came_back_and_what_was_said_long_ago_is_not_believed() {
        let now = Instant::now();
        let mut seen = Membership::new(fence("a", 1));
        seen.hear(beat("b", 1, 10_000), now);
        seen.hear(beat("c", 1, 20_000), now);
        assert!(leaders(&seen).iter().all(|leader| leader == "nobody"));
        seen.hear(beat("a", 1, 20_500), now);
        let found = leaders(&seen);
        assert!(found.iter().any(|leader| leader == "http://a"));
        assert!(found.iter().any(|leader| leader == "http://c"));
        assert!(found.iter().all(|leader| leader != "http://b"), "b had been silent for ten seconds");
    }

    #[test]
    fn a_silent_process_is_dead_but_nobody_is_while_the_own_beats_do_not_come_back() {
        let begun = Instant::now();
        let mut seen = heard("a", &["b"], begun);
        let later = begun + Duration::from_secs(3);
        assert!(seen.is_there(&fence("b", 1)), "no own beat has come back since");
        seen.hear(beat("a", 1, 4_000), later);
        assert!(!seen.is_there(&fence("b", 1)));
        assert!(leaders(&seen).iter().all(|leader| leader == "http://a"));
        seen.hear(beat("b", 1, 4_100), later);
        assert!(seen.is_there(&fence("b", 1)));
    }

    #[test]
    fn a_process_that_started_again_is_the_same_member_in_another_life() {
        let now = Instant::now();
        let mut seen = heard("a", &["b"], now);
        let before = leaders(&seen);
        seen.hear(beat("b", 2, 2_000), now);
        assert_eq!(before, leaders(&seen));
        assert!(!seen.is_there(&fence("b", 1)) && seen.is_there(&fence("b", 2)));
        seen.hear(beat("b", 1, 1_500), now);
        assert!(seen.is_there(&fence("b", 2)), "a late word of the earlier life");
        seen.hear(beat("a", 0, 3_000), now);
        assert_eq!(before, leaders(&seen), "an earlier life of this process says nothing");
    }

    #[test]
    fn who_leaves_leads_nothing() {
        let now = Instant::now();
        let mut seen = heard("a", &["b"], now);
        seen.hear(Beat { leaving: true, ..beat("b", 1, 2_000) }, now);
        assert!(leaders(&seen).iter().all(|leader| leader == "http://a"));
        seen.hear(Beat { leaving: true, ..beat("a", 1, 2_000) }, now);
        assert!(leaders(&seen).iter().all(|leader| leader == "nobody"));
        assert!(!seen.has_others() && seen.is_there(&fence("b", 1)));
        assert_eq!(seen.lately(now), ["http://b"]);
    }
}
