//! Answers that record nothing and so need a confirmation: every record they depended on is accepted, and the writer has judged
//! everything below a high watermark asked for after the question came. One confirmation serves all that came before it was asked for.

use super::Pending;
use ledger_log::Ticket;
use std::collections::VecDeque;

/// A rejection on its way: it is decided again at the moment it is told, and before that if a record it depended on is void.
#[derive(Debug)]
pub struct Held {
    /// What was rejected.
    pub pending: Pending,
    /// The last record in flight when it was decided.
    pub after: Option<Ticket>,
    /// The directory must have been read up to this instant before it is told, Unix ms.
    pub directory_ms: Option<i64>,
}

/// All that waits for a confirmation: `T` is what a reader asked.
#[derive(Debug)]
pub struct Questions<T> {
    asked: VecDeque<(Option<u64>, T)>,
    confirmed: VecDeque<T>,
}

impl<T> Default for Questions<T> {
    fn default() -> Self {
        Self { asked: VecDeque::new(), confirmed: VecDeque::new() }
    }
}

impl<T> Questions<T> {
    /// A new question.
    pub fn push(&mut self, question: T) {
        self.asked.push_back((None, question));
    }

    /// True when some question has not been asked of the writer yet.
    pub fn unasked(&self) -> bool {
        self.asked.back().is_some_and(|(number, _)| number.is_none())
    }

    /// The writer was asked: this number confirms everything that has none yet.
    pub fn ask(&mut self, number: u64) {
        for (asked, _) in self.asked.iter_mut().rev().take_while(|(asked, _)| asked.is_none()) {
            *asked = Some(number);
        }
    }

    /// The writer confirmed this number.
    pub fn confirm(&mut self, number: u64) {
        while let Some((Some(asked), _)) = self.asked.front()
            && *asked <= number
        {
            self.confirmed.extend(self.asked.pop_front().map(|(_, question)| question));
        }
    }

    /// Takes out the confirmed ones that may be answered now.
    pub fn take_confirmed(&mut self, mut ready: impl FnMut(&T) -> bool) -> Vec<T> {
        let (now, later) =
            std::mem::take(&mut self.confirmed).into_iter().partition(|question| ready(question));
        self.confirmed = later;
        Vec::from(now)
    }

    /// Every question, confirmed or not.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.asked.iter().map(|(_, question)| question).chain(&self.confirmed)
    }

    /// Takes out every question for which `which` holds, confirmed or not.
    pub fn take(&mut self, mut which: impl FnMut(&T) -> bool) -> Vec<T> {
        let mut taken = Vec::new();
        for (number, question) in std::mem::take(&mut self.asked) {
            if which(&question) {
                taken.push(question);
            } else {
                self.asked.push_back((number, question));
            }
        }
        taken.extend(self.take_confirmed(which));
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confirmation_serves_what_came_before_it_was_asked_for_and_nothing_later() {
        let mut questions = Questions::default();
        questions.push("a");
        questions.push("b");
        assert!(questions.unasked());
        questions.ask(7);
        questions.push("c");
        questions.confirm(7);
        assert_eq!(questions.take_confirmed(|_| true), ["a", "b"]);
        assert!(questions.unasked());
        questions.ask(9);
        questions.confirm(8);
        assert!(questions.take_confirmed(|_| true).is_empty());
        questions.confirm(9);
        assert_eq!(questions.take_confirmed(|_| true), ["c"]);
    }

    #[test]
    fn a_confirmed_question_still_waits_for_the_records_it_depends_on() {
        let mut questions = Questions::default();
        questions.push(3_u64);
        questions.ask(1);
        questions.confirm(1);
        assert!(questions.take_confirmed(|after| *after <= 2).is_empty());
        assert_eq!(questions.take_confirmed(|after| *after <= 3), [3]);
    }
}
