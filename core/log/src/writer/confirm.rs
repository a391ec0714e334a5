//! Confirmations: rejections and reads write nothing, so they are answered only after every record below a high
//! watermark, asked for after the question arrived, has been judged. One request serves a batch of questions.

use super::{Action, Fate, Pause, Phase, Writer};
use crate::sabotage::sabotage;
use std::collections::VecDeque;

/// One request for the watermark and the questions that came before it was made.
#[derive(Debug)]
struct Request {
    request: u64,
    questions: Vec<u64>,
    /// Every offset below this had been judged when the request was made.
    judged: i64,
}

/// Questions on their way to a confirmation.
#[derive(Debug, Default)]
pub(super) struct Questions {
    waiting: Vec<u64>,
    asked: Option<Request>,
    /// Answered by the broker, to be confirmed once everything below the watermark has been judged.
    answered: VecDeque<(u64, i64)>,
}

impl Questions {
    pub fn ask(&mut self, question: u64) {
        self.waiting.push(question);
    }

    /// The highest watermark that some question waits for.
    pub fn wanted(&self) -> Option<i64> {
        self.answered.iter().map(|(_, high)| *high).max()
    }
}

impl Writer {
    pub(super) fn ask_if_due(&mut self) {
        if sabotage!(self, ConfirmByOldWatermark)
            && let Some(asked) = &mut self.questions.asked
        {
            asked.questions.append(&mut self.questions.waiting);
        }
        let first_look = self.wish && !self.caught_up;
        let due = first_look || !self.questions.waiting.is_empty();
        if !due || self.questions.asked.is_some() || self.pausing(Pause::Watermark) {
            return;
        }
        let request = self.id();
        let questions = std::mem::take(&mut self.questions.waiting);
        self.questions.asked = Some(Request { request, questions, judged: self.reader.next_offset() });
        self.act(Action::AskWatermark { request });
    }

    pub(super) fn watermark(&mut self, request: u64, high: i64) {
        let Some(asked) = self.questions.asked.take_if(|asked| asked.request == request) else { return };
        if high < asked.judged {
            self.ask_again(asked.questions);
            let why = format!("its high watermark stays at {high}");
            return self.contradicted(Pause::Watermark, why);
        }
        self.contradictions = 0;
        if !self.caught_up {
            self.catch_up(high);
        }
        self.questions.answered.extend(asked.questions.into_iter().map(|question| (question, high)));
    }

    pub(super) fn watermark_failed(&mut self, request: u64) {
        if let Some(asked) = self.questions.asked.take_if(|asked| asked.request == request) {
            self.ask_again(asked.questions);
            self.pause(Pause::Watermark);
        }
    }

    fn ask_again(&mut self, mut questions: Vec<u64>) {
        questions.append(&mut self.questions.waiting);
        self.questions.waiting = questions;
    }

    pub(super) fn answer_questions(&mut self) {
        if self.phase == Phase::Stopped {
            return;
        }
        while let Some((question, high)) = self.questions.answered.front().copied() {
            if self.reader.next_offset() < high && !sabotage!(self, ConfirmUnjudged) {
                return;
            }
            self.questions.answered.pop_front();
            self.tell(Fate::Confirmed { question });
        }
    }
}
