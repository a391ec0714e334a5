//! What may follow the acquirer's word on an approval, or its silence. After a net cancel was requested nothing
//! but CANCELED, ABORTED or UNRESOLVED can follow; an approval that comes later is evidence, never DONE.

use super::command::{AcquirerApproval, NotAttemptedCause, UnknownCause};
use super::decide::Facts;
use super::event::{
    ApprovalUnknown, Approved, Declined, LateApprovalSeen, NetCancelRequested, NetCancelWish, NetCancelled,
    NotAttempted, PaymentEvent, Unresolved, UnresolvedCause,
};
use super::movement::{Movement, PostingPolicy};
use super::state::{Payment, Sale};
use crate::days::Moment;
use crate::days::calendar::sold_date;
use crate::ids::{MerchantId, OperationId, PaymentId};
use crate::rejection::Rejection;
use crate::text::{MAX_ACQUIRER_CODE, MAX_ACQUIRER_MESSAGE, clip};

pub(super) fn approval(
    state: &Payment,
    answer: &AcquirerApproval,
    facts: &Facts,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let late = |payment_id, merchant_id| {
        let approval = clipped(answer);
        Ok(PaymentEvent::LateApprovalSeen(LateApprovalSeen { payment_id, merchant_id, at: now, approval }))
    };
    match state {
        Payment::InProgress(sale) => Ok(approved(sale, answer, facts, now)),
        Payment::Unknown(unknown) => Ok(approved(&unknown.sale, answer, facts, now)),
        Payment::NetCancelling(unknown) | Payment::Unresolved(unknown) if !unknown.late_approval => {
            late(unknown.sale.payment_id, unknown.sale.merchant_id)
        }
        Payment::Canceled(closed) | Payment::Aborted(closed) if !closed.was_paid && !closed.late_approval => {
            late(closed.payment_id, closed.merchant_id)
        }
        Payment::Ready
        | Payment::NetCancelling(_)
        | Payment::Unresolved(_)
        | Payment::Done(_)
        | Payment::Canceled(_)
        | Payment::Aborted(_) => Err(not_awaited(state)),
    }
}

fn approved(sale: &Sale, answer: &AcquirerApproval, facts: &Facts, now: Moment) -> PaymentEvent {
    let (payment_id, merchant_id) = (sale.payment_id, sale.merchant_id);
    let (approval, money) = (clipped(answer), sale_movement(sale, facts, now));
    PaymentEvent::Approved(Approved { payment_id, merchant_id, at: now, approval, money })
}

/// What moves when the sale counts as paid now.
pub(super) fn sale_movement(sale: &Sale, facts: &Facts, now: Moment) -> Movement {
    let sold = sold_date(now, facts.earliest_sold_date);
    Movement {
        order_id: sale.order_id.clone(),
        method: sale.method,
        currency: sale.currency,
        amount: sale.amount,
        sale_supply: sale.rule.original.supply,
        sale_vat: sale.rule.original.vat,
        sale_tax_free: sale.rule.original.tax_free,
        lines: sale.terms.lines.clone(),
        posting_policy: PostingPolicy::Sale1,
        branch_path: sale.terms.branch_path.clone(),
        contract_id: sale.terms.contract_id,
        contract_version: sale.terms.contract_version,
        calendar_version: facts.calendar.name().to_owned(),
        sold_date: sold,
        expected_pay_out_date: sale.terms.cycle().pay_out_date(facts.calendar, sold),
    }
}

/// An acquirer's texts are cut to what a record may hold, never refused: the money has moved already.
pub(super) fn clipped(answer: &AcquirerApproval) -> AcquirerApproval {
    AcquirerApproval {
        acquirer_transaction: clip(&answer.acquirer_transaction, MAX_ACQUIRER_CODE),
        approve_no: clip(&answer.approve_no, MAX_ACQUIRER_CODE),
        approved_at: answer.approved_at,
        issuer_code: answer.issuer_code.as_ref().map(|code| clip(code, MAX_ACQUIRER_CODE)),
    }
}

pub(super) fn decline(
    state: &Payment,
    code: &str,
    message: &str,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let (payment_id, merchant_id) = undecided(state)?;
    let (code, message) = (clip(code, MAX_ACQUIRER_CODE), clip(message, MAX_ACQUIRER_MESSAGE));
    Ok(PaymentEvent::Declined(Declined { payment_id, merchant_id, at: now, code, message }))
}

pub(super) fn not_attempted(
    state: &Payment,
    cause: NotAttemptedCause,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let (payment_id, merchant_id) = undecided(state)?;
    Ok(PaymentEvent::NotAttempted(NotAttempted { payment_id, merchant_id, at: now, cause }))
}

/// A decline, or the certainty that nothing was sent, ends a payment at any time before it is UNRESOLVED: also
/// after a net cancel was requested, because ABORTED may follow that.
fn undecided(state: &Payment) -> Result<(PaymentId, MerchantId), Rejection> {
    match state {
        Payment::InProgress(sale) => Ok((sale.payment_id, sale.merchant_id)),
        Payment::Unknown(unknown) => Ok((unknown.sale.payment_id, unknown.sale.merchant_id)),
        // Both an approval and a decline of one operation were seen: that is for people to settle.
        Payment::NetCancelling(unknown) if unknown.late_approval => Err(not_awaited(state)),
        Payment::NetCancelling(unknown) => Ok((unknown.sale.payment_id, unknown.sale.merchant_id)),
        Payment::Ready
        | Payment::Unresolved(_)
        | Payment::Done(_)
        | Payment::Canceled(_)
        | Payment::Aborted(_) => Err(not_awaited(state)),
    }
}

pub(super) fn unknown(state: &Payment, cause: UnknownCause, now: Moment) -> Result<PaymentEvent, Rejection> {
    let Payment::InProgress(sale) = state else { return Err(not_awaited(state)) };
    let (payment_id, merchant_id) = (sale.payment_id, sale.merchant_id);
    Ok(PaymentEvent::ApprovalUnknown(ApprovalUnknown { payment_id, merchant_id, at: now, cause }))
}

pub(super) fn request_net_cancel(state: &Payment, now: Moment) -> Result<PaymentEvent, Rejection> {
    let Payment::Unknown(unknown) = state else { return Err(not_awaited(state)) };
    Ok(net_cancel_requested(&unknown.sale, NetCancelWish::Deadline {}, now))
}

pub(super) fn net_cancel_requested(sale: &Sale, wish: NetCancelWish, now: Moment) -> PaymentEvent {
    let (payment_id, merchant_id) = (sale.payment_id, sale.merchant_id);
    let operation_id = OperationId::net_cancel(payment_id);
    PaymentEvent::NetCancelRequested(NetCancelRequested {
        payment_id,
        merchant_id,
        at: now,
        wish,
        operation_id,
    })
}

/// "Nothing was there" closes the payment only if the acquirer promised a tombstone: without one the approval may
/// still be under way, and the payment stays UNRESOLVED, holding its order id. It closes nothing either once an
/// approval was seen: then "nothing was there" cannot be the whole truth.
pub(super) fn net_cancel(
    state: &Payment,
    had_approval: bool,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let Payment::NetCancelling(unknown) = state else { return Err(not_awaited(state)) };
    let sale = &unknown.sale;
    let (payment_id, merchant_id) = (sale.payment_id, sale.merchant_id);
    if !had_approval && (!sale.terms.tombstones || unknown.late_approval) {
        let cause = match sale.terms.tombstones {
            true => UnresolvedCause::Contradiction,
            false => UnresolvedCause::NoTombstone,
        };
        return Ok(PaymentEvent::Unresolved(Unresolved { payment_id, merchant_id, at: now, cause }));
    }
    Ok(PaymentEvent::NetCancelled(NetCancelled { payment_id, merchant_id, at: now, had_approval }))
}

pub(super) fn give_up(state: &Payment, now: Moment) -> Result<PaymentEvent, Rejection> {
    let (Payment::Unknown(unknown) | Payment::NetCancelling(unknown)) = state else {
        return Err(not_awaited(state));
    };
    let (payment_id, merchant_id) = (unknown.sale.payment_id, unknown.sale.merchant_id);
    let cause = UnresolvedCause::Deadline;
    Ok(PaymentEvent::Unresolved(Unresolved { payment_id, merchant_id, at: now, cause }))
}

pub(super) fn not_awaited(state: &Payment) -> Rejection {
    match state {
        Payment::Ready => Rejection::PaymentNotFound,
        Payment::InProgress(_)
        | Payment::Unknown(_)
        | Payment::NetCancelling(_)
        | Payment::Unresolved(_)
        | Payment::Done(_)
        | Payment::Canceled(_)
        | Payment::Aborted(_) => Rejection::OutcomeNotAwaited { status: state.status() },
    }
}
