//! Commissions on their way between the processes: lost, late, brought twice, and their answers lost too.

use super::process::Process;
use ledger_api::ledger::{Answer, Submission};
use ledger_api::owner::{DeliveryId, ReplyId};
use ledger_domain::settlement::Delivery;
use std::collections::HashMap;

/// Who waits to hear where it was recorded: the process, its life, the place of the merchant's partition, the try.
pub type Sender = (usize, u64, usize, DeliveryId);

/// A try with no answer ends after this time, ms.
const GIVEN_UP_MS: i64 = 10_000;
/// Replies to commissions are numbered from here.
const FIRST_REPLY: ReplyId = 1 << 60;

/// Something that happens to a commission at a process.
pub enum Happens {
    /// It arrives at the process that should lead its payee's partition.
    Arrives { to: usize, from: Sender, delivery: Delivery },
    /// The try is over.
    ComesBack { to: Sender, position: Option<String> },
}

/// The network, as far as commissions are concerned.
#[derive(Default)]
pub struct Commissions {
    under_way: Vec<(i64, Happens)>,
    pub sent: u32,
    pub lost: u32,
}

impl Commissions {
    /// Sends one to a process, perhaps twice, perhaps in vain.
    pub fn send(
        &mut self,
        rng: &mut fastrand::Rng,
        trouble: u32,
        (from, to): (Sender, usize),
        delivery: Delivery,
        now_ms: i64,
    ) {
        self.sent += 1;
        let mut bad = || rng.u32(0..100) < trouble;
        let (lost, twice, slow) = (bad(), bad(), bad());
        self.lost += u32::from(lost);
        for _ in 0..u32::from(!lost) + u32::from(twice) {
            let delay_ms = if slow { rng.i64(0..20_000) } else { rng.i64(0..8) };
            let arrives = Happens::Arrives { to, from, delivery: delivery.clone() };
            self.under_way.push((now_ms + delay_ms, arrives));
        }
        self.under_way.push((now_ms + GIVEN_UP_MS, Happens::ComesBack { to: from, position: None }));
    }

    /// The process that recorded it says where, or that it did not.
    pub fn reply(
        &mut self,
        rng: &mut fastrand::Rng,
        trouble: u32,
        to: Sender,
        position: Option<String>,
        now_ms: i64,
    ) {
        if rng.u32(0..100) >= trouble {
            self.under_way.push((now_ms + rng.i64(0..8), Happens::ComesBack { to, position }));
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, now_ms: i64) -> Vec<Happens> {
        let (now, later) =
            std::mem::take(&mut self.under_way).into_iter().partition(|(at_ms, _)| *at_ms <= now_ms);
        self.under_way = later;
        let now: Vec<(i64, Happens)> = now;
        now.into_iter().map(|(_, happens)| happens).collect()
    }
}

/// Commissions that wait for an owner of this process.
#[derive(Default)]
pub struct Waiting {
    next: ReplyId,
    by_reply: HashMap<ReplyId, Sender>,
}

/// What a process does with a commission that it cannot record.
pub enum Brought {
    /// Its owner answers later.
    Here,
    /// Another process leads the partition.
    Elsewhere(Option<String>),
}

impl Process {
    /// Hands a commission to its payee's owner here.
    pub fn bring(&mut self, from: Sender, delivery: Delivery, now_ms: i64) -> Brought {
        self.commissions.next += 1;
        let reply = FIRST_REPLY + self.commissions.next;
        match self.partitions.submit(reply, Submission::of_delivery(delivery, now_ms), now_ms) {
            None => {
                self.commissions.by_reply.insert(reply, from);
                Brought::Here
            }
            Some(Answer::Elsewhere { to }) => Brought::Elsewhere(to),
            Some(_) => Brought::Elsewhere(None),
        }
    }

    /// An owner's answer about a commission: who waits for it, and where it is recorded, if it is.
    pub fn brought(&mut self, reply: ReplyId, answer: &Answer) -> Option<(Sender, Option<String>)> {
        let from = self.commissions.by_reply.remove(&reply)?;
        let position = match answer {
            Answer::Recorded { position, .. } => Some(position.to_string()),
            Answer::Elsewhere { .. } | Answer::NotReady { .. } | Answer::StillRunning | Answer::Unknown => {
                None
            }
            refused => panic!("a commission is refused: {refused:?}"),
        };
        Some((from, position))
    }
}
