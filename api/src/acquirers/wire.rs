//! The acquirer's JSON: bodies written into buffers that are wiped, answers read strictly. Nothing here decides.

use ledger_domain::card::ExposedCard;
use ledger_domain::ids::{MerchantId, OperationId, PaymentId};
use ledger_domain::money::Currency;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::orders::{ApproveOrder, CancelOrder, NetCancelOrder};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApproveBody<'a> {
    operation_id: OperationId,
    payment_id: PaymentId,
    merchant_id: MerchantId,
    order_id: &'a str,
    amount: i64,
    currency: Currency,
    installment_months: u8,
    card: CardBody<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CardBody<'a> {
    number: &'a str,
    expiry_year: u8,
    expiry_month: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CancelBody<'a> {
    operation_id: OperationId,
    approve_operation_id: OperationId,
    transaction: &'a str,
    order_id: &'a str,
    amount: i64,
    currency: Currency,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NetCancelBody<'a> {
    operation_id: OperationId,
    approve_operation_id: OperationId,
    order_id: &'a str,
    amount: i64,
    currency: Currency,
}

/// A body that is wiped when dropped.
pub type Buffer = Zeroizing<Vec<u8>>;

/// The body of an approval.
pub fn approve(order: &ApproveOrder) -> Result<Buffer, serde_json::Error> {
    order.card.expose(|card| {
        let ExposedCard { number, expiry_year, expiry_month, identity, password } = card;
        let card = CardBody { number, expiry_year, expiry_month, identity_number: identity, password };
        let body = ApproveBody {
            operation_id: order.operation,
            payment_id: order.payment,
            merchant_id: order.merchant,
            order_id: &order.order_id,
            amount: order.amount_minor,
            currency: order.currency,
            installment_months: order.installment_months,
            card,
        };
        write(&body, order.order_id.len())
    })
}

/// The body of a cancel.
pub fn cancel(order: &CancelOrder) -> Result<Buffer, serde_json::Error> {
    let body = CancelBody {
        operation_id: order.operation,
        approve_operation_id: order.approve_operation,
        transaction: &order.acquirer_transaction,
        order_id: &order.order_id,
        amount: order.amount_minor,
        currency: order.currency,
    };
    write(&body, order.order_id.len() + order.acquirer_transaction.len())
}

/// The body of a net cancel.
pub fn net_cancel(order: &NetCancelOrder) -> Result<Buffer, serde_json::Error> {
    let body = NetCancelBody {
        operation_id: order.operation,
        approve_operation_id: order.approve_operation,
        order_id: &order.order_id,
        amount: order.amount_minor,
        currency: order.currency,
    };
    write(&body, order.order_id.len())
}

/// Room is made beforehand (a character becomes six at most when escaped), because a buffer that grows leaves a copy.
fn write(body: &impl Serialize, free_text: usize) -> Result<Buffer, serde_json::Error> {
    let mut buffer = Zeroizing::new(Vec::with_capacity(1_024 + 6 * free_text));
    serde_json::to_writer(&mut *buffer, body)?;
    Ok(buffer)
}

/// An answer: about which operation, and what.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    /// The operation it is about.
    pub operation_id: Option<String>,
    /// What is said.
    #[serde(flatten)]
    pub said: Said,
}

/// What an acquirer says, told apart by `outcome`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "outcome", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Said {
    /// Charged.
    Approved {
        transaction: String,
        approve_no: String,
        approved_at_ms: i64,
        amount: i64,
        issuer_code: Option<String>,
    },
    /// Final: not done.
    Declined { code: String, message: String },
    /// Final: not tried.
    NotAttempted { code: String, message: String },
    /// A cancel was done.
    Cancelled { transaction: String, cancelled_at_ms: i64, amount: i64 },
    /// An approval was undone, or prevented.
    NetCancelled { had_approved: bool, tombstone: bool, at_ms: i64 },
    /// Nothing to undo, nothing prevented.
    NothingFound,
    /// Not known (yet).
    NotFound,
    /// Being worked on.
    InProgress,
    /// The request was wrong.
    Error { code: String, message: String },
}

impl Said {
    /// Whether it belongs to a status of success. An answer that contradicts its status is none.
    pub fn is_success(&self) -> bool {
        match self {
            Said::Approved { .. } | Said::Cancelled { .. } | Said::NetCancelled { .. } => true,
            Said::NothingFound | Said::InProgress => true,
            Said::Declined { .. } | Said::NotAttempted { .. } | Said::NotFound | Said::Error { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use ledger_domain::card::CardCompanion;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_longest_order_fits_the_room_made_for_it_so_that_no_copy_of_the_card_stays_behind() {
        let order_id = "\u{1}".repeat(255);
        let order = ApproveOrder {
            operation: OperationId::new(Uuid::from_u128(1)),
            payment: PaymentId::new(Uuid::from_u128(2)),
            merchant: MerchantId::new(Uuid::from_u128(3)),
            amount_minor: i64::MAX,
            currency: Currency::Krw,
            installment_months: u8::MAX,
            card: CardCompanion::parse("4111111111111111", "99", "12", Some("1234567890"), Some("12"))
                .unwrap(),
            send_before_ms: 0,
            order_id,
        };
        let buffer = approve(&order).unwrap();
        assert_eq!(buffer.capacity(), 1_024 + 6 * 255, "a buffer that grew would have another capacity");
        assert!(buffer.len() > 6 * 255);
    }
}
