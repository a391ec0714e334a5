//! The acquirer itself, without HTTP: memory and file moved together under one lock, requests held back, requests under way.
//! Whatever it hands out names the line count that must be on disk before anybody may be told.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::decide::{self, Decision};
use super::entry::ApproveFacts;
use super::fault::{self, Endpoint, Fault, Spec};
use super::journal::{Closed, Journal, JournalError, Written};
use super::magic::Verdict;
use super::memory::Memory;
use super::settings::Settings;
use super::wire::{Answer, CancelFacts, Id, NetCancelFacts};

/// An answer that may be told once the file holds this many of this process's lines.
#[derive(Debug)]
pub struct Told {
    /// What to say.
    pub answer: Answer,
    /// Lines that must be on disk first.
    pub after: u64,
}

/// The sandbox acquirer.
pub struct Bank {
    desk: Mutex<Desk>,
    journal: Journal,
    tombstones: bool,
}

struct Desk {
    memory: Memory,
    pushed: u64,
    settings: Settings,
    held: HashMap<Id, Vec<Held>>,
    under_way: HashMap<Id, u32>,
    attempts: HashMap<(Endpoint, Id), u32>,
}

/// An approve request that was held back on its way.
struct Held {
    request: ApproveFacts,
    verdict: Verdict,
    reply: oneshot::Sender<Told>,
}

impl Bank {
    /// Opens the file and reads it back. Without `tombstones` a net cancel of an unknown operation prevents nothing.
    pub fn open(path: &Path, tombstones: bool, seed: u64) -> Result<Bank, JournalError> {
        let (journal, memory) = Journal::open(path)?;
        let desk = Desk {
            memory,
            pushed: 0,
            settings: Settings { seed, ..Settings::default() },
            held: HashMap::new(),
            under_way: HashMap::new(),
            attempts: HashMap::new(),
        };
        Ok(Bank { desk: Mutex::new(desk), journal, tombstones })
    }

    /// Returns when the file holds what `told` depends on.
    pub async fn on_disk(&self, told: &Told) -> Result<(), Closed> {
        self.journal.durable(told.after).await
    }

    /// Returns when the file cannot be written any more.
    pub async fn failed(&self) -> Closed {
        self.journal.failed().await
    }

    /// Executes an approval.
    pub fn approve(&self, operation: &Id, request: ApproveFacts, verdict: Verdict) -> Told {
        let mut desk = self.desk();
        self.approve_at(&mut desk, operation, request, verdict)
    }

    fn approve_at(&self, desk: &mut Desk, operation: &Id, request: ApproveFacts, verdict: Verdict) -> Told {
        let verdict = desk.verdict(verdict);
        let decision = decide::approve(&desk.memory, operation, request, verdict, now_ms());
        self.settle(desk, decision, |memory| decide::approve_answer(memory, operation))
    }

    /// Holds an approval back; the receiver gets its answer once it has been delivered.
    pub fn hold(&self, operation: &Id, request: ApproveFacts, verdict: Verdict) -> oneshot::Receiver<Told> {
        let (reply, told) = oneshot::channel();
        let held = Held { request, verdict, reply };
        self.desk().held.entry(operation.clone()).or_default().push(held);
        told
    }

    /// Delivers what is held back of this operation; says how many requests that were.
    pub fn deliver(&self, operation: &Id) -> usize {
        let mut desk = self.desk();
        self.deliver_at(&mut desk, operation)
    }

    fn deliver_at(&self, desk: &mut Desk, operation: &Id) -> usize {
        let held = desk.held.remove(operation).unwrap_or_default();
        let count = held.len();
        for Held { request, verdict, reply } in held {
            let told = self.approve_at(desk, operation, request, verdict);
            // The caller may have hung up long ago: that changes nothing.
            let _ = reply.send(told);
        }
        count
    }

    /// Executes a cancel.
    pub fn cancel(&self, operation: &Id, request: CancelFacts, verdict: Verdict) -> Told {
        let mut desk = self.desk();
        let verdict = desk.verdict(verdict);
        let decision = decide::cancel(&desk.memory, operation, request, verdict, now_ms());
        self.settle(&mut desk, decision, |memory| decide::cancel_answer(memory, operation))
    }

    /// Executes a net cancel, and then delivers the approvals of that operation that were held back.
    pub fn net_cancel(&self, operation: &Id, request: NetCancelFacts) -> Told {
        let mut desk = self.desk();
        let target = request.approve_operation_id.clone();
        let decision = decide::net_cancel(&desk.memory, operation, request, self.tombstones, now_ms());
        let told = self.settle(&mut desk, decision, |memory| decide::net_cancel_answer(memory, &target));
        self.deliver_at(&mut desk, &target);
        told
    }

    /// What became of an operation.
    pub fn inquire(&self, operation: &Id) -> Told {
        let desk = self.desk();
        let mut answer = decide::inquire(&desk.memory, operation);
        if answer == Answer::NotFound && desk.under_way.contains_key(operation) {
            answer = Answer::InProgress;
        }
        Told { answer, after: desk.pushed }
    }

    /// Says that work on an operation has begun (`true`) or is over: between the two an inquiry finds it in progress.
    pub fn under_way(&self, operation: &Id, begun: bool) {
        let mut desk = self.desk();
        let count = desk.under_way.entry(operation.clone()).or_default();
        *count = if begun { *count + 1 } else { count.saturating_sub(1) };
        if *count == 0 {
            desk.under_way.remove(operation);
        }
    }

    /// Reads the memory, and how many lines must be on disk before what was read may be told.
    pub fn read<T>(&self, reader: impl FnOnce(&Memory) -> T) -> (T, u64) {
        let desk = self.desk();
        (reader(&desk.memory), desk.pushed)
    }

    /// Waits for a line count from `read`.
    pub async fn on_disk_at(&self, lines: u64) -> Result<(), Closed> {
        self.journal.durable(lines).await
    }

    /// What this process has put on disk.
    pub fn written(&self) -> Written {
        self.journal.written()
    }

    /// Whether it keeps tombstones.
    pub fn tombstones(&self) -> bool {
        self.tombstones
    }

    /// The settings as they are.
    pub fn settings(&self) -> Settings {
        self.desk().settings.clone()
    }

    /// Replaces all settings.
    pub fn set(&self, settings: Settings) -> Result<(), String> {
        settings.check()?;
        self.desk().settings = settings;
        Ok(())
    }

    /// The fault this request meets: what its header asks for, else its order id, else its amount, else chance.
    pub fn fault(&self, asked: &Asked) -> Result<Option<Fault>, String> {
        let mut desk = self.desk();
        let (order_id, amount) = match &asked.facts {
            Some((order_id, amount)) => (order_id.clone(), *amount),
            None => desk.facts_of(asked.operation).unwrap_or_default(),
        };
        let by_order = fault::of_order(&order_id, asked.endpoint)?;
        if let Some(header) = asked.header {
            let spec = fault::parse(header).ok_or(format!("{header} is no fault"))?;
            return Ok(Some(spec.fault));
        }
        let spec = by_order.or_else(|| fault::of_amount(amount, asked.endpoint));
        if spec.is_none() && !desk.settings.may_draw(asked.endpoint) {
            return Ok(None);
        }
        let attempt = desk.attempt(asked.endpoint, asked.operation);
        Ok(match spec {
            Some(Spec { fault, times }) => (attempt < times).then_some(fault),
            None => desk.settings.draw(asked.endpoint, asked.operation, attempt),
        })
    }

    /// Records what was decided, in memory and in the file's order, and finds the answer.
    fn settle(&self, desk: &mut Desk, decision: Decision, answer: impl FnOnce(&Memory) -> Answer) -> Told {
        let answer = match decision {
            Decision::Answer(answer) => answer,
            Decision::Record(entry) => match desk.memory.apply(&entry) {
                Ok(()) => {
                    self.journal.push(&entry);
                    desk.pushed += 1;
                    answer(&desk.memory)
                }
                Err(error) => Answer::error("IMPOSSIBLE", error.to_string()),
            },
        };
        Told { answer, after: desk.pushed }
    }

    /// A poisoned lock is taken all the same: every change below it is one `apply`.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is known of a request when its fault is chosen.
pub struct Asked<'a> {
    /// Its kind.
    pub endpoint: Endpoint,
    /// Its operation.
    pub operation: &'a str,
    /// Order id and amount, where the request carries them.
    pub facts: Option<(String, i64)>,
    /// The header `sandbox-fault`.
    pub header: Option<&'a str>,
}

impl Desk {
    fn verdict(&self, verdict: Verdict) -> Verdict {
        if self.settings.maintenance { Verdict::NotAttempt } else { verdict }
    }

    fn attempt(&mut self, endpoint: Endpoint, operation: &str) -> u32 {
        let count = self.attempts.entry((endpoint, operation.to_owned())).or_default();
        let attempt = *count;
        *count = count.saturating_add(1);
        attempt
    }

    /// Order id and amount of an operation that is only named.
    fn facts_of(&self, operation: &str) -> Option<(String, i64)> {
        let held = self.held.get(operation).and_then(|held| held.first()).map(|held| &held.request);
        let approve = self.memory.approves.get(operation).and_then(|known| known.request.as_ref());
        if let Some(request) = approve.or(held) {
            return Some((request.order_id.clone(), request.amount));
        }
        let cancel = self.memory.cancels.get(operation)?;
        Some((cancel.request.order_id.clone(), cancel.request.amount))
    }
}

fn now_ms() -> i64 {
    i64::try_from(time::OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}
