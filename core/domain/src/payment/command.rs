//! What can be asked of a payment: by clients (these carry `notAfter`), by acquirers' outcomes and by timers
//! (these do not). A card number is never part of a command.

use serde::{Deserialize, Serialize};

use super::metadata::ChangeMetadata;
use super::resolve::{Evidence, Resolution};
use crate::card::MaskedCard;
use crate::contract::Method;
use crate::days::Moment;
use crate::ids::{CancelId, KeyId, MerchantId, PaymentId};
use crate::money::{Amount, Currency};

/// A request to change one payment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PaymentCommand {
    /// A merchant asks for an approval.
    Request(RequestPayment),
    /// The acquirer approved; as an answer, or at an inquiry, or late.
    RecordApproval(AcquirerApproval),
    /// The acquirer declined.
    RecordDecline {
        /// The acquirer's code.
        code: String,
        /// The acquirer's message.
        message: String,
    },
    /// The approval was certainly never sent.
    RecordNotAttempted(NotAttemptedCause),
    /// The approval was, or may have been, sent, and there is no answer.
    RecordUnknown(UnknownCause),
    /// The time to find out by inquiry is over: undo.
    RequestNetCancel,
    /// The acquirer confirmed the net cancel.
    RecordNetCancel {
        /// True if it had approved and has now reversed; false if it knew of no approval.
        had_approval: bool,
    },
    /// The deadline of an unknown payment has passed.
    GiveUp,
    /// A merchant asks for a full or partial cancel.
    RequestCancel(RequestCancel),
    /// The acquirer cancelled.
    RecordCancel(AcquirerCancel),
    /// The acquirer declined a cancel.
    RecordCancelDecline {
        /// Which.
        cancel_id: CancelId,
        /// The acquirer's code.
        code: String,
        /// The acquirer's message.
        message: String,
    },
    /// A cancel was certainly never sent, and will not be.
    RecordCancelNotAttempted {
        /// Which.
        cancel_id: CancelId,
        /// Why.
        cause: NotAttemptedCause,
    },
    /// A cancel has no answer.
    RecordCancelUnknown {
        /// Which.
        cancel_id: CancelId,
        /// Why.
        cause: UnknownCause,
    },
    /// The deadline of an unanswered cancel has passed.
    GiveUpCancel(CancelId),
    /// A person says, with evidence, what became of an unresolved payment or cancel.
    Resolve(Resolve),
    /// A merchant changes its own keys on the payment.
    ChangeMetadata(ChangeMetadata),
}

impl PaymentCommand {
    /// Whether it may become an event that moves money: such an event belongs to a settlement day that is open.
    pub const fn may_move_money(&self) -> bool {
        match self {
            Self::RecordApproval(_) | Self::RecordCancel(_) | Self::Resolve(_) => true,
            Self::Request(_)
            | Self::RecordDecline { .. }
            | Self::RecordNotAttempted(_)
            | Self::RecordUnknown(_)
            | Self::RequestNetCancel
            | Self::RecordNetCancel { .. }
            | Self::GiveUp
            | Self::RequestCancel(_)
            | Self::RecordCancelDecline { .. }
            | Self::RecordCancelNotAttempted { .. }
            | Self::RecordCancelUnknown { .. }
            | Self::GiveUpCancel(_)
            | Self::ChangeMetadata(_) => false,
        }
    }

    /// What the id of an outcome's or timer's command is computed from (SHA-256 of this text): the same for whoever
    /// issues it, and each can be recorded at most once. `None` for a client's command, whose id its caller fixes.
    pub fn internal_key(&self, payment: PaymentId) -> Option<String> {
        let name = match self {
            Self::Request(_) | Self::RequestCancel(_) | Self::Resolve(_) | Self::ChangeMetadata(_) => {
                return None;
            }
            Self::RecordApproval(_) => "approval".to_owned(),
            Self::RecordDecline { .. } => "decline".to_owned(),
            Self::RecordNotAttempted(_) => "not-attempted".to_owned(),
            Self::RecordUnknown(_) => "unknown".to_owned(),
            Self::RequestNetCancel => "request-net-cancel".to_owned(),
            Self::RecordNetCancel { .. } => "net-cancel".to_owned(),
            Self::GiveUp => "give-up".to_owned(),
            Self::RecordCancel(answer) => format!("cancel/{}", answer.cancel_id),
            Self::RecordCancelDecline { cancel_id, .. } => format!("cancel-decline/{cancel_id}"),
            Self::RecordCancelNotAttempted { cancel_id, .. } => format!("cancel-not-attempted/{cancel_id}"),
            Self::RecordCancelUnknown { cancel_id, .. } => format!("cancel-unknown/{cancel_id}"),
            Self::GiveUpCancel(cancel_id) => format!("give-up-cancel/{cancel_id}"),
        };
        Some(format!("{payment}/{name}"))
    }
}

/// A merchant's request for an approval, parsed; amounts in minor units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestPayment {
    /// A fresh id (UUIDv7).
    pub payment_id: PaymentId,
    /// Who sells.
    pub merchant_id: MerchantId,
    /// The merchant's own id of the order.
    pub order_id: String,
    /// What is sold.
    pub order_name: String,
    /// How it is paid.
    pub method: Method,
    /// In what.
    pub currency: Currency,
    /// The whole amount.
    pub amount: Amount,
    /// Its tax-free part.
    pub tax_free: Option<Amount>,
    /// Its VAT, if the caller gives it.
    pub vat: Option<Amount>,
    /// 0 for a single payment, or 2 to 36.
    pub installment_months: u8,
    /// First six and last four digits.
    pub card: MaskedCard,
    /// After this the command must not take effect.
    pub not_after: Moment,
}

/// A merchant's request for a cancel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequestCancel {
    /// A fresh id (UUIDv7).
    pub cancel_id: CancelId,
    /// Who asks; must be the payment's merchant.
    pub merchant_id: MerchantId,
    /// How much; all that is left if not given.
    pub amount: Option<Amount>,
    /// How much of it from the tax-free part; nothing if not given, unless all that is left is cancelled.
    pub tax_free: Option<Amount>,
    /// Why.
    pub reason: String,
    /// What the caller believes can be cancelled now.
    pub current_cancellable: Option<Amount>,
    /// After this the command must not take effect.
    pub not_after: Moment,
}

/// An operator's word on something unresolved. The first proposes, another key confirms.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolve {
    /// The operator's key.
    pub by: KeyId,
    /// What became of it.
    pub resolution: Resolution,
    /// What shows it.
    pub evidence: Evidence,
    /// After this the command must not take effect.
    pub not_after: Moment,
}

/// What an acquirer says of an approval.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcquirerApproval {
    /// The acquirer's own id of the transaction; cancels name it.
    pub acquirer_transaction: String,
    /// Approval number (승인번호).
    pub approve_no: String,
    /// When the acquirer approved; tax reports use it.
    pub approved_at: Moment,
    /// The card's issuer, if told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer_code: Option<String>,
}

/// What an acquirer says of a cancel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcquirerCancel {
    /// Which.
    pub cancel_id: CancelId,
    /// The acquirer's own id of the cancel.
    pub acquirer_transaction: String,
    /// When the acquirer cancelled.
    pub canceled_at: Moment,
}

/// Why a call was certainly never made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NotAttemptedCause {
    /// No connection came about.
    Unreachable,
    /// `sendBefore` had passed.
    SendBeforePassed,
    /// This process has no such acquirer.
    NotConfigured,
    /// The acquirer said that it did not and will not try.
    AcquirerRefused,
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnknownCause {
    /// None came in time.
    Timeout,
    /// The connection broke after sending began.
    ConnectionLost,
    /// Something came that is not an answer.
    UnreadableAnswer,
    /// The process that may have sent it is gone.
    Restarted,
}
