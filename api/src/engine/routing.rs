//! Which partition a request goes to, and who waits for which answer. A merchant's partition is a fact of the directory.

use super::now_ms;
use super::opening::Core;
use super::slot::Slot;
use crate::ledger::{
    Answer, ClientCommand, CommandScope, CommandView, READ_WITHIN, Read, Request, Slot as Reply,
};
use crate::ledger::{OrderView, PaymentAt, Submission, Unavailable};
use crate::owner::{Found, Out, Query, ReplyId, Standing};
use ledger_domain::directory::PartitionRef;
use ledger_domain::ids::{MerchantId, PaymentId};
use std::collections::HashMap;

/// A partition that this process has wished to lead for no longer than this (ms) is led in a moment.
const LEADS_SOON_MS: i64 = 2_000;

/// Who waits for one reply.
#[derive(Debug)]
enum Waiting {
    Command(Reply<Answer>),
    Payment(Reply<Read<Option<PaymentAt>>>),
    Order(Reply<Read<Option<OrderView>>>),
    View(Reply<Read<CommandView>>),
    /// Whoever wants the directory to be up to date.
    Nothing(Reply<Read<()>>),
    /// One of several partitions asked for the same command.
    OneOf(ReplyId),
}

/// A command looked for in every partition.
#[derive(Debug)]
struct Everywhere {
    reply: Reply<Read<CommandView>>,
    left: usize,
}

/// Everybody who waits.
#[derive(Debug, Default)]
pub struct Replies {
    next: ReplyId,
    waiting: HashMap<ReplyId, Waiting>,
    everywhere: HashMap<ReplyId, Everywhere>,
}

impl Replies {
    fn add(&mut self, waiting: Waiting) -> ReplyId {
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(self.next, waiting);
        self.next
    }

    /// Gives an owner's answer to whoever waits for it.
    pub fn give(&mut self, out: Out) {
        match out {
            Out::Answer(reply, answer) => {
                if let Some(Waiting::Command(slot)) = self.waiting.remove(&reply) {
                    slot.answer(answer);
                }
            }
            Out::Found(reply, found) => self.found(reply, found),
            Out::Call(..) => {}
        }
    }

    fn found(&mut self, reply: ReplyId, found: Read<Found>) {
        match (self.waiting.remove(&reply), found) {
            (Some(Waiting::Payment(slot)), Ok(Found::Payment(payment))) => {
                slot.answer(Ok(payment.map(|boxed| *boxed)))
            }
            (Some(Waiting::Payment(slot)), Err(why)) => slot.answer(Err(why)),
            (Some(Waiting::Order(slot)), Ok(Found::Order(order))) => {
                slot.answer(Ok(order.map(|boxed| *boxed)))
            }
            (Some(Waiting::Order(slot)), Err(why)) => slot.answer(Err(why)),
            (Some(Waiting::View(slot)), Ok(Found::Command(view))) => slot.answer(Ok(view)),
            (Some(Waiting::View(slot)), Err(why)) => slot.answer(Err(why)),
            (Some(Waiting::Nothing(slot)), found) => slot.answer(found.map(|_| ())),
            (Some(Waiting::OneOf(all)), found) => self.one_of(all, found),
            // A dropped slot tells its waiter that no answer comes.
            (Some(_) | None, _) => {}
        }
    }

    /// "Nothing is recorded" is only true when every partition says so.
    fn one_of(&mut self, all: ReplyId, found: Read<Found>) {
        let Some(mut everywhere) = self.everywhere.remove(&all) else { return };
        everywhere.left = everywhere.left.saturating_sub(1);
        match found {
            Ok(Found::Command(CommandView::NothingRecorded)) if everywhere.left > 0 => {
                self.everywhere.insert(all, everywhere);
            }
            Ok(Found::Command(view)) => everywhere.reply.answer(Ok(view)),
            Err(why) => everywhere.reply.answer(Err(why)),
            Ok(Found::Payment(_) | Found::Order(_) | Found::Nothing) => {}
        }
    }
}

impl Core {
    /// Hands a request to its partition's owner.
    pub fn route(&mut self, request: Request, replies: &mut Replies) {
        match request {
            Request::Submit(submission, slot) => self.submit(*submission, slot, replies),
            Request::Payment(payment, merchant, slot) => match self.place_of(merchant) {
                Some(place) => {
                    self.ask(place, Query::Payment(payment, merchant), Waiting::Payment(slot), replies);
                }
                None => slot.answer(no_partition()),
            },
            Request::Order(merchant, order_id, slot) => match self.place_of(merchant) {
                Some(place) => {
                    self.ask(place, Query::Order(merchant, order_id), Waiting::Order(slot), replies)
                }
                None => slot.answer(no_partition()),
            },
            Request::Directory(slot) => self.ask(0, Query::Nothing, Waiting::Nothing(slot), replies),
            Request::Command(command, CommandScope::Merchant(merchant), slot) => {
                match self.place_of(merchant) {
                    Some(place) => {
                        let query = Query::Command(command, CommandScope::Merchant(merchant));
                        self.ask(place, query, Waiting::View(slot), replies);
                    }
                    None => slot.answer(no_partition()),
                }
            }
            Request::Command(command, CommandScope::Operator, slot) => {
                replies.next = replies.next.wrapping_add(1);
                let all = replies.next;
                replies.everywhere.insert(all, Everywhere { reply: slot, left: self.slots.len() });
                for place in 0..self.slots.len() {
                    let query = Query::Command(command, CommandScope::Operator);
                    self.ask(place, query, Waiting::OneOf(all), replies);
                }
            }
        }
    }

    fn submit(&mut self, submission: Submission, slot: Reply<Answer>, replies: &mut Replies) {
        let place = match &submission.command {
            ClientCommand::KeyIn(wish) => self.place_of(wish.merchant_id),
            ClientCommand::Cancel(_, wish) => self.place_of(wish.merchant_id),
            ClientCommand::Metadata(_, wish) => self.place_of(wish.merchant_id),
            ClientCommand::Resolve(payment, _) => self.place_holding(*payment),
            ClientCommand::Directory(_) => Some(0),
        };
        if place.is_none() && matches!(submission.command, ClientCommand::Resolve(..)) {
            return slot.answer(Answer::NotReady {
                why: "the partitions are being read".to_owned(),
                retry_after_s: 1,
            });
        }
        if let Some(answer) = self.not_here(place) {
            return slot.answer(answer);
        }
        if let Some(at) = place.and_then(|place| self.slots.get_mut(place)) {
            let reply = replies.add(Waiting::Command(slot));
            at.owner.submit(reply, submission, now_ms());
        }
    }

    /// What a command for the partition at `place` is answered with where this process does not lead it.
    fn not_here(&self, place: Option<usize>) -> Option<Answer> {
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
                Some(_) if now_ms().saturating_sub(slot.led_ms()) > LEADS_SOON_MS => {
                    not_ready("the partition is being caught up with")
                }
                Some(_) | None => Some(Answer::Elsewhere { to: None }),
            },
        }
    }

    /// Where the process is that leads the partition: the one whose fence was read last, while it is there; otherwise the one that
    /// should.
    pub fn leader_of(&self, slot: &Slot) -> Option<String> {
        let leads = slot.owner.leader().filter(|fence| self.membership.is_there(fence));
        let leads = leads.map(|fence| fence.address.as_str()).filter(|address| *address != self.me.address);
        leads.or_else(|| self.membership.leader_of(&slot.at)).map(str::to_owned)
    }

    fn ask(&mut self, place: usize, query: Query, waiting: Waiting, replies: &mut Replies) {
        let reply = replies.add(waiting);
        let within_ms = i64::try_from(READ_WITHIN.as_millis()).unwrap_or(i64::MAX);
        let now_ms = now_ms();
        match self.slots.get_mut(place) {
            Some(slot) if slot.is_silent(now_ms) => {
                let why = "the log does not confirm reads at this moment".to_owned();
                replies.found(reply, Err(Unavailable { why, retry_after_s: 1 }));
            }
            Some(slot) => {
                slot.wake(now_ms);
                slot.owner.ask(reply, query, now_ms.saturating_add(within_ms));
            }
            None => {}
        }
    }

    fn place_of(&self, merchant: MerchantId) -> Option<usize> {
        let view = self.directory();
        let PartitionRef { topic, partition } = &view.directory.merchant(merchant)?.partition;
        self.slots.iter().position(|slot| *slot.at.topic == **topic && slot.at.partition == *partition)
    }

    /// An operator names a payment without its merchant; a payment that no partition holds is looked for in the first one, which
    /// confirms that it does not exist. None while a partition has not been read far enough to say so.
    fn place_holding(&mut self, payment: PaymentId) -> Option<usize> {
        let now_ms = now_ms();
        let holds = |slot: &Slot| slot.owner.holds(payment, &slot.rows).unwrap_or(false);
        if let Some(place) = self.slots.iter().position(holds) {
            return Some(place);
        }
        self.slots.iter_mut().skip(1).for_each(|slot| slot.wake(now_ms));
        let all_read = self.slots.iter().all(|slot| slot.is_fresh(now_ms));
        (all_read && self.slots.len() > 1).then_some(1)
    }
}

fn no_partition<T>() -> Read<T> {
    Err(Unavailable { why: "the merchant's partition is not open here".to_owned(), retry_after_s: 1 })
}
