//! What the next decision about a payment needs, and no more. Each variant holds only what can matter in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::metadata::Metadata;
use super::resolve::{Evidence, Resolution};
use crate::contract::{FeeReturn, Method};
use crate::days::{Day, Moment};
use crate::ids::{CancelId, ContractId, KeyId, MerchantId, PaymentId};
use crate::lines::{AcquirerId, Line, Node};
use crate::money::{Amount, Currency, MoneyError};
use crate::settlement::SettlementCycle;
use crate::vat::{SplitRule, TaxType};

/// A payment as its owner knows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Payment {
    /// Nothing is recorded.
    #[default]
    Ready,
    /// The approval is under way.
    InProgress(Box<Sale>),
    /// No answer; it may yet be found out.
    Unknown(Box<UnknownPayment>),
    /// A net cancel was requested: it can never be DONE by an answer any more.
    NetCancelling(Box<UnknownPayment>),
    /// Waits for two people or the settlement file.
    Unresolved(Box<UnknownPayment>),
    /// Paid, perhaps partly cancelled.
    Done(Box<Paid>),
    /// Paid and wholly cancelled, or charged and net-cancelled.
    Canceled(Closed),
    /// Nothing was paid.
    Aborted(Closed),
}

/// What was asked for, with the terms it was asked on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sale {
    /// The payment.
    pub payment_id: PaymentId,
    /// Who sells.
    pub merchant_id: MerchantId,
    /// The merchant's order id.
    pub order_id: String,
    /// How it is paid.
    pub method: Method,
    /// In what.
    pub currency: Currency,
    /// The whole amount.
    pub amount: Amount,
    /// How it splits, and keeps splitting as it is cancelled.
    pub rule: SplitRule,
    /// The merchant's tax type then.
    pub tax_type: TaxType,
    /// Contract, path, route and lines.
    pub terms: Terms,
    /// When it was requested.
    pub requested_at: Moment,
    /// The merchant's own keys.
    pub metadata: Metadata,
}

/// The terms in force when a payment was requested; part of [`super::Requested`], so that an outcome needs no look
/// into the directory, however much later it comes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terms {
    /// The contract.
    pub contract_id: ContractId,
    /// Its version.
    pub contract_version: u32,
    /// Agency … branch, top first.
    pub branch_path: Vec<Node>,
    /// Who is asked to approve.
    pub acquirer: AcquirerId,
    /// Whether that acquirer's net cancels leave a tombstone.
    pub tombstones: bool,
    /// n of D+n.
    pub settlement_cycle_days: u8,
    /// Where it is not D+n.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_cycle: Option<SettlementCycle>,
    /// Whether fees return with a cancel.
    pub fee_return: FeeReturn,
    /// What will be owed once it is approved.
    pub lines: Vec<Line>,
}

impl Terms {
    /// When the merchant is paid for what is sold on a day.
    pub fn cycle(&self) -> SettlementCycle {
        let daily = SettlementCycle::Daily { business_days: self.settlement_cycle_days };
        self.settlement_cycle.unwrap_or(daily)
    }
}

/// A payment whose outcome is not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownPayment {
    /// What was asked for.
    pub sale: Sale,
    /// Since when it is in its present state.
    pub since: Moment,
    /// Whether a late approval was seen.
    pub late_approval: bool,
    /// What one person proposed (only while unresolved).
    pub proposal: Option<Proposal>,
}

/// A payment that was approved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Paid {
    /// What was asked for.
    pub sale: Sale,
    /// The acquirer's id of it.
    pub acquirer_transaction: String,
    /// Its settlement day.
    pub sold_date: Day,
    /// What is not cancelled; pending cancels are still in it.
    pub remaining: Parts,
    /// Cancels without a final outcome; each reserves its amount.
    pub pending: BTreeMap<CancelId, PendingCancel>,
    /// Cancels with one.
    pub settled: BTreeSet<CancelId>,
}

/// Most cancels of one payment, declined ones included: bounds state and answers.
pub const MAX_CANCELS: u32 = 500;

/// An amount by its taxable and tax-free part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parts {
    /// Supply and VAT.
    pub taxable: Amount,
    /// Tax-free.
    pub tax_free: Amount,
}

impl Parts {
    /// Both together.
    pub fn amount(&self) -> Result<Amount, MoneyError> {
        self.taxable.plus(self.tax_free)
    }

    /// Part by part.
    pub fn minus(&self, other: &Self) -> Result<Self, MoneyError> {
        let taxable = self.taxable.minus(other.taxable)?;
        Ok(Self { taxable, tax_free: self.tax_free.minus(other.tax_free)? })
    }
}

/// A cancel under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingCancel {
    /// What it reserves.
    pub parts: Parts,
    /// How far it is.
    pub stage: PendingStage,
    /// Since when it is in that stage.
    pub since: Moment,
}

/// How far a pending cancel is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PendingStage {
    /// Asked, or about to be.
    Requested,
    /// No answer; retried or inquired under its operation id.
    Unknown,
    /// Waits for two people or the settlement file.
    Unresolved {
        /// What one person proposed.
        proposal: Option<Proposal>,
    },
}

/// What one person said of something unresolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The person's key.
    pub by: KeyId,
    /// What became of it.
    pub resolution: Resolution,
    /// What shows it.
    pub evidence: Evidence,
}

/// A payment about which nothing is open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// The payment.
    pub payment_id: PaymentId,
    /// Who sells.
    pub merchant_id: MerchantId,
    /// Whether an approval was seen after it had closed without one.
    pub late_approval: bool,
    /// True if it was paid once (and cancelled by the merchant), so that an approval is no news.
    pub was_paid: bool,
    /// The merchant's own keys.
    pub metadata: Metadata,
}

/// The states of api.md that a card payment goes through.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentStatus {
    /// Nothing was attempted.
    Ready,
    /// The approval is under way.
    InProgress,
    /// Paid.
    Done,
    /// Paid, partly cancelled.
    PartialCanceled,
    /// Nothing of the payment is left.
    Canceled,
    /// Nothing was paid.
    Aborted,
    /// No answer yet.
    Unknown,
    /// Waits for two people or the settlement file.
    Unresolved,
}

impl PaymentStatus {
    /// The name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::InProgress => "IN_PROGRESS",
            Self::Done => "DONE",
            Self::PartialCanceled => "PARTIAL_CANCELED",
            Self::Canceled => "CANCELED",
            Self::Aborted => "ABORTED",
            Self::Unknown => "UNKNOWN",
            Self::Unresolved => "UNRESOLVED",
        }
    }
}

impl std::fmt::Display for PaymentStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Payment {
    /// The state's name in the API.
    pub fn status(&self) -> PaymentStatus {
        match self {
            Self::Ready => PaymentStatus::Ready,
            Self::InProgress(_) => PaymentStatus::InProgress,
            Self::Unknown(_) | Self::NetCancelling(_) => PaymentStatus::Unknown,
            Self::Unresolved(_) => PaymentStatus::Unresolved,
            Self::Done(paid) if paid.is_whole() => PaymentStatus::Done,
            Self::Done(_) => PaymentStatus::PartialCanceled,
            Self::Canceled(_) => PaymentStatus::Canceled,
            Self::Aborted(_) => PaymentStatus::Aborted,
        }
    }

    /// Which payment it is; `None` if nothing is recorded.
    pub fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::Ready => None,
            Self::InProgress(sale) => Some(sale.payment_id),
            Self::Unknown(u) | Self::NetCancelling(u) | Self::Unresolved(u) => Some(u.sale.payment_id),
            Self::Done(paid) => Some(paid.sale.payment_id),
            Self::Canceled(closed) | Self::Aborted(closed) => Some(closed.payment_id),
        }
    }

    /// Whose payment it is; `None` if nothing is recorded.
    pub fn merchant_id(&self) -> Option<MerchantId> {
        match self {
            Self::Ready => None,
            Self::InProgress(sale) => Some(sale.merchant_id),
            Self::Unknown(u) | Self::NetCancelling(u) | Self::Unresolved(u) => Some(u.sale.merchant_id),
            Self::Done(paid) => Some(paid.sale.merchant_id),
            Self::Canceled(closed) | Self::Aborted(closed) => Some(closed.merchant_id),
        }
    }
}

impl Paid {
    /// Nothing is cancelled yet.
    pub fn is_whole(&self) -> bool {
        self.remaining.amount() == Ok(self.sale.amount)
    }

    /// What is left beside the cancels under way. Errors only if history was impossible.
    pub fn cancelable(&self) -> Result<Parts, MoneyError> {
        self.pending.values().try_fold(self.remaining, |left, pending| left.minus(&pending.parts))
    }
}
