//! Whether a partition's log answers while nothing is recorded, and how far what was read of it reaches.

use crate::owner::Standing;
use ledger_log::{Fate, Writer};

/// How often a leader asks whether its log still answers, ms: so that it knows before the next command does.
const PULSE_EVERY_MS: i64 = 1_000;
/// How often a follower reads on, ms: a takeover costs what came since.
const FOLLOW_EVERY_MS: i64 = 100;
/// A partition that rests here is followed for so long (ms) after somebody asked about it.
const AWAKE_MS: i64 = 60_000;
/// What was read within this time (ms) is fresh.
const FRESH_MS: i64 = 3_000;

/// One partition's.
#[derive(Default)]
pub struct Pulse {
    /// The look or the question under way, and since when, Unix ms.
    asked: Option<Asked>,
    /// When the next look is due, Unix ms.
    due_ms: i64,
    /// When the last one was put that has been answered, Unix ms.
    answered_ms: Option<i64>,
    /// When the last question was put that has been confirmed, Unix ms.
    confirmed_ms: Option<i64>,
    /// Whether enough others stand by.
    rests: bool,
    /// Until when it is followed although it could rest, Unix ms.
    awake_until_ms: Option<i64>,
}

#[derive(Clone, Copy)]
struct Asked {
    number: u64,
    at_ms: i64,
}

impl Pulse {
    /// Whether enough others stand by: then it is not followed, and what has been recorded meanwhile is read when somebody asks
    /// about it here, or when this process comes closer to leading it.
    pub const fn rest(&mut self, enough_others: bool) {
        self.rests = enough_others;
    }

    /// Follows a resting partition for a while: somebody asks about it.
    pub const fn wake(&mut self, now_ms: i64) {
        self.awake_until_ms = Some(now_ms.saturating_add(AWAKE_MS));
    }

    /// Whether others follow it and this process does not.
    pub fn is_resting(&self, standing: &Standing, now_ms: i64) -> bool {
        let is_awake = self.awake_until_ms.is_some_and(|until_ms| now_ms < until_ms);
        self.rests && *standing == Standing::Following && !is_awake
    }

    /// Looks whether the log still answers and how far it has got, where that is due; and asks for a confirmation that everything
    /// recorded before `wanted_ms` (Unix ms) has been read, where somebody waits for that. True when the writer was asked something.
    pub fn beat(
        &mut self,
        writer: &mut Writer,
        standing: &Standing,
        now_ms: i64,
        wanted_ms: Option<i64>,
    ) -> bool {
        if self.is_resting(standing, now_ms) {
            // A look that is under way is given up: a log at rest owes no answer.
            self.asked = None;
            return false;
        }
        let every_ms = match standing {
            Standing::Leading => PULSE_EVERY_MS,
            Standing::Following => FOLLOW_EVERY_MS,
            // It reads by itself, or nothing any more.
            Standing::CatchingUp | Standing::Stopped(_) => {
                self.asked = None;
                return false;
            }
        };
        let wanted = wanted_ms.is_some_and(|wanted_ms| wanted_ms <= now_ms && self.as_of_ms() < wanted_ms);
        if self.asked.is_some() || (now_ms < self.due_ms && !wanted) {
            return false;
        }
        let number = if wanted { writer.confirm() } else { writer.look() };
        self.asked = Some(Asked { number, at_ms: now_ms });
        self.due_ms = now_ms.saturating_add(every_ms);
        true
    }

    /// Takes in what the writer says.
    pub fn learn(&mut self, fate: &Fate) {
        match fate {
            // A confirmation is as good as the look that was put before it.
            Fate::Confirmed { question: number } => {
                if let Some(asked) = self.asked.take_if(|asked| asked.number <= *number) {
                    self.answered_ms = Some(asked.at_ms);
                    self.confirmed_ms = Some(asked.at_ms);
                }
            }
            Fate::Looked { look } => {
                if let Some(asked) = self.asked.take_if(|asked| asked.number == *look) {
                    self.answered_ms = Some(asked.at_ms);
                }
            }
            Fate::Accepted { .. }
            | Fate::Void { .. }
            | Fate::Refused { .. }
            | Fate::Leading { .. }
            | Fate::Lost { .. }
            | Fate::Stopped(_) => {}
        }
    }

    /// Everything that was recorded before this instant (Unix ms) has been read, and that is confirmed.
    pub fn as_of_ms(&self) -> i64 {
        self.confirmed_ms.unwrap_or(i64::MIN)
    }

    /// Whether it was ever read up to what was then the end.
    pub const fn has_answered(&self) -> bool {
        self.answered_ms.is_some()
    }

    /// Since when the log owes an answer, Unix ms.
    pub fn waits_since_ms(&self) -> Option<i64> {
        self.asked.map(|asked| asked.at_ms)
    }

    /// Whether all that others have recorded up to a moment ago has been read.
    pub fn is_fresh(&self, standing: &Standing, now_ms: i64) -> bool {
        match standing {
            Standing::Leading => true,
            // Whoever takes it over has followed it until a moment ago.
            Standing::Following | Standing::CatchingUp => {
                self.answered_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < FRESH_MS)
            }
            Standing::Stopped(_) => false,
        }
    }
}
