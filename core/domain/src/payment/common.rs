//! What can be asked of any event of a payment: whose it is, when, what money it moves. Exhaustive on purpose: a new
//! event stops the compiler here.

use super::event::{NetCancelWish, PaymentEvent};
use super::movement::Movement;
use crate::days::Moment;
use crate::ids::{CancelId, MerchantId, PaymentId};

macro_rules! common {
    ($event:expr, $data:ident => $value:expr) => {
        match $event {
            PaymentEvent::Requested($data) => $value,
            PaymentEvent::Approved($data) => $value,
            PaymentEvent::Declined($data) => $value,
            PaymentEvent::NotAttempted($data) => $value,
            PaymentEvent::ApprovalUnknown($data) => $value,
            PaymentEvent::NetCancelRequested($data) => $value,
            PaymentEvent::NetCancelled($data) => $value,
            PaymentEvent::LateApprovalSeen($data) => $value,
            PaymentEvent::Unresolved($data) => $value,
            PaymentEvent::ResolutionProposed($data) => $value,
            PaymentEvent::Resolved($data) => $value,
            PaymentEvent::CancelRequested($data) => $value,
            PaymentEvent::Cancelled($data) => $value,
            PaymentEvent::CancelDeclined($data) => $value,
            PaymentEvent::CancelUnknown($data) => $value,
            PaymentEvent::CancelUnresolved($data) => $value,
            PaymentEvent::MetadataChanged($data) => $value,
        }
    };
}

impl PaymentEvent {
    /// The payment: the stream.
    pub const fn payment_id(&self) -> PaymentId {
        common!(self, data => data.payment_id)
    }

    /// Who sells.
    pub const fn merchant_id(&self) -> MerchantId {
        common!(self, data => data.merchant_id)
    }

    /// When it was decided.
    pub const fn at(&self) -> Moment {
        common!(self, data => data.at)
    }

    /// The money it moves: the one place that says which events do. Projections and postings start here.
    pub fn money(&self) -> Option<&Movement> {
        match self {
            Self::Approved(data) => Some(&data.money),
            Self::Cancelled(data) => Some(&data.money),
            Self::Resolved(data) => data.money.as_ref(),
            Self::Requested(_)
            | Self::Declined(_)
            | Self::NotAttempted(_)
            | Self::ApprovalUnknown(_)
            | Self::NetCancelRequested(_)
            | Self::NetCancelled(_)
            | Self::LateApprovalSeen(_)
            | Self::Unresolved(_)
            | Self::ResolutionProposed(_)
            | Self::CancelRequested(_)
            | Self::CancelDeclined(_)
            | Self::CancelUnknown(_)
            | Self::CancelUnresolved(_)
            | Self::MetadataChanged(_) => None,
        }
    }

    /// The cancel it is about, if any.
    pub fn cancel_id(&self) -> Option<CancelId> {
        match self {
            Self::CancelRequested(data) => Some(data.cancel_id),
            Self::Cancelled(data) => Some(data.cancel.cancel_id),
            Self::CancelDeclined(data) => Some(data.cancel_id),
            Self::CancelUnknown(data) => Some(data.cancel_id),
            Self::CancelUnresolved(data) => Some(data.cancel_id),
            Self::ResolutionProposed(data) => data.resolution.cancel_id(),
            Self::Resolved(data) => data.resolution.cancel_id(),
            Self::NetCancelRequested(data) => match &data.wish {
                NetCancelWish::Merchant { cancel_id, .. } => Some(*cancel_id),
                NetCancelWish::Deadline {} => None,
            },
            Self::Requested(_)
            | Self::Approved(_)
            | Self::Declined(_)
            | Self::NotAttempted(_)
            | Self::ApprovalUnknown(_)
            | Self::NetCancelled(_)
            | Self::LateApprovalSeen(_)
            | Self::Unresolved(_)
            | Self::MetadataChanged(_) => None,
        }
    }
}
