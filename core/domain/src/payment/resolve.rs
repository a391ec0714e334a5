//! Two people with two keys say, with evidence, what became of something unresolved: the first proposes, another
//! key that says the same confirms. Nothing unresolved is ever closed in another way.

use serde::{Deserialize, Serialize};

use super::cancel::cancelled;
use super::command::{AcquirerApproval, AcquirerCancel, Resolve};
use super::decide::{Facts, in_time};
use super::event::{PaymentEvent, ResolutionProposed, Resolved};
use super::outcome::sale_movement;
use super::state::{Paid, Payment, PendingStage, Proposal, UnknownPayment};
use crate::days::Moment;
use crate::ids::CancelId;
use crate::rejection::{Field, Rejection};
use crate::text;

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "outcome",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Resolution {
    /// The payment stands: DONE.
    Paid {
        /// What the acquirer's records say of it.
        approval: AcquirerApproval,
    },
    /// The card was never charged: ABORTED.
    NotPaid {},
    /// The card was charged and the charge was reversed: CANCELED.
    Reversed {},
    /// The cancel took place.
    CancelDone {
        /// What the acquirer's records say of it.
        cancel: AcquirerCancel,
    },
    /// The cancel did not take place.
    CancelNotDone {
        /// Which.
        cancel_id: CancelId,
    },
}

impl Resolution {
    /// The cancel it is about; `None` if it is about the payment itself.
    pub fn cancel_id(&self) -> Option<CancelId> {
        match self {
            Self::Paid { .. } | Self::NotPaid {} | Self::Reversed {} => None,
            Self::CancelDone { cancel } => Some(cancel.cancel_id),
            Self::CancelNotDone { cancel_id } => Some(*cancel_id),
        }
    }
}

/// What shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// What kind of document.
    pub kind: EvidenceKind,
    /// Where it is filed: a document number, a file and row; never a person's data.
    pub reference: String,
}

/// What kind of document shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvidenceKind {
    /// The acquirer's settlement file.
    SettlementFile,
    /// The acquirer's console.
    AcquirerConsole,
    /// A written word of the acquirer.
    AcquirerLetter,
    /// A bank statement.
    BankStatement,
}

pub(super) fn resolve(
    state: &Payment,
    command: &Resolve,
    facts: &Facts,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    in_time(command.not_after, now)?;
    text::check(Field::Evidence, &command.evidence.reference, text::MAX_EVIDENCE)?;
    match state {
        Payment::Ready => Err(Rejection::PaymentNotFound),
        Payment::Unresolved(unknown) => resolve_payment(unknown, command, facts, now),
        Payment::Done(paid) => resolve_cancel(paid, command, facts, now),
        Payment::InProgress(_)
        | Payment::Unknown(_)
        | Payment::NetCancelling(_)
        | Payment::Canceled(_)
        | Payment::Aborted(_) => Err(Rejection::NothingToResolve),
    }
}

fn resolve_payment(
    unknown: &UnknownPayment,
    command: &Resolve,
    facts: &Facts,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let money = match &command.resolution {
        Resolution::Paid { .. } => Some(sale_movement(&unknown.sale, facts, now)),
        Resolution::NotPaid {} | Resolution::Reversed {} => None,
        Resolution::CancelDone { .. } | Resolution::CancelNotDone { .. } => {
            return Err(Rejection::NothingToResolve);
        }
    };
    let sale = &unknown.sale;
    let Some(proposal) = confirmed(unknown.proposal.as_ref(), command)? else {
        return Ok(proposed(command, sale.payment_id, sale.merchant_id, now));
    };
    Ok(PaymentEvent::Resolved(Resolved {
        payment_id: sale.payment_id,
        merchant_id: sale.merchant_id,
        at: now,
        resolution: command.resolution.clone(),
        proposed_by: proposal.by,
        proposal_evidence: proposal.evidence.clone(),
        confirmed_by: command.by,
        confirmation_evidence: command.evidence.clone(),
        money,
    }))
}

fn resolve_cancel(
    paid: &Paid,
    command: &Resolve,
    facts: &Facts,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    let cancel_id = command.resolution.cancel_id().ok_or(Rejection::NothingToResolve)?;
    let pending = paid.pending.get(&cancel_id).ok_or(Rejection::NothingToResolve)?;
    let PendingStage::Unresolved { proposal } = &pending.stage else {
        return Err(Rejection::NothingToResolve);
    };
    let sale = &paid.sale;
    let Some(proposal) = confirmed(proposal.as_ref(), command)? else {
        return Ok(proposed(command, sale.payment_id, sale.merchant_id, now));
    };
    let money = match &command.resolution {
        Resolution::CancelDone { .. } => Some(cancelled(paid, pending, facts, now)?),
        Resolution::CancelNotDone { .. }
        | Resolution::Paid { .. }
        | Resolution::NotPaid {}
        | Resolution::Reversed {} => None,
    };
    Ok(PaymentEvent::Resolved(Resolved {
        payment_id: sale.payment_id,
        merchant_id: sale.merchant_id,
        at: now,
        resolution: command.resolution.clone(),
        proposed_by: proposal.by,
        proposal_evidence: proposal.evidence.clone(),
        confirmed_by: command.by,
        confirmation_evidence: command.evidence.clone(),
        money,
    }))
}

/// The proposal that the command confirms; `None` if the command is itself to be recorded as the proposal. Whoever
/// proposed may replace the proposal by another; somebody else can only confirm it.
fn confirmed<'a>(
    proposal: Option<&'a Proposal>,
    command: &Resolve,
) -> Result<Option<&'a Proposal>, Rejection> {
    let Some(proposal) = proposal else { return Ok(None) };
    match (proposal.by == command.by, proposal.resolution == command.resolution) {
        (true, true) => Err(Rejection::ResolutionNeedsAnotherKey),
        (true, false) => Ok(None),
        (false, false) => Err(Rejection::ResolutionDiffers),
        (false, true) => Ok(Some(proposal)),
    }
}

fn proposed(
    command: &Resolve,
    payment_id: crate::ids::PaymentId,
    merchant_id: crate::ids::MerchantId,
    at: Moment,
) -> PaymentEvent {
    PaymentEvent::ResolutionProposed(ResolutionProposed {
        payment_id,
        merchant_id,
        at,
        resolution: command.resolution.clone(),
        proposed_by: command.by,
        evidence: command.evidence.clone(),
    })
}
