//! What follows from an event outside the ledger: whom to ask next, and what is due when. Pure functions of state
//! and event; the owner carries them out, and only for accepted records. Every call has its intent event first.

use super::command::{PaymentCommand, UnknownCause};
use super::event::{PaymentEvent, Requested};
use super::state::{Paid, Payment, PendingCancel, PendingStage, Sale, UnknownPayment};
use crate::days::Moment;
use crate::ids::{CancelId, MerchantId, OperationId, PaymentId};
use crate::lines::AcquirerId;
use crate::money::{Amount, Currency};

/// A call to an acquirer, or an alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Ask for the approval; needs the card. Without it (after a restart): record the answer as unknown.
    Approve(ApproveCall),
    /// Ask what became of the approval. "Not found" is not an answer.
    Inquire(InquireCall),
    /// Undo the approval, and leave a tombstone.
    NetCancel(NetCancelCall),
    /// Cancel, or repeat an unanswered cancel under its own id.
    Cancel(CancelCall),
    /// Tell a person.
    Alarm(Alarm),
}

/// What every call to an acquirer names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallHead {
    /// Whom to ask.
    pub acquirer: AcquirerId,
    /// The call's idempotency key there.
    pub operation_id: OperationId,
    /// For which payment.
    pub payment_id: PaymentId,
    /// For whom.
    pub merchant_id: MerchantId,
}

/// An approval to ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApproveCall {
    /// Whom, and under which id.
    pub head: CallHead,
    /// The merchant's order id.
    pub order_id: String,
    /// The whole amount.
    pub amount: Amount,
    /// VAT in it.
    pub vat: Amount,
    /// Tax-free part of it.
    pub tax_free: Amount,
    /// In what.
    pub currency: Currency,
    /// 0 or 2 to 36.
    pub installment_months: u8,
    /// Checked immediately before it is sent; past it the outcome is "not attempted".
    pub send_before: Moment,
}

/// An approval to inquire about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InquireCall {
    /// The approval's own operation id.
    pub head: CallHead,
}

/// An approval to undo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetCancelCall {
    /// The net cancel's own operation id.
    pub head: CallHead,
    /// The approval's operation id.
    pub approval: OperationId,
    /// The approval's amount.
    pub amount: Amount,
}

/// A cancel to ask for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CancelCall {
    /// The cancel's own operation id.
    pub head: CallHead,
    /// The cancel.
    pub cancel_id: CancelId,
    /// The acquirer's id of the approval.
    pub acquirer_transaction: String,
    /// How much.
    pub amount: Amount,
    /// How much of it tax-free.
    pub tax_free: Amount,
    /// Whether nothing is left afterwards, as far as is known now.
    pub whole: bool,
}

/// What a person must look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// A payment or cancel waits for two people.
    Unresolved {
        /// Which payment.
        payment_id: PaymentId,
        /// Which cancel, if it is one.
        cancel_id: Option<CancelId>,
    },
    /// An approval came that must not count.
    LateApproval {
        /// Which payment.
        payment_id: PaymentId,
    },
}

/// How long to wait for what. Milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// From the request to `sendBefore`.
    pub send_before_ms: i64,
    /// From the request until its approval counts as unanswered.
    pub approval_answer_ms: i64,
    /// From "unknown" until a net cancel is requested; inquiries in between.
    pub inquiry_ms: i64,
    /// From the net cancel's request until UNRESOLVED.
    pub net_cancel_ms: i64,
    /// From a cancel's request until it counts as unanswered.
    pub cancel_answer_ms: i64,
    /// From an unanswered cancel until UNRESOLVED.
    pub cancel_retry_ms: i64,
}

impl Default for Timing {
    fn default() -> Self {
        const DAY_MS: i64 = 24 * 60 * 60 * 1000;
        Self {
            send_before_ms: 10_000,
            approval_answer_ms: 20_000,
            inquiry_ms: 15_000,
            net_cancel_ms: DAY_MS,
            cancel_answer_ms: 20_000,
            cancel_retry_ms: DAY_MS,
        }
    }
}

/// What is to be done because this event was accepted; `after` is the state it led to.
pub fn effects(after: &Payment, event: &PaymentEvent, timing: &Timing) -> Vec<Effect> {
    match event {
        PaymentEvent::Requested(data) => vec![Effect::Approve(approve(data, timing))],
        PaymentEvent::ApprovalUnknown(_)
        | PaymentEvent::NetCancelRequested(_)
        | PaymentEvent::CancelRequested(_)
        | PaymentEvent::CancelUnknown(_) => calls_of(after, event.cancel_id()),
        PaymentEvent::Unresolved(_) | PaymentEvent::CancelUnresolved(_) => {
            let (payment_id, cancel_id) = (event.payment_id(), event.cancel_id());
            vec![Effect::Alarm(Alarm::Unresolved { payment_id, cancel_id })]
        }
        PaymentEvent::LateApprovalSeen(data) => {
            vec![Effect::Alarm(Alarm::LateApproval { payment_id: data.payment_id })]
        }
        PaymentEvent::Approved(_)
        | PaymentEvent::Declined(_)
        | PaymentEvent::NotAttempted(_)
        | PaymentEvent::NetCancelled(_)
        | PaymentEvent::ResolutionProposed(_)
        | PaymentEvent::Resolved(_)
        | PaymentEvent::Cancelled(_)
        | PaymentEvent::CancelDeclined(_)
        | PaymentEvent::MetadataChanged(_) => Vec::new(),
    }
}

/// What is to be asked (again) about a payment in this state: after a restart, a takeover, or a failed try. An
/// approval is never sent twice, because the card is gone: it is inquired about.
pub fn open_calls(state: &Payment) -> Vec<Effect> {
    calls_of(state, None)
}

/// The open calls of a payment; only those of one cancel if it is given.
fn calls_of(state: &Payment, only: Option<CancelId>) -> Vec<Effect> {
    match state {
        Payment::InProgress(sale) => vec![inquire(sale)],
        Payment::Unknown(unknown) => vec![inquire(&unknown.sale)],
        Payment::NetCancelling(unknown) => vec![net_cancel(unknown)],
        Payment::Done(paid) => {
            let wanted = |id: &CancelId| only.is_none_or(|one| one == *id);
            let open = paid.pending.iter().filter(|(id, pending)| wanted(id) && is_open(pending));
            open.map(|(id, pending)| cancel(paid, *id, pending)).collect()
        }
        Payment::Ready | Payment::Unresolved(_) | Payment::Canceled(_) | Payment::Aborted(_) => Vec::new(),
    }
}

fn is_open(pending: &PendingCancel) -> bool {
    match pending.stage {
        PendingStage::Requested | PendingStage::Unknown => true,
        PendingStage::Unresolved { .. } => false,
    }
}

fn approve(data: &Requested, timing: &Timing) -> ApproveCall {
    ApproveCall {
        head: CallHead {
            acquirer: data.terms.acquirer.clone(),
            operation_id: data.operation_id,
            payment_id: data.payment_id,
            merchant_id: data.merchant_id,
        },
        order_id: data.order_id.clone(),
        amount: data.amount,
        vat: data.sale_vat,
        tax_free: data.sale_tax_free,
        currency: data.currency,
        installment_months: data.installment_months,
        send_before: Moment::from_ms(data.at.ms().saturating_add(timing.send_before_ms)),
    }
}

fn head(sale: &Sale, operation_id: OperationId) -> CallHead {
    let (payment_id, merchant_id) = (sale.payment_id, sale.merchant_id);
    CallHead { acquirer: sale.terms.acquirer.clone(), operation_id, payment_id, merchant_id }
}

fn inquire(sale: &Sale) -> Effect {
    Effect::Inquire(InquireCall { head: head(sale, OperationId::approval(sale.payment_id)) })
}

fn net_cancel(unknown: &UnknownPayment) -> Effect {
    let sale = &unknown.sale;
    Effect::NetCancel(NetCancelCall {
        head: head(sale, OperationId::net_cancel(sale.payment_id)),
        approval: OperationId::approval(sale.payment_id),
        amount: sale.amount,
    })
}

fn cancel(paid: &Paid, cancel_id: CancelId, pending: &PendingCancel) -> Effect {
    Effect::Cancel(CancelCall {
        head: head(&paid.sale, OperationId::cancel(cancel_id)),
        cancel_id,
        acquirer_transaction: paid.acquirer_transaction.clone(),
        // Both parts were cut out of one amount, so their sum cannot leave the bounds.
        amount: pending.parts.amount().unwrap_or_default(),
        tax_free: pending.parts.tax_free,
        whole: pending.parts == paid.remaining,
    })
}

/// Something that becomes due by the clock alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Due {
    /// When.
    pub at: Moment,
    /// What.
    pub kind: DueKind,
}

/// What becomes due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DueKind {
    /// The approval counts as unanswered.
    ApprovalAnswer,
    /// The time to find out by inquiry is over.
    Inquiry,
    /// The net cancel's deadline.
    NetCancel,
    /// The cancel counts as unanswered.
    CancelAnswer(CancelId),
    /// The unanswered cancel's deadline.
    CancelRetry(CancelId),
}

impl DueKind {
    /// The command that the owner issues then; `decide` refuses it where it has come too late.
    pub fn command(self) -> PaymentCommand {
        match self {
            Self::ApprovalAnswer => PaymentCommand::RecordUnknown(UnknownCause::Timeout),
            Self::Inquiry => PaymentCommand::RequestNetCancel,
            Self::NetCancel => PaymentCommand::GiveUp,
            Self::CancelAnswer(cancel_id) => {
                PaymentCommand::RecordCancelUnknown { cancel_id, cause: UnknownCause::Timeout }
            }
            Self::CancelRetry(cancel_id) => PaymentCommand::GiveUpCancel(cancel_id),
        }
    }
}

/// Everything that is due of a payment in this state. The owner keeps exactly these entries in its store.
pub fn due(state: &Payment, timing: &Timing) -> Vec<Due> {
    let later = |since: Moment, ms: i64| Moment::from_ms(since.ms().saturating_add(ms));
    match state {
        Payment::InProgress(sale) => {
            vec![Due {
                at: later(sale.requested_at, timing.approval_answer_ms),
                kind: DueKind::ApprovalAnswer,
            }]
        }
        Payment::Unknown(unknown) => {
            vec![Due { at: later(unknown.since, timing.inquiry_ms), kind: DueKind::Inquiry }]
        }
        Payment::NetCancelling(unknown) => {
            vec![Due { at: later(unknown.since, timing.net_cancel_ms), kind: DueKind::NetCancel }]
        }
        Payment::Done(paid) => {
            let entry = |(id, pending): (&CancelId, &PendingCancel)| match pending.stage {
                PendingStage::Requested => Some(Due {
                    at: later(pending.since, timing.cancel_answer_ms),
                    kind: DueKind::CancelAnswer(*id),
                }),
                PendingStage::Unknown => Some(Due {
                    at: later(pending.since, timing.cancel_retry_ms),
                    kind: DueKind::CancelRetry(*id),
                }),
                PendingStage::Unresolved { .. } => None,
            };
            paid.pending.iter().filter_map(entry).collect()
        }
        Payment::Ready | Payment::Unresolved(_) | Payment::Canceled(_) | Payment::Aborted(_) => Vec::new(),
    }
}

/// How long to wait before the `attempt`th repetition of a call (1 is the first): 1 s, doubling, at most 5 minutes.
pub fn retry_delay_ms(attempt: u32) -> i64 {
    const MOST_MS: i64 = 5 * 60 * 1000;
    let doublings = attempt.saturating_sub(1).min(16);
    (1000_i64 << doublings).min(MOST_MS)
}
