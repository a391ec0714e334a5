//! Who still waits for an answer, until when, and what may be said at the last moment: "nothing recorded, nothing will be" as
//! long as nothing was handed to the log, "unknown" from then on. Every reply is given exactly once.

use std::collections::{BTreeSet, HashMap};

/// Names one waiting caller; given by the shell.
pub type ReplyId = u64;

/// How far a caller's command has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing was handed to the log: it can still be dropped.
    Open,
    /// A record was handed to the log, or is in it.
    Handed,
}

#[derive(Debug)]
struct Waiting {
    stage: Stage,
    /// When it will be told whatever can be said then, Unix ms.
    speak_at_ms: i64,
    deadline_ms: i64,
}

/// All callers that wait.
#[derive(Debug, Default)]
pub struct Replies {
    waiting: HashMap<ReplyId, Waiting>,
    by_time: BTreeSet<(i64, ReplyId)>,
}

impl Replies {
    /// A caller came: its command has until `patience_ms` to be handed to the log, and until its deadline to be answered.
    pub fn open(&mut self, reply: ReplyId, patience_ms: i64, deadline_ms: i64) {
        let speak_at_ms = patience_ms.min(deadline_ms);
        self.by_time.insert((speak_at_ms, reply));
        self.waiting.insert(reply, Waiting { stage: Stage::Open, speak_at_ms, deadline_ms });
    }

    /// Whether the caller still waits.
    pub fn is_waiting(&self, reply: ReplyId) -> bool {
        self.waiting.contains_key(&reply)
    }

    /// Its command was handed to the log, or came back from it void.
    pub fn set_stage(&mut self, reply: ReplyId, stage: Stage) {
        if let Some(waiting) = self.waiting.get_mut(&reply) {
            self.by_time.remove(&(waiting.speak_at_ms, reply));
            waiting.stage = stage;
            waiting.speak_at_ms = waiting.deadline_ms;
            self.by_time.insert((waiting.deadline_ms, reply));
        }
    }

    /// Takes a caller out to be answered; false when it has been already.
    pub fn close(&mut self, reply: ReplyId) -> bool {
        let Some(waiting) = self.waiting.remove(&reply) else { return false };
        self.by_time.remove(&(waiting.speak_at_ms, reply));
        true
    }

    /// Takes out one caller whose time has come.
    pub fn take_late(&mut self, now_ms: i64) -> Option<(ReplyId, Stage)> {
        let (at_ms, reply) = *self.by_time.first()?;
        if at_ms > now_ms {
            return None;
        }
        self.by_time.pop_first();
        let waiting = self.waiting.remove(&reply)?;
        Some((reply, waiting.stage))
    }

    /// When the next caller has to be told something, Unix ms.
    pub fn next_ms(&self) -> Option<i64> {
        self.by_time.first().map(|(at_ms, _)| *at_ms)
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_handed_over_within_patience_is_told_so_and_the_rest_at_its_deadline() {
        let mut replies = Replies::default();
        replies.open(1, 5, 30);
        replies.open(2, 5, 30);
        replies.set_stage(2, Stage::Handed);
        assert_eq!(replies.next_ms(), Some(5));
        assert_eq!(replies.take_late(4), None);
        assert_eq!(replies.take_late(5), Some((1, Stage::Open)));
        assert_eq!(replies.take_late(29), None);
        assert_eq!(replies.take_late(30), Some((2, Stage::Handed)));
        assert!(!replies.close(2));
    }
}
