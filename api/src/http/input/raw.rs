//! Reading one JSON value from its source text, so that `1.0`, `1e3` and numbers beyond any machine type are seen as
//! they were written. It must never convert: what does not fit is refused with what was wanted.

use ledger_domain::days::{Day, Moment};
use ledger_domain::money::Amount;
use serde_json::value::RawValue;

use super::fault::{Fault, Kind};
use crate::envelope::instant_ms;

/// The JSON type of a raw value, told by its first character.
#[must_use]
pub fn kind(raw: &RawValue) -> Kind {
    match raw.get().as_bytes().first() {
        Some(b'"') => Kind::Text,
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b't' | b'f') => Kind::Boolean,
        Some(b'n') => Kind::Null,
        _ => Kind::Number,
    }
}

fn expect(raw: &RawValue, want: Kind) -> Result<(), Fault> {
    let is = kind(raw);
    if is == want { Ok(()) } else { Err(Fault::Type { want, is }) }
}

/// A string of any content.
pub fn string(raw: &RawValue) -> Result<String, Fault> {
    expect(raw, Kind::Text)?;
    serde_json::from_str(raw.get()).map_err(|_| Fault::NotText)
}

/// A text of `min` to `max` characters without control characters.
pub fn text(raw: &RawValue, min: usize, max: usize) -> Result<String, Fault> {
    let text = string(raw)?;
    if !(min..=max).contains(&text.chars().count()) {
        return Err(Fault::Length { min, max });
    }
    if text.chars().any(char::is_control) { Err(Fault::Control) } else { Ok(text) }
}

/// A string that one of our types can be read from.
pub fn parsed<T>(
    raw: &RawValue,
    en: &'static str,
    ko: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, Fault> {
    let text = string(raw)?;
    read(&text).ok_or(Fault::Form { en, ko })
}

/// One of some words.
pub fn word<T: Copy>(raw: &RawValue, words: &'static [&'static str], values: &[T]) -> Result<T, Fault> {
    let text = string(raw)?;
    let at = words.iter().position(|word| *word == text);
    at.and_then(|at| values.get(at)).copied().ok_or(Fault::OneOf(words))
}

/// `true` or `false`.
pub fn boolean(raw: &RawValue) -> Result<bool, Fault> {
    expect(raw, Kind::Boolean)?;
    Ok(raw.get() == "true")
}

/// A whole number that fits `i64`.
pub fn whole(raw: &RawValue) -> Result<i64, Fault> {
    expect(raw, Kind::Number)?;
    if raw.get().bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Err(Fault::Fractional);
    }
    raw.get().parse().map_err(|_| if raw.get().starts_with('-') { Fault::Negative } else { Fault::TooLarge })
}

/// A whole number within bounds.
pub fn whole_within(raw: &RawValue, min: i64, max: i64) -> Result<i64, Fault> {
    match whole(raw) {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        Ok(_) | Err(Fault::Fractional | Fault::TooLarge | Fault::Negative) => Err(Fault::Range { min, max }),
        Err(other) => Err(other),
    }
}

/// An RFC 3339 instant with any offset.
pub fn moment(raw: &RawValue) -> Result<Moment, Fault> {
    let form =
        Fault::Form { en: "an RFC 3339 instant with an offset", ko: "오프셋이 있는 RFC 3339 시각" };
    instant_ms(&string(raw)?).map(Moment::from_ms).ok_or(form)
}

/// A day in Asia/Seoul.
pub fn day(raw: &RawValue) -> Result<Day, Fault> {
    string(raw)?
        .parse()
        .map_err(|_| Fault::Form { en: "a day such as 2026-11-23", ko: "2026-11-23 형식의 날짜" })
}

/// A number of instalment months; which are allowed is a rule of the domain.
pub fn months(raw: &RawValue) -> Result<u8, Fault> {
    whole_within(raw, 0, 255).and_then(|months| u8::try_from(months).map_err(|_| Fault::TooLarge))
}

/// An amount above zero.
pub fn amount(raw: &RawValue) -> Result<Amount, Fault> {
    let amount = amount_or_zero(raw)?;
    if amount.is_zero() { Err(Fault::NotPositive) } else { Ok(amount) }
}

/// An amount of zero or more.
pub fn amount_or_zero(raw: &RawValue) -> Result<Amount, Fault> {
    let minor = whole(raw)?;
    if minor < 0 {
        return Err(Fault::Negative);
    }
    Amount::new(minor).map_err(|_| Fault::TooLarge)
}
