//! Whole minor units in `i64` and exact rates. Nothing here uses a float, wraps, or rounds without being told how.

use std::fmt;
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::text_serde;

/// An amount that cannot be: below zero or above [`Amount::MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum MoneyError {
    /// Outside 0 to [`Amount::MAX`].
    #[error("an amount must lie between 0 and {}", Amount::MAX.0)]
    OutOfRange,
}

/// A text that is not a rate, or not its one spelling.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("a rate is a plain decimal from 0 to 1 with at most six places, such as 0.03")]
pub struct RateError;

/// A currency of payment. KRW has no minor unit, so 1 is one won.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    /// Won.
    Krw,
}

/// Whole minor units, never negative; the event's type says which way they move.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount: sums of nine million of them still fit in `i64`.
    pub const MAX: Self = Self(999_999_999_999);

    /// Checks the bounds. Errors: [`MoneyError::OutOfRange`].
    pub const fn new(minor: i64) -> Result<Self, MoneyError> {
        if minor < 0 || minor > Self::MAX.0 {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self(minor))
    }

    /// Minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// True for 0.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum. Errors: [`MoneyError::OutOfRange`] above [`Amount::MAX`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).ok_or(MoneyError::OutOfRange).and_then(Self::new)
    }

    /// The difference. Errors: [`MoneyError::OutOfRange`] below zero.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0).ok_or(MoneyError::OutOfRange).and_then(Self::new)
    }

    /// `nearest(self × numerator ÷ denominator)`, a half rounded up. Errors: a denominator of 0, or out of range.
    pub fn share(self, numerator: Self, denominator: Self) -> Result<Self, MoneyError> {
        if denominator.is_zero() {
            return Err(MoneyError::OutOfRange);
        }
        let (n, d) = (i128::from(numerator.0), i128::from(denominator.0));
        let twice = i128::from(self.0) * n * 2 + d;
        i64::try_from(twice / (2 * d)).map_err(|_| MoneyError::OutOfRange).and_then(Self::new)
    }

    /// `nearest(self ÷ 11)`: the VAT inside a price that includes it (부가가치세법: 10 % on the supply).
    pub fn included_vat(self) -> Self {
        // 2·n + 11 over 22 rounds to nearest; no multiple of 1/11 is a half, so the tie rule never matters.
        Self((2 * self.0 + 11) / 22)
    }
}

/// Errors: a net below 0 or above [`Amount::MAX`].
impl TryFrom<Net> for Amount {
    type Error = MoneyError;

    fn try_from(net: Net) -> Result<Self, MoneyError> {
        Self::new(net.minor())
    }
}

impl TryFrom<i64> for Amount {
    type Error = MoneyError;
    fn try_from(minor: i64) -> Result<Self, MoneyError> {
        Self::new(minor)
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> i64 {
        amount.0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A sum of whole minor units that may be below zero: what somebody is owed, or owes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Net(i64);

impl Net {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest sum: JSON readers that know only doubles still read it exactly (2^53 − 1).
    pub const MAX_MINOR: i64 = 9_007_199_254_740_991;

    /// Checks the bounds. Errors: [`MoneyError::OutOfRange`].
    pub const fn new(minor: i64) -> Result<Self, MoneyError> {
        if minor < -Self::MAX_MINOR || minor > Self::MAX_MINOR {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Self(minor))
    }

    /// Minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// True for 0.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum. Errors: [`MoneyError::OutOfRange`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_add(other.0).ok_or(MoneyError::OutOfRange).and_then(Self::new)
    }

    /// The difference. Errors: [`MoneyError::OutOfRange`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.plus(other.negated())
    }

    /// The other way round.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Itself where it is above nothing, otherwise nothing.
    #[must_use]
    pub fn or_nothing(self) -> Self {
        self.max(Self::ZERO)
    }
}

impl TryFrom<i64> for Net {
    type Error = MoneyError;
    fn try_from(minor: i64) -> Result<Self, MoneyError> {
        Self::new(minor)
    }
}

impl From<Net> for i64 {
    fn from(net: Net) -> i64 {
        net.0
    }
}

impl From<Amount> for Net {
    fn from(amount: Amount) -> Self {
        Self(amount.0)
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a fraction of a minor unit is rounded, per transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Rounding {
    /// Down (원 미만 절사).
    Floor,
    /// To the nearest, a half up.
    Nearest,
    /// Up.
    Ceil,
}

/// A share of an amount: a plain decimal from 0 to 1 with at most six places; its text keeps its zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rate(Decimal);

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// 10 %: Korean VAT on a supply.
    pub const VAT: Self = Self(Decimal::from_parts(1, 0, 0, false, 1));

    /// The decimal itself.
    pub const fn decimal(self) -> Decimal {
        self.0
    }

    /// `rounding(amount × self)`. Errors: [`MoneyError::OutOfRange`].
    pub fn of(self, amount: Amount, rounding: Rounding) -> Result<Amount, MoneyError> {
        let product = Decimal::from(amount.0).checked_mul(self.0).ok_or(MoneyError::OutOfRange)?;
        let strategy = match rounding {
            Rounding::Floor => RoundingStrategy::ToZero,
            Rounding::Nearest => RoundingStrategy::MidpointAwayFromZero,
            Rounding::Ceil => RoundingStrategy::AwayFromZero,
        };
        let whole = product.round_dp_with_strategy(0, strategy).to_i64().ok_or(MoneyError::OutOfRange)?;
        Amount::new(whole)
    }
}

impl FromStr for Rate {
    type Err = RateError;
    /// Only the spelling that `Display` writes is read, so that a stored rate reads back byte for byte.
    fn from_str(text: &str) -> Result<Self, RateError> {
        let value = Decimal::from_str_exact(text).map_err(|_| RateError)?;
        let plain = !value.is_sign_negative() && value <= Decimal::ONE && value.scale() <= 6;
        if !plain || value.to_string() != text {
            return Err(RateError);
        }
        Ok(Self(value))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_serde!(Rate);

#[cfg(test)]
#[path = "money_tests.rs"]
mod tests;
