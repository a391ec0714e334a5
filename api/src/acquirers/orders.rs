//! What an acquirer is asked for. Every order carries its operation's id, the acquirer's idempotency key, and the instant
//! after which it must not be sent any more. Card data is never printed, logged or put into an error.

use std::fmt;

use ledger_domain::card::CardNumber;
use ledger_domain::ids::{MerchantId, OperationId, PaymentId};
use ledger_domain::money::Currency;
use zeroize::{Zeroize, Zeroizing};

/// The opened card. It accompanies an approval in memory and is wiped when dropped.
pub struct CardCompanion {
    /// The number.
    pub number: CardNumber,
    /// The last two digits of the year of expiry.
    pub expiry_year: u8,
    /// 1 to 12.
    pub expiry_month: u8,
    /// Birth date (YYMMDD) or business number, where the contract asks for it.
    pub identity_number: Option<Zeroizing<String>>,
    /// The first two digits of the password, where the contract asks for them.
    pub password: Option<Zeroizing<String>>,
}

impl fmt::Debug for CardCompanion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardCompanion(..)")
    }
}

impl Drop for CardCompanion {
    fn drop(&mut self) {
        self.expiry_year.zeroize();
        self.expiry_month.zeroize();
    }
}

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
