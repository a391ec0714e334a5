//! The world of the simulation: two processes, one partition, one acquirer, clients that retry, and misfortune by seed.

use super::acquirer::Network;
use super::directory::{START_MS, merchant};
use super::process::Process;
use super::wishes::{Body, Wish};
use ledger_api::ledger::{Answer, CommandResult, Unavailable};
use ledger_api::owner::{Found, Gate, Out, Query, ReplyId};
use ledger_api::store::Memory;
use ledger_domain::ids::{MerchantId, PaymentId};
use ledger_log::PartitionId;
use ledger_log::sim::{Chaos, SimPartition};
use std::collections::{BTreeMap, HashMap};

pub const PROCESSES: usize = 2;
/// Cancels with this reason are refused by the log whenever they arrive.
pub const POISON: &str = "poison";

/// What a client was told, and what it had asked.
#[derive(Debug)]
pub struct Told {
    pub wish: usize,
    /// What the ids were made of that only this request had.
    pub fresh: u128,
    pub answer: Answer,
    /// The payments acknowledged before it asked.
    pub acknowledged_before: BTreeMap<PaymentId, u64>,
}

#[derive(Debug)]
pub struct Read {
    pub query: Query,
    pub found: Result<Found, Unavailable>,
    pub acknowledged_before: BTreeMap<PaymentId, u64>,
}

#[derive(Debug)]
enum Asked {
    Wish(usize, u128, BTreeMap<PaymentId, u64>),
    Read(Query, BTreeMap<PaymentId, u64>),
}

pub struct World {
    pub sim: SimPartition,
    pub processes: Vec<Process>,
    pub network: Network,
    pub now_ms: i64,
    pub wishes: Vec<Wish>,
    pub told: Vec<Told>,
    pub reads: Vec<Read>,
    /// Highest version told of each payment.
    pub acknowledged: BTreeMap<PaymentId, u64>,
    pub payments: Vec<(PaymentId, MerchantId)>,
    asked: HashMap<(usize, u64, ReplyId), Asked>,
    next_reply: ReplyId,
    fresh: u128,
    pub crashes: u32,
    pub takeovers: u32,
}

impl World {
    pub fn new(seed: u64, chaos: Chaos, trouble: u32) -> Self {
        let at = PartitionId::new("sim.payments", 0);
        let mut sim = SimPartition::new(at.clone(), PROCESSES, seed, chaos);
        sim.poison = Some(format!("\"reason\":\"{POISON}\"}}").into_bytes());
        let processes =
            (0..PROCESSES).map(|number| Process::start(number, 1, Memory::default(), &at)).collect();
        let trace = std::env::var_os("LEDGER_SIM_TRACE").is_some();
        let network = Network { trouble, trace, ..Network::default() };
        Self {
            sim,
            processes,
            network,
            now_ms: START_MS,
            wishes: Vec::new(),
            told: Vec::new(),
            reads: Vec::new(),
            acknowledged: BTreeMap::new(),
            payments: Vec::new(),
            asked: HashMap::new(),
            next_reply: 1,
            fresh: 1,
            crashes: 0,
            takeovers: 0,
        }
    }

    /// One thing happens.
    pub fn step(&mut self, misfortune: bool) -> Result<(), String> {
        self.now_ms += self.sim.rng.i64(0..6);
        match self.sim.rng.u32(0..1_000) {
            0..=29 if misfortune => self.wish(),
            30..=39 if misfortune => self.retry(),
            40..=49 if misfortune => self.read(),
            50..=51 if misfortune => self.crash(),
            52..=53 if misfortune => self.take_over(),
            // Everything stands still for a while.
            54 if misfortune => self.now_ms += self.sim.rng.i64(0..9_000),
            54..=253 => self.acquirer()?,
            254..=299 => self.tick()?,
            _ => self.log()?,
        }
        Ok(())
    }

    /// Asks a process to lead; the other one will notice.
    pub fn take_over(&mut self) {
        let number = self.sim.rng.usize(0..PROCESSES);
        self.processes[number].writer.lead();
        self.takeovers += 1;
    }

    /// The process that leads, or the one that clients would try.
    pub fn serving(&mut self) -> usize {
        let leading = self.processes.iter().position(|process| process.writer.term().is_some());
        leading.unwrap_or_else(|| self.sim.rng.usize(0..PROCESSES))
    }

    fn wish(&mut self) {
        let rng = &mut self.sim.rng;
        let merchant = merchant(u128::from(rng.u32(1..=2)));
        let kind = if self.payments.is_empty() { 0 } else { rng.u32(0..100) };
        let body = if kind >= 80 {
            // Mostly on the same few, so that some lives are long.
            let few = self.payments.len().min(3);
            let (payment, _) = self.payments[rng.usize(0..few)];
            Body::Note { payment, text: format!("note {}", rng.u32(0..1_000)) }
        } else if kind >= 50 {
            let (payment, _) = self.payments[rng.usize(0..self.payments.len())];
            let amount = (rng.u32(0..3) > 0).then(|| rng.i64(1..4) * 10_000);
            let reason = if rng.u32(0..12) == 0 { POISON } else { "changed my mind" };
            Body::Cancel { payment, amount, reason: reason.to_owned() }
        } else {
            Body::KeyIn { order_id: format!("order-{}", rng.u32(0..60)), amount: rng.i64(1..6) * 10_000 }
        };
        let key = u64::try_from(self.wishes.len()).unwrap() + 1;
        let merchant = match &body {
            Body::Cancel { payment, .. } | Body::Note { payment, .. } => {
                self.payments.iter().find(|(known, _)| known == payment).map_or(merchant, |(_, owner)| *owner)
            }
            Body::KeyIn { .. } => merchant,
        };
        self.wishes.push(Wish { key, merchant, body });
        self.submit(self.wishes.len() - 1, None);
    }

    /// The same key again, sometimes with another body.
    fn retry(&mut self) {
        if self.wishes.is_empty() {
            return;
        }
        let which = self.sim.rng.usize(0..self.wishes.len());
        let other = (self.sim.rng.u32(0..10) == 0)
            .then(|| Body::KeyIn { order_id: "another".to_owned(), amount: 77_000 });
        self.submit(which, other);
    }

    pub fn submit(&mut self, which: usize, other: Option<Body>) {
        let mut wish = self.wishes[which].clone();
        let counts = other.is_none();
        if let Some(other) = other {
            wish.body = other;
        }
        self.fresh += 1;
        let submission = wish.submission(self.fresh, self.now_ms);
        let number = self.serving();
        let reply = self.next_reply;
        self.next_reply += 1;
        if counts {
            let before = self.acknowledged.clone();
            self.asked
                .insert((number, self.processes[number].life, reply), Asked::Wish(which, self.fresh, before));
        }
        self.processes[number].owner.submit(reply, submission, self.now_ms);
    }

    fn read(&mut self) {
        if self.payments.is_empty() {
            return;
        }
        let rng = &mut self.sim.rng;
        let (payment, merchant) = self.payments[rng.usize(0..self.payments.len())];
        let query = match rng.u32(0..3) {
            0 => Query::Order(merchant, format!("order-{}", rng.u32(0..60))),
            _ => Query::Payment(payment, merchant),
        };
        let number = self.serving();
        let reply = self.next_reply;
        self.next_reply += 1;
        let before = self.acknowledged.clone();
        self.asked.insert((number, self.processes[number].life, reply), Asked::Read(query.clone(), before));
        self.processes[number].owner.ask(reply, query, self.now_ms + 5_000);
    }

    fn crash(&mut self) {
        let number = self.sim.rng.usize(0..PROCESSES);
        if self.network.trace {
            eprintln!("{} process {number} crashes", self.now_ms);
        }
        self.crashes += 1;
        self.sim.crash(number);
        let old = &mut self.processes[number];
        let keep = self.sim.rng.u32(0..3) > 0;
        let store = if keep { std::mem::take(&mut old.store) } else { Memory::default() };
        let life = old.life + 1;
        self.asked.retain(|(process, _, _), _| *process != number);
        let at = self.sim.at().clone();
        self.processes[number] = Process::start(number, life, store, &at);
        self.processes[number].writer.lead();
    }

    fn log(&mut self) -> Result<(), String> {
        let Some((number, completion)) = self.sim.step() else { return Ok(()) };
        let process = &mut self.processes[number];
        let outs = process.on(completion, &mut self.sim, self.now_ms).map_err(|why| why.to_string())?;
        self.carry(number, outs);
        Ok(())
    }

    fn tick(&mut self) -> Result<(), String> {
        for number in 0..PROCESSES {
            let process = &mut self.processes[number];
            let outs =
                process.turn(&mut self.sim, self.now_ms, &Gate::default()).map_err(|why| why.to_string())?;
            self.carry(number, outs);
        }
        Ok(())
    }

    fn acquirer(&mut self) -> Result<(), String> {
        for (number, life, call, returned) in self.network.pass(&mut self.sim.rng, self.now_ms) {
            let process = &mut self.processes[number];
            if self.network.trace {
                eprintln!("{} {number}.{life} {call} came back: {returned:?}", self.now_ms);
            }
            if process.life == life {
                let store = &process.store;
                process.owner.returned(call, returned, self.now_ms, store).map_err(|why| why.to_string())?;
            }
        }
        Ok(())
    }

    fn carry(&mut self, number: usize, outs: Vec<Out>) {
        let life = self.processes[number].life;
        for out in outs {
            match out {
                Out::Call(id, call) => {
                    self.network.send(&mut self.sim.rng, number, life, id, call, self.now_ms);
                }
                Out::Answer(reply, answer) => self.answered((number, life, reply), answer),
                Out::Found(reply, found) => {
                    if let Some(Asked::Read(query, before)) = self.asked.remove(&(number, life, reply)) {
                        self.reads.push(Read { query, found, acknowledged_before: before });
                    }
                }
            }
        }
    }

    fn answered(&mut self, asked: (usize, u64, ReplyId), answer: Answer) {
        let Some(Asked::Wish(wish, fresh, acknowledged_before)) = self.asked.remove(&asked) else { return };
        if let Answer::Recorded { result: CommandResult::Payment(payment), .. } = &answer {
            let id = payment.view.payment_id;
            let version = self.acknowledged.entry(id).or_default();
            *version = (*version).max(payment.view.version);
            if !self.payments.iter().any(|(known, _)| *known == id) {
                self.payments.push((id, payment.view.merchant_id));
            }
        }
        self.told.push(Told { wish, fresh, answer, acknowledged_before });
    }

    /// The storm ends: everything that is open gets its outcome.
    pub fn settle(&mut self) -> Result<(), String> {
        self.sim.chaos = Chaos::CALM;
        self.network.trouble = 0;
        self.processes[0].writer.lead();
        for _ in 0..400_000 {
            self.now_ms += 1;
            self.step(false)?;
            let leads = self.processes.iter().find(|process| process.writer.term().is_some());
            let settled = leads.is_some_and(|process| {
                process.owner.is_quiet() && process.owner.load().1 == 0 && process.open_timers() == 0
            });
            if settled && self.network.under_way.is_empty() && self.sim.idle() {
                return Ok(());
            }
        }
        Err("it never settled".to_owned())
    }
}
