//! The card envelope: AES-256-GCM bound to one merchant, path, order, idempotency key and instant. Opens it into a card
//! that lives in memory only; what was inside is never part of an error, a log line or a `Debug`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger_domain::card::{CardCompanion, CardError};
use ledger_domain::ids::{CardKeyId, MerchantId};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use zeroize::Zeroizing;

/// How far the envelope's timestamp may be from our clock, either way, in milliseconds.
pub const FRESH_MS: i64 = 5 * 60 * 1_000;

/// What is wrong with an envelope; found after the key lookup, so that a late retry still gets its first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardProblem {
    /// The merchant has no such card key.
    KeyUnknown,
    /// Not sealed with this key for this merchant, path, order, idempotency key and timestamp.
    DecryptFailed,
    /// The timestamp is more than five minutes off.
    Stale,
    /// What was sealed is not the specified document.
    ContentInvalid,
    /// Not 13 to 19 digits, or the check digit (Luhn) is wrong.
    NumberInvalid,
    /// Not `YY` and `MM`.
    ExpiryInvalid,
    /// The month of expiry is over in Asia/Seoul.
    Expired,
}

/// An envelope as it arrived.
pub struct Sealed {
    /// Which of the merchant's keys.
    pub key_id: CardKeyId,
    /// The text, exactly as sent: it is part of the additional data.
    pub timestamp: String,
    /// The same instant, Unix ms.
    pub timestamp_ms: i64,
    /// The nonce.
    pub iv: [u8; NONCE_LEN],
    /// With the tag appended.
    pub ciphertext: Vec<u8>,
}

/// What an envelope is bound to.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// Whose payment.
    pub merchant: MerchantId,
    /// The operation's path.
    pub path: &'a str,
    /// The payment's order id.
    pub order_id: &'a str,
    /// The request's idempotency key.
    pub idempotency_key: &'a str,
}

impl Bound<'_> {
    /// The additional data: six lines without a final line feed. No part can hold a line feed, so it is unambiguous.
    #[must_use]
    pub fn additional_data(&self, timestamp: &str) -> String {
        let Self { merchant, path, order_id, idempotency_key } = self;
        format!("ledger-card/1\n{merchant}\n{path}\n{order_id}\n{idempotency_key}\n{timestamp}")
    }
}

/// An RFC 3339 instant in Unix milliseconds.
#[must_use]
pub fn instant_ms(text: &str) -> Option<i64> {
    let instant = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(instant.unix_timestamp_nanos() / 1_000_000).ok()
}

/// Base64 of a nonce.
#[must_use]
pub fn iv(text: &str) -> Option<[u8; NONCE_LEN]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Base64 of a ciphertext with its tag.
#[must_use]
pub fn ciphertext(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok().filter(|bytes| (17..=1_024).contains(&bytes.len()))
}

/// Checks freshness, opens the envelope and checks the card.
pub fn open(sealed: Sealed, bound: Bound<'_>, key: &[u8], now_ms: i64) -> Result<CardCompanion, CardProblem> {
    if now_ms.abs_diff(sealed.timestamp_ms) > FRESH_MS.unsigned_abs() {
        return Err(CardProblem::Stale);
    }
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| CardProblem::KeyUnknown)?;
    let aad = bound.additional_data(&sealed.timestamp);
    let mut bytes = Zeroizing::new(sealed.ciphertext);
    let plain = LessSafeKey::new(key)
        .open_in_place(Nonce::assume_unique_for_key(sealed.iv), Aad::from(aad.as_bytes()), &mut bytes)
        .map_err(|_| CardProblem::DecryptFailed)?;
    card(plain, now_ms)
}

/// Seals a document as a merchant would: for vectors, tests and load.
#[must_use]
pub fn seal(
    plain: &[u8],
    bound: Bound<'_>,
    timestamp: &str,
    key: &[u8; 32],
    iv: [u8; NONCE_LEN],
) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?);
    let aad = bound.additional_data(timestamp);
    let mut bytes = plain.to_vec();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(iv), Aad::from(aad.as_bytes()), &mut bytes)
        .ok()?;
    Some(bytes)
}

/// The sealed document. Borrowed, so that no copy outlives the buffer, which is zeroized.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document<'a> {
    card_number: &'a str,
    card_expiration_year: &'a str,
    card_expiration_month: &'a str,
    customer_identity_number: Option<&'a str>,
    card_password: Option<&'a str>,
}

fn card(plain: &[u8], now_ms: i64) -> Result<CardCompanion, CardProblem> {
    let document: Document<'_> = serde_json::from_slice(plain).map_err(|_| CardProblem::ContentInvalid)?;
    let card = CardCompanion::parse(
        document.card_number,
        document.card_expiration_year,
        document.card_expiration_month,
        document.customer_identity_number,
        document.card_password,
    );
    let card = card.map_err(card_problem)?;
    card.check_expiry(now_ms).map_err(card_problem)?;
    Ok(card)
}

fn card_problem(error: CardError) -> CardProblem {
    match error {
        CardError::Number => CardProblem::NumberInvalid,
        CardError::Expiry => CardProblem::ExpiryInvalid,
        CardError::Expired => CardProblem::Expired,
        CardError::Identity | CardError::Password | CardError::Masked => CardProblem::ContentInvalid,
    }
}
