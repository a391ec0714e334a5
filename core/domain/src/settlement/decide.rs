//! Whether a command on a payee's stream may become an event, by its state and the facts given. Pure.

use super::close;
use super::command::{Operation, SettlementCommand};
use super::event::{CommissionDelivered, CommissionReceived, SettlementEvent, SettlementPolicy};
use super::state::Settlement;
use super::sums::Totals;
use super::terms::PayeeTerms;
use super::{decisions, pay_out};
use crate::days::Moment;
use crate::days::calendar::Calendar;
use crate::ids::PaymentId;
use crate::lines::{Node, Payee};
use crate::rejection::Rejection;

/// What a decision may use besides the payee's own state.
#[derive(Clone, Debug)]
pub struct SettlementFacts {
    /// The calendar that dates pay-outs.
    pub calendar: &'static Calendar,
    /// Of [`SettlementCommand::Close`]: a merchant's sums of the day.
    pub totals: Totals,
    /// Of [`SettlementCommand::Close`]: the merchant's payments whose outcome is open, the first of them and how many.
    pub open: (Vec<PaymentId>, u32),
    /// Of [`SettlementCommand::Close`]: the payee's terms at the end of the day.
    pub terms: PayeeTerms,
    /// The id of the command: a pay-out that the ledger itself proposes is named after it.
    pub command: uuid::Uuid,
}

/// Decides a command. `now_ms` is the event's time: max(clock, the partition's last event time).
pub fn decide(
    payee: Payee,
    state: &Settlement,
    command: &SettlementCommand,
    facts: &SettlementFacts,
    now_ms: i64,
) -> Result<SettlementEvent, Rejection> {
    let now = Moment::from_ms(now_ms);
    match command {
        SettlementCommand::Close(day) => close::close(payee, state, *day, facts, now),
        SettlementCommand::PayOutDue(day, number) => pay_out::due(payee, state, (*day, *number), facts, now),
        SettlementCommand::ReserveDue(closing) => decisions::reserve_due(payee, state, *closing, facts, now),
        SettlementCommand::RecordDelivery { closing, to, position } => {
            delivered(payee, state, *closing, *to, position, now)
        }
        SettlementCommand::Receive(delivery) => match payee == Payee::Node(delivery.to) {
            false => Err(Rejection::PayeeNotFound),
            true => Ok(SettlementEvent::CommissionReceived(CommissionReceived {
                payee,
                at: now,
                merchant_id: delivery.merchant_id,
                closing: delivery.closing,
                closing_position: delivery.closing_position.clone(),
                amount: delivery.amount,
                posting_policy: SettlementPolicy::Settlement1,
            })),
        },
        SettlementCommand::Operate(Operation { by, not_after, deed }) => {
            if now > *not_after {
                return Err(Rejection::TooLate);
            }
            match pay_out::operate(payee, state, *by, deed, now) {
                Some(decided) => decided,
                None => decisions::operate(payee, state, *by, deed, facts, now),
            }
        }
    }
}

fn delivered(
    payee: Payee,
    state: &Settlement,
    closing: u32,
    to: Node,
    position: &str,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    let left = state.undelivered.get(&closing).and_then(|left| left.commissions.get(&to));
    let amount = *left.ok_or(Rejection::NothingToDeliver)?;
    let position = position.to_owned();
    Ok(SettlementEvent::CommissionDelivered(CommissionDelivered { payee, at, closing, to, amount, position }))
}
