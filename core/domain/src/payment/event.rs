//! The immutable facts of a payment's stream. A published event never changes: a new shape is a new version.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::command::{AcquirerApproval, AcquirerCancel, NotAttemptedCause, UnknownCause};
use super::movement::Movement;
use super::resolve::{Evidence, Resolution};
use super::state::Terms;
use crate::card::MaskedCard;
use crate::contract::Method;
use crate::days::Moment;
use crate::event::event_enum;
use crate::ids::{CancelId, KeyId, MerchantId, OperationId, PaymentId};
use crate::money::{Amount, Currency};
use crate::vat::TaxType;

/// Defines an event's data: each has the payment, its merchant, and the time it was decided at.
macro_rules! payment_event {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// The payment: the stream.
            pub payment_id: PaymentId,
            /// Who sells.
            pub merchant_id: MerchantId,
            /// When it was decided; the same as the record's event time.
            pub at: Moment,
            $($(#[$field_doc])* pub $field: $kind,)*
        }
    };
}

payment_event! {
    /// A merchant asked for an approval; the intent that goes before the acquirer's call.
    Requested {
        /// The merchant's order id.
        order_id: String,
        /// What is sold.
        order_name: String,
        /// How it is paid.
        method: Method,
        /// In what.
        currency: Currency,
        /// The whole amount.
        amount: Amount,
        /// Taxable supply without VAT.
        sale_supply: Amount,
        /// VAT on it.
        sale_vat: Amount,
        /// Tax-free part.
        sale_tax_free: Amount,
        /// Whether the caller gave the VAT.
        vat_given: bool,
        /// The merchant's tax type.
        tax_type: TaxType,
        /// First six and last four digits.
        card: MaskedCard,
        /// 0 or 2 to 36.
        installment_months: u8,
        /// The approval's own operation id.
        operation_id: OperationId,
        /// What it was asked on.
        terms: Terms,
    }
}

payment_event! {
    /// The acquirer approved: money moves.
    Approved {
        /// What the acquirer said.
        approval: AcquirerApproval,
        /// What moves.
        money: Movement,
    }
}

payment_event! {
    /// The acquirer declined.
    Declined {
        /// The acquirer's code.
        code: String,
        /// The acquirer's message.
        message: String,
    }
}

payment_event! {
    /// The acquirer was certainly never asked.
    NotAttempted {
        /// Why.
        cause: NotAttemptedCause,
    }
}

payment_event! {
    /// The acquirer was, or may have been, asked, and there is no answer.
    ApprovalUnknown {
        /// Why.
        cause: UnknownCause,
    }
}

/// Who wants a net cancel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "by",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum NetCancelWish {
    /// The time to find out by inquiry was over.
    Deadline {},
    /// The merchant asked to cancel the unknown payment.
    Merchant {
        /// The id of the merchant's cancel.
        cancel_id: CancelId,
        /// Why.
        reason: String,
    },
}

payment_event! {
    /// An approval without an answer is to be undone; the intent that goes before the net cancel.
    NetCancelRequested {
        /// Who wants it.
        wish: NetCancelWish,
        /// The net cancel's own operation id.
        operation_id: OperationId,
    }
}

payment_event! {
    /// The acquirer confirmed the net cancel: no approval stands, and none can come. No money moved.
    NetCancelled {
        /// True if it had approved and reversed (CANCELED); false if there was nothing to undo (ABORTED).
        had_approval: bool,
    }
}

payment_event! {
    /// An approval that came too late to count: evidence, never DONE.
    LateApprovalSeen {
        /// What the acquirer said.
        approval: AcquirerApproval,
    }
}

/// Why a payment is unresolved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnresolvedCause {
    /// No outcome before the deadline.
    Deadline,
    /// The acquirer knows nothing of it, but keeps no tombstone: an approval might still come.
    NoTombstone,
    /// The acquirer approved late, and then said that there was nothing to undo.
    Contradiction,
}

payment_event! {
    /// The outcome must be found by two people or the settlement file. Holds the order id.
    Unresolved {
        /// Why.
        cause: UnresolvedCause,
    }
}

payment_event! {
    /// One person says what became of something unresolved; another must say the same.
    ResolutionProposed {
        /// What became of it.
        resolution: Resolution,
        /// The person's key.
        proposed_by: KeyId,
        /// What shows it.
        evidence: Evidence,
    }
}

payment_event! {
    /// Two people agree on what became of an unresolved payment or cancel.
    Resolved {
        /// What became of it.
        resolution: Resolution,
        /// Who proposed it.
        proposed_by: KeyId,
        /// What the first had.
        proposal_evidence: Evidence,
        /// Who confirmed it; never who proposed it.
        confirmed_by: KeyId,
        /// What the second had.
        confirmation_evidence: Evidence,
        /// What moves, if it turned out that money had.
        #[serde(skip_serializing_if = "Option::is_none")]
        money: Option<Movement>,
    }
}

payment_event! {
    /// A merchant's cancel; reserves its amount. The intent that goes before the acquirer's call.
    CancelRequested {
        /// The cancel.
        cancel_id: CancelId,
        /// Its own operation id.
        operation_id: OperationId,
        /// How much.
        amount: Amount,
        /// How much of it from the tax-free part.
        tax_free: Amount,
        /// Why.
        reason: String,
    }
}

payment_event! {
    /// The acquirer cancelled: money moves back.
    Cancelled {
        /// What the acquirer said.
        cancel: AcquirerCancel,
        /// What moves back.
        money: Movement,
    }
}

/// Why a cancel did not take place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "by",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum CancelRefusal {
    /// The acquirer declined it.
    Acquirer {
        /// The acquirer's code.
        code: String,
        /// The acquirer's message.
        message: String,
    },
    /// It was never sent.
    NotAttempted {
        /// Why.
        cause: NotAttemptedCause,
    },
}

payment_event! {
    /// The cancel did not take place; its reservation is free again.
    CancelDeclined {
        /// The cancel.
        cancel_id: CancelId,
        /// Why.
        refusal: CancelRefusal,
    }
}

payment_event! {
    /// The cancel has no answer; its reservation stays.
    CancelUnknown {
        /// The cancel.
        cancel_id: CancelId,
        /// Why.
        cause: UnknownCause,
    }
}

payment_event! {
    /// The cancel's outcome must be found by two people or the settlement file; its reservation stays.
    CancelUnresolved {
        /// The cancel.
        cancel_id: CancelId,
    }
}

payment_event! {
    /// The merchant changed its own keys on the payment. No money moves, no state changes.
    MetadataChanged {
        /// Put, or put in another's place.
        set: BTreeMap<String, String>,
        /// Taken away.
        removed: BTreeSet<String>,
    }
}

event_enum! {
    /// An event of a payment's stream.
    PaymentEvent {
        /// See [`Requested`].
        Requested = "ledger.payment.requested.v1",
        /// See [`Approved`].
        Approved = "ledger.payment.approved.v1",
        /// See [`Declined`].
        Declined = "ledger.payment.declined.v1",
        /// See [`NotAttempted`].
        NotAttempted = "ledger.payment.not-attempted.v1",
        /// See [`ApprovalUnknown`].
        ApprovalUnknown = "ledger.payment.approval-unknown.v1",
        /// See [`NetCancelRequested`].
        NetCancelRequested = "ledger.payment.net-cancel-requested.v1",
        /// See [`NetCancelled`].
        NetCancelled = "ledger.payment.net-cancelled.v1",
        /// See [`LateApprovalSeen`].
        LateApprovalSeen = "ledger.payment.late-approval-seen.v1",
        /// See [`Unresolved`].
        Unresolved = "ledger.payment.unresolved.v1",
        /// See [`ResolutionProposed`].
        ResolutionProposed = "ledger.payment.resolution-proposed.v1",
        /// See [`Resolved`].
        Resolved = "ledger.payment.resolved.v1",
        /// See [`CancelRequested`].
        CancelRequested = "ledger.payment.cancel-requested.v1",
        /// See [`Cancelled`].
        Cancelled = "ledger.payment.cancelled.v1",
        /// See [`CancelDeclined`].
        CancelDeclined = "ledger.payment.cancel-declined.v1",
        /// See [`CancelUnknown`].
        CancelUnknown = "ledger.payment.cancel-unknown.v1",
        /// See [`CancelUnresolved`].
        CancelUnresolved = "ledger.payment.cancel-unresolved.v1",
        /// See [`MetadataChanged`].
        MetadataChanged = "ledger.payment.metadata-changed.v1",
    }
}
