//! The world of the simulation: three processes, a directory and two payments partitions, one acquirer, operators, clients that
//! retry, and misfortune by seed.

use super::acquirer::Network;
use super::beats::Beats;
use super::clients::Clients;
use super::commissions::{self, Commissions};
use super::http::Emit;
use super::line::Partition;
use super::operators::Shops;
use super::payees::Found;
use super::peers::{Happens, Peers};
use super::process::{Common, Input, Process, address};
use super::sabotage::Sabotage;
use crate::owner_support::directory::START_MS as ONE_EVENING_MS;
use crate::owner_support::process::DEPTH;
use ledger_api::store::Memory;
use ledger_domain::days::Moment;
use ledger_domain::settlement::close_at;
use ledger_log::sim::{Chaos, SimPartition};
use ledger_log::{Genesis, Hash, HashFunction, Mode, PartitionId, Record, fence};
use std::rc::Rc;
use std::time::Instant;

pub const PROCESSES: usize = 3;
/// The directory and the payments partitions.
const PARTITIONS: [(&str, i32); 3] = [("sim.directory", 0), ("sim.payments", 0), ("sim.payments", 1)];
/// No two clocks are further apart than twice this, ms; more, and an owner decides nothing.
const SKEW_MS: i64 = 900;
/// So long before midnight in Seoul everything begins, ms: a day is closed in the middle of the storm.
const BEFORE_MIDNIGHT_MS: i64 = 25_000;
/// Cancels with this reason are refused by the log whenever they arrive.
pub const POISON: &str = "poison";

/// A process, or what a dead one left.
pub struct Seat {
    pub process: Option<Process>,
    stores: Vec<Memory>,
    life: u64,
    down_until_ms: i64,
    /// How far its clock is ahead of the broker's.
    pub skew_ms: i64,
}

/// When everything begins, Unix ms.
fn begin_ms() -> i64 {
    close_at(Moment::from_ms(ONE_EVENING_MS).seoul_day()).ms() - BEFORE_MIDNIGHT_MS
}

pub struct World {
    pub common: Rc<Common>,
    pub rng: fastrand::Rng,
    pub seats: Vec<Seat>,
    pub network: Network,
    pub peers: Peers,
    pub commissions: Commissions,
    pub beats: Beats,
    pub now_ms: i64,
    pub clients: Clients,
    pub shops: Shops,
    pub crashes: u32,
    pub takeovers: u32,
    pub payees: Found,
}

impl World {
    pub fn new(seed: u64, chaos: Chaos, trouble: u32, sabotage: Option<Sabotage>) -> Self {
        let partitions = PARTITIONS.iter().zip(1..).map(|((topic, number), salt)| {
            let at = PartitionId::new(topic, *number);
            let mut sim = SimPartition::new(at, PROCESSES, seed.wrapping_mul(31) + salt, chaos);
            sim.poison = Some(format!("\"reason\":\"{POISON}\"}}").into_bytes());
            Partition::new(sim)
        });
        let partitions: Vec<_> = partitions.collect();
        let (genesis, genesis_hash) = begin_ledger(&mut partitions[0].borrow_mut().sim);
        let begin_ms = begin_ms();
        let begun = (Instant::now(), begin_ms);
        let common = Rc::new(Common { partitions, genesis, genesis_hash, sabotage, begun });
        let mut rng = fastrand::Rng::with_seed(seed);
        let seat = |number| {
            let skew_ms = rng.i64(-SKEW_MS..=SKEW_MS);
            let process = Process::start(number, 1, Vec::new(), &common, begin_ms + skew_ms);
            Seat { process: Some(process), stores: Vec::new(), life: 1, down_until_ms: 0, skew_ms }
        };
        let seats = (0..PROCESSES).map(seat).collect();
        let trace = std::env::var_os("LEDGER_SIM_TRACE").is_some();
        Self {
            common,
            rng,
            seats,
            network: Network { trouble, trace, ..Network::default() },
            peers: Peers::new(trouble / 6),
            commissions: Commissions::default(),
            beats: Beats::default(),
            now_ms: begin_ms,
            clients: Clients::default(),
            shops: Shops::default(),
            crashes: 0,
            takeovers: 0,
            payees: Found::default(),
        }
    }

    /// One thing happens.
    pub fn step(&mut self, misfortune: bool) -> Result<(), String> {
        self.now_ms += self.rng.i64(0..4);
        match self.rng.u32(0..1_000) {
            0..=24 if misfortune => self.wish(),
            25..=30 if misfortune => self.retry(),
            31..=35 if misfortune => self.read(),
            36..=39 if misfortune => self.ask_about(),
            40 if misfortune => self.open_a_shop(),
            41 if misfortune => {
                // One that leaves ends soon.
                let leaving = (0..PROCESSES).find(|number| self.is_leaving(*number));
                let any = self.rng.usize(0..PROCESSES);
                self.crash(leaving.unwrap_or(any));
            }
            42 if misfortune => self.take_over(),
            43 if misfortune => self.trouble_a_process(),
            // Everything stands still for a while.
            44 if misfortune && self.rng.u32(0..3) == 0 => self.now_ms += self.rng.i64(0..9_000),
            45..=99 => self.acquirer(),
            100..=249 => self.tick()?,
            _ => self.log()?,
        }
        Ok(())
    }

    /// Every process that is up.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.seats.iter().filter_map(|seat| seat.process.as_ref())
    }

    /// What happens, for whoever looks for the cause of a failure.
    pub fn trace(&self, what: impl FnOnce() -> String) {
        if self.network.trace {
            eprintln!("{} {}", self.now_ms - begin_ms(), what());
        }
    }

    /// A process that should not lead a partition takes it, or one that lost it takes it back; the other one will notice.
    pub fn take_over(&mut self) {
        let (number, place) = (self.rng.usize(0..PROCESSES), self.rng.usize(0..PARTITIONS.len()));
        self.take(number, place);
    }

    pub fn take(&mut self, number: usize, place: usize) {
        let now_ms = self.clock_of(number);
        let process = self.seats[number].process.as_mut();
        if let Some(slot) = process.and_then(|process| process.partitions.slots.get_mut(place)) {
            slot.lead(now_ms);
            self.takeovers += 1;
            self.trace(|| format!("process {number} takes partition {place}"));
        }
    }

    /// A process is not heard by another one, stands still, or begins to leave.
    fn trouble_a_process(&mut self) {
        let (number, other) = (self.rng.usize(0..PROCESSES), self.rng.usize(0..PROCESSES));
        let until_ms = self.now_ms + self.rng.i64(0..6_000);
        let what = self.rng.u32(0..4);
        match &mut self.seats[number].process {
            Some(process) if what == 0 => process.paused_until_ms = until_ms,
            Some(process) if what == 1 => process.leaving = true,
            Some(_) | None => self.beats.mute(number, other, until_ms),
        }
        self.trace(|| format!("trouble {what} at process {number}, to {other}, until {until_ms}"));
    }

    /// What its clock says, Unix ms.
    pub fn clock_of(&self, number: usize) -> i64 {
        self.now_ms + self.seats[number].skew_ms
    }

    pub fn crash(&mut self, number: usize) {
        let Some(process) = self.seats[number].process.take() else { return };
        self.trace(|| format!("process {number}.{} crashes", process.life));
        self.crashes += 1;
        self.common.partitions.iter().for_each(|one| one.borrow_mut().sim.crash(number));
        self.peers.crash(number, self.now_ms);
        self.lose_attempts_at(number);
        let keep = self.rng.u32(0..3) > 0;
        let seat = &mut self.seats[number];
        seat.stores = if keep { process.into_stores() } else { Vec::new() };
        let away_ms = if self.rng.bool() { self.rng.i64(0..3_000) } else { 0 };
        seat.down_until_ms = self.now_ms + away_ms;
    }

    pub fn is_leaving(&self, number: usize) -> bool {
        self.seats[number].process.as_ref().is_some_and(|process| process.leaving)
    }

    fn log(&mut self) -> Result<(), String> {
        let place = self.rng.usize(0..PARTITIONS.len());
        let happened = self.common.partitions[place].borrow_mut().sim.step();
        let Some((number, completion)) = happened else { return Ok(()) };
        let Some(process) = &mut self.seats[number].process else { return Ok(()) };
        process.put(Input::Log(place, completion));
        self.live(number)
    }

    fn tick(&mut self) -> Result<(), String> {
        let now_ms = self.now_ms;
        for (number, seat) in self.seats.iter_mut().enumerate() {
            if seat.process.is_none() && seat.down_until_ms <= now_ms {
                seat.life += 1;
                let stores = std::mem::take(&mut seat.stores);
                let clock_ms = now_ms + seat.skew_ms;
                seat.process = Some(Process::start(number, seat.life, stores, &self.common, clock_ms));
            }
            if let Some(process) = &seat.process {
                self.beats.speak(&mut self.rng, process, PROCESSES, now_ms);
            }
        }
        for (to, beat) in self.beats.pass(now_ms) {
            self.put(to, Input::Heard(beat));
        }
        let seats = &self.seats;
        for happens in self.peers.pass(now_ms, |number| seats[number].process.is_some()) {
            match happens {
                Happens::Arrives { to, request } => self.put(to, Input::Request(request)),
                Happens::ComesBack { to: (number, life, search), passed } => {
                    if self.seats[number].process.as_ref().is_some_and(|process| process.life == life) {
                        self.put(number, Input::Passed(search, passed));
                    }
                }
            }
        }
        for happens in self.commissions.pass(now_ms) {
            match happens {
                commissions::Happens::Arrives { to, from, delivery } => {
                    self.put(to, Input::Commission(from, delivery));
                }
                commissions::Happens::ComesBack { to: (number, life, place, id), position } => {
                    if self.seats[number].process.as_ref().is_some_and(|process| process.life == life) {
                        self.put(number, Input::Delivered(place, id, position));
                    }
                }
            }
        }
        self.ask_again();
        (0..PROCESSES).try_for_each(|number| self.live(number))
    }

    fn acquirer(&mut self) {
        for ((number, life, place), call, returned) in self.network.pass(&mut self.rng, self.now_ms) {
            self.trace(|| format!("{number}.{life} {call} came back: {returned:?}"));
            if self.seats[number].process.as_ref().is_some_and(|process| process.life == life) {
                self.put(number, Input::Returned(place, call, returned));
            }
        }
    }

    fn put(&mut self, number: usize, input: Input) {
        if let Some(process) = &mut self.seats[number].process {
            process.put(input);
        }
    }

    fn live(&mut self, number: usize) -> Result<(), String> {
        let clock_ms = self.clock_of(number);
        let Some(process) = &mut self.seats[number].process else { return Ok(()) };
        if self.now_ms < process.paused_until_ms {
            return Ok(());
        }
        let (life, emitted) = (process.life, process.live(clock_ms)?);
        for emit in emitted {
            match emit {
                Emit::Tell(asks, said) => self.told(asks, said)?,
                Emit::Found(read, found) => self.clients.found(read, found),
                Emit::Call(place, id, call) => {
                    self.network.send(&mut self.rng, (number, life, place), id, call, self.now_ms);
                }
                Emit::Bring { from, to, delivery } => {
                    let to = (0..PROCESSES).find(|one| address(*one) == to).ok_or("nobody's address")?;
                    let trouble = self.network.trouble;
                    self.commissions.send(&mut self.rng, trouble, (from, to), delivery, self.now_ms);
                }
                Emit::Brought(from, position) => {
                    // Its own word needs no network.
                    let trouble = if from.0 == number { 0 } else { self.network.trouble };
                    self.commissions.reply(&mut self.rng, trouble, from, position, self.now_ms);
                }
                Emit::Reply(passing, passed) => {
                    self.peers.reply(&mut self.rng, passing, passed, self.now_ms);
                }
                Emit::Pass { search, to, within_ms, request } => {
                    if request.passing.is_some() {
                        return Err("what was passed on was passed on further".to_owned());
                    }
                    self.trace(|| format!("{number}.{life} passes {:?} to {to}", request.asks));
                    let to = (0..PROCESSES).find(|one| address(*one) == to).ok_or("nobody's address")?;
                    let to = (to, self.seats[to].process.is_some());
                    let from = (number, life, search);
                    self.peers.send(&mut self.rng, from, to, request, within_ms, self.now_ms);
                }
            }
        }
        let torn = self.common.partitions.iter().find_map(|one| one.borrow().torn.clone());
        torn.map_or(Ok(()), Err)
    }
}

/// What the initialisation of a ledger leaves: the directory's genesis.
fn begin_ledger(directory: &mut SimPartition) -> (Genesis, Hash) {
    let genesis = Genesis {
        ledger_id: "sim".to_owned(),
        mode: Mode::Test,
        format: fence::FORMAT,
        hash: HashFunction::Sha256,
        depth: DEPTH,
        of: None,
        incarnation: "init".to_owned(),
        address: "http://init".to_owned(),
    };
    let record = Record { seq: 1, term: 1, prev: Hash::ZERO, payload: genesis.payload() };
    directory.store_raw(record.wire_headers(), record.payload.value.clone());
    let hash = record.hash(directory.at());
    (genesis, hash)
}
