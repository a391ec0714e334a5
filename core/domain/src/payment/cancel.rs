//! Cancels of a payment: a pending one reserves its amount until it has an outcome, several may be pending at once,
//! and what one takes of each component is C(remaining before) − C(remaining after) (money.md 1).

use super::command::{AcquirerCancel, NotAttemptedCause, RequestCancel, UnknownCause};
use super::decide::{Facts, in_time};
use super::event::{
    CancelDeclined, CancelRefusal, CancelRequested, CancelUnknown, CancelUnresolved, Cancelled,
    NetCancelWish, PaymentEvent,
};
use super::movement::{Movement, PostingPolicy};
use super::outcome::net_cancel_requested;
use super::state::{MAX_CANCELS, Paid, Parts, Payment, PendingCancel, PendingStage, UnknownPayment};
use crate::contract::FeeReturn;
use crate::days::calendar::sold_date;
use crate::days::{Day, Moment};
use crate::ids::{CancelId, OperationId};
use crate::lines::{Line, LineType};
use crate::money::{Amount, MoneyError};
use crate::rejection::{Field, Rejection};
use crate::text::{self, MAX_ACQUIRER_CODE, MAX_ACQUIRER_MESSAGE, clip};
use crate::vat::TaxType;

pub(super) fn request(state: &Payment, wish: &RequestCancel, now: Moment) -> Result<PaymentEvent, Rejection> {
    if state.merchant_id() != Some(wish.merchant_id) {
        return Err(Rejection::PaymentNotFound);
    }
    in_time(wish.not_after, now)?;
    text::check(Field::CancelReason, &wish.reason, text::MAX_REASON)?;
    match state {
        Payment::Ready => Err(Rejection::PaymentNotFound),
        Payment::InProgress(_) => Err(Rejection::PaymentInProgress),
        Payment::Unknown(unknown) => wish_net_cancel(unknown, wish, now),
        Payment::NetCancelling(_) => Err(Rejection::NetCancelInProgress),
        Payment::Unresolved(_) => Err(Rejection::PaymentUnresolved),
        Payment::Canceled(_) => Err(Rejection::AlreadyCanceled),
        Payment::Aborted(_) => Err(Rejection::NothingPaid { status: state.status() }),
        Payment::Done(paid) => reserve(paid, wish, now),
    }
}

/// A merchant's cancel of an unknown payment is the wish for its net cancel; only the whole can be undone so.
fn wish_net_cancel(
    unknown: &UnknownPayment,
    wish: &RequestCancel,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let whole = unknown.sale.amount;
    if wish.current_cancellable.is_some_and(|expected| expected != whole) {
        return Err(Rejection::BalanceChanged { cancelable: whole });
    }
    let tax_free = unknown.sale.rule.original.tax_free;
    if wish.amount.is_some_and(|a| a != whole) || wish.tax_free.is_some_and(|part| part != tax_free) {
        return Err(Rejection::OutcomeUnknown);
    }
    let by = NetCancelWish::Merchant { cancel_id: wish.cancel_id, reason: wish.reason.clone() };
    Ok(net_cancel_requested(&unknown.sale, by, now))
}

fn reserve(paid: &Paid, wish: &RequestCancel, now: Moment) -> Result<PaymentEvent, Rejection> {
    if paid.pending.contains_key(&wish.cancel_id) || paid.settled.contains(&wish.cancel_id) {
        return Err(Rejection::CancelExists);
    }
    if paid.pending.len() + paid.settled.len() >= MAX_CANCELS as usize {
        return Err(Rejection::TooManyCancels { limit: MAX_CANCELS });
    }
    let left = paid.cancelable()?;
    let parts = wanted(left, wish, paid.sale.tax_type)?;
    Ok(PaymentEvent::CancelRequested(CancelRequested {
        payment_id: paid.sale.payment_id,
        merchant_id: paid.sale.merchant_id,
        at: now,
        cancel_id: wish.cancel_id,
        operation_id: OperationId::cancel(wish.cancel_id),
        amount: parts.amount()?,
        tax_free: parts.tax_free,
        reason: wish.reason.clone(),
    }))
}

/// What a cancel reserves of what is left. Without an amount, or with all that is left, it takes the rest; a partial
/// one takes nothing tax-free unless it says so (of an exempt merchant's payment, everything is tax-free).
fn wanted(left: Parts, wish: &RequestCancel, tax_type: TaxType) -> Result<Parts, Rejection> {
    let cancelable = left.amount()?;
    if wish.current_cancellable.is_some_and(|expected| expected != cancelable) {
        return Err(Rejection::BalanceChanged { cancelable });
    }
    let amount = wish.amount.unwrap_or(cancelable);
    if wish.amount.is_some_and(Amount::is_zero) {
        return Err(Rejection::AmountIsZero);
    }
    if cancelable.is_zero() {
        return Err(Rejection::CancelInProgress);
    }
    if amount > cancelable {
        return Err(Rejection::ExceedsCancelable { cancelable });
    }
    let usual = match (amount == cancelable, tax_type) {
        (true, _) => left.tax_free,
        (false, TaxType::Exempt) => amount,
        (false, TaxType::Taxable | TaxType::Mixed) => Amount::ZERO,
    };
    let tax_free = wish.tax_free.unwrap_or(usual);
    let taxable = amount.minus(tax_free).map_err(|_| Rejection::TaxFreeExceedsAmount)?;
    if tax_free > left.tax_free {
        return Err(Rejection::ExceedsTaxFree { cancelable: left.tax_free });
    }
    if taxable > left.taxable {
        return Err(Rejection::ExceedsTaxable { cancelable: left.taxable });
    }
    Ok(Parts { taxable, tax_free })
}

pub(super) fn done(
    state: &Payment,
    answer: &AcquirerCancel,
    facts: &Facts,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let (paid, pending) = awaited(state, answer.cancel_id)?;
    Ok(PaymentEvent::Cancelled(Cancelled {
        payment_id: paid.sale.payment_id,
        merchant_id: paid.sale.merchant_id,
        at: now,
        cancel: AcquirerCancel {
            acquirer_transaction: clip(&answer.acquirer_transaction, MAX_ACQUIRER_CODE),
            ..answer.clone()
        },
        money: cancelled(paid, pending, facts, now)?,
    }))
}

/// What moves back when a pending cancel takes place now. The branch path is the approval's: the claw-back hits
/// whoever earned.
pub(super) fn cancelled(
    paid: &Paid,
    pending: &PendingCancel,
    facts: &Facts,
    now: Moment,
) -> Result<Movement, MoneyError> {
    let sale = &paid.sale;
    let (before, after) = (paid.remaining, paid.remaining.minus(&pending.parts)?);
    let split = sale.rule.taken((before.taxable, before.tax_free), (after.taxable, after.tax_free))?;
    let sold = sold_date(now, facts.earliest_sold_date);
    Ok(Movement {
        order_id: sale.order_id.clone(),
        method: sale.method,
        currency: sale.currency,
        amount: pending.parts.amount()?,
        sale_supply: split.supply,
        sale_vat: split.vat,
        sale_tax_free: split.tax_free,
        lines: returned(paid, before.amount()?, after.amount()?, sold)?,
        posting_policy: PostingPolicy::Cancel1,
        branch_path: sale.terms.branch_path.clone(),
        contract_id: sale.terms.contract_id,
        contract_version: sale.terms.contract_version,
        calendar_version: facts.calendar.name().to_owned(),
        sold_date: sold,
        expected_pay_out_date: sale.terms.cycle().pay_out_date(facts.calendar, sold),
    })
}

/// The acquirer's cost always returns; fees and commissions as the contract says.
fn returned(paid: &Paid, before: Amount, after: Amount, sold: Day) -> Result<Vec<Line>, MoneyError> {
    let fees_return = match paid.sale.terms.fee_return {
        FeeReturn::Yes => true,
        FeeReturn::No => false,
        FeeReturn::SameDay => sold == paid.sold_date,
    };
    let returns = |line: &&Line| match line.kind {
        LineType::AcquirerCost => true,
        LineType::Fee | LineType::Commission => fees_return,
    };
    paid.sale.terms.lines.iter().filter(returns).map(|line| line.returned(before, after)).collect()
}

pub(super) fn declined(
    state: &Payment,
    cancel_id: CancelId,
    code: &str,
    message: &str,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let (code, message) = (clip(code, MAX_ACQUIRER_CODE), clip(message, MAX_ACQUIRER_MESSAGE));
    refused(state, cancel_id, CancelRefusal::Acquirer { code, message }, now)
}

pub(super) fn not_attempted(
    state: &Payment,
    cancel_id: CancelId,
    cause: NotAttemptedCause,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    refused(state, cancel_id, CancelRefusal::NotAttempted { cause }, now)
}

fn refused(
    state: &Payment,
    cancel_id: CancelId,
    refusal: CancelRefusal,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let (paid, _) = awaited(state, cancel_id)?;
    let (payment_id, merchant_id) = (paid.sale.payment_id, paid.sale.merchant_id);
    Ok(PaymentEvent::CancelDeclined(CancelDeclined { payment_id, merchant_id, at: now, cancel_id, refusal }))
}

pub(super) fn unknown(
    state: &Payment,
    cancel_id: CancelId,
    cause: UnknownCause,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let (paid, pending) = awaited(state, cancel_id)?;
    if pending.stage != PendingStage::Requested {
        return Err(Rejection::CancelNotPending);
    }
    let (payment_id, merchant_id) = (paid.sale.payment_id, paid.sale.merchant_id);
    Ok(PaymentEvent::CancelUnknown(CancelUnknown { payment_id, merchant_id, at: now, cancel_id, cause }))
}

pub(super) fn give_up(state: &Payment, cancel_id: CancelId, now: Moment) -> Result<PaymentEvent, Rejection> {
    let (paid, _) = awaited(state, cancel_id)?;
    let (payment_id, merchant_id) = (paid.sale.payment_id, paid.sale.merchant_id);
    Ok(PaymentEvent::CancelUnresolved(CancelUnresolved { payment_id, merchant_id, at: now, cancel_id }))
}

/// The cancel, if an outcome may still be recorded for it. One that waits for two people takes no other word.
fn awaited(state: &Payment, cancel_id: CancelId) -> Result<(&Paid, &PendingCancel), Rejection> {
    let Payment::Done(paid) = state else {
        return Err(Rejection::CancelNotPending);
    };
    let pending = paid.pending.get(&cancel_id).ok_or(Rejection::CancelNotPending)?;
    match pending.stage {
        PendingStage::Requested | PendingStage::Unknown => Ok((paid, pending)),
        PendingStage::Unresolved { .. } => Err(Rejection::CancelNotPending),
    }
}
