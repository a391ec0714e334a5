//! Requests on their way to the owners, and who waits for which answer. A merchant's partition is a fact of the directory.

use super::now_ms;
use super::opening::Core;
use crate::ledger::{Answer, CommandScope, CommandView, Read, Request, Slot as Reply};
use crate::ledger::{OrderView, PaymentAt, Unavailable};
use crate::owner::{Found, Out, Query, ReplyId};
use ledger_domain::ids::MerchantId;
use std::collections::HashMap;

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
            Out::Call(..) | Out::Deliver(..) => {}
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
            Request::Submit(submission, slot) => {
                let reply = replies.add(Waiting::Command(slot));
                if let Some(answer) = self.partitions.submit(reply, *submission, now_ms()) {
                    replies.give(Out::Answer(reply, answer));
                }
            }
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
                replies.everywhere.insert(all, Everywhere { reply: slot, left: self.partitions.slots.len() });
                for place in 0..self.partitions.slots.len() {
                    let query = Query::Command(command, CommandScope::Operator);
                    self.ask(place, query, Waiting::OneOf(all), replies);
                }
            }
        }
    }

    fn ask(&mut self, place: usize, query: Query, waiting: Waiting, replies: &mut Replies) {
        let reply = replies.add(waiting);
        if let Some(why) = self.partitions.ask(place, reply, query, now_ms()) {
            replies.found(reply, Err(why));
        }
    }

    fn place_of(&self, merchant: MerchantId) -> Option<usize> {
        self.partitions.place_of(merchant)
    }
}

fn no_partition<T>() -> Read<T> {
    Err(Unavailable { why: "the merchant's partition is not open here".to_owned(), retry_after_s: 1 })
}
