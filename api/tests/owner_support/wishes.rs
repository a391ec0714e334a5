//! Submissions as HTTP makes them: a key and a body that stay the same over retries, ids and cards that do not.

use ledger_api::ledger::{ClientCommand, KeyIn, Submission};
use ledger_domain::card::CardCompanion;
use ledger_domain::days::Moment;
use ledger_domain::ids::{CancelId, CommandId, KeyId, MerchantId, PaymentId};
use ledger_domain::money::{Amount, Currency};
use ledger_domain::payment::{ChangeMetadata, RequestCancel};
use ledger_domain::recorded::Actor;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a client wants under one idempotency key.
#[derive(Clone, Debug)]
pub struct Wish {
    pub key: u64,
    pub merchant: MerchantId,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    KeyIn { order_id: String, amount: i64 },
    Cancel { payment: PaymentId, amount: Option<i64>, reason: String },
    Note { payment: PaymentId, text: String },
}

impl Wish {
    pub fn command_id(&self) -> CommandId {
        let mut digest = [0xAB; 32];
        digest[..8].copy_from_slice(&self.key.to_be_bytes());
        CommandId::from_digest(digest)
    }

    pub fn fingerprint(&self) -> [u8; 32] {
        let mut print = [0_u8; 32];
        for (place, byte) in format!("{:?}", self.body).bytes().enumerate() {
            print[place % 32] = print[place % 32].rotate_left(3).wrapping_add(byte);
        }
        print
    }

    /// One request for it; `fresh` makes ids that no other request has.
    pub fn submission(&self, fresh: u128, now_ms: i64) -> Submission {
        let (command, card) = match &self.body {
            Body::KeyIn { order_id, amount } => (
                ClientCommand::KeyIn(KeyIn {
                    payment_id: fresh_payment(fresh),
                    merchant_id: self.merchant,
                    order_id: order_id.clone(),
                    order_name: "Things".to_owned(),
                    amount: Amount::new(*amount).unwrap(),
                    currency: Currency::Krw,
                    tax_free: None,
                    vat: None,
                    installment_months: 0,
                }),
                Some(Ok(card())),
            ),
            Body::Cancel { payment, amount, reason } => (
                ClientCommand::Cancel(
                    *payment,
                    RequestCancel {
                        cancel_id: fresh_cancel(fresh),
                        merchant_id: self.merchant,
                        amount: amount.map(|amount| Amount::new(amount).unwrap()),
                        tax_free: None,
                        reason: reason.clone(),
                        current_cancellable: None,
                        not_after: Moment::from_ms(0),
                    },
                ),
                None,
            ),
            Body::Note { payment, text } => (
                ClientCommand::Metadata(
                    *payment,
                    ChangeMetadata {
                        merchant_id: self.merchant,
                        set: [("note".to_owned(), text.clone())].into(),
                        removed: BTreeSet::new(),
                        not_after: Moment::from_ms(0),
                    },
                ),
                None,
            ),
        };
        Submission {
            command_id: self.command_id(),
            caller: Actor::Key(KeyId::new(Uuid::from_u128(3))),
            idempotency_key: format!("key-{}", self.key),
            fingerprint: self.fingerprint(),
            request_id: format!("req-{fresh}"),
            not_after_ms: now_ms + 20_000,
            deadline_ms: now_ms + 28_000,
            command,
            card,
        }
    }
}

/// The payment that only this request would make.
pub fn fresh_payment(fresh: u128) -> PaymentId {
    PaymentId::new(Uuid::from_u128((0xA << 100) + fresh))
}

/// The cancel that only this request would make.
pub fn fresh_cancel(fresh: u128) -> CancelId {
    CancelId::new(Uuid::from_u128((0xC << 100) + fresh))
}

pub fn card() -> CardCompanion {
    CardCompanion::parse("4242424242424242", "40", "12", None, None).unwrap()
}
