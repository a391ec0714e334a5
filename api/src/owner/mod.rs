//! The owner of one partition as a state machine without IO and without a clock: in go submissions, fates from the writer,
//! acquirers' outcomes and the time; out come payloads for the log, answers, calls to make, and store changes.
//! Nothing is told that the log could still take back, and nothing enters the store that it has not accepted.

mod accept;
mod calls;
mod context;
mod deciding;
mod deliveries;
mod directory;
mod fates;
mod layers;
mod meta;
mod payees;
mod payments;
mod questions;
mod replies;
pub mod rows;
mod rules;
mod task;
mod timers;
mod works;

pub use context::{Ctx, Gate, Log, OwnerSettings, Standing};
pub use deliveries::DeliveryId;
pub use directory::{DirectoryRules, DirectoryView};
pub use layers::{Layered, Layers};
pub use meta::own_command_id;
pub use payments::Payments;
pub use replies::ReplyId;
pub use rules::Rules;
pub use task::{
    Call, Client, Decided, Fatal, Found, Out, Own, OwnCommand, Pending, Query, Returned, Task, Verdict,
};
pub use works::{Backoff, CallId, WorkKey};

use crate::ledger::{Answer, Submission, Unavailable};
use crate::store::{Changes, Rows, StoreError};
use deliveries::Deliveries;
use ledger_domain::ids::{CommandId, PaymentId};
use ledger_log::{Fence, PartitionId, Ticket};
use questions::{Held, Questions};
use replies::{Replies, Stage};
use rows::{CursorRow, GenesisRow};
use std::collections::{BTreeMap, HashMap, VecDeque};
use timers::Timers;
use works::Works;

/// A decision whose record has no fate yet.
#[derive(Debug)]
struct InFlight {
    ticket: Ticket,
    seq: u64,
    arrival: u64,
    task: Task,
    decided: Decided,
    changes: Changes,
    appended_ms: i64,
}

/// A client whose command is recorded and waits for the outcome.
#[derive(Debug)]
struct AwaitsOutcome {
    command: CommandId,
    reply: ReplyId,
}

/// A read that waits for its confirmation.
#[derive(Debug)]
struct Asked {
    reply: ReplyId,
    query: Query,
    until_ms: i64,
}

/// One partition's owner.
#[derive(Debug)]
pub struct Owner {
    at: PartitionId,
    settings: OwnerSettings,
    rules: Rules,
    standing: Standing,
    /// Who opened the present reign, as far as this process has read.
    leader: Option<Fence>,
    ledger_id: String,
    cursor: Option<CursorRow>,
    cursor_moved: bool,
    /// The latest time given to an event, in flight or accepted.
    event_time_ms: i64,
    layers: Layers,
    in_flight: VecDeque<InFlight>,
    /// What is in flight cannot be accepted any more; nothing is decided until the last of it has its fate.
    doubt: bool,
    again: BTreeMap<u64, Task>,
    own: VecDeque<Pending>,
    clients: VecDeque<Pending>,
    arrivals: u64,
    held: Questions<Held>,
    reads: Questions<Asked>,
    genesis: Option<GenesisRow>,
    replies: Replies,
    outcomes: HashMap<String, Vec<AwaitsOutcome>>,
    works: Works,
    deliveries: Deliveries,
    timers: Timers,
    out: VecDeque<Out>,
}

impl Owner {
    /// An owner that stands where its store stands.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open(
        at: PartitionId,
        rules: Rules,
        settings: OwnerSettings,
        store: &dyn Rows,
    ) -> Result<Self, StoreError> {
        let cursor = rows::read(store, &rows::cursor_key(), CursorRow::decode)?;
        let genesis = rows::read(store, &rows::genesis_key(), GenesisRow::decode)?;
        Ok(Self {
            at,
            rules,
            standing: Standing::CatchingUp,
            leader: None,
            ledger_id: String::new(),
            event_time_ms: cursor.as_ref().map_or(0, |row| row.event_time_ms),
            cursor,
            cursor_moved: false,
            layers: Layers::default(),
            in_flight: VecDeque::new(),
            doubt: false,
            again: BTreeMap::new(),
            own: VecDeque::new(),
            clients: VecDeque::new(),
            arrivals: 0,
            held: Questions::default(),
            reads: Questions::default(),
            genesis,
            replies: Replies::default(),
            outcomes: HashMap::new(),
            works: Works::new(settings.backoff),
            deliveries: Deliveries::new(settings.backoff),
            settings,
            timers: Timers::read(store)?,
            out: VecDeque::new(),
        })
    }

    /// Names the ledger: part of every record's source.
    pub fn set_ledger_id(&mut self, ledger_id: &str) {
        ledger_id.clone_into(&mut self.ledger_id);
    }

    /// From now on it reads what others write, and wishes nothing.
    pub fn follow(&mut self) {
        if self.standing == Standing::CatchingUp {
            self.standing = Standing::Following;
        }
    }

    /// The shell has asked the writer to lead.
    pub fn catch_up(&mut self) {
        if self.standing == Standing::Following {
            self.standing = Standing::CatchingUp;
        }
    }

    /// Who opened the present reign; None while no fence was read since the start.
    #[must_use]
    pub const fn leader(&self) -> Option<&Fence> {
        self.leader.as_ref()
    }

    /// A client's command; its answer comes as [`Out::Answer`].
    pub fn submit(&mut self, reply: ReplyId, submission: Submission, now_ms: i64) {
        metrics::counter!("ledger_commands_total", "kind" => submission.command.kind()).increment(1);
        let patience_ms = now_ms.saturating_add(self.settings.patience_ms);
        self.replies.open(reply, patience_ms, submission.deadline_ms);
        if let Some(why) = self.why_not_serving() {
            return self.answer(reply, not_ready(why));
        }
        let pending = self.pending(Task::Client(Box::new(Client { reply, submission })));
        self.clients.push_back(pending);
    }

    /// A read; its answer comes as [`Out::Found`], at `until_ms` at the latest.
    pub fn ask(&mut self, reply: ReplyId, query: Query, until_ms: i64) {
        if let Standing::Stopped(why) = &self.standing {
            let unavailable = Unavailable { why: why.clone(), retry_after_s: RETRY_AFTER_S };
            return self.out.push_back(Out::Found(reply, Err(unavailable)));
        }
        self.reads.push(Asked { reply, query, until_ms });
    }

    /// The partition's genesis, once accepted.
    #[must_use]
    pub const fn genesis(&self) -> Option<&GenesisRow> {
        self.genesis.as_ref()
    }

    /// Whether this partition has the payment's stream, as far as it is accepted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn holds(&self, payment: PaymentId, store: &dyn Rows) -> Result<bool, Fatal> {
        Ok(self.layers.over(store, false).get(&rows::stream_key(&payment.to_string()))?.is_some())
    }

    /// A command of the owner itself, found by the shell.
    pub fn want(&mut self, own: Own) {
        let pending = self.pending(Task::Own(Box::new(own)));
        self.own.push_back(pending);
    }

    /// The next thing for the shell to do.
    pub fn poll(&mut self) -> Option<Out> {
        self.out.pop_front()
    }

    /// What the store has to take in now, in one write, before anything else is read through this owner.
    pub fn take_changes(&mut self) -> Changes {
        let mut changes = self.layers.take_accepted();
        if let (true, Some(cursor)) = (std::mem::take(&mut self.cursor_moved), &self.cursor) {
            changes.insert(rows::cursor_key(), Some(cursor.encode()));
        }
        changes
    }

    /// How many rows [`Owner::take_changes`] would give.
    #[must_use]
    pub fn unsaved(&self) -> usize {
        self.layers.accepted_rows()
    }

    /// When [`Owner::run`] has something to do even if nothing comes in, Unix ms.
    #[must_use]
    pub fn next_ms(&self) -> Option<i64> {
        let leads = self.standing == Standing::Leading;
        let work = [self.works.next_ms(), self.deliveries.next_ms()].into_iter().filter(|_| leads);
        work.chain([self.replies.next_ms()]).flatten().min()
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The last accepted record's seq, 0 before genesis.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.cursor.as_ref().map_or(0, |row| row.cursor.seq)
    }

    /// When the oldest decision without a fate was handed to the log, Unix ms.
    #[must_use]
    pub fn oldest_in_flight_ms(&self) -> Option<i64> {
        self.in_flight.front().map(|flight| flight.appended_ms)
    }

    /// How many decisions have no fate yet, callers wait, and intents and deliveries are open.
    #[must_use]
    pub fn load(&self) -> (usize, usize, usize) {
        (self.in_flight.len(), self.replies.len(), self.works.len().saturating_add(self.deliveries.len()))
    }

    /// When the earliest timer is due, Unix ms; one that led to nothing stays until it is tried again.
    ///
    /// # Errors
    /// When a timer cannot be read.
    pub fn due_ms(&self) -> Result<Option<i64>, StoreError> {
        self.timers.all().next().map(|key| Ok(rows::read_due_key(key)?.1.due_ms)).transpose()
    }

    /// Up to when the directory has to be read so that every rejection that rests on it can be told, Unix ms.
    #[must_use]
    pub fn directory_wanted_ms(&self) -> Option<i64> {
        self.held.iter().filter_map(|held| held.directory_ms).max()
    }

    /// The rules, for what the shell reads of them.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// True when nothing that was accepted is still on its way: no record in flight, no own command, no call.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.in_flight.is_empty() && self.own.is_empty() && self.again.is_empty() && self.outcomes.is_empty()
    }

    /// This process cannot serve the partition any more: everybody is told what can be said.
    pub fn stop(&mut self, why: &str) {
        if matches!(self.standing, Standing::Stopped(_)) {
            return;
        }
        self.standing = Standing::Stopped(why.to_owned());
        while let Some((reply, stage)) = self.replies.take_late(i64::MAX) {
            self.out.push_back(Out::Answer(reply, last_word(stage, why)));
        }
        self.end_reads(why, |_| true);
        drop(self.held.take(|_| true));
        self.own.clear();
        self.clients.clear();
        self.again.clear();
        self.works.forget();
        self.deliveries.forget();
    }

    fn next_seq(&self) -> u64 {
        self.seq().saturating_add(1)
    }

    fn pending(&mut self, task: Task) -> Pending {
        self.arrivals = self.arrivals.wrapping_add(1);
        Pending { arrival: self.arrivals, task }
    }

    fn why_not_serving(&self) -> Option<&str> {
        match &self.standing {
            Standing::Leading => None,
            Standing::Following => Some("another process leads the partition"),
            Standing::CatchingUp => Some("the partition is being caught up with"),
            Standing::Stopped(why) => Some(why),
        }
    }

    fn answer(&mut self, reply: ReplyId, answer: Answer) {
        if self.replies.close(reply) {
            metrics::counter!("ledger_answers_total", "kind" => answer.kind()).increment(1);
            self.out.push_back(Out::Answer(reply, answer));
        }
    }

    fn end_reads(&mut self, why: &str, which: impl Fn(&Asked) -> bool) {
        for asked in self.reads.take(which) {
            let unavailable = Unavailable { why: why.to_owned(), retry_after_s: RETRY_AFTER_S };
            self.out.push_back(Out::Found(asked.reply, Err(unavailable)));
        }
    }

    /// Tells everybody whose time has come what can be said.
    fn speak_late(&mut self, now_ms: i64) {
        if self.reads.iter().any(|asked| asked.until_ms <= now_ms) {
            self.end_reads("the ledger could not confirm this in time", |asked| asked.until_ms <= now_ms);
        }
        let before = self.replies.len();
        while let Some((reply, stage)) = self.replies.take_late(now_ms) {
            let answer = last_word(stage, "the log did not take the command in time");
            metrics::counter!("ledger_answers_total", "kind" => answer.kind()).increment(1);
            self.out.push_back(Out::Answer(reply, answer));
        }
        let replies = &self.replies;
        if replies.len() == before {
            return;
        }
        self.outcomes.retain(|_, waiting| {
            waiting.retain(|one| replies.is_waiting(one.reply));
            !waiting.is_empty()
        });
    }
}

/// What a client is told to wait before it tries again, seconds.
const RETRY_AFTER_S: u32 = 1;

fn not_ready(why: &str) -> Answer {
    Answer::NotReady { why: why.to_owned(), retry_after_s: RETRY_AFTER_S }
}

fn last_word(stage: Stage, why: &str) -> Answer {
    match stage {
        Stage::Open => not_ready(why),
        Stage::Handed => Answer::Unknown,
    }
}
