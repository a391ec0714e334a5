//! The card envelope as a merchant's own program would make it, from the specification and not from the api's code:
//! AES-256-GCM, bound to merchant, path, order id, idempotency key and timestamp.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::Failure;
use crate::failure::{Done, During};

/// The path that every envelope of a key-in is bound to.
pub const PATH: &str = "/v1/payments/key-in";

/// A card that is approved unless the amount says otherwise.
pub const GOOD_CARD: &str = "4111111111111111";

/// A merchant's key for envelopes.
#[derive(Clone, PartialEq, Eq)]
pub struct CardKey {
    /// `cky_…`
    pub id: String,
    key: [u8; 32],
}

impl CardKey {
    /// From what the API gave out.
    ///
    /// # Errors
    /// Not 32 bytes in base64.
    pub fn new(id: &str, base64: &str) -> Done<CardKey> {
        let bytes = STANDARD.decode(base64).during(|| "the card key is not base64".to_owned())?;
        let key = bytes.try_into().map_err(|_| Failure::new("the card key is not 32 bytes"))?;
        Ok(CardKey { id: id.to_owned(), key })
    }

    /// The key in base64, as it came.
    pub fn base64(&self) -> String {
        STANDARD.encode(self.key)
    }

    /// Another key under the same id: what it seals cannot be opened.
    pub fn damaged(&self) -> CardKey {
        let mut other = self.clone();
        other.key[0] ^= 1;
        other
    }
}

/// What the buyer typed.
#[derive(Clone, Debug)]
pub struct Card {
    /// Digits.
    pub number: String,
    /// Two digits.
    pub year: String,
    /// Two digits.
    pub month: String,
    /// Birth date or business number.
    pub identity: Option<String>,
    /// First two digits.
    pub password: Option<String>,
}

impl Card {
    /// With this number, good until December 2035.
    pub fn number(number: &str) -> Card {
        let (year, month) = ("35".to_owned(), "12".to_owned());
        Card { number: number.to_owned(), year, month, identity: None, password: None }
    }

    fn document(&self) -> String {
        let mut document = json!({
            "cardNumber": self.number, "cardExpirationYear": self.year, "cardExpirationMonth": self.month,
        });
        if let Some(identity) = &self.identity {
            document["customerIdentityNumber"] = json!(identity);
        }
        if let Some(password) = &self.password {
            document["cardPassword"] = json!(password);
        }
        document.to_string()
    }
}

/// What an envelope is good for.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// `mer_…`
    pub merchant: &'a str,
    /// The merchant's order.
    pub order_id: &'a str,
    /// The request's idempotency key.
    pub idempotency_key: &'a str,
}

impl Bound<'_> {
    fn additional_data(&self, timestamp: &str) -> String {
        let Bound { merchant, order_id, idempotency_key } = self;
        ["ledger-card/1", merchant, PATH, order_id, idempotency_key, timestamp].join("\n")
    }
}

/// An instant as the envelope holds it.
///
/// # Errors
/// The instant is out of any calendar.
pub fn timestamp(at_ms: i64) -> Done<String> {
    let instant = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000)?;
    Ok(instant.format(&Rfc3339)?)
}

/// Unix milliseconds, now.
pub fn now_ms() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// Seals a card: the `card` member of a key-in.
///
/// # Errors
/// No randomness, or a time out of any calendar.
pub fn seal(key: &CardKey, card: &Card, bound: Bound<'_>, at_ms: i64) -> Done<Value> {
    seal_text(key, &card.document(), bound, &timestamp(at_ms)?)
}

/// Seals any text under any timestamp.
///
/// # Errors
/// No randomness.
pub fn seal_text(key: &CardKey, text: &str, bound: Bound<'_>, timestamp: &str) -> Done<Value> {
    let mut iv = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut iv).map_err(|_| Failure::new("no random numbers"))?;
    let unbound = UnboundKey::new(&AES_256_GCM, &key.key).map_err(|_| Failure::new("not an AES key"))?;
    let mut bytes = text.as_bytes().to_vec();
    let aad = bound.additional_data(timestamp);
    LessSafeKey::new(unbound)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad.as_bytes()), &mut bytes)
        .map_err(|_| Failure::new("the envelope cannot be sealed"))?;
    Ok(json!({
        "keyId": key.id, "timestamp": timestamp, "iv": STANDARD.encode(iv), "ciphertext": STANDARD.encode(bytes),
    }))
}
