//! Submissions as HTTP makes them: a key and a body that stay the same over retries, ids and cards that do not.

use super::directory::earning;
use ledger_api::ledger::{ClientCommand, KeyIn, Submission};
use ledger_domain::card::CardCompanion;
use ledger_domain::days::Moment;
use ledger_domain::directory::{
    Digest, DirectoryCommand, IssueKey, RegisterAgency, RegisterBranch, RegisterMerchant, Scope, SetContract,
};
use ledger_domain::ids::{AgencyId, BranchId, CancelId, CommandId, ContractId, KeyId, MerchantId, PaymentId};
use ledger_domain::lines::Node;
use ledger_domain::money::{Amount, Currency};
use ledger_domain::payment::{ChangeMetadata, RequestCancel};
use ledger_domain::recorded::Actor;
use ledger_domain::vat::TaxType;
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
    KeyIn {
        order_id: String,
        amount: i64,
    },
    Cancel {
        payment: PaymentId,
        amount: Option<i64>,
        reason: String,
    },
    Note {
        payment: PaymentId,
        text: String,
    },
    /// An operator's.
    Directory(Registration),
}

/// What an operator wants of the directory; its ids are made fresh for every request.
#[derive(Clone, Debug, PartialEq)]
pub enum Registration {
    Agency,
    Branch(AgencyId),
    Merchant(BranchId),
    Key(MerchantId),
    /// The branch earns on every sale.
    Contract(MerchantId, BranchId),
}

impl Registration {
    fn command(&self, fresh: u128) -> DirectoryCommand {
        let id = Uuid::from_u128((0xD << 100) + fresh);
        match self {
            Self::Agency => DirectoryCommand::RegisterAgency(RegisterAgency {
                agency_id: AgencyId::new(id),
                name: "Agency".to_owned(),
            }),
            Self::Branch(agency) => DirectoryCommand::RegisterBranch(RegisterBranch {
                branch_id: BranchId::new(id),
                parent: Node::Agency(*agency),
                name: "Branch".to_owned(),
            }),
            Self::Merchant(branch_id) => DirectoryCommand::RegisterMerchant(RegisterMerchant {
                merchant_id: MerchantId::new(id),
                branch_id: *branch_id,
                name: "Merchant".to_owned(),
                tax_type: TaxType::Taxable,
            }),
            Self::Key(merchant) => {
                let mut hash = [0; 32];
                hash[..16].copy_from_slice(&fresh.to_be_bytes());
                let (scope, hash) = (Scope::Merchant(*merchant), Digest(hash));
                DirectoryCommand::IssueKey(IssueKey { key_id: KeyId::new(id), scope, hash })
            }
            Self::Contract(merchant_id, branch) => DirectoryCommand::SetContract(SetContract {
                merchant_id: *merchant_id,
                contract_id: ContractId::new(id),
                effective_from: None,
                terms: earning(&[(Node::Branch(*branch), "0.005")]),
            }),
        }
    }
}

impl Wish {
    pub fn command_id(&self) -> CommandId {
        another_command(self, 0)
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
            Body::Directory(wanted) => (ClientCommand::Directory(wanted.command(fresh)), None),
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

/// The id of a command that is not the wish's own, and yet wants the same; 0 is its own.
pub fn another_command(wish: &Wish, number: u64) -> CommandId {
    let mut digest = [0xAB; 32];
    digest[..8].copy_from_slice(&wish.key.to_be_bytes());
    digest[16..24].copy_from_slice(&number.to_be_bytes());
    CommandId::from_digest(digest)
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
