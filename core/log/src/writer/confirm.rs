//! Confirmations: rejections and reads write nothing, so they are answered only after everything that anybody could have been told
//! before the question was put has been judged. Where one disk holds the log, that is what lies below a high watermark asked for
//! after the question. On a cluster a leader that was deposed without knowing it still gives a watermark; there it takes something
//! stored after the question, which only the leader of a quorum can do: the next own record, or a mark. One request serves a batch.

use super::{Action, Fate, Pause, Phase, Writer};
use crate::sabotage::sabotage;
use std::collections::VecDeque;

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    /// For a confirmation.
    Question(u64),
    /// For a watermark and what lies below it.
    Look(u64),
}

impl Waiting {
    const fn is_question(self) -> bool {
        matches!(self, Waiting::Question(_))
    }
}

/// One request and what was put before it was made.
#[derive(Debug)]
struct Request {
    request: u64,
    serves: Vec<Waiting>,
    /// Every offset below this had been judged when the request was made.
    judged: i64,
}

/// Questions on their way to a confirmation.
#[derive(Debug, Default)]
pub(super) struct Questions {
    waiting: Vec<Waiting>,
    asked: Option<Request>,
    /// Answered by the broker, to be told once everything below the watermark has been judged.
    answered: VecDeque<(Waiting, i64)>,
    /// Where the last mark of this writer lies, until that has been passed.
    mark: Option<i64>,
}

impl Questions {
    pub fn ask(&mut self, question: u64) {
        self.waiting.push(Waiting::Question(question));
    }

    pub fn look(&mut self, look: u64) {
        self.waiting.push(Waiting::Look(look));
    }

    /// The questions that a record handed over now confirms when it is accepted.
    pub fn take_for_a_record(&mut self) -> Vec<u64> {
        let mut taken = Vec::new();
        self.waiting.retain(|waiting| match waiting {
            Waiting::Question(question) => {
                taken.push(*question);
                false
            }
            Waiting::Look(_) => true,
        });
        taken
    }

    /// The record they were given to is void: they wait again.
    pub fn give_back(&mut self, questions: Vec<u64>) {
        self.again(questions.into_iter().map(Waiting::Question).collect());
    }

    /// The highest watermark that something waits for.
    pub fn wanted(&self) -> Option<i64> {
        self.answered.iter().map(|(_, high)| *high).max()
    }

    fn answer(&mut self, served: Vec<Waiting>, high: i64) {
        self.answered.extend(served.into_iter().map(|waiting| (waiting, high)));
    }

    fn again(&mut self, mut first: Vec<Waiting>) {
        first.append(&mut self.waiting);
        self.waiting = first;
    }
}

impl Writer {
    pub(super) fn ask_if_due(&mut self) {
        if sabotage!(self, ConfirmByOldWatermark)
            && let Some(asked) = &mut self.questions.asked
        {
            asked.serves.append(&mut self.questions.waiting);
        }
        if self.questions.asked.is_some() || self.pausing(Pause::Watermark) {
            return;
        }
        let first_look = self.wish && !self.caught_up;
        let marks = self.by_mark && !sabotage!(self, ConfirmByWatermark);
        // While own records are on their way, the next one will do; and the end of the last one lets a mark go.
        let mark = marks
            && self.flights.chain.is_empty()
            && !first_look
            && self.questions.waiting.iter().any(|waiting| waiting.is_question());
        let serves = if mark || !marks {
            std::mem::take(&mut self.questions.waiting)
        } else {
            self.questions.waiting.extract_if(.., |waiting| !waiting.is_question()).collect()
        };
        if serves.is_empty() && !first_look {
            return;
        }
        let request = self.id();
        self.questions.asked = Some(Request { request, serves, judged: self.reader.next_offset() });
        self.act(if mark { Action::Mark { request } } else { Action::AskWatermark { request } });
    }

    pub(super) fn watermark(&mut self, request: u64, high: i64) {
        let Some(asked) = self.questions.asked.take_if(|asked| asked.request == request) else { return };
        if high < asked.judged {
            self.questions.again(asked.serves);
            let why = format!("its high watermark stays at {high}");
            return self.contradicted(Pause::Watermark, why);
        }
        self.contradictions = 0;
        if !self.caught_up {
            self.catch_up(high);
        }
        self.questions.answer(asked.serves, high);
    }

    pub(super) fn marked(&mut self, request: u64, offset: i64) {
        let Some(asked) = self.questions.asked.take_if(|asked| asked.request == request) else { return };
        if offset < asked.judged {
            if !sabotage!(self, IgnoreLogWentBack) {
                let why = format!(
                    "a mark of this process was stored at offset {offset}, which holds another message"
                );
                self.stop(self.reader.went_back(why));
            }
            return;
        }
        let high = offset.saturating_add(1);
        self.questions.mark = Some(offset);
        self.judge_reports();
        self.questions.answer(asked.serves, high);
    }

    /// A mark is void for every reader: there is nothing to read where it is the next. True when it was.
    pub(super) fn pass_mark(&mut self) -> bool {
        let next = self.reader.next_offset();
        let Some(offset) = self.questions.mark.take_if(|offset| *offset <= next) else { return false };
        self.reader.passed(offset.saturating_add(1));
        offset == next
    }

    pub(super) fn watermark_failed(&mut self, request: u64) {
        if let Some(asked) = self.questions.asked.take_if(|asked| asked.request == request) {
            self.questions.again(asked.serves);
            self.pause(Pause::Watermark);
        }
    }

    pub(super) fn answer_questions(&mut self) {
        if self.phase == Phase::Stopped {
            return;
        }
        while let Some((waiting, high)) = self.questions.answered.front().copied() {
            if self.reader.next_offset() < high && !sabotage!(self, ConfirmUnjudged) {
                return;
            }
            self.questions.answered.pop_front();
            self.tell(match waiting {
                Waiting::Question(question) => Fate::Confirmed { question },
                Waiting::Look(look) => Fate::Looked { look },
            });
        }
    }
}
