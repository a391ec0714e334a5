//! The topic in which every process says twice a second that it is alive. Words are late, and some are not heard by somebody for a
//! while, so that processes disagree about who should lead.

use super::process::{Process, address, incarnation};
use ledger_log::Fence;
use ledger_log::kafka::{BEAT_EVERY, Beat};

#[derive(Default)]
pub struct Beats {
    on_their_way: Vec<(i64, usize, Beat)>,
    /// When each process speaks next, Unix ms.
    next_ms: Vec<i64>,
    /// Who is not heard by whom, until when, Unix ms.
    muted: Vec<(usize, usize, i64)>,
}

impl Beats {
    /// From now on `from` is not heard by `to` for a while.
    pub fn mute(&mut self, from: usize, to: usize, until_ms: i64) {
        self.muted.push((from, to, until_ms));
    }

    pub fn unmute(&mut self) {
        self.muted.clear();
    }

    /// The process says that it is alive, where that is due; everybody hears it, itself included.
    pub fn speak(&mut self, rng: &mut fastrand::Rng, process: &Process, processes: usize, now_ms: i64) {
        self.next_ms.resize(processes, 0);
        let number = process.number;
        if now_ms < self.next_ms[number] || now_ms < process.paused_until_ms {
            return;
        }
        self.next_ms[number] = now_ms + i64::try_from(BEAT_EVERY.as_millis()).unwrap();
        self.muted.retain(|(_, _, until_ms)| now_ms < *until_ms);
        let member = Fence { incarnation: incarnation(number, process.life), address: address(number) };
        for to in 0..processes {
            if self.muted.iter().any(|(from, by, _)| (*from, *by) == (number, to)) {
                continue;
            }
            let beat = Beat { member: member.clone(), leaving: process.leaving, at_ms: now_ms };
            self.on_their_way.push((now_ms + rng.i64(1..40), to, beat));
        }
    }

    /// What is heard now, and by whom.
    pub fn pass(&mut self, now_ms: i64) -> Vec<(usize, Beat)> {
        let due = self.on_their_way.extract_if(.., |(at_ms, _, _)| *at_ms <= now_ms);
        due.map(|(_, to, beat)| (to, beat)).collect()
    }
}
