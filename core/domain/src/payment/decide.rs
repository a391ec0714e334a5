//! Whether a command may become an event, by the state alone and the facts given. Pure: the same arguments give
//! the same event or the same rejection, on every machine, for ever.

use super::command::PaymentCommand;
use super::event::PaymentEvent;
use super::state::Payment;
use super::{cancel, metadata, outcome, request, resolve};
use crate::contract::SaleFacts;
use crate::days::calendar::Calendar;
use crate::days::{Day, Moment};
use crate::rejection::Rejection;

/// What a decision may use besides the payment's own state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// What the directory says of the merchant; only [`PaymentCommand::Request`] needs it.
    pub sale: Option<SaleFacts>,
    /// The calendar that dates pay-outs.
    pub calendar: &'static Calendar,
    /// The merchant's last closed day + 1, if a day was closed.
    pub earliest_sold_date: Option<Day>,
}

impl Facts {
    /// For a request: what the directory says, and the newest calendar.
    pub fn for_sale(sale: SaleFacts) -> Self {
        Self { sale: Some(sale), ..Self::for_outcome() }
    }

    /// For everything else: the newest calendar.
    pub fn for_outcome() -> Self {
        Self { sale: None, calendar: Calendar::current(), earliest_sold_date: None }
    }
}

/// Decides a command. `now_ms` is the event's time: max(clock, the partition's last event time).
/// Rules over the whole partition (order ids, idempotency keys) are checked before, by [`crate::partition`].
pub fn decide(
    state: &Payment,
    command: &PaymentCommand,
    facts: &Facts,
    now_ms: i64,
) -> Result<PaymentEvent, Rejection> {
    let now = Moment::from_ms(now_ms);
    match command {
        PaymentCommand::Request(request) => request::request(state, request, facts, now),
        PaymentCommand::RecordApproval(approval) => outcome::approval(state, approval, facts, now),
        PaymentCommand::RecordDecline { code, message } => outcome::decline(state, code, message, now),
        PaymentCommand::RecordNotAttempted(cause) => outcome::not_attempted(state, *cause, now),
        PaymentCommand::RecordUnknown(cause) => outcome::unknown(state, *cause, now),
        PaymentCommand::RequestNetCancel => outcome::request_net_cancel(state, now),
        PaymentCommand::RecordNetCancel { had_approval } => outcome::net_cancel(state, *had_approval, now),
        PaymentCommand::GiveUp => outcome::give_up(state, now),
        PaymentCommand::RequestCancel(wish) => cancel::request(state, wish, now),
        PaymentCommand::RecordCancel(answer) => cancel::done(state, answer, facts, now),
        PaymentCommand::RecordCancelDecline { cancel_id, code, message } => {
            cancel::declined(state, *cancel_id, code, message, now)
        }
        PaymentCommand::RecordCancelNotAttempted { cancel_id, cause } => {
            cancel::not_attempted(state, *cancel_id, *cause, now)
        }
        PaymentCommand::RecordCancelUnknown { cancel_id, cause } => {
            cancel::unknown(state, *cancel_id, *cause, now)
        }
        PaymentCommand::GiveUpCancel(cancel_id) => cancel::give_up(state, *cancel_id, now),
        PaymentCommand::Resolve(word) => resolve::resolve(state, word, facts, now),
        PaymentCommand::ChangeMetadata(wish) => metadata::change(state, wish, now),
    }
}

/// A client's command must not take effect after its `notAfter`: its caller may have been told so.
pub(super) fn in_time(not_after: Moment, now: Moment) -> Result<(), Rejection> {
    if now > not_after { Err(Rejection::TooLate) } else { Ok(()) }
}
