//! One owner on a calm partition, moved step by step: for tests that state one rule each. Calls to the acquirer wait until the
//! test answers them.

use super::directory::{START_MS, view};
use super::process::Process;
use super::wishes::{Body, Wish};
use ledger_api::ledger::{Answer, CommandResult, PaymentAt, Submission};
use ledger_api::owner::{Call, CallId, DeliveryId, Found, Gate, Out, Query, ReplyId, Returned};
use ledger_api::store::Memory;
use ledger_domain::ids::MerchantId;
use ledger_domain::settlement::Delivery;
use ledger_log::PartitionId;
use ledger_log::sim::{Chaos, SimPartition};
use std::collections::HashMap;

pub struct Desk {
    pub sim: SimPartition,
    pub process: Process,
    pub gate: Gate,
    pub now_ms: i64,
    pub calls: Vec<(CallId, Call)>,
    pub deliveries: Vec<(DeliveryId, Delivery)>,
    answers: HashMap<ReplyId, Answer>,
    found: HashMap<ReplyId, Found>,
    next: ReplyId,
    fresh: u128,
}

impl Desk {
    /// A leading owner; the acquirer keeps tombstones or not.
    pub fn open(tombstones: bool) -> Self {
        let mut desk = Self::not_leading();
        desk.process.directory = view(tombstones);
        desk.process.writer.lead();
        desk.settle();
        desk
    }

    pub fn not_leading() -> Self {
        let at = PartitionId::new("sim.payments", 0);
        let sim = SimPartition::new(at.clone(), 1, 5, Chaos::CALM);
        let process = Process::start(0, 1, Memory::default(), &at);
        Self {
            sim,
            process,
            gate: Gate::default(),
            now_ms: START_MS,
            calls: Vec::new(),
            deliveries: Vec::new(),
            answers: HashMap::new(),
            found: HashMap::new(),
            next: 1,
            fresh: 1,
        }
    }

    /// The process dies and starts again with its store or with nothing.
    pub fn restart(&mut self, keep_store: bool) {
        self.sim.crash(0);
        let store = if keep_store { std::mem::take(&mut self.process.store) } else { Memory::default() };
        let directory = self.process.directory.clone();
        let at = self.sim.at().clone();
        self.process = Process::start(0, self.process.life + 1, store, &at);
        self.process.directory = directory;
        self.process.writer.lead();
        self.calls.clear();
        self.deliveries.clear();
        self.settle();
    }

    pub fn submit(&mut self, wish: &Wish) -> ReplyId {
        let submission = wish.submission(self.fresh, self.now_ms);
        self.submit_as_is(submission)
    }

    pub fn submission(&self, wish: &Wish) -> Submission {
        wish.submission(self.fresh, self.now_ms)
    }

    pub fn submit_as_is(&mut self, submission: Submission) -> ReplyId {
        let reply = self.hand_in(submission);
        self.settle();
        reply
    }

    /// Submits without letting anything happen.
    pub fn hand_in(&mut self, submission: Submission) -> ReplyId {
        self.fresh += 1;
        self.next += 1;
        self.process.owner.submit(self.next, submission, self.now_ms);
        self.next
    }

    pub fn answer(&mut self, reply: ReplyId) -> Option<Answer> {
        self.answers.remove(&reply)
    }

    /// Submits and takes the answer that must be there.
    pub fn told(&mut self, wish: &Wish) -> Answer {
        let reply = self.submit(wish);
        self.answer(reply).expect("an answer")
    }

    pub fn find(&mut self, query: Query) -> Found {
        self.next += 1;
        let reply = self.next;
        self.process.owner.ask(reply, query, self.now_ms + 5_000);
        self.settle();
        self.found.remove(&reply).expect("a confirmed read")
    }

    /// Answers the oldest waiting call.
    pub fn acquirer_says(&mut self, answer: impl FnOnce(&Call) -> Returned) {
        self.acquirer_says_to(0, answer);
    }

    /// Answers one of the waiting calls.
    pub fn acquirer_says_to(&mut self, which: usize, answer: impl FnOnce(&Call) -> Returned) {
        let (id, call) = self.calls.remove(which);
        let returned = answer(&call);
        let process = &mut self.process;
        process.owner.returned(id, returned, self.now_ms, &process.store).unwrap();
        self.settle();
    }

    pub fn pass(&mut self, ms: i64) {
        self.now_ms += ms;
        self.settle();
    }

    pub fn turn(&mut self) {
        let outs = self.process.turn(&mut self.sim, self.now_ms, &self.gate).unwrap();
        for out in outs {
            match out {
                Out::Answer(reply, answer) => drop(self.answers.insert(reply, answer)),
                Out::Found(reply, found) => drop(found.map(|found| self.found.insert(reply, found))),
                Out::Call(id, call) => self.calls.push((id, call)),
                Out::Deliver(id, delivery) => self.deliveries.push((id, delivery)),
            }
        }
    }

    pub fn settle(&mut self) {
        for _ in 0..60 {
            self.turn();
            for _ in 0..20 {
                if let Some((_, completion)) = self.sim.step() {
                    self.process.writer.on(completion);
                    self.turn();
                }
            }
        }
    }
}

pub fn key_in(key: u64, order_id: &str, amount: i64) -> Wish {
    Wish {
        key,
        merchant: super::directory::merchant(1),
        body: Body::KeyIn { order_id: order_id.to_owned(), amount },
    }
}

/// A wish to note something on a payment.
pub fn note(key: u64, of: &PaymentAt, text: &str) -> Wish {
    let body = Body::Note { payment: of.view.payment_id, text: text.to_owned() };
    Wish { key, merchant: of.view.merchant_id, body }
}

pub fn cancel(key: u64, of: &PaymentAt, amount: Option<i64>) -> Wish {
    let body = Body::Cancel { payment: of.view.payment_id, amount, reason: "changed my mind".to_owned() };
    Wish { key, merchant: of.view.merchant_id, body }
}

pub fn by(mut wish: Wish, merchant: MerchantId) -> Wish {
    wish.merchant = merchant;
    wish
}

/// The payment in an answer that must be a record, and whether it was told again.
pub fn recorded(answer: Answer) -> (PaymentAt, bool) {
    match answer {
        Answer::Recorded { result: CommandResult::Payment(at), replayed, .. } => (*at, replayed),
        other => panic!("not a recorded payment: {other:?}"),
    }
}
