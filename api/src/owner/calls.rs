//! Calls to acquirers: which is due, what it says, and what its answer makes the owner want to record. An answer is never more
//! than a command: `decide` says what it still counts for.

use super::meta;
use super::payments::Route;
use super::works::{DueCall, Step, WorkKey};
use super::{Call, CallId, Ctx, Fatal, Out, Own, Owner, Returned, Rules, Standing};
use crate::acquirers::{
    Approval, ApproveOrder, ApproveOutcome, CancelOrder, CancelOutcome, Inquiry, NetCancelOrder,
    NetCancelOutcome,
};
use crate::store::Rows;
use ledger_domain::card::CardCompanion;
use ledger_domain::days::Moment;
use ledger_domain::ids::{CancelId, OperationId};
use ledger_domain::payment::effects::{ApproveCall, Effect, open_calls};
use ledger_domain::payment::{
    AcquirerApproval, AcquirerCancel, NotAttemptedCause, Payment, PaymentCommand, Sale, UnknownCause,
};
use ledger_domain::recorded::Actor;

/// After so many net cancels that found nothing, an acquirer without tombstones is asked no more: two people are.
const NOTHING_FOUND_TIMES: u32 = 3;

/// The approve call, which takes the card with it.
pub(super) fn approve(call: ApproveCall, card: CardCompanion) -> Call {
    let order = ApproveOrder {
        operation: call.head.operation_id,
        payment: call.head.payment_id,
        merchant: call.head.merchant_id,
        order_id: call.order_id,
        amount_minor: call.amount.minor(),
        currency: call.currency,
        installment_months: call.installment_months,
        card,
        send_before_ms: call.send_before.ms(),
    };
    Call::Approve(call.head.acquirer.to_string(), Box::new(order))
}

impl Owner {
    /// Makes every call that is due.
    pub(super) fn make_calls(&mut self, ctx: &Ctx<'_>) -> Result<(), Fatal> {
        for due in self.works.take_due(ctx.now_ms) {
            let Rules::Payments(rules) = &self.rules else { continue };
            let view = rules.accepted_view(due.key.payment, &self.layers.over(ctx.store, false))?;
            let call = view.as_ref().and_then(|view| {
                let effect =
                    open_calls(view.state()).into_iter().find(|effect| key_of(effect) == Some(due.key))?;
                order(effect, view.state(), due.attempt, ctx.now_ms + self.settings.send_within_ms)
            });
            match call {
                Some(call) => self.out.push_back(Out::Call(due.call, call)),
                None => {
                    self.works.returned(due.call);
                    self.works.again(due.key, ctx.now_ms);
                }
            }
        }
        Ok(())
    }

    /// A call came back.
    ///
    /// # Errors
    /// When this process cannot serve the partition any further.
    pub fn returned(
        &mut self,
        call: CallId,
        returned: Returned,
        now_ms: i64,
        store: &dyn Rows,
    ) -> Result<(), Fatal> {
        let Some(due) = self.works.returned(call) else { return Ok(()) };
        if self.standing != Standing::Leading {
            return Ok(());
        }
        let Rules::Payments(rules) = &self.rules else { return Ok(()) };
        let route = rules.route(due.key.payment, &self.layers.over(store, false))?;
        match route.and_then(|route| outcome(due, returned, &route)) {
            Some(own) => self.want(own),
            None => self.works.again(due.key, now_ms),
        }
        Ok(())
    }
}

/// The intent an open call is about; None for what is no call of a plan.
pub(super) fn key_of(effect: &Effect) -> Option<WorkKey> {
    match effect {
        Effect::Inquire(call) => Some(WorkKey::payment(call.head.payment_id)),
        Effect::NetCancel(call) => Some(WorkKey::payment(call.head.payment_id)),
        Effect::Cancel(call) => Some(WorkKey::cancel(call.head.payment_id, call.cancel_id)),
        Effect::Approve(_) | Effect::Alarm(_) => None,
    }
}

/// The step an open call is.
pub(super) const fn step_of(effect: &Effect) -> Option<Step> {
    match effect {
        Effect::Inquire(_) => Some(Step::Inquire),
        Effect::NetCancel(_) => Some(Step::NetCancel),
        Effect::Cancel(_) => Some(Step::Cancel),
        Effect::Approve(_) | Effect::Alarm(_) => None,
    }
}

fn order(effect: Effect, state: &Payment, attempt: u32, send_before_ms: i64) -> Option<Call> {
    let sale = sale_of(state)?;
    let (order_id, currency) = (sale.order_id.clone(), sale.currency);
    match effect {
        Effect::Inquire(call) => Some(Call::Inquire(call.head.acquirer.to_string(), call.head.operation_id)),
        Effect::NetCancel(call) => {
            let order = NetCancelOrder {
                operation: call.head.operation_id,
                approve_operation: call.approval,
                order_id,
                amount_minor: call.amount.minor(),
                currency,
                attempt,
                send_before_ms,
            };
            Some(Call::NetCancel(call.head.acquirer.to_string(), order))
        }
        Effect::Cancel(call) => {
            let order = CancelOrder {
                operation: call.head.operation_id,
                approve_operation: OperationId::approval(call.head.payment_id),
                acquirer_transaction: call.acquirer_transaction,
                order_id,
                amount_minor: call.amount.minor(),
                currency,
                attempt,
                send_before_ms,
            };
            Some(Call::Cancel(call.head.acquirer.to_string(), order))
        }
        Effect::Approve(_) | Effect::Alarm(_) => None,
    }
}

fn sale_of(state: &Payment) -> Option<&Sale> {
    match state {
        Payment::InProgress(sale) => Some(sale),
        Payment::Unknown(unknown) | Payment::NetCancelling(unknown) | Payment::Unresolved(unknown) => {
            Some(&unknown.sale)
        }
        Payment::Done(paid) => Some(&paid.sale),
        Payment::Ready | Payment::Canceled(_) | Payment::Aborted(_) => None,
    }
}

/// What the owner wants to record of an answer.
fn outcome(due: DueCall, returned: Returned, route: &Route) -> Option<Own> {
    let key = due.key;
    let operation = key.cancel.map_or_else(|| OperationId::approval(key.payment), OperationId::cancel);
    let command = command(due, returned, route.tombstones)?;
    let actor = Actor::Acquirer(route.acquirer.clone());
    let own = meta::own(key.payment, command, actor, operation.to_string())?;
    Some(Own { work: Some(key), ..own })
}

/// The command an answer becomes.
fn command(due: DueCall, returned: Returned, tombstones: bool) -> Option<PaymentCommand> {
    match (returned, due.key.cancel) {
        (Returned::Approve(outcome), None) => Some(approved(outcome)),
        (Returned::Inquire(inquiry), None) => inquired(inquiry),
        (Returned::NetCancel(outcome), None) => net_cancelled(outcome, due.attempt, tombstones),
        (Returned::Cancel(outcome), Some(cancel)) => cancelled(outcome, cancel, due.attempt),
        (Returned::Cancel(_), None)
        | (Returned::Approve(_) | Returned::Inquire(_) | Returned::NetCancel(_), Some(_)) => None,
    }
}

fn approved(outcome: ApproveOutcome) -> PaymentCommand {
    match outcome {
        ApproveOutcome::Approved(approval) => PaymentCommand::RecordApproval(said(approval)),
        ApproveOutcome::Declined { code, message } => PaymentCommand::RecordDecline { code, message },
        ApproveOutcome::NotAttempted { cause, .. } => PaymentCommand::RecordNotAttempted(cause),
        ApproveOutcome::Unknown { cause, .. } => PaymentCommand::RecordUnknown(cause),
    }
}

/// "Not found" and "in progress" are no answers.
fn inquired(inquiry: Inquiry) -> Option<PaymentCommand> {
    match inquiry {
        Inquiry::Approved(approval) => Some(PaymentCommand::RecordApproval(said(approval))),
        Inquiry::Declined { code, message } => Some(PaymentCommand::RecordDecline { code, message }),
        Inquiry::NotAttempted { .. } => {
            Some(PaymentCommand::RecordNotAttempted(NotAttemptedCause::AcquirerRefused))
        }
        Inquiry::NetCancelled { had_approved } => {
            Some(PaymentCommand::RecordNetCancel { had_approval: had_approved })
        }
        Inquiry::Cancelled { .. } | Inquiry::InProgress | Inquiry::NotFound | Inquiry::Unknown { .. } => None,
    }
}

fn net_cancelled(outcome: NetCancelOutcome, attempt: u32, tombstones: bool) -> Option<PaymentCommand> {
    match outcome {
        NetCancelOutcome::NetCancelled { had_approved, .. } => {
            Some(PaymentCommand::RecordNetCancel { had_approval: had_approved })
        }
        // Without a tombstone the domain makes this UNRESOLVED, never closed; with one it cannot be the truth.
        NetCancelOutcome::NothingFound if !tombstones && attempt >= NOTHING_FOUND_TIMES => {
            Some(PaymentCommand::RecordNetCancel { had_approval: false })
        }
        NetCancelOutcome::NothingFound
        | NetCancelOutcome::NotAttempted { .. }
        | NetCancelOutcome::Unknown { .. } => None,
    }
}

fn cancelled(outcome: CancelOutcome, cancel_id: CancelId, attempt: u32) -> Option<PaymentCommand> {
    match outcome {
        CancelOutcome::Cancelled { cancel_transaction, cancelled_at_ms } => {
            let canceled_at = Moment::from_ms(cancelled_at_ms);
            let answer = AcquirerCancel { cancel_id, acquirer_transaction: cancel_transaction, canceled_at };
            Some(PaymentCommand::RecordCancel(answer))
        }
        CancelOutcome::Declined { code, message } => {
            Some(PaymentCommand::RecordCancelDecline { cancel_id, code, message })
        }
        // Certain only of the first try in one unbroken reign: in between, another process may have sent it.
        CancelOutcome::NotAttempted { cause, .. } if attempt == 1 => {
            Some(PaymentCommand::RecordCancelNotAttempted { cancel_id, cause })
        }
        CancelOutcome::NotAttempted { .. } => {
            Some(PaymentCommand::RecordCancelUnknown { cancel_id, cause: UnknownCause::Timeout })
        }
        CancelOutcome::Unknown { cause, .. } => {
            Some(PaymentCommand::RecordCancelUnknown { cancel_id, cause })
        }
    }
}

fn said(approval: Approval) -> AcquirerApproval {
    AcquirerApproval {
        acquirer_transaction: approval.acquirer_transaction,
        approve_no: approval.approve_no,
        approved_at: Moment::from_ms(approval.approved_at_ms),
        issuer_code: approval.issuer_code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_domain::ids::PaymentId;
    use uuid::Uuid;

    #[test]
    fn what_kept_an_order_back_and_what_cost_its_answer_are_recorded_as_the_port_says() {
        let due = DueCall {
            call: 1,
            key: WorkKey::payment(PaymentId::new(Uuid::from_u128(7))),
            step: Step::Approve,
            attempt: 1,
        };
        for cause in [
            NotAttemptedCause::Unreachable,
            NotAttemptedCause::SendBeforePassed,
            NotAttemptedCause::NotConfigured,
            NotAttemptedCause::AcquirerRefused,
        ] {
            let returned = Returned::Approve(ApproveOutcome::NotAttempted { cause, why: String::new() });
            assert_eq!(command(due, returned, true), Some(PaymentCommand::RecordNotAttempted(cause)));
        }
        for cause in [UnknownCause::Timeout, UnknownCause::ConnectionLost, UnknownCause::UnreadableAnswer] {
            let returned = Returned::Approve(ApproveOutcome::Unknown { cause, why: String::new() });
            assert_eq!(command(due, returned, true), Some(PaymentCommand::RecordUnknown(cause)));
        }
    }
}
