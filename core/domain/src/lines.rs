//! Money lines: who pays whom for a transaction, on which terms, and how much (money.md 1).
//! The shape is final: later work adds rules, not fields. Amounts are magnitudes; the event says which way.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{AgencyId, BranchId, IdError, MerchantId};
use crate::money::{Amount, MoneyError, Rate, Rounding};
use crate::text::text_serde;

/// An acquirer's short name: 1 to 32 of `a-z 0-9 -`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AcquirerId(String);

impl AcquirerId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AcquirerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AcquirerId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
            return Err(IdError { prefix: "an acquirer's name of 1 to 32 of a-z 0-9 -" });
        }
        Ok(Self(text.to_owned()))
    }
}

text_serde!(AcquirerId);

/// A node of the tree above a merchant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Node {
    /// `agn_…`
    Agency(AgencyId),
    /// `brn_…`
    Branch(BranchId),
}

impl Node {
    /// The 16 bytes of its id.
    pub fn as_bytes(&self) -> &[u8; 16] {
        match self {
            Self::Agency(id) => id.as_bytes(),
            Self::Branch(id) => id.as_bytes(),
        }
    }

    /// AGENCY or BRANCH: what the views call it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Agency(_) => "AGENCY",
            Self::Branch(_) => "BRANCH",
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agency(id) => id.fmt(f),
            Self::Branch(id) => id.fmt(f),
        }
    }
}

impl FromStr for Node {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.starts_with(AgencyId::PREFIX) {
            true => text.parse().map(Self::Agency),
            false => text.parse().map(Self::Branch),
        }
    }
}

text_serde!(Node);

/// Whoever is paid out (지급 대상). As text: its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Payee {
    /// `mer_…`
    Merchant(MerchantId),
    /// `agn_…` or `brn_…`
    Node(Node),
}

impl Payee {
    /// The 16 bytes of its id.
    pub fn as_bytes(&self) -> &[u8; 16] {
        match self {
            Self::Merchant(id) => id.as_bytes(),
            Self::Node(node) => node.as_bytes(),
        }
    }

    /// MERCHANT, BRANCH or AGENCY: what the views call it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Merchant(_) => "MERCHANT",
            Self::Node(node) => node.kind(),
        }
    }
}

impl fmt::Display for Payee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merchant(id) => id.fmt(f),
            Self::Node(node) => node.fmt(f),
        }
    }
}

impl FromStr for Payee {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.starts_with(MerchantId::PREFIX) {
            true => text.parse().map(Self::Merchant),
            false => text.parse().map(Self::Node),
        }
    }
}

text_serde!(Payee);

/// Who pays or is paid on a line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Party {
    /// `mer_…`
    Merchant(MerchantId),
    /// `agn_…` or `brn_…`
    Node(Node),
    /// `acquirer/NAME`
    Acquirer(AcquirerId),
    /// `operator`: whoever runs this ledger.
    Operator,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merchant(id) => id.fmt(f),
            Self::Node(node) => node.fmt(f),
            Self::Acquirer(id) => write!(f, "acquirer/{id}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

impl FromStr for Party {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        if text == "operator" {
            return Ok(Self::Operator);
        }
        if let Some(name) = text.strip_prefix("acquirer/") {
            return name.parse().map(Self::Acquirer);
        }
        match text.starts_with(MerchantId::PREFIX) {
            true => text.parse().map(Self::Merchant),
            false => text.parse().map(Self::Node),
        }
    }
}

text_serde!(Party);

/// What a line is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LineType {
    /// The merchant's payment fee.
    Fee,
    /// A branch's or agency's share of it.
    Commission,
    /// What the acquirer keeps.
    AcquirerCost,
}

impl LineType {
    /// The name that events carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fee => "FEE",
            Self::Commission => "COMMISSION",
            Self::AcquirerCost => "ACQUIRER_COST",
        }
    }
}

/// Whether VAT is inside the charge, on top of it, or not due.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum VatMode {
    /// Inside: vat = nearest(total ÷ 11).
    Included,
    /// On top (VAT 별도): 10 % of the supply, by the line's rounding.
    Excluded,
    /// None.
    Exempt,
}

/// How a charge follows from the amount it is taken on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tariff {
    /// Share of the amount.
    pub rate: Rate,
    /// Added per transaction.
    pub fixed: Amount,
    /// At least this much.
    pub min: Option<Amount>,
    /// At most this much.
    pub max: Option<Amount>,
    /// VAT on it.
    pub vat_mode: VatMode,
    /// Rounding of the share, and of a VAT on top.
    pub rounding: Rounding,
}

/// A charge and its VAT: `total = supply + vat`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Charge {
    /// Without VAT.
    pub supply: Amount,
    /// VAT.
    pub vat: Amount,
    /// Both.
    pub total: Amount,
}

impl Tariff {
    /// C(x): the charge on a payment of `base`; on nothing, nothing. Fixed and minimum parts are in C of every
    /// x above nothing, so the difference rule returns them only with the last won.
    pub fn charge(&self, base: Amount) -> Result<Charge, MoneyError> {
        if base.is_zero() {
            return Ok(Charge::default());
        }
        let share = self.rate.of(base, self.rounding)?.plus(self.fixed)?;
        let least = share.max(self.min.unwrap_or(share));
        let charge = least.min(self.max.unwrap_or(least));
        match self.vat_mode {
            VatMode::Included => {
                let vat = charge.included_vat();
                Ok(Charge { supply: charge.minus(vat)?, vat, total: charge })
            }
            VatMode::Excluded => {
                let vat = Rate::VAT.of(charge, self.rounding)?;
                Ok(Charge { supply: charge, vat, total: charge.plus(vat)? })
            }
            VatMode::Exempt => Ok(Charge { supply: charge, vat: Amount::ZERO, total: charge }),
        }
    }
}

/// One line of an event that moves money.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: LineType,
    /// Who pays at the sale; at a cancel, who gets it back.
    pub payer: Party,
    /// Who is paid at the sale; at a cancel, who gives it back.
    pub payee: Party,
    /// The amount the charge is taken on; on a cancel, the amount cancelled.
    pub base: Amount,
    /// See [`Tariff`].
    pub rate: Rate,
    /// See [`Tariff`].
    pub fixed: Amount,
    /// See [`Tariff`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Amount>,
    /// See [`Tariff`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Amount>,
    /// See [`Tariff`].
    pub vat_mode: VatMode,
    /// See [`Tariff`].
    pub rounding: Rounding,
    /// Without VAT.
    pub supply: Amount,
    /// VAT.
    pub vat: Amount,
    /// Both.
    pub total: Amount,
    /// Version of the merchant's contract.
    pub contract_version: u32,
    /// The rule within it, `fee/CARD`, `commission/brn_…`, `acquirer/sandbox`.
    pub rule_id: String,
}

impl Line {
    /// The line's terms.
    pub fn tariff(&self) -> Tariff {
        Tariff {
            rate: self.rate,
            fixed: self.fixed,
            min: self.min,
            max: self.max,
            vat_mode: self.vat_mode,
            rounding: self.rounding,
        }
    }

    /// What returns of this line when a payment of which `before` was left is cancelled down to `after`.
    pub fn returned(&self, before: Amount, after: Amount) -> Result<Self, MoneyError> {
        let tariff = self.tariff();
        let (b, a) = (tariff.charge(before)?, tariff.charge(after)?);
        Ok(Self {
            base: before.minus(after)?,
            supply: b.supply.minus(a.supply)?,
            vat: b.vat.minus(a.vat)?,
            total: b.total.minus(a.total)?,
            ..self.clone()
        })
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
