//! Strikes, and puts right again later what it struck: blows overlap, but nobody is struck who is still down.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use ledger_dev::Server;
use ledger_dev::logfile::tail;

use super::blows::{Blow, Victim, faults};
use super::{APIS, PROJECTORS, faultless};
use crate::ensure;
use crate::failure::{Done, During};
use crate::load::Running;
use crate::rig::Rig;

/// Between two blows, milliseconds.
const GAP_MS: std::ops::Range<u64> = 100..1_500;
/// How long nothing may be answered while blows fall.
const SILENCE: Duration = Duration::from_secs(90);

/// Lines that are shown of the log of a process that ended by itself.
const LAST_WORDS: usize = 6;

enum Repair {
    Start,
    Resume,
    StartWhenEnded,
}

/// Who strikes.
pub struct Chaos {
    random: fastrand::Rng,
    brokers: usize,
    repairs: Vec<(Instant, Victim, Repair)>,
    /// How often each blow fell.
    pub counts: BTreeMap<String, u64>,
    /// How often a process ended that nobody had struck, by its kind.
    pub ended: BTreeMap<String, u64>,
    /// The last lines they had logged.
    pub last_words: Vec<String>,
}

impl Chaos {
    pub fn new(seed: u64, brokers: usize) -> Chaos {
        let random = fastrand::Rng::with_seed(seed);
        Chaos {
            random,
            brokers,
            repairs: Vec::new(),
            counts: BTreeMap::new(),
            ended: BTreeMap::new(),
            last_words: Vec::new(),
        }
    }

    /// Strikes for so long.
    pub fn go_on(&mut self, rig: &mut Rig, span: Duration, load: &Running) -> Done {
        let begun = Instant::now();
        let mut last = (load.answered(), Instant::now());
        while begun.elapsed() < span {
            let gap = Duration::from_millis(self.random.u64(GAP_MS));
            let until = Instant::now() + gap;
            while Instant::now() < until {
                self.repair(rig, Instant::now())?;
                std::thread::sleep(Duration::from_millis(20));
            }
            if load.answered() > last.0 {
                last = (load.answered(), Instant::now());
            }
            ensure!(last.1.elapsed() < SILENCE, "nobody has been answered for {} s", SILENCE.as_secs());
            let blow = Blow::draw(&mut self.random, APIS, PROJECTORS, self.brokers);
            if self.may(blow) {
                self.strike(rig, blow).during(|| blow.name())?;
                *self.counts.entry(blow.name()).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Puts everything right, and waits until it is.
    pub fn heal(&mut self, rig: &mut Rig) -> Done {
        let begun = Instant::now();
        while !self.repairs.is_empty() {
            ensure!(begun.elapsed() < Duration::from_secs(60), "a process does not end");
            self.repair(rig, Instant::now() + Duration::from_secs(3_600))?;
            std::thread::sleep(Duration::from_millis(20));
        }
        self.restart_what_ended(rig)?;
        for server in rig.stack.servers_mut() {
            server.wait_ready()?;
        }
        rig.acquirer_faults(&faultless())
    }

    /// Whether it may fall now: on nobody who is down, and on Kafka only while all its nodes are there.
    fn may(&self, blow: Blow) -> bool {
        let down = |victim: Victim| self.repairs.iter().any(|(_, other, _)| *other == victim);
        let kafka_is_down = self.repairs.iter().any(|(_, other, _)| matches!(other, Victim::Broker(_)));
        match blow.victim() {
            Some(Victim::Broker(_)) => !kafka_is_down,
            Some(victim) => !down(victim),
            None if blow == Blow::Roll => self.repairs.is_empty(),
            None if blow == Blow::RollBrokers => !kafka_is_down,
            None => !down(Victim::Acquirer),
        }
    }

    fn strike(&mut self, rig: &mut Rig, blow: Blow) -> Done {
        let now = Instant::now();
        match blow {
            Blow::Kill(victim, after) => {
                server(rig, victim)?.kill()?;
                self.repairs.push((now + after, victim, Repair::Start));
            }
            Blow::Pause(victim, after) => {
                // It may have ended by itself a moment ago.
                if server(rig, victim)?.is_running() {
                    server(rig, victim)?.pause()?;
                    self.repairs.push((now + after, victim, Repair::Resume));
                }
            }
            Blow::Restart(victim) => {
                if server(rig, victim)?.is_running() {
                    server(rig, victim)?.ask_to_stop()?;
                    self.repairs.push((now, victim, Repair::StartWhenEnded));
                }
            }
            Blow::Roll => {
                let stack = &mut rig.stack;
                roll(stack.apis.iter_mut().chain(&mut stack.projectors))?;
            }
            Blow::RollBrokers => roll(rig.stack.brokers.iter_mut())?,
            Blow::Shrink(left, after) => {
                for other in (0..self.brokers).filter(|number| *number != left) {
                    server(rig, Victim::Broker(other))?.pause()?;
                    self.repairs.push((now + after, Victim::Broker(other), Repair::Resume));
                }
            }
            Blow::LoseStore(number) | Blow::HarmStore(number) => {
                server(rig, Victim::Api(number))?.kill()?;
                let store = rig.stack.store_dir(number);
                if let Blow::LoseStore(_) = blow {
                    // It may never have begun one.
                    let _ = std::fs::remove_dir_all(&store);
                } else {
                    harm(&store, &mut self.random)?;
                }
                self.repairs.push((now, Victim::Api(number), Repair::Start));
            }
            // An acquirer that is starting answers later.
            Blow::Mislead => drop(rig.acquirer_faults(&faults(&mut self.random))),
        }
        Ok(())
    }

    fn repair(&mut self, rig: &mut Rig, now: Instant) -> Done {
        let (due, later) = std::mem::take(&mut self.repairs).into_iter().partition(|(at, _, _)| *at <= now);
        self.repairs = later;
        let due: Vec<(Instant, Victim, Repair)> = due;
        for (at, victim, repair) in due {
            let server = server(rig, victim)?;
            match repair {
                Repair::Resume if server.is_running() => server.resume()?,
                Repair::Start | Repair::Resume => server.spawn()?,
                Repair::StartWhenEnded if server.is_running() => {
                    self.repairs.push((at, victim, Repair::StartWhenEnded));
                }
                Repair::StartWhenEnded => server.spawn()?,
            }
        }
        self.restart_what_ended(rig)
    }

    /// As a supervisor does: what ends by itself (on a damaged store, for one) is started again.
    fn restart_what_ended(&mut self, rig: &mut Rig) -> Done {
        let apis = (0..APIS).map(Victim::Api);
        for victim in apis.chain((0..PROJECTORS).map(Victim::Projector)) {
            let is_known = self.repairs.iter().any(|(_, other, _)| *other == victim);
            let server = server(rig, victim)?;
            if !is_known && !server.is_running() {
                self.last_words.push(format!("{}:\n{}", server.name(), tail(server.log(), LAST_WORDS)));
                server.spawn()?;
                *self.ended.entry(victim.kind().to_owned()).or_default() += 1;
            }
        }
        Ok(())
    }
}

fn server(rig: &mut Rig, victim: Victim) -> Done<&mut Server> {
    let stack = &mut rig.stack;
    let found = match victim {
        Victim::Api(number) => stack.apis.get_mut(number),
        Victim::Projector(number) => stack.projectors.get_mut(number),
        Victim::Broker(number) => stack.brokers.get_mut(number),
        Victim::Mariadb => Some(&mut stack.mariadb),
        Victim::Acquirer => stack.acquirer.as_mut(),
    };
    found.during(|| format!("there is no {victim:?}"))
}

/// A release as operators do it.
fn roll<'a>(servers: impl Iterator<Item = &'a mut Server>) -> Done {
    for server in servers {
        server.stop()?;
        server.start()?;
    }
    Ok(())
}

/// Turns a few bytes over in every file.
fn harm(folder: &Path, random: &mut fastrand::Rng) -> Done {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.is_dir() {
            harm(&path, random)?;
            continue;
        }
        let mut bytes = std::fs::read(&path)?;
        for _ in 0..4 {
            let place = random.usize(0..bytes.len().max(1));
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << random.u8(0..8);
            }
        }
        std::fs::write(&path, bytes)?;
    }
    Ok(())
}
