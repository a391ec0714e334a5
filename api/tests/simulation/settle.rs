//! The end of the storm, and waiting for something.

use super::line::{Line, Shared};
use super::process::Process;
use super::world::{PROCESSES, World};
use ledger_api::engine::Slot;
use ledger_api::owner::{Standing, rows};
use ledger_api::store::Memory;
use ledger_domain::days::Moment;
use ledger_domain::settlement::close_at;
use ledger_log::sim::Chaos;

/// How many steps something may take before a person looks after it.
const A_PERSON_LOOKS_EVERY: u32 = 20_000;

/// Timers of payments, whenever they are due, and of payees that are due now.
fn open_timers(slot: &Slot<Line, Memory>, now_ms: i64) -> usize {
    let keys = rows::due_keys(&slot.rows).unwrap();
    let timers = keys.iter().map(|key| rows::read_due_key(key).unwrap());
    timers.filter(|(stream, due)| stream.starts_with("pay_") || due.due_ms <= now_ms).count()
}

impl World {
    /// The storm ends: everything that is open gets its outcome.
    pub fn settle(&mut self) -> Result<(), String> {
        if self.is_stormy() {
            self.common.partitions.iter().for_each(|one| one.borrow_mut().sim.chaos = Chaos::CALM);
            self.begin_new_reigns();
        }
        (self.network.trouble, self.peers.trouble) = (0, 0);
        self.beats.unmute();
        for number in 0..PROCESSES {
            if self.is_leaving(number) {
                self.crash(number);
            }
        }
        self.until(400_000, Self::is_settled, false)
    }

    /// Two days end: what was sold is closed, and so is what was received because of it.
    pub fn end_the_day(&mut self) -> Result<(), String> {
        for _ in 0..2 {
            // Whatever clock it is that the owner goes by.
            self.now_ms = close_at(Moment::from_ms(self.now_ms).seoul_day()).ms() + 2_000;
            self.until(400_000, Self::is_settled, false)?;
        }
        Ok(())
    }

    /// Goes on until something holds.
    pub fn until(
        &mut self,
        steps: u32,
        mut holds: impl FnMut(&mut Self) -> bool,
        misfortune: bool,
    ) -> Result<(), String> {
        for step in 0..steps {
            self.step(misfortune)?;
            if step % A_PERSON_LOOKS_EVERY == A_PERSON_LOOKS_EVERY - 1 {
                self.begin_new_reigns();
            }
            if step % 32 == 0 && holds(self) {
                return Ok(());
            }
        }
        Err(format!("it never settled: {}", self.state()))
    }

    fn is_stormy(&self) -> bool {
        let is_calm = |one: &Shared| one.borrow().sim.chaos.drop == 0;
        !self.common.partitions.iter().all(is_calm)
    }

    /// Of an owner's own commands that the log refused when they were sent alone, a timer's comes again only after a minute, a
    /// partition's opening only with another reign: here one begins.
    fn begin_new_reigns(&mut self) {
        for place in 0..self.common.partitions.len() {
            let number = self.rng.usize(0..PROCESSES);
            self.take(number, place);
        }
    }

    fn is_settled(&mut self) -> bool {
        if !self.clients.is_idle() || !self.peers.is_idle() || !self.network.under_way.is_empty() {
            return false;
        }
        let (partitions, now_ms) = (&self.common.partitions, self.now_ms);
        partitions.iter().enumerate().all(|(place, partition)| {
            let seq = u64::try_from(partition.borrow().chain.len()).unwrap();
            let mut leaders = 0;
            let all = self.seats.iter_mut().all(|seat| {
                let Some(process) = &mut seat.process else { return false };
                let Some(slot) = process.partitions.slots.get_mut(place) else { return false };
                // Whoever rests is asked, so that it reads on to the end.
                slot.wake(now_ms + seat.skew_ms);
                slot.save();
                let leads = slot.owner.standing() == &Standing::Leading;
                leaders += usize::from(leads);
                if slot.owner.standing() == &Standing::CatchingUp {
                    // Its fence is on its way.
                    return false;
                }
                let quiet = slot.owner.is_quiet() && slot.owner.load().1 == 0;
                let delivered = slot.owner.load().2 == 0;
                let timers = || open_timers(slot, now_ms + seat.skew_ms) == 0;
                slot.owner.seq() == seq
                    && process.http.is_idle()
                    && (!leads || quiet && delivered && timers())
            });
            all && leaders == 1
        })
    }

    fn state(&self) -> String {
        let one = |process: &Process| {
            let slots = process.partitions.slots.iter();
            let each: Vec<_> = slots
                .map(|slot| {
                    (slot.owner.standing(), slot.owner.seq(), slot.owner.load(), slot.owner.is_quiet())
                })
                .collect();
            format!("process {}: {each:?}, http idle {}", process.number, process.http.is_idle())
        };
        let processes: Vec<String> = self.processes().map(one).collect();
        format!("{processes:#?} {}", self.clients.state())
    }
}
