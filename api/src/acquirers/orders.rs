//! What an acquirer is asked for. Every order carries its operation's id, the acquirer's idempotency key, and the instant
//! after which it must not be sent any more. Card data is never printed, logged or put into an error.

use ledger_domain::card::CardCompanion;
use ledger_domain::ids::{MerchantId, OperationId, PaymentId};
use ledger_domain::money::Currency;

/// Charge a card. Sent once: whoever has lost the answer inquires, because the card is gone then.
#[derive(Debug)]
pub struct ApproveOrder {
    /// The approval's own id.
    pub operation: OperationId,
    /// The payment it is for.
    pub payment: PaymentId,
    /// Who sells.
    pub merchant: MerchantId,
    /// The merchant's order.
    pub order_id: String,
    /// Minor units.
    pub amount_minor: i64,
    /// Of the amount.
    pub currency: Currency,
    /// 0 for paid at once.
    pub installment_months: u8,
    /// The card.
    pub card: CardCompanion,
    /// Unix milliseconds; past it the order is not sent.
    pub send_before_ms: i64,
}

/// Give back all or part of an approval.
#[derive(Clone, Debug)]
pub struct CancelOrder {
    /// The cancel's own id; a retry keeps it.
    pub operation: OperationId,
    /// The approval's id.
    pub approve_operation: OperationId,
    /// What the acquirer called the approval.
    pub acquirer_transaction: String,
    /// The merchant's order.
    pub order_id: String,
    /// Minor units.
    pub amount_minor: i64,
    /// Of the amount.
    pub currency: Currency,
    /// 1 for the first; from the second on "not sent" is no longer "not attempted".
    pub attempt: u32,
    /// Unix milliseconds; past it the order is not sent.
    pub send_before_ms: i64,
}

/// Undo an approval whose answer never arrived (망취소); it repeats what the approval asked for.
#[derive(Clone, Debug)]
pub struct NetCancelOrder {
    /// The net cancel's own id; a retry keeps it.
    pub operation: OperationId,
    /// The approval's id.
    pub approve_operation: OperationId,
    /// The merchant's order.
    pub order_id: String,
    /// Minor units of the approval.
    pub amount_minor: i64,
    /// Of the amount.
    pub currency: Currency,
    /// 1 for the first; from the second on "not sent" is no longer "not attempted".
    pub attempt: u32,
    /// Unix milliseconds; past it the order is not sent.
    pub send_before_ms: i64,
}
