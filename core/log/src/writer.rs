//! The writer of one partition as a state machine without IO: bytes in, fates out (architecture section 3,
//! "How the writer learns its fate"). It must never call a record accepted or void before that is final.

mod confirm;
mod flight;
mod io;
mod judge;

pub use io::{Action, Completion, Delivery, Fate, Output, Ticket};

use crate::fence::{Fence, Genesis};
use crate::hash::Hash;
use crate::reader::{Cursor, Reader};
use crate::record::{Payload, Record};
use crate::sabotage::sabotage;
use crate::stop::Stop;
use confirm::Questions;
use flight::{FenceFlight, Flight, Flights};
use std::collections::VecDeque;

/// The first and the longest pause between attempts, in milliseconds.
const BACKOFF_MS: (u64, u64) = (20, 2_000);
/// So many answers in a row that contradict what was judged mean that the log went back: a new leader's
/// watermark may lag for a moment, but not for this many pauses.
const CONTRADICTIONS: u32 = 20;

/// Where the writer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Reads what others write.
    Following,
    /// Own fences are on their way; nothing of a former reign is sent.
    Fencing,
    /// Own fence accepted.
    Leading { term: u64 },
    /// For good.
    Stopped,
}

/// What a pause is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    Fence,
    Read,
    Watermark,
}

/// The read under way.
#[derive(Debug, Clone)]
struct Reading {
    read: u64,
    to: i64,
    /// It only looks whether this cursor's record is still there.
    anchor: Option<Cursor>,
}

/// Turns payloads into accepted records of one partition.
#[derive(Debug)]
pub struct Writer {
    reader: Reader,
    me: Fence,
    genesis: Option<Genesis>,
    phase: Phase,
    /// The owner wants to lead.
    wish: bool,
    caught_up: bool,
    epoch: u64,
    next_id: u64,
    flights: Flights,
    reading: Option<Reading>,
    /// The head must be found in the log again before the next fence.
    anchor_due: bool,
    /// Everything below this offset has to be judged before the next step.
    wanted: i64,
    questions: Questions,
    /// On a cluster: a watermark alone confirms nothing.
    by_mark: bool,
    pauses: Vec<(u64, Pause)>,
    failures: u32,
    contradictions: u32,
    /// So many payloads still go one by one, because something among them was refused or lost.
    single_file: usize,
    out: VecDeque<Output>,
    #[cfg(test)]
    pub(crate) sabotage: Option<crate::sabotage::Sabotage>,
}

impl Writer {
    /// A writer that has judged what `reader` has. It follows until [`Writer::lead`].
    pub fn new(reader: Reader, me: Fence) -> Writer {
        Writer {
            wanted: reader.next_offset(),
            anchor_due: true,
            reader,
            me,
            genesis: None,
            phase: Phase::Following,
            wish: false,
            caught_up: false,
            epoch: 0,
            next_id: 1,
            flights: Flights::default(),
            reading: None,
            questions: Questions::default(),
            by_mark: false,
            pauses: Vec::new(),
            failures: 0,
            contradictions: 0,
            single_file: 0,
            out: VecDeque::new(),
            #[cfg(test)]
            sabotage: None,
        }
    }

    /// What to open an empty partition with. Without it an empty partition stops the writer that shall lead it.
    pub fn set_genesis(&mut self, genesis: Genesis) {
        self.genesis = Some(genesis);
    }

    /// The partition lies on a cluster, where a leader that was deposed without knowing it still gives a watermark, one that others
    /// have long passed. From now on a question is confirmed by something stored after it was put: the next own record, and where
    /// none comes, a mark.
    pub fn confirm_by_mark(&mut self) {
        self.by_mark = true;
    }

    /// Reads everything below this high watermark.
    pub fn catch_up(&mut self, high: i64) {
        self.caught_up = true;
        self.wanted = self.wanted.max(high);
        self.pump();
    }

    /// The owner wants this partition: opens a reign with a fence (a genesis where the partition is empty).
    pub fn lead(&mut self) {
        self.wish = true;
        self.anchor_due = true;
        self.pump();
    }

    /// Looks whether the last accepted record is still in the log; a writer that finds it gone or changed stops.
    /// To be called now and then while running: a log that went back may have grown past the loss again.
    pub fn check(&mut self) {
        self.anchor_due = true;
        self.pump();
    }

    /// How many payloads may be appended now; 0 unless leading.
    pub fn room(&self) -> usize {
        if !matches!(self.phase, Phase::Leading { .. }) {
            return 0;
        }
        let depth = usize::try_from(self.reader.depth()).unwrap_or(usize::MAX);
        let most = if self.single_file > 0 { 1 } else { depth };
        most.saturating_sub(self.flights.chain.len())
    }

    /// Chains the payload to what is in flight and sends it. None when there is no room.
    pub fn append(&mut self, payload: Payload) -> Option<(Ticket, u64)> {
        let Phase::Leading { term } = self.phase else { return None };
        if self.room() == 0 {
            return None;
        }
        let alone = self.flights.chain.is_empty();
        let (seq, prev) = self.tail();
        let record = Record { seq: seq.checked_add(1)?, term, prev, payload };
        let hash = record.hash(self.reader.partition());
        let (ticket, send, seq) = (self.id(), self.id(), record.seq);
        self.flights.chain.iter_mut().for_each(|flight| flight.alone = false);
        self.act(Action::Send { epoch: self.epoch, send, record: record.clone() });
        let confirms = if self.by_mark { self.questions.take_for_a_record() } else { Vec::new() };
        self.flights.chain.push_back(Flight {
            ticket,
            send,
            hash,
            record,
            report: None,
            void_at: Vec::new(),
            alone,
            refused: false,
            confirms,
        });
        Some((ticket, seq))
    }

    /// Asks for a confirmation; [`Fate::Confirmed`] carries the number.
    pub fn confirm(&mut self) -> u64 {
        let question = self.id();
        self.questions.ask(question);
        self.pump();
        question
    }

    /// Looks how far the log has got and reads on to there; [`Fate::Looked`] carries the number. It confirms nothing to anybody.
    pub fn look(&mut self) -> u64 {
        let look = self.id();
        self.questions.look(look);
        self.pump();
        look
    }

    /// Takes in what the shell reports.
    pub fn on(&mut self, completion: Completion) {
        if self.phase == Phase::Stopped {
            return;
        }
        match completion {
            Completion::Delivered { epoch, send, delivery } => self.delivered(epoch, send, delivery),
            Completion::Fetched { read, records, through, done } => {
                self.fetched(read, records, through, done)
            }
            Completion::ReadFailed { read, out_of_range, why } => self.read_failed(read, out_of_range, why),
            Completion::Watermark { request, high } => self.watermark(request, high),
            Completion::Marked { request, offset } => self.marked(request, offset),
            Completion::WatermarkFailed { request } => self.watermark_failed(request),
            Completion::Waited { wait } => self.waited(wait),
        }
        self.pump();
    }

    /// The next thing to do or to learn; drain it after every call.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// The last accepted record.
    pub fn head(&self) -> Option<&Cursor> {
        self.reader.cursor()
    }

    /// The present reign's term, where it is this writer's.
    pub fn term(&self) -> Option<u64> {
        match self.phase {
            Phase::Leading { term } => Some(term),
            _ => None,
        }
    }

    /// How many appended payloads are neither accepted nor void.
    pub fn in_flight(&self) -> usize {
        self.flights.chain.len()
    }

    /// The reader's view: what has been judged.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    fn tail(&self) -> (u64, Hash) {
        match self.flights.chain.back() {
            Some(last) => (last.record.seq, last.hash),
            None => (self.reader.head_seq(), self.reader.head_hash()),
        }
    }

    fn id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id = id.wrapping_add(1);
        id
    }

    fn act(&mut self, action: Action) {
        self.out.push_back(Output::Do(action));
    }

    fn tell(&mut self, fate: Fate) {
        self.out.push_back(Output::Fate(fate));
    }

    fn stop(&mut self, stop: Stop) {
        if self.phase != Phase::Stopped {
            self.phase = Phase::Stopped;
            self.tell(Fate::Stopped(stop));
        }
    }

    fn pause(&mut self, pause: Pause) {
        if self.pauses.iter().any(|(_, other)| *other == pause) {
            return;
        }
        let wait = self.id();
        let ms = BACKOFF_MS.0.saturating_mul(1 << self.failures.min(7)).min(BACKOFF_MS.1);
        self.failures = self.failures.saturating_add(1);
        self.pauses.push((wait, pause));
        self.act(Action::Wait { wait, ms });
    }

    fn pausing(&self, pause: Pause) -> bool {
        self.pauses.iter().any(|(_, other)| *other == pause)
    }

    fn waited(&mut self, wait: u64) {
        self.pauses.retain(|(other, _)| *other != wait);
    }

    /// Does whatever is due now: judge reports, read gaps, fence, ask.
    fn pump(&mut self) {
        if self.phase == Phase::Stopped {
            return;
        }
        self.judge_reports();
        if self.phase == Phase::Stopped {
            return;
        }
        self.read_on();
        self.fence_if_due();
        self.ask_if_due();
        self.answer_questions();
    }

    /// Reads what has to be judged and will not come by a delivery report.
    fn read_on(&mut self) {
        if self.reading.is_some() || self.pausing(Pause::Read) {
            return;
        }
        if self.anchor_due {
            match self.reader.cursor().cloned() {
                Some(cursor) => {
                    return self.read(cursor.offset, cursor.offset.saturating_add(1), Some(cursor));
                }
                None => self.anchor_due = false,
            }
        }
        let mut to = self.wanted;
        // What a question waits for is mostly own records, and their reports are on the way.
        if self.flights.chain.is_empty()
            && let Some(high) = self.questions.wanted()
        {
            to = to.max(high);
        }
        if self.reader.next_offset() < to {
            self.read(self.reader.next_offset(), to, None);
        }
    }

    fn read(&mut self, from: i64, to: i64, anchor: Option<Cursor>) {
        let read = self.id();
        self.reading = Some(Reading { read, to, anchor });
        self.act(Action::Read { read, from, to });
    }

    /// Sends a fence where the owner wants to lead, everything known of has been judged and none is on its way.
    fn fence_if_due(&mut self) {
        let due = match self.phase {
            Phase::Following => self.wish && self.caught_up,
            Phase::Fencing => true,
            Phase::Leading { .. } | Phase::Stopped => false,
        };
        let waiting =
            self.reader.next_offset() < self.wanted || self.pausing(Pause::Fence) || self.anchor_due;
        // A fence of an earlier producer has no report to come, so it does not hold the next one back.
        let on_its_way =
            self.flights.fences.iter().any(|fence| fence.report.is_none() && self.is_current(fence.send));
        if !due || waiting || on_its_way {
            return;
        }
        self.phase = Phase::Fencing;
        if sabotage!(self, NoFence)
            && let Some(head) = self.reader.cursor().cloned()
        {
            self.abandon_flights();
            return self.reign(head.term);
        }
        self.send_fence();
    }

    /// True when this sending went out with the present producer.
    fn is_current(&self, send: u64) -> bool {
        send >= self.epoch
    }

    fn send_fence(&mut self) {
        let payload = match (self.reader.cursor().is_some(), &self.genesis) {
            (true, _) => self.me.payload(),
            (false, Some(genesis)) => genesis.payload(),
            (false, None) => {
                let partition = self.reader.partition().clone();
                return self.stop(Stop::Genesis { partition, why: "the partition is empty".to_owned() });
            }
        };
        let Some(seq) = self.reader.head_seq().checked_add(1) else { return };
        let record = Record { seq, term: seq, prev: self.reader.head_hash(), payload };
        let hash = record.hash(self.reader.partition());
        let send = self.id();
        self.act(Action::Send { epoch: self.epoch, send, record: record.clone() });
        self.flights.fences.push(FenceFlight { send, hash, record, report: None });
    }

    /// Something in flight is unknown: a new producer, and a fence whose acceptance makes everything before it final.
    fn recover(&mut self) {
        // The epoch is an id too, so sendings of this producer are those above it.
        self.epoch = self.id();
        self.flights.forget_reports();
        self.act(Action::ReplaceProducer { epoch: self.epoch });
        self.phase = Phase::Fencing;
        self.anchor_due = true;
        self.pause_after_failure();
    }

    fn pause_after_failure(&mut self) {
        // The first fence goes at once: most unknown outcomes are one lost connection.
        if self.failures > 0 {
            self.pause(Pause::Fence);
        } else {
            self.failures = 1;
        }
    }

    fn reign(&mut self, term: u64) {
        self.phase = Phase::Leading { term };
        self.failures = 0;
        self.tell(Fate::Leading { term });
    }
}
