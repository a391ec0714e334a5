//! What a payment is after an event. The second guard: a history that `decide` could not have written is an error
//! that names state and event; nothing is skipped.

use super::event::{Approved, CancelRequested, NetCancelWish, PaymentEvent, Requested, Resolved};
use super::metadata::{self, Metadata};
use super::movement::Movement;
use super::resolve::Resolution;
use super::state::{
    Closed, Paid, Parts, Payment, PendingCancel, PendingStage, Proposal, Sale, UnknownPayment,
};
use crate::days::Moment;
use crate::event::Impossible;
use crate::ids::{CancelId, OperationId};
use crate::vat::{SaleSplit, SplitRule};

type Step = Result<Payment, &'static str>;

/// The state after the event. Errors: [`Impossible`], with the names of both.
pub fn evolve(state: Payment, event: &PaymentEvent) -> Result<Payment, Impossible> {
    let name = state.status().as_str();
    let impossible = |why| Impossible { state: name, event: event.type_name(), why };
    if state.payment_id().is_some_and(|payment| payment != event.payment_id()) {
        return Err(impossible("another payment's event"));
    }
    if state.merchant_id().is_some_and(|merchant| merchant != event.merchant_id()) {
        return Err(impossible("another merchant's payment"));
    }
    step(state, event).map_err(impossible)
}

/// The state after a whole stream.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a PaymentEvent>) -> Result<Payment, Impossible> {
    events.into_iter().try_fold(Payment::Ready, evolve)
}

const WRONG_STATE: &str = "the event cannot follow this state";

fn step(state: Payment, event: &PaymentEvent) -> Step {
    match event {
        PaymentEvent::Requested(data) => requested(&state, data),
        PaymentEvent::Approved(data) => approved(state, data),
        PaymentEvent::Declined(_) | PaymentEvent::NotAttempted(_) => aborted(state),
        PaymentEvent::ApprovalUnknown(data) => unknown(state, data.at),
        PaymentEvent::NetCancelRequested(data) => {
            net_cancelling(state, &data.wish, data.operation_id, data.at)
        }
        PaymentEvent::NetCancelled(data) => net_cancelled(state, data.had_approval),
        PaymentEvent::LateApprovalSeen(_) => late_approval(state),
        PaymentEvent::Unresolved(data) => unresolved(state, data.at),
        PaymentEvent::ResolutionProposed(data) => {
            let (by, evidence) = (data.proposed_by, data.evidence.clone());
            proposed(state, Proposal { by, resolution: data.resolution.clone(), evidence })
        }
        PaymentEvent::Resolved(data) => resolved(state, data),
        PaymentEvent::CancelRequested(data) => reserved(state, data),
        PaymentEvent::Cancelled(data) => cancelled(state, data.cancel.cancel_id, &data.money),
        PaymentEvent::CancelDeclined(data) => freed(state, data.cancel_id),
        PaymentEvent::CancelUnknown(data) => staged(state, data.cancel_id, PendingStage::Unknown, data.at),
        PaymentEvent::CancelUnresolved(data) => {
            staged(state, data.cancel_id, PendingStage::Unresolved { proposal: None }, data.at)
        }
        PaymentEvent::MetadataChanged(data) => metadata::changed(state, data),
    }
}

fn requested(state: &Payment, data: &Requested) -> Step {
    if *state != Payment::Ready {
        return Err(WRONG_STATE);
    }
    let original = SaleSplit { supply: data.sale_supply, vat: data.sale_vat, tax_free: data.sale_tax_free };
    if original.amount() != Ok(data.amount) {
        return Err("supply, VAT and tax-free part do not make up the amount");
    }
    if data.operation_id != OperationId::approval(data.payment_id) {
        return Err("not the approval's operation id");
    }
    Ok(Payment::InProgress(Box::new(Sale {
        payment_id: data.payment_id,
        merchant_id: data.merchant_id,
        order_id: data.order_id.clone(),
        method: data.method,
        currency: data.currency,
        amount: data.amount,
        rule: SplitRule { original, vat_given: data.vat_given },
        tax_type: data.tax_type,
        terms: data.terms.clone(),
        requested_at: data.at,
        metadata: Metadata::default(),
    })))
}

fn approved(state: Payment, data: &Approved) -> Step {
    match state {
        Payment::InProgress(sale) => paid(*sale, &data.approval.acquirer_transaction, &data.money),
        Payment::Unknown(unknown) => paid(unknown.sale, &data.approval.acquirer_transaction, &data.money),
        Payment::Ready
        | Payment::NetCancelling(_)
        | Payment::Unresolved(_)
        | Payment::Done(_)
        | Payment::Canceled(_)
        | Payment::Aborted(_) => Err(WRONG_STATE),
    }
}

fn paid(sale: Sale, acquirer_transaction: &str, money: &Movement) -> Step {
    if money.amount != sale.amount || money.split() != sale.rule.original {
        return Err("more or less moved than was asked for");
    }
    let taxable = sale.rule.original.taxable().map_err(|_| "the taxable part is out of range")?;
    let remaining = Parts { taxable, tax_free: sale.rule.original.tax_free };
    Ok(Payment::Done(Box::new(Paid {
        sale,
        acquirer_transaction: acquirer_transaction.to_owned(),
        sold_date: money.sold_date,
        remaining,
        pending: std::collections::BTreeMap::new(),
        settled: std::collections::BTreeSet::new(),
    })))
}

fn aborted(state: Payment) -> Step {
    match state {
        Payment::InProgress(sale) => Ok(Payment::Aborted(closed(&sale, false))),
        Payment::Unknown(unknown) => Ok(Payment::Aborted(closed(&unknown.sale, false))),
        Payment::NetCancelling(unknown) if !unknown.late_approval => {
            Ok(Payment::Aborted(closed(&unknown.sale, false)))
        }
        Payment::Ready
        | Payment::NetCancelling(_)
        | Payment::Unresolved(_)
        | Payment::Done(_)
        | Payment::Canceled(_)
        | Payment::Aborted(_) => Err(WRONG_STATE),
    }
}

fn closed(sale: &Sale, late_approval: bool) -> Closed {
    let (payment_id, merchant_id) = (sale.payment_id, sale.merchant_id);
    Closed { payment_id, merchant_id, late_approval, was_paid: false, metadata: sale.metadata.clone() }
}

fn unknown(state: Payment, at: Moment) -> Step {
    let Payment::InProgress(sale) = state else { return Err(WRONG_STATE) };
    let unknown = UnknownPayment { sale: *sale, since: at, late_approval: false, proposal: None };
    Ok(Payment::Unknown(Box::new(unknown)))
}

fn net_cancelling(state: Payment, wish: &NetCancelWish, operation: OperationId, at: Moment) -> Step {
    let Payment::Unknown(mut unknown) = state else { return Err(WRONG_STATE) };
    if operation != OperationId::net_cancel(unknown.sale.payment_id) {
        return Err("not the net cancel's operation id");
    }
    match wish {
        NetCancelWish::Deadline {} | NetCancelWish::Merchant { .. } => unknown.since = at,
    }
    Ok(Payment::NetCancelling(unknown))
}

fn net_cancelled(state: Payment, had_approval: bool) -> Step {
    let Payment::NetCancelling(unknown) = state else { return Err(WRONG_STATE) };
    match (had_approval, unknown.sale.terms.tombstones && !unknown.late_approval) {
        (true, _) => Ok(Payment::Canceled(closed(&unknown.sale, unknown.late_approval))),
        (false, true) => Ok(Payment::Aborted(closed(&unknown.sale, false))),
        (false, false) => Err("nothing found closes a payment only where a tombstone was promised"),
    }
}

fn late_approval(state: Payment) -> Step {
    match state {
        Payment::NetCancelling(mut unknown) if !unknown.late_approval => {
            unknown.late_approval = true;
            Ok(Payment::NetCancelling(unknown))
        }
        Payment::Unresolved(mut unknown) if !unknown.late_approval => {
            unknown.late_approval = true;
            Ok(Payment::Unresolved(unknown))
        }
        Payment::Canceled(closed) if !closed.late_approval && !closed.was_paid => {
            Ok(Payment::Canceled(Closed { late_approval: true, ..closed }))
        }
        Payment::Aborted(closed) if !closed.late_approval => {
            Ok(Payment::Aborted(Closed { late_approval: true, ..closed }))
        }
        Payment::Ready
        | Payment::InProgress(_)
        | Payment::Unknown(_)
        | Payment::NetCancelling(_)
        | Payment::Unresolved(_)
        | Payment::Done(_)
        | Payment::Canceled(_)
        | Payment::Aborted(_) => Err(WRONG_STATE),
    }
}

fn unresolved(state: Payment, at: Moment) -> Step {
    let (Payment::Unknown(mut unknown) | Payment::NetCancelling(mut unknown)) = state else {
        return Err(WRONG_STATE);
    };
    unknown.since = at;
    Ok(Payment::Unresolved(unknown))
}

fn proposed(mut state: Payment, proposal: Proposal) -> Step {
    let place = place_of_proposal(&mut state, proposal.resolution.cancel_id())?;
    if place.as_ref().is_some_and(|earlier| earlier.by != proposal.by) {
        return Err("another person's proposal stands");
    }
    *place = Some(proposal);
    Ok(state)
}

/// Where the proposal about an unresolved payment, or one of its unresolved cancels, is kept.
fn place_of_proposal(
    state: &mut Payment,
    cancel_id: Option<CancelId>,
) -> Result<&mut Option<Proposal>, &'static str> {
    let Some(cancel_id) = cancel_id else {
        let Payment::Unresolved(unknown) = state else { return Err(WRONG_STATE) };
        return Ok(&mut unknown.proposal);
    };
    let Payment::Done(paid) = state else { return Err(WRONG_STATE) };
    let pending = paid.pending.get_mut(&cancel_id).ok_or("no such cancel is pending")?;
    match &mut pending.stage {
        PendingStage::Unresolved { proposal } => Ok(proposal),
        PendingStage::Requested | PendingStage::Unknown => Err("the cancel is not unresolved"),
    }
}

fn resolved(mut state: Payment, data: &Resolved) -> Step {
    if data.proposed_by == data.confirmed_by {
        return Err("one person alone resolved it");
    }
    agreed(place_of_proposal(&mut state, data.resolution.cancel_id())?.as_ref(), data)?;
    match &data.resolution {
        Resolution::Paid { approval } => {
            let money = data.money.as_ref().ok_or("paid, but nothing moved")?;
            paid(unresolved_sale(state)?.sale, &approval.acquirer_transaction, money)
        }
        Resolution::NotPaid {} => {
            let unknown = unresolved_sale(state)?;
            nothing_moved(data)?;
            Ok(Payment::Aborted(closed(&unknown.sale, unknown.late_approval)))
        }
        Resolution::Reversed {} => {
            let unknown = unresolved_sale(state)?;
            nothing_moved(data)?;
            Ok(Payment::Canceled(closed(&unknown.sale, unknown.late_approval)))
        }
        Resolution::CancelDone { cancel } => {
            let money = data.money.as_ref().ok_or("cancelled, but nothing moved")?;
            cancelled(state, cancel.cancel_id, money)
        }
        Resolution::CancelNotDone { cancel_id } => {
            nothing_moved(data)?;
            freed(state, *cancel_id)
        }
    }
}

fn unresolved_sale(state: Payment) -> Result<UnknownPayment, &'static str> {
    let Payment::Unresolved(unknown) = state else { return Err(WRONG_STATE) };
    Ok(*unknown)
}

fn nothing_moved(data: &Resolved) -> Result<(), &'static str> {
    if data.money.is_some() { Err("money moved where none could") } else { Ok(()) }
}

fn agreed(proposal: Option<&Proposal>, data: &Resolved) -> Result<(), &'static str> {
    let same = |p: &Proposal| p.by == data.proposed_by && p.resolution == data.resolution;
    proposal.filter(|p| same(p)).map(|_| ()).ok_or("nobody proposed this")
}

fn reserved(state: Payment, data: &CancelRequested) -> Step {
    let Payment::Done(mut paid) = state else { return Err(WRONG_STATE) };
    if paid.settled.contains(&data.cancel_id) || data.operation_id != OperationId::cancel(data.cancel_id) {
        return Err("the cancel's ids are not its own");
    }
    let taxable = data.amount.minus(data.tax_free).map_err(|_| "more tax-free than cancelled")?;
    let parts = Parts { taxable, tax_free: data.tax_free };
    let pending = PendingCancel { parts, stage: PendingStage::Requested, since: data.at };
    if paid.pending.insert(data.cancel_id, pending).is_some() {
        return Err("the cancel is pending already");
    }
    paid.cancelable().map_err(|_| "more is reserved than is left")?;
    Ok(Payment::Done(paid))
}

fn staged(state: Payment, cancel_id: CancelId, stage: PendingStage, at: Moment) -> Step {
    let Payment::Done(mut paid) = state else { return Err(WRONG_STATE) };
    let pending = paid.pending.get_mut(&cancel_id).ok_or("no such cancel is pending")?;
    let order = |stage: &PendingStage| match stage {
        PendingStage::Requested => 0,
        PendingStage::Unknown => 1,
        PendingStage::Unresolved { .. } => 2,
    };
    if order(&stage) <= order(&pending.stage) {
        return Err("the cancel is past that stage");
    }
    pending.stage = stage;
    pending.since = at;
    Ok(Payment::Done(paid))
}

fn freed(state: Payment, cancel_id: CancelId) -> Step {
    let Payment::Done(mut paid) = state else { return Err(WRONG_STATE) };
    paid.pending.remove(&cancel_id).ok_or("no such cancel is pending")?;
    paid.settled.insert(cancel_id);
    Ok(Payment::Done(paid))
}

fn cancelled(state: Payment, cancel_id: CancelId, money: &Movement) -> Step {
    let Payment::Done(mut paid) = state else { return Err(WRONG_STATE) };
    let pending = paid.pending.remove(&cancel_id).ok_or("no such cancel is pending")?;
    if pending.parts.amount() != Ok(money.amount) || pending.parts.tax_free != money.sale_tax_free {
        return Err("more or less moved back than was reserved");
    }
    paid.remaining = paid.remaining.minus(&pending.parts).map_err(|_| "more is cancelled than was paid")?;
    paid.settled.insert(cancel_id);
    if paid.remaining == Parts::default() {
        let closed = closed(&paid.sale, false);
        return Ok(Payment::Canceled(Closed { was_paid: true, ..closed }));
    }
    Ok(Payment::Done(paid))
}
