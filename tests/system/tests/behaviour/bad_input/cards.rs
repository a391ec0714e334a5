//! Envelopes that must not open, and cards that must not pass.

use ledger_tests::envelope::{self, Bound, Card, CardKey, GOOD_CARD, now_ms};
use ledger_tests::failure::Done;
use ledger_tests::town::Merchant;
use serde_json::{Value, json};

use super::Asker;

const MINUTE_MS: i64 = 60_000;

pub async fn all(asker: &mut Asker, other: &Merchant) -> Done {
    keys(asker, other).await?;
    bindings(asker).await?;
    contents(asker).await?;
    forms(asker).await
}

/// A key-in whose envelope is made by `seal` from the order id, which is the idempotency key too.
async fn with_card(
    asker: &mut Asker,
    what: &str,
    (status, code): (u16, &str),
    seal: impl FnOnce(&Merchant, &str) -> Done<Value>,
) -> Done {
    let key = asker.fresh();
    let card = seal(&asker.merchant, &key)?;
    let body = json!({ "orderId": key, "orderName": "책", "amount": 10_000, "card": card });
    let reply = asker.client.post(envelope::PATH, &key, &body).await?;
    asker.expect(what, &reply, status, code);
    Ok(())
}

fn bound<'a>(merchant: &'a Merchant, key: &'a str) -> Bound<'a> {
    Bound { merchant: &merchant.id, order_id: key, idempotency_key: key }
}

fn card(number: &str) -> Card {
    Card::number(number)
}

async fn keys(asker: &mut Asker, other: &Merchant) -> Done {
    let failed = (400, "CARD_DECRYPT_FAILED");
    with_card(asker, "another key under this id", failed, |merchant, key| {
        envelope::seal(&merchant.card_key.damaged(), &card(GOOD_CARD), bound(merchant, key), now_ms())
    })
    .await?;
    let unknown = (400, "CARD_KEY_UNKNOWN");
    with_card(asker, "another merchant's key", unknown, |merchant, key| {
        envelope::seal(&other.card_key, &card(GOOD_CARD), bound(merchant, key), now_ms())
    })
    .await?;
    let nobody = CardKey::new(&format!("cky_{}", "0".repeat(32)), &asker.merchant.card_key.base64())?;
    with_card(asker, "a key id that does not exist", unknown, |merchant, key| {
        envelope::seal(&nobody, &card(GOOD_CARD), bound(merchant, key), now_ms())
    })
    .await
}

async fn bindings(asker: &mut Asker) -> Done {
    let failed = (400, "CARD_DECRYPT_FAILED");
    with_card(asker, "moved to another order", failed, |merchant, key| {
        let bound = Bound { order_id: "mine", ..bound(merchant, key) };
        envelope::seal(&merchant.card_key, &card(GOOD_CARD), bound, now_ms())
    })
    .await?;
    with_card(asker, "moved to another idempotency key", failed, |merchant, key| {
        let bound = Bound { idempotency_key: "mine", ..bound(merchant, key) };
        envelope::seal(&merchant.card_key, &card(GOOD_CARD), bound, now_ms())
    })
    .await?;
    with_card(asker, "another merchant in it", failed, |merchant, key| {
        let bound = Bound { merchant: "mer_00000000000000000000000000000000", ..bound(merchant, key) };
        envelope::seal(&merchant.card_key, &card(GOOD_CARD), bound, now_ms())
    })
    .await?;
    with_card(asker, "its timestamp set anew", failed, |merchant, key| {
        let old = now_ms() - 10 * MINUTE_MS;
        let mut sealed = envelope::seal(&merchant.card_key, &card(GOOD_CARD), bound(merchant, key), old)?;
        sealed["timestamp"] = json!(envelope::timestamp(now_ms())?);
        Ok(sealed)
    })
    .await?;
    for minutes in [-6, 6] {
        with_card(asker, "a timestamp six minutes off", (400, "CARD_ENVELOPE_STALE"), |merchant, key| {
            let at = now_ms() + minutes * MINUTE_MS;
            envelope::seal(&merchant.card_key, &card(GOOD_CARD), bound(merchant, key), at)
        })
        .await?;
    }
    Ok(())
}

async fn contents(asker: &mut Asker) -> Done {
    let expired = Card { year: "24".into(), month: "01".into(), ..card(GOOD_CARD) };
    let no_month = Card { month: "13".into(), ..card(GOOD_CARD) };
    let cases = [
        ("a wrong check digit", 400, "CARD_NUMBER_INVALID", card("4111111111111112")),
        ("twelve digits", 400, "CARD_NUMBER_INVALID", card("411111111116")),
        ("letters", 400, "CARD_NUMBER_INVALID", card("4111abcd11111111")),
        ("an expired card", 422, "CARD_EXPIRED", expired),
        ("a thirteenth month", 400, "CARD_EXPIRY_INVALID", no_month),
    ];
    for (what, status, code, card) in cases {
        with_card(asker, what, (status, code), |merchant, key| {
            envelope::seal(&merchant.card_key, &card, bound(merchant, key), now_ms())
        })
        .await?;
    }
    for text in
        ["", "not JSON", "[]", r#"{"cardNumber":4111111111111111}"#, r#"{"cardNumber":"4111111111111111"}"#]
    {
        with_card(asker, &format!("sealed {text:?}"), (400, "CARD_CONTENT_INVALID"), |merchant, key| {
            // An empty text seals to a tag alone, which is too short to be a card.
            let text = if text.is_empty() { " " } else { text };
            let at = envelope::timestamp(now_ms())?;
            envelope::seal_text(&merchant.card_key, text, bound(merchant, key), &at)
        })
        .await?;
    }
    Ok(())
}

async fn forms(asker: &mut Asker) -> Done {
    let invalid = [
        ("timestamp", json!("yesterday")),
        ("timestamp", json!("2026-11-23 10:00:00")),
        ("iv", json!("AAAA")),
        ("iv", json!("!!!")),
        ("ciphertext", json!("")),
        ("keyId", json!("cky_x")),
    ];
    for (field, value) in invalid {
        let what = format!("card.{field} {value}");
        asker.key_in(&what, 400, "INVALID_VALUE", |body| body["card"][field] = value).await?;
    }
    for field in ["keyId", "timestamp", "iv", "ciphertext"] {
        let what = format!("no card.{field}");
        asker.key_in(&what, 400, "MISSING_FIELD", |body| body["card"][field] = Value::Null).await?;
    }
    Ok(())
}
