//! Values that travel as text: one way to write and read them with serde, and the bounds on free text.
//! A bound here is what keeps every record far below the size at which Kafka would refuse it.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Visitor};

use crate::rejection::{Field, Rejection};

/// Reads a value from JSON text through its `FromStr`, without an intermediate `String`.
pub(crate) fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    struct Text<T>(PhantomData<T>);
    impl<T: FromStr> Visitor<'_> for Text<T>
    where
        T::Err: fmt::Display,
    {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("text")
        }
        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Text(PhantomData))
}

/// Gives a type that has `Display` and `FromStr` its serde form: the same text.
macro_rules! text_serde {
    ($name:ty) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::text::from_text(deserializer)
            }
        }
    };
}
pub(crate) use text_serde;

/// Longest `orderId`, in characters (ASCII only, so also in bytes).
pub const MAX_ORDER_ID: usize = 64;
/// Longest `orderName`, in characters.
pub const MAX_ORDER_NAME: usize = 100;
/// Longest `cancelReason`, in characters.
pub const MAX_REASON: usize = 200;
/// Longest name of an agency, branch or merchant, in characters.
pub const MAX_NAME: usize = 100;
/// Longest reference to a piece of evidence, in characters.
pub const MAX_EVIDENCE: usize = 200;
/// What is kept of an acquirer's code, number or id, in characters; more is cut off, never refused.
pub const MAX_ACQUIRER_CODE: usize = 64;
/// What is kept of an acquirer's message, in characters; more is cut off, never refused.
pub const MAX_ACQUIRER_MESSAGE: usize = 200;

/// Checks a caller's free text: 1 to `max` characters, none of them a control character, not only spaces.
pub(crate) fn check(field: Field, text: &str, max: usize) -> Result<(), Rejection> {
    let long = text.chars().count() > max;
    if long || text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(Rejection::InvalidText { field, max });
    }
    Ok(())
}

/// Checks an order id: 1 to 64 of `A-Z a-z 0-9 - _ = . : @`.
pub(crate) fn check_order_id(text: &str) -> Result<(), Rejection> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_=.:@".contains(&b);
    if text.is_empty() || text.len() > MAX_ORDER_ID || !text.bytes().all(allowed) {
        return Err(Rejection::InvalidText { field: Field::OrderId, max: MAX_ORDER_ID });
    }
    Ok(())
}

/// What an acquirer said, made storable: control characters become spaces, the end is cut off after `max`.
pub(crate) fn clip(text: &str, max: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(max).collect()
}
