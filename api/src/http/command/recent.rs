//! Which commands this process took in lately: those may still come into the ledger, so "nothing was recorded" is not
//! final for them yet. Two generations of one span each; memory follows the traffic of the last minutes.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use ledger_domain::ids::CommandId;

/// How long after it was received a command may still be decided, in milliseconds (`notAfter`).
pub const NOT_AFTER_MS: i64 = 10_000;
/// How far two clocks of this system may be apart, in milliseconds; an owner beyond that decides nothing.
pub const CLOCK_BOUND_MS: i64 = 2_000;
/// After this nothing that was received before can come in any more (`notAfter` plus twice the clock bound).
pub const SPAN_MS: i64 = NOT_AFTER_MS + 2 * CLOCK_BOUND_MS;

/// The commands of the last span, and of the one before it.
pub struct Recent {
    born_ms: i64,
    generations: Mutex<Generations>,
}

struct Generations {
    since_ms: i64,
    young: HashSet<CommandId>,
    old: HashSet<CommandId>,
}

impl Recent {
    /// A process that started now: for one span it does not know what its predecessor took in.
    #[must_use]
    pub fn new(now_ms: i64) -> Self {
        let generations = Generations { since_ms: now_ms, young: HashSet::new(), old: HashSet::new() };
        Self { born_ms: now_ms, generations: Mutex::new(generations) }
    }

    /// Remembers a command that has just been received.
    pub fn received(&self, command: CommandId, now_ms: i64) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.turn(now_ms);
        generations.young.insert(command);
    }

    /// Whether a command of which nothing is recorded may still be recorded.
    #[must_use]
    pub fn may_still_arrive(&self, command: CommandId, now_ms: i64) -> bool {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.turn(now_ms);
        let known = generations.young.contains(&command) || generations.old.contains(&command);
        known || now_ms.saturating_sub(self.born_ms) <= SPAN_MS
    }
}

impl Generations {
    fn turn(&mut self, now_ms: i64) {
        let age_ms = now_ms.saturating_sub(self.since_ms);
        if age_ms <= SPAN_MS {
            return;
        }
        let young = std::mem::take(&mut self.young);
        self.old = if age_ms <= 2 * SPAN_MS { young } else { HashSet::new() };
        self.since_ms = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::command::identity::command_id;

    #[test]
    fn a_received_command_may_arrive_for_a_whole_span_and_is_then_forgotten() {
        let recent = Recent::new(0);
        let (mine, other) = (command_id("operator", "1"), command_id("operator", "2"));
        let start = 10 * SPAN_MS;
        recent.received(mine, start);
        assert!(recent.may_still_arrive(mine, start + SPAN_MS));
        assert!(!recent.may_still_arrive(other, start + SPAN_MS));
        assert!(!recent.may_still_arrive(mine, start + 4 * SPAN_MS));
    }

    #[test]
    fn a_young_process_does_not_claim_to_know() {
        let recent = Recent::new(1_000);
        assert!(recent.may_still_arrive(command_id("operator", "1"), 1_000 + SPAN_MS));
        assert!(!recent.may_still_arrive(command_id("operator", "1"), 1_001 + SPAN_MS));
    }
}
