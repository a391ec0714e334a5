//! What can be asked of a payee's stream: by the ledger itself when a day comes, by another payee's owner, by people.

use super::event::Wish;
use crate::days::{Day, Moment};
use crate::ids::{KeyId, MerchantId, PayOutId, ProposalId};
use crate::lines::{Node, Payee};
use crate::money::{Amount, Net};
use crate::text::{MAX_ACQUIRER_CODE, MAX_ACQUIRER_MESSAGE, clip};

/// A request to change a payee's stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettlementCommand {
    /// A settlement day is over.
    Close(Day),
    /// A pay-out day has come: what is due becomes the pay-out of this number. What is closed late may be due on a day of which a
    /// pay-out was proposed already, so the day alone would not name the command.
    PayOutDue(Day, u32),
    /// What was kept back of this closing is to be released.
    ReserveDue(u32),
    /// The commission of a closing has arrived at its payee.
    RecordDelivery {
        /// The closing.
        closing: u32,
        /// Who earned.
        to: Node,
        /// Where its `commission-received` stands.
        position: String,
    },
    /// A merchant's owner delivers the commission of a closing.
    Receive(Delivery),
    /// An operator.
    Operate(Operation),
}

/// The commission of one merchant's closing on its way to one payee.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Whose sales it comes from.
    pub merchant_id: MerchantId,
    /// The merchant's closing.
    pub closing: u32,
    /// That closing's position.
    pub closing_position: String,
    /// Who earned.
    pub to: Node,
    /// VAT included.
    pub amount: Net,
}

impl Delivery {
    /// What its command's id is computed from: the same delivery is recorded at most once, by whomever and however often it is sent.
    pub fn key(&self) -> String {
        format!("commission/{}/{}/{}", self.merchant_id, self.closing, self.to)
    }
}

/// What an operator wants, with the key that wants it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// Who.
    pub by: KeyId,
    /// It must not be decided after this.
    pub not_after: Moment,
    /// What.
    pub deed: Deed,
}

/// What an operator may do with a payee's settlement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// Pay out what is due, and what failed or was returned or rejected before.
    ProposePayOut {
        /// A fresh id.
        pay_out_id: PayOutId,
    },
    /// The proposal is right; another key than the one that proposed.
    ApprovePayOut(PayOutId),
    /// It is not.
    RejectPayOut(PayOutId, String),
    /// Off to the bank; another key than the one that approved.
    SendPayOut(PayOutId, String),
    /// The bank paid.
    ConfirmPayOut {
        /// The pay-out.
        pay_out_id: PayOutId,
        /// The bank account it was paid from.
        bank_account: String,
        /// The bank's reference.
        bank_reference: String,
        /// The day.
        paid_on: Day,
    },
    /// The bank did not pay.
    FailPayOut(PayOutId, BankWord),
    /// The bank paid, and the money came back.
    ReturnPayOut(PayOutId, BankWord),
    /// Withhold so much of what is payable, or all of it.
    Withhold(Option<Amount>, String),
    /// Release so much of what is withheld, or all of it.
    Release(Option<Amount>, String),
    /// Propose what takes two people.
    Propose {
        /// A fresh id.
        proposal_id: ProposalId,
        /// What.
        wish: Wish,
        /// Why.
        reason: String,
        /// The document behind it.
        document: String,
    },
    /// Confirm what another key proposed.
    Confirm(ProposalId),
}

/// Why the bank did not pay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BankWord {
    /// The bank's code.
    pub code: String,
    /// The bank's message.
    pub message: String,
}

impl BankWord {
    /// No longer than an event holds: what a bank says is never refused for its length.
    pub(super) fn clipped(&self) -> Self {
        Self { code: clip(&self.code, MAX_ACQUIRER_CODE), message: clip(&self.message, MAX_ACQUIRER_MESSAGE) }
    }
}

impl SettlementCommand {
    /// What the id of the ledger's own command is computed from; none for what a client or another owner wants.
    pub fn internal_key(&self, payee: Payee) -> Option<String> {
        let name = match self {
            Self::Close(day) => format!("close/{day}"),
            Self::PayOutDue(day, number) => format!("pay-out/{day}/{number}"),
            Self::ReserveDue(closing) => format!("reserve/{closing}"),
            Self::RecordDelivery { closing, to, .. } => format!("delivered/{closing}/{to}"),
            Self::Receive(_) | Self::Operate(_) => return None,
        };
        Some(format!("{payee}/{name}"))
    }
}
