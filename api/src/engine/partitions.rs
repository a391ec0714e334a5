//! The partitions of one process, and what it does with them apart from Kafka, the disk and the network: whose a command is, what is
//! said where another process leads, what is led next, and the order in which the owners are served. The engine and the simulation
//! both run this.

use super::membership::Membership;
use super::shell::Shell;
use super::slot::Slot;
use crate::ledger::{Answer, ClientCommand, READ_WITHIN, Submission, Unavailable};
use crate::owner::{DirectoryView, Gate, Out, Query, ReplyId, Rules, Standing};
use crate::store::Keep;
use ledger_domain::directory::{Digest, PartitionRef};
use ledger_domain::ids::{MerchantId, PaymentId};
use ledger_domain::lines::Payee;
use ledger_log::{Fence, PartitionId};

/// A partition that this process has wished to lead for no longer than this (ms) is led in a moment.
const LEADS_SOON_MS: i64 = 2_000;

/// All of them: `I` carries what their writers ask for, `S` keeps their rows.
pub struct Partitions<I, S> {
    /// This process as its fences name it.
    pub me: Fence,
    /// The processes as far as this one has heard.
    pub membership: Membership,
    /// The directory's is the first; payments follow once the directory is known.
    pub slots: Vec<Slot<I, S>>,
    /// How long a partition lost to another process is left alone before it is taken back, ms.
    pub retake_after_ms: u64,
    /// How many processes beside the leader follow a partition.
    pub standbys: usize,
}

impl<I: Shell, S: Keep> Partitions<I, S> {
    /// Lets every owner do what it can. `show` is given the directory before `carry` is given what rests on it.
    pub fn round(
        &mut self,
        common: &Gate,
        now_ms: i64,
        show: &mut dyn FnMut(&DirectoryView),
        carry: &mut dyn FnMut(usize, Out),
    ) {
        // What was accepted while inputs were taken counts too: HTTP must see it before it reads the answer to it.
        let mut directory = self.directory();
        show(&directory);
        for place in 0..self.slots.len() {
            let gate = self.gate(common, place, now_ms);
            let Some(slot) = self.slots.get_mut(place) else { continue };
            slot.run(&directory, &gate, now_ms);
            if place == 0 {
                directory = self.directory();
                show(&directory);
            }
            let Some(slot) = self.slots.get_mut(place) else { continue };
            while let Some(out) = slot.poll() {
                carry(place, out);
            }
            slot.save_when_due(now_ms);
        }
    }

    /// Reads on where others lead, and wishes to lead what should be ours.
    pub fn take_what_is_ours(&mut self, now_ms: i64) {
        let directory_wanted_ms = self.directory_wanted_ms();
        let Self { slots, membership, retake_after_ms, standbys, .. } = self;
        for (place, slot) in slots.iter_mut().enumerate() {
            let follows = slot.owner.standing() == &Standing::Following;
            let mine = if follows { membership.place_in(&slot.at) } else { None };
            // Every process needs the directory, and whoever leads that opens a partition once it has read how it begins.
            let may_rest = place > 0 && slot.owner.genesis().is_some();
            slot.rest(may_rest && mine.is_some_and(|mine| mine > *standbys));
            slot.pulse(now_ms, directory_wanted_ms.filter(|_| place == 0));
            if mine == Some(0) && !slot.was_lost_within(*retake_after_ms, now_ms) {
                slot.lead(now_ms);
            }
        }
    }

    /// Up to when the directory has to be read so that everybody who waits for that is answered, Unix ms.
    pub fn directory_wanted_ms(&self) -> Option<i64> {
        self.slots.iter().filter_map(|slot| slot.owner.directory_wanted_ms()).max()
    }

    /// The directory as far as it is accepted.
    pub fn directory(&self) -> DirectoryView {
        let slot = self.slots.first();
        match slot.map(|slot| (slot.owner.rules(), slot.as_of_ms())) {
            Some((Rules::Directory(rules), as_of_ms)) => DirectoryView { as_of_ms, ..rules.view().clone() },
            Some((Rules::Payments(_), _)) | None => DirectoryView::default(),
        }
    }

    /// The hash a partition was opened with, as the directory says.
    pub fn opened(&self, at: &PartitionId) -> Option<Digest> {
        let directory = self.directory();
        let wanted = PartitionRef { topic: at.topic.to_string(), partition: at.partition };
        directory.directory.partitions().find(|(known, _)| **known == wanted).map(|(_, hash)| *hash)
    }

    /// Why clients of the partition at `place` are not served at this moment, beside what holds for all of them.
    pub fn own_trouble(&self, place: usize, now_ms: i64) -> Option<String> {
        if place > 0 && !self.slots.first().is_some_and(|directory| directory.is_fresh(now_ms)) {
            return Some("the directory is not followed at this moment".to_owned());
        }
        self.slots
            .get(place)?
            .is_silent(now_ms)
            .then(|| "the log does not take records at this moment".to_owned())
    }

    fn gate(&self, common: &Gate, place: usize, now_ms: i64) -> Gate {
        let closed = common.closed.clone().or_else(|| self.own_trouble(place, now_ms));
        Gate { closed, ..common.clone() }
    }

    /// Hands a command to its partition's owner, which answers under `reply`; gives back the answer where this process does not
    /// lead that partition.
    pub fn submit(&mut self, reply: ReplyId, submission: Submission, now_ms: i64) -> Option<Answer> {
        let place = match &submission.command {
            ClientCommand::KeyIn(wish) => self.place_of(wish.merchant_id),
            ClientCommand::Cancel(_, wish) => self.place_of(wish.merchant_id),
            ClientCommand::Metadata(_, wish) => self.place_of(wish.merchant_id),
            ClientCommand::Resolve(payment, _) => self.place_holding(*payment, now_ms),
            ClientCommand::Directory(_) => Some(0),
            ClientCommand::Settlement(payee, _) => self.place_of_payee(*payee),
        };
        if place.is_none() && matches!(submission.command, ClientCommand::Resolve(..)) {
            let why = "the partitions are being read".to_owned();
            return Some(Answer::NotReady { why, retry_after_s: 1 });
        }
        if let Some(answer) = self.not_here(place, now_ms) {
            return Some(answer);
        }
        if let Some(slot) = place.and_then(|place| self.slots.get_mut(place)) {
            slot.owner.submit(reply, submission, now_ms);
        }
        None
    }

    /// Asks a partition's owner, which answers under `reply`; gives back why where that is of no use.
    pub fn ask(&mut self, place: usize, reply: ReplyId, query: Query, now_ms: i64) -> Option<Unavailable> {
        let within_ms = i64::try_from(READ_WITHIN.as_millis()).unwrap_or(i64::MAX);
        let slot = self.slots.get_mut(place)?;
        if slot.is_silent(now_ms) {
            let why = "the log does not confirm reads at this moment".to_owned();
            return Some(Unavailable { why, retry_after_s: 1 });
        }
        slot.wake(now_ms);
        slot.owner.ask(reply, query, now_ms.saturating_add(within_ms));
        None
    }

    /// What a command for the partition at `place` is answered with where this process does not lead it.
    fn not_here(&self, place: Option<usize>, now_ms: i64) -> Option<Answer> {
        let not_ready = |why: &str| Some(Answer::NotReady { why: why.to_owned(), retry_after_s: 1 });
        let Some(slot) = place.and_then(|place| self.slots.get(place)) else {
            return not_ready("the merchant's partition is not open here");
        };
        match slot.owner.standing() {
            Standing::Leading => None,
            Standing::Stopped(why) => not_ready(why),
            Standing::Following | Standing::CatchingUp => match self.leader_of(slot) {
                Some(to) if to != self.me.address => Some(Answer::Elsewhere { to: Some(to) }),
                // It will be here in a moment, unless much has to be read first.
                Some(_) if now_ms.saturating_sub(slot.led_ms()) > LEADS_SOON_MS => {
                    not_ready("the partition is being caught up with")
                }
                Some(_) | None => Some(Answer::Elsewhere { to: None }),
            },
        }
    }

    /// Where the process is that leads the partition: the one whose fence was read last, while it is there; otherwise the one that
    /// should.
    pub fn leader_of(&self, slot: &Slot<I, S>) -> Option<String> {
        let leads = slot.owner.leader().filter(|fence| self.membership.is_there(fence));
        let leads = leads.map(|fence| fence.address.as_str()).filter(|address| *address != self.me.address);
        leads.or_else(|| self.membership.leader_of(&slot.at)).map(str::to_owned)
    }

    /// The place of a merchant's partition, as the directory says.
    pub fn place_of(&self, merchant: MerchantId) -> Option<usize> {
        self.place_of_payee(Payee::Merchant(merchant))
    }

    /// The place of a payee's partition, as the directory says.
    pub fn place_of_payee(&self, payee: Payee) -> Option<usize> {
        let view = self.directory();
        let PartitionRef { topic, partition } = view.directory.partition_of_payee(payee)?;
        self.slots.iter().position(|slot| *slot.at.topic == **topic && slot.at.partition == *partition)
    }

    /// An operator names a payment without its merchant; a payment that no partition holds is looked for in the first one, which
    /// confirms that it does not exist. None while a partition has not been read far enough to say so.
    fn place_holding(&mut self, payment: PaymentId, now_ms: i64) -> Option<usize> {
        let holds = |slot: &Slot<I, S>| slot.owner.holds(payment, &slot.rows).unwrap_or(false);
        if let Some(place) = self.slots.iter().position(holds) {
            return Some(place);
        }
        self.slots.iter_mut().for_each(|slot| slot.wake(now_ms));
        let all_read = self.slots.iter().all(|slot| slot.is_fresh(now_ms));
        (all_read && self.slots.len() > 1).then_some(1)
    }
}
