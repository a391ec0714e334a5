//! A payee's settlement as its owner knows it: what the next decision needs. It is kept whole beside the stream, so that a payee of
//! ten years costs no more than a new one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::event::Wish;
use super::sums::Received;
use super::terms::{PayeeTax, Withholding};
use crate::days::calendar::sold_date;
use crate::days::{Day, Moment};
use crate::ids::{KeyId, PayOutId, ProposalId};
use crate::lines::{Node, Payee};
use crate::money::{Amount, MoneyError, Net};

/// So many days after the bank paid it a pay-out can still be recorded as returned; later it takes an adjustment.
pub const RETURN_DAYS: u16 = 60;
/// Most proposals of one payee that wait for another key.
pub const MAX_PROPOSALS: usize = 100;

/// A payee's settlement; the default is that of a payee without history.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Settlement {
    /// The latest day that was closed.
    pub last_closed: Option<Day>,
    /// Closings so far.
    pub closings: u32,
    /// Adjustments by day that are not closed.
    pub adjusted: BTreeMap<Day, Net>,
    /// A branch's or agency's commissions by day that are not closed.
    pub received: BTreeMap<Day, Received>,
    /// Closed and to be paid out, by the day it is due.
    pub payable: BTreeMap<Day, Net>,
    /// To be paid out when somebody proposes it: it failed, came back or was rejected.
    pub waiting: Net,
    /// Withheld.
    pub withheld: Net,
    /// Kept back, by closing.
    pub reserve: BTreeMap<u32, Kept>,
    /// Owed by the payee, by the closing that was negative.
    pub receivable: BTreeMap<u32, Net>,
    /// Commissions that are not known to have arrived, by closing and payee.
    pub undelivered: BTreeMap<u32, Undelivered>,
    /// Pay-outs that the bank may still answer or send back.
    pub pay_outs: BTreeMap<PayOutId, PayOut>,
    /// Pay-outs so far.
    pub pay_out_count: u32,
    /// What waits for another key.
    pub proposals: BTreeMap<ProposalId, Proposed>,
    /// Less than this waits for more, as the last closing's terms say.
    pub minimum_pay_out: Amount,
    /// Whether what the payee owes may be taken out of the reserve, as the last closing's terms say.
    pub reserve_offsets: bool,
    /// Withheld of pay-outs, as the last closing's terms say.
    pub tax: PayeeTax,
}

/// A part of the reserve.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// How much is left of it.
    pub amount: Net,
    /// When it is released.
    pub until: Day,
}

/// What a closing has still to deliver.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Undelivered {
    /// By payee.
    pub commissions: BTreeMap<Node, Net>,
}

/// A pay-out on its way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PayOut {
    /// 1, 2, 3 …
    pub number: u32,
    /// How far it is.
    pub stage: PayOutStage,
    /// What the payee is owed.
    pub amount: Amount,
    /// Withheld of it.
    pub withholding: Withholding,
    /// What the bank transfers.
    pub transfer: Amount,
    /// Who proposed it; nobody where the day came.
    pub proposed_by: Option<KeyId>,
    /// Who approved it.
    pub approved_by: Option<KeyId>,
    /// When the bank paid it.
    pub paid_on: Option<Day>,
    /// From which bank account.
    pub bank_account: Option<String>,
}

/// How far a pay-out is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PayOutStage {
    /// Waits for a person's approval.
    Proposed,
    /// Waits to be sent.
    Approved,
    /// With the bank.
    Sent,
    /// Paid; it may still come back.
    Confirmed,
}

impl PayOutStage {
    /// The word that the API and the tables carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "PROPOSED",
            Self::Approved => "APPROVED",
            Self::Sent => "SENT",
            Self::Confirmed => "CONFIRMED",
        }
    }
}

impl std::fmt::Display for PayOutStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A proposal that waits for another key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proposed {
    /// What.
    pub wish: Wish,
    /// Who.
    pub by: KeyId,
    /// Why.
    pub reason: String,
    /// The document behind it.
    pub document: String,
}

/// What a payee is owed and owes, account by account (money.md 5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Balances {
    /// L11 of a merchant, L31 of a node: closed or received and not paid, a node's unclosed commissions included.
    pub payable: Net,
    /// L12.
    pub withheld: Net,
    /// L13.
    pub reserve: Net,
    /// L20 with the tax withheld: sent to the bank, no answer yet.
    pub in_transit: Net,
    /// A30.
    pub receivable: Net,
}

impl Settlement {
    /// The settlement day that what comes now belongs to: never one that is closed.
    pub fn open_day(&self, at: Moment) -> Day {
        sold_date(at, self.last_closed.map(Day::next))
    }

    /// Kept back altogether.
    pub fn kept(&self) -> Result<Net, MoneyError> {
        self.reserve.values().try_fold(Net::ZERO, |sum, kept| sum.plus(kept.amount))
    }

    /// Whether the reserve stands for what the payee owes: then its day does not release it, but the next closing uses it.
    pub fn reserve_is_needed(&self) -> bool {
        self.reserve_offsets && !self.receivable.is_empty()
    }

    /// The number of the next pay-out.
    pub const fn next_pay_out(&self) -> u32 {
        self.pay_out_count.saturating_add(1)
    }

    /// Due up to a day, without what waits for a proposal.
    pub fn due(&self, day: Day) -> Result<Net, MoneyError> {
        self.payable.range(..=day).try_fold(Net::ZERO, |sum, (_, amount)| sum.plus(*amount))
    }

    /// All that can be withheld: payable on whatever day, and waiting.
    pub fn payable(&self) -> Result<Net, MoneyError> {
        self.payable.values().try_fold(self.waiting, |sum, amount| sum.plus(*amount))
    }

    /// Account by account. Errors: out of range.
    pub fn balances(&self, payee: Payee) -> Result<Balances, MoneyError> {
        let mut balances = Balances { withheld: self.withheld, reserve: self.kept()?, ..Balances::default() };
        balances.payable = self.payable()?;
        for pay_out in self.pay_outs.values() {
            match pay_out.stage {
                PayOutStage::Proposed | PayOutStage::Approved => {
                    balances.payable = balances.payable.plus(pay_out.amount.into())?;
                }
                PayOutStage::Sent => balances.in_transit = balances.in_transit.plus(pay_out.amount.into())?,
                PayOutStage::Confirmed => {}
            }
        }
        if let Payee::Node(_) = payee {
            for received in self.received.values() {
                balances.payable = balances.payable.plus(received.amount)?;
            }
            for adjusted in self.adjusted.values() {
                balances.payable = balances.payable.plus(*adjusted)?;
            }
        }
        for owed in self.receivable.values() {
            balances.receivable = balances.receivable.plus(*owed)?;
        }
        Ok(balances)
    }
}
