//! The immutable facts of a payee's stream: what was closed, delivered, kept back and paid out (money.md 4). Amounts without a sign
//! are magnitudes; [`Net`] says by its sign who owes.

use serde::{Deserialize, Serialize};

use super::terms::{PayeeTax, PayeeTerms, Withholding};
use crate::days::{Day, Moment};
use crate::directory::Digest;
use crate::event::event_enum;
use crate::ids::{KeyId, MerchantId, PayOutId, PaymentId, ProposalId};
use crate::lines::{Node, Payee};
use crate::money::{Amount, Net};

/// Defines an event's data: each has the payee, which is the stream, and the time it was decided at.
macro_rules! settlement_event {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            /// Whose stream it is.
            pub payee: Payee,
            /// When it was decided; the same as the record's event time.
            pub at: Moment,
            $($(#[$field_doc])* pub $field: $kind,)*
        }
    };
}

/// Which pure function turns the event into postings. Old policies stay for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum SettlementPolicy {
    /// The postings of money.md 5, version 1: the event's type says which.
    #[serde(rename = "settlement/1")]
    Settlement1,
}

/// A part of a receivable (A30) that a later closing makes good.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Offset {
    /// The closing that was negative.
    pub closing: u32,
    /// How much of it.
    pub amount: Amount,
    /// Out of the new closing, or out of the reserve.
    pub out_of: OffsetSource,
}

/// Where an offset comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OffsetSource {
    /// What is closed now.
    Closing,
    /// The reserve, its oldest part first.
    Reserve,
}

/// What a closing leaves, whoever is closed: the same arithmetic for merchants, branches and agencies.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClosingResult {
    /// What is closed: above nothing the payee is owed it, below it owes it.
    pub net: Net,
    /// Older receivables made good, oldest first.
    pub offsets: Vec<Offset>,
    /// Kept back of it (L13), until `reserve_until`.
    pub reserve_held: Amount,
    /// The day the reserve is released; where something is kept back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserve_until: Option<Day>,
    /// What the payee owes by it (A30); nothing where it is owed something.
    pub receivable: Amount,
    /// What is to be paid out of it.
    pub payable: Amount,
    /// When.
    pub pay_out_date: Day,
    /// The calendar that dated it.
    pub calendar_version: String,
    /// On which terms.
    pub terms: PayeeTerms,
}

/// The commission that one node earned on a closing, or gives back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClosedCommission {
    /// Who earns.
    pub payee: Node,
    /// VAT included.
    pub amount: Net,
}

settlement_event! {
    /// A merchant's settlement day is closed (정산 마감): its sums are fixed up to one record of its partition.
    MerchantClosed {
        /// 1, 2, 3 …
        number: u32,
        /// The day sold.
        day: Day,
        /// Number of sales.
        sales: u32,
        /// Their amount.
        sales_amount: Net,
        /// Number of cancels.
        cancels: u32,
        /// Their amount, a magnitude.
        cancels_amount: Net,
        /// Fees less those returned, without VAT.
        fee_supply: Net,
        /// VAT on them.
        fee_vat: Net,
        /// Manual adjustments of the day.
        adjustments: Net,
        /// Entries: sales and cancels.
        entries: u32,
        /// Over the entries: see `schemas/closing.md`.
        entries_hash: Digest,
        /// The seq of the last of them in this partition; what comes later belongs to the next day.
        through: u64,
        /// Payments whose outcome was open, the first hundred.
        open: Vec<PaymentId>,
        /// How many were open.
        open_count: u32,
        /// To be delivered to those who earned.
        commissions: Vec<ClosedCommission>,
        /// What it leaves.
        result: ClosingResult,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// A merchant's owner knows that a commission has arrived.
    CommissionDelivered {
        /// The closing.
        closing: u32,
        /// Who earned.
        to: Node,
        /// What was delivered.
        amount: Net,
        /// The position of its `commission-received`.
        position: String,
    }
}

settlement_event! {
    /// A branch or agency is owed the commission of one merchant's closing, or owes it.
    CommissionReceived {
        /// Whose sales it comes from.
        merchant_id: MerchantId,
        /// The merchant's closing.
        closing: u32,
        /// That closing's position.
        closing_position: String,
        /// VAT included.
        amount: Net,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// A branch's or agency's day is closed: what it received on that day.
    NodeClosed {
        /// 1, 2, 3 …
        number: u32,
        /// The day received.
        day: Day,
        /// Commissions received.
        entries: u32,
        /// Over them: see `schemas/closing.md`.
        entries_hash: Digest,
        /// Their sum.
        commissions: Net,
        /// Manual adjustments of the day.
        adjustments: Net,
        /// What it leaves.
        result: ClosingResult,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// Everything that is due is to be paid out; somebody must approve it.
    PayOutProposed {
        /// The pay-out.
        pay_out_id: PayOutId,
        /// 1, 2, 3 …
        number: u32,
        /// The day it is due.
        pay_out_date: Day,
        /// What the payee is owed.
        amount: Amount,
        /// How it is taxed.
        tax: PayeeTax,
        /// Withheld of it.
        withholding: Withholding,
        /// What goes to the bank: the amount less what is withheld.
        transfer: Amount,
        /// Who proposed it; nobody where the day came.
        #[serde(skip_serializing_if = "Option::is_none")]
        proposed_by: Option<KeyId>,
    }
}

settlement_event! {
    /// A person approved a pay-out.
    PayOutApproved {
        /// The pay-out.
        pay_out_id: PayOutId,
        /// Who.
        approved_by: KeyId,
    }
}

settlement_event! {
    /// A person refused a pay-out: what it would have paid is due again when somebody proposes it.
    PayOutRejected {
        /// The pay-out.
        pay_out_id: PayOutId,
        /// Who.
        rejected_by: KeyId,
        /// Why.
        reason: String,
    }
}

settlement_event! {
    /// It went to the bank: released by another person than the one who approved it.
    PayOutSent {
        /// The pay-out.
        pay_out_id: PayOutId,
        /// What is owed less: the amount.
        amount: Amount,
        /// Withheld of it.
        withholding: Withholding,
        /// What the bank is to transfer.
        transfer: Amount,
        /// The bank file or batch.
        batch: String,
        /// Who released it.
        released_by: KeyId,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// The bank paid it.
    PayOutConfirmed {
        /// The pay-out.
        pay_out_id: PayOutId,
        /// What the bank transferred.
        transfer: Amount,
        /// The bank account it was paid from, as finance calls it.
        bank_account: String,
        /// The bank's reference.
        bank_reference: String,
        /// The day it was paid.
        paid_on: Day,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// The bank could not pay it: what it was to pay waits for a new proposal.
    PayOutFailed {
        /// The pay-out.
        pay_out_id: PayOutId,
        /// What is owed again.
        amount: Amount,
        /// What had been withheld of it.
        withholding: Withholding,
        /// What was to be transferred.
        transfer: Amount,
        /// The bank's code.
        code: String,
        /// The bank's message.
        message: String,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// The bank had paid it and the money came back: what it had paid waits for a new proposal.
    PayOutReturned {
        /// The pay-out.
        pay_out_id: PayOutId,
        /// What is owed again.
        amount: Amount,
        /// What had been withheld of it.
        withholding: Withholding,
        /// What came back.
        transfer: Amount,
        /// The bank account it came back to.
        bank_account: String,
        /// The bank's code.
        code: String,
        /// The bank's message.
        message: String,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// A part of what is payable is withheld (지급 보류).
    Withheld {
        /// How much.
        amount: Amount,
        /// Why.
        reason: String,
        /// Who.
        by: KeyId,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// What was withheld is payable again (보류 해제).
    Released {
        /// How much.
        amount: Amount,
        /// When it is due.
        pay_out_date: Day,
        /// Why.
        reason: String,
        /// Who.
        by: KeyId,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// A part of the reserve is payable: its day came, or two people released it.
    ReserveReleased {
        /// The closing it was kept back from.
        closing: u32,
        /// How much.
        amount: Amount,
        /// When it is due.
        pay_out_date: Day,
        /// Two people before its day.
        #[serde(skip_serializing_if = "Option::is_none")]
        decided: Option<TwoKeys>,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

/// Something that takes two people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Wish {
    /// Change what the payee is owed by its next closing.
    Adjustment {
        /// Above nothing in the payee's favour.
        amount: Net,
    },
    /// Give up what the payee owes by one closing.
    WriteOff {
        /// The closing that was negative.
        closing: u32,
    },
    /// Release what was kept back of one closing before its day.
    ReserveRelease {
        /// The closing.
        closing: u32,
    },
}

/// The two people behind a decision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TwoKeys {
    /// The proposal.
    pub proposal_id: ProposalId,
    /// Who proposed.
    pub proposed_by: KeyId,
    /// Who confirmed: another key.
    pub confirmed_by: KeyId,
    /// Why.
    pub reason: String,
    /// The document behind it; never a person's data.
    pub document: String,
}

settlement_event! {
    /// A person wants something that takes two.
    DecisionProposed {
        /// The proposal.
        proposal_id: ProposalId,
        /// What.
        wish: Wish,
        /// Who.
        proposed_by: KeyId,
        /// Why.
        reason: String,
        /// The document behind it; never a person's data.
        document: String,
    }
}

settlement_event! {
    /// Two people changed what the payee is owed by its next closing (수기 조정).
    Adjusted {
        /// Above nothing in the payee's favour.
        amount: Net,
        /// The settlement day it belongs to.
        day: Day,
        /// Who and why.
        decided: TwoKeys,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

settlement_event! {
    /// Two people gave up what the payee owed by one closing (대손).
    WrittenOff {
        /// The closing that was negative.
        closing: u32,
        /// What was still owed.
        amount: Amount,
        /// Who and why.
        decided: TwoKeys,
        /// How it is posted.
        posting_policy: SettlementPolicy,
    }
}

event_enum! {
    /// An event of a payee's stream.
    SettlementEvent {
        /// See [`MerchantClosed`].
        MerchantClosed = "ledger.settlement.merchant-closed.v1",
        /// See [`CommissionDelivered`].
        CommissionDelivered = "ledger.settlement.commission-delivered.v1",
        /// See [`CommissionReceived`].
        CommissionReceived = "ledger.settlement.commission-received.v1",
        /// See [`NodeClosed`].
        NodeClosed = "ledger.settlement.node-closed.v1",
        /// See [`PayOutProposed`].
        PayOutProposed = "ledger.settlement.pay-out-proposed.v1",
        /// See [`PayOutApproved`].
        PayOutApproved = "ledger.settlement.pay-out-approved.v1",
        /// See [`PayOutRejected`].
        PayOutRejected = "ledger.settlement.pay-out-rejected.v1",
        /// See [`PayOutSent`].
        PayOutSent = "ledger.settlement.pay-out-sent.v1",
        /// See [`PayOutConfirmed`].
        PayOutConfirmed = "ledger.settlement.pay-out-confirmed.v1",
        /// See [`PayOutFailed`].
        PayOutFailed = "ledger.settlement.pay-out-failed.v1",
        /// See [`PayOutReturned`].
        PayOutReturned = "ledger.settlement.pay-out-returned.v1",
        /// See [`Withheld`].
        Withheld = "ledger.settlement.withheld.v1",
        /// See [`Released`].
        Released = "ledger.settlement.released.v1",
        /// See [`ReserveReleased`].
        ReserveReleased = "ledger.settlement.reserve-released.v1",
        /// See [`DecisionProposed`].
        DecisionProposed = "ledger.settlement.decision-proposed.v1",
        /// See [`Adjusted`].
        Adjusted = "ledger.settlement.adjusted.v1",
        /// See [`WrittenOff`].
        WrittenOff = "ledger.settlement.written-off.v1",
    }
}

macro_rules! common {
    ($event:expr, $data:ident => $value:expr) => {
        match $event {
            SettlementEvent::MerchantClosed($data) => $value,
            SettlementEvent::CommissionDelivered($data) => $value,
            SettlementEvent::CommissionReceived($data) => $value,
            SettlementEvent::NodeClosed($data) => $value,
            SettlementEvent::PayOutProposed($data) => $value,
            SettlementEvent::PayOutApproved($data) => $value,
            SettlementEvent::PayOutRejected($data) => $value,
            SettlementEvent::PayOutSent($data) => $value,
            SettlementEvent::PayOutConfirmed($data) => $value,
            SettlementEvent::PayOutFailed($data) => $value,
            SettlementEvent::PayOutReturned($data) => $value,
            SettlementEvent::Withheld($data) => $value,
            SettlementEvent::Released($data) => $value,
            SettlementEvent::ReserveReleased($data) => $value,
            SettlementEvent::DecisionProposed($data) => $value,
            SettlementEvent::Adjusted($data) => $value,
            SettlementEvent::WrittenOff($data) => $value,
        }
    };
}

impl SettlementEvent {
    /// The payee: the stream.
    pub const fn payee(&self) -> Payee {
        common!(self, data => data.payee)
    }

    /// When it was decided.
    pub const fn at(&self) -> Moment {
        common!(self, data => data.at)
    }
}
