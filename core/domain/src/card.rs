//! Card data. The number and what belongs to it live in memory only: these types can be neither printed,
//! compared, cloned nor serialised, and are overwritten when dropped. Events hold a [`MaskedCard`].

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::days::Moment;
use crate::text::text_serde;

const MIN_DIGITS: usize = 13;
const MAX_DIGITS: usize = 19;

/// Why card data cannot be used; never what it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum CardError {
    /// Not 13 to 19 digits whose check digit (ISO/IEC 7812-1, Luhn) is right.
    #[error("the card number is not valid")]
    Number,
    /// Not a year YY and a month 01 to 12.
    #[error("the card's expiry is not a year YY and a month MM")]
    Expiry,
    /// The expiry's month lies in the past in Asia/Seoul.
    #[error("the card has expired")]
    Expired,
    /// Not six digits (a birth date, YYMMDD) or ten (a business number).
    #[error("the customer's identity number is not six or ten digits")]
    Identity,
    /// Not the first two digits of the card's password.
    #[error("the card password is not two digits")]
    Password,
    /// Not first six digits, stars, last four digits.
    #[error("not a masked card number")]
    Masked,
}

/// A card number that passed Luhn. No `Debug`, `Display`, `Clone`, `PartialEq` or `Serialize`, on purpose:
///
/// ```compile_fail,E0277
/// let number = ledger_domain::card::CardNumber::parse("4111111111111111").unwrap_or_else(|_| loop {});
/// println!("{number:?}");
/// ```
/// ```compile_fail,E0277
/// let number = ledger_domain::card::CardNumber::parse("4111111111111111").unwrap_or_else(|_| loop {});
/// println!("{number}");
/// ```
/// ```compile_fail,E0277
/// let number = ledger_domain::card::CardNumber::parse("4111111111111111").unwrap_or_else(|_| loop {});
/// serde_json::to_string(&number);
/// ```
pub struct CardNumber {
    digits: [u8; MAX_DIGITS],
    length: usize,
}

impl CardNumber {
    /// Takes 13 to 19 ASCII digits, nothing else (no spaces). Errors: [`CardError::Number`].
    pub fn parse(text: &str) -> Result<Self, CardError> {
        let bytes = text.as_bytes();
        let length = bytes.len();
        if !(MIN_DIGITS..=MAX_DIGITS).contains(&length)
            || !bytes.iter().all(u8::is_ascii_digit)
            || !luhn(bytes)
        {
            return Err(CardError::Number);
        }
        let mut digits = [0; MAX_DIGITS];
        digits[..length].copy_from_slice(bytes);
        Ok(Self { digits, length })
    }

    /// Lends the digits for the one purpose there is: the body of the acquirer's call.
    pub fn expose<R>(&self, use_digits: impl FnOnce(&str) -> R) -> R {
        // The bytes were checked to be ASCII digits, so they always are text.
        use_digits(std::str::from_utf8(&self.digits[..self.length]).unwrap_or_default())
    }

    /// First six, stars, last four.
    pub fn masked(&self) -> MaskedCard {
        self.expose(|digits| {
            let (head, tail) = (&digits[..6], &digits[digits.len() - 4..]);
            MaskedCard(format!("{head}{}{tail}", "*".repeat(digits.len() - 10)))
        })
    }
}

impl Zeroize for CardNumber {
    fn zeroize(&mut self) {
        self.digits.zeroize();
        self.length = 0;
    }
}

impl Drop for CardNumber {
    fn drop(&mut self) {
        self.zeroize();
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0');
            match (place % 2, value) {
                (0, v) => v,
                (_, v) if v < 5 => 2 * v,
                (_, v) => 2 * v - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// A short secret beside the number (identity number, password digits). As silent as [`CardNumber`].
pub struct CardSecret(Zeroizing<String>);

/// A card in the clear, lent for the acquirer's call.
pub struct ExposedCard<'a> {
    /// The number.
    pub number: &'a str,
    /// Last two digits of the year of expiry.
    pub expiry_year: u8,
    /// Month of expiry, 1 to 12.
    pub expiry_month: u8,
    /// Birth date YYMMDD or business number of ten digits.
    pub identity: Option<&'a str>,
    /// First two digits of the card's password.
    pub password: Option<&'a str>,
}

/// What accompanies a command in memory and is gone after the acquirer's call. Never part of an event.
pub struct CardCompanion {
    /// The number.
    pub number: CardNumber,
    /// Last two digits of the year of expiry.
    pub expiry_year: u8,
    /// Month of expiry, 1 to 12.
    pub expiry_month: u8,
    /// Birth date YYMMDD or business number of ten digits.
    pub identity: Option<CardSecret>,
    /// First two digits of the card's password.
    pub password: Option<CardSecret>,
}

impl CardCompanion {
    /// Checks the parts of an opened envelope. Errors: the first part that is wrong, in the order of the arguments.
    pub fn parse(
        number: &str,
        year: &str,
        month: &str,
        identity: Option<&str>,
        password: Option<&str>,
    ) -> Result<Self, CardError> {
        let number = CardNumber::parse(number)?;
        let expiry_year = two_digits(year).ok_or(CardError::Expiry)?;
        let expiry_month = two_digits(month).filter(|m| (1..=12).contains(m)).ok_or(CardError::Expiry)?;
        let identity = secret(identity, &[6, 10]).map_err(|()| CardError::Identity)?;
        let password = secret(password, &[2]).map_err(|()| CardError::Password)?;
        Ok(Self { number, expiry_year, expiry_month, identity, password })
    }

    /// Lends the whole card for the acquirer's call.
    pub fn expose<R>(&self, use_card: impl FnOnce(ExposedCard<'_>) -> R) -> R {
        self.number.expose(|number| {
            use_card(ExposedCard {
                number,
                expiry_year: self.expiry_year,
                expiry_month: self.expiry_month,
                identity: self.identity.as_ref().map(|secret| secret.0.as_str()),
                password: self.password.as_ref().map(|secret| secret.0.as_str()),
            })
        })
    }

    /// A card is good to the last day of its month in Asia/Seoul. Errors: [`CardError::Expired`].
    pub fn check_expiry(&self, now_ms: i64) -> Result<(), CardError> {
        let today = Moment::from_ms(now_ms).seoul_day().date();
        let month = (2000 + i32::from(self.expiry_year), self.expiry_month);
        if month < (today.year(), u8::from(today.month())) {
            return Err(CardError::Expired);
        }
        Ok(())
    }
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

fn two_digits(text: &str) -> Option<u8> {
    let plain = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn secret(text: Option<&str>, lengths: &[usize]) -> Result<Option<CardSecret>, ()> {
    let Some(text) = text else { return Ok(None) };
    if !lengths.contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(());
    }
    Ok(Some(CardSecret(Zeroizing::new(text.to_owned()))))
}

/// First six digits, stars, last four: all that is ever written of a card number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MaskedCard(String);

impl MaskedCard {
    /// The text, `123456******1234`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MaskedCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for MaskedCard {
    type Err = CardError;
    /// Refuses anything that shows more than ten digits, so a whole number cannot be read as a masked one.
    fn from_str(text: &str) -> Result<Self, CardError> {
        let bytes = text.as_bytes();
        if !(MIN_DIGITS..=MAX_DIGITS).contains(&bytes.len()) {
            return Err(CardError::Masked);
        }
        let (head, rest) = bytes.split_at(6);
        let (stars, tail) = rest.split_at(rest.len() - 4);
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        if !digits(head) || !digits(tail) || !stars.iter().all(|b| *b == b'*') {
            return Err(CardError::Masked);
        }
        Ok(Self(text.to_owned()))
    }
}

text_serde!(MaskedCard);

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
