//! What clients ask and what they are told.

use crate::owner_support::wishes::Wish;
use ledger_api::ledger::{Answer, Unavailable};
use ledger_api::owner::{Found, Query};
use ledger_domain::Rejection;
use ledger_domain::directory::Digest;
use ledger_log::Position;

/// Rises with every question and every answer: what was told before a question was put has a lower one.
pub type Tick = u64;

/// What a client wants, and the key it shows.
#[derive(Debug)]
pub struct Want {
    pub wish: Wish,
    pub caller: Digest,
}

/// One request of a client.
#[derive(Debug)]
pub struct Attempt {
    pub want: usize,
    /// It asked for what it wants; otherwise for something else under the same key.
    pub as_wanted: bool,
    pub asked: Tick,
    pub received_ms: i64,
    /// The process it went to, and its life.
    pub at: (usize, u64),
    pub told: Option<Said>,
    /// Its process died before it answered: the client saw its connection break.
    pub broken: bool,
}

/// What it was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Answer(Answer),
    /// 401: no such key.
    KeyUnknown,
    /// 503: what was asked could not be read in time.
    NotRead,
    /// What became of a command that was asked about.
    Became(Became),
}

/// What is known of a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Became {
    Done(Position),
    Running(Position),
    NotYetKnown,
    /// Nothing was recorded, and nothing of what was sent before the question will be.
    NothingEver,
}

/// One question what became of something wanted.
#[derive(Debug)]
pub struct About {
    pub want: usize,
    pub asked: Tick,
    pub told: Option<Said>,
}

impl Said {
    /// Nothing was recorded of this request and nothing will be.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Answer(
                Answer::Rejected(_)
                | Answer::NotReady { .. }
                | Answer::CardProblem(_)
                | Answer::KeyReused
                | Answer::StillRunning
                | Answer::Elsewhere { .. },
            ) => true,
            Self::Answer(Answer::Recorded { .. } | Answer::Unknown) | Self::Became(_) => false,
            Self::KeyUnknown | Self::NotRead => true,
        }
    }

    /// There is no need to ask again.
    pub fn is_final(&self) -> bool {
        match self {
            // It was on its way for too long.
            Self::Answer(Answer::Rejected(Rejection::TooLate)) => false,
            Self::Answer(Answer::Recorded { .. } | Answer::Rejected(_) | Answer::KeyReused) => true,
            Self::Answer(
                Answer::NotReady { .. }
                | Answer::CardProblem(_)
                | Answer::StillRunning
                | Answer::Elsewhere { .. }
                | Answer::Unknown,
            )
            | Self::NotRead
            | Self::Became(_) => false,
            Self::KeyUnknown => true,
        }
    }
}

/// One question about what is recorded.
#[derive(Debug)]
pub struct Read {
    pub query: Query,
    pub asked: Tick,
    pub found: Option<Result<Found, Unavailable>>,
}
