//! Envelopes as a merchant makes them, and what the owner is handed when one is wrong. The answer to a wrong envelope is the
//! owner's to give, after the key lookup; here it is seen what HTTP hands over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger_api::catalogue::{Code, card_problem};
use ledger_api::envelope::{Bound, CardProblem, seal};
use ledger_api::ledger::Answer;
use ledger_domain::ids::MerchantId;
use serde_json::{Value, json};

use super::support::*;

pub const GOOD_CARD: &str =
    r#"{"cardNumber":"4330123412341235","cardExpirationYear":"30","cardExpirationMonth":"12"}"#;

/// What an envelope is sealed over; changed one at a time to move it elsewhere.
#[derive(Clone)]
pub struct Sealing {
    pub plain: String,
    pub merchant: MerchantId,
    pub path: &'static str,
    pub order_id: &'static str,
    pub idempotency_key: &'static str,
    pub sealed_at: &'static str,
    pub stated: &'static str,
    pub key: [u8; 32],
    pub key_id: u8,
}

impl Default for Sealing {
    fn default() -> Self {
        Self {
            plain: GOOD_CARD.to_owned(),
            merchant: merchant(1),
            path: "/v1/payments/key-in",
            order_id: "order-1",
            idempotency_key: "key-1",
            sealed_at: NOW,
            stated: NOW,
            key: CARD_KEY,
            key_id: 1,
        }
    }
}

impl Sealing {
    pub fn envelope(&self) -> Value {
        let Self { merchant, path, order_id, idempotency_key, .. } = self;
        let bound = Bound { merchant: *merchant, path, order_id, idempotency_key };
        let sealed = seal(self.plain.as_bytes(), bound, self.sealed_at, &self.key, [9; 12]).unwrap();
        json!({
            "keyId": card_key(self.key_id).to_string(),
            "timestamp": self.stated,
            "iv": STANDARD.encode([9; 12]),
            "ciphertext": STANDARD.encode(sealed),
        })
    }
}

pub fn key_in(card: &Value) -> Value {
    json!({ "orderId": "order-1", "orderName": "커피", "amount": 11_000, "card": card })
}

/// The card as the owner gets it, or what is wrong with it.
async fn handed_over(card: &Value) -> Result<(String, u8, u8), CardProblem> {
    let world = World::new().answers(Answer::Unknown);
    let reply = world.post("/v1/payments/key-in", MERCHANT, key_in(card).to_string()).await;
    assert_eq!(reply.status, 504, "{:?}", reply.body);
    let submission = world.ledger.submitted.lock().unwrap().pop().unwrap();
    let card = submission.card.unwrap()?;
    let number = card.number.expose(str::to_owned);
    Ok((number, card.expiry_year, card.expiry_month))
}

#[actix_web::test]
async fn a_sealed_card_reaches_the_owner_opened() {
    let card = handed_over(&Sealing::default().envelope()).await.unwrap();
    assert_eq!(card, ("4330123412341235".to_owned(), 30, 12));
}

#[actix_web::test]
async fn an_envelope_that_was_moved_changed_or_is_old_is_not_opened() {
    let good = Sealing::default();
    let plain = |text: &str| Sealing { plain: text.to_owned(), ..Sealing::default() };
    let cases = [
        ("to another order", Sealing { order_id: "order-2", ..good.clone() }, CardProblem::DecryptFailed),
        ("to another key", Sealing { idempotency_key: "key-2", ..good.clone() }, CardProblem::DecryptFailed),
        (
            "to another merchant",
            Sealing { merchant: merchant(2), ..good.clone() },
            CardProblem::DecryptFailed,
        ),
        ("to another path", Sealing { path: "/v1/payments", ..good.clone() }, CardProblem::DecryptFailed),
        (
            "another time stated",
            Sealing { stated: "2026-11-23T10:01:00Z", ..good.clone() },
            CardProblem::DecryptFailed,
        ),
        (
            "the same instant, spelt otherwise",
            Sealing { stated: "2026-11-23T19:00:00+09:00", ..good.clone() },
            CardProblem::DecryptFailed,
        ),
        ("another key's bytes", Sealing { key: [1; 32], ..good.clone() }, CardProblem::DecryptFailed),
        ("another merchant's key", Sealing { key_id: 2, ..good.clone() }, CardProblem::KeyUnknown),
        ("no such key", Sealing { key_id: 9, ..good.clone() }, CardProblem::KeyUnknown),
        (
            "old",
            Sealing { stated: "2026-11-23T09:54:59Z", sealed_at: "2026-11-23T09:54:59Z", ..good.clone() },
            CardProblem::Stale,
        ),
        (
            "from the future",
            Sealing { stated: "2026-11-23T10:05:01Z", sealed_at: "2026-11-23T10:05:01Z", ..good },
            CardProblem::Stale,
        ),
        ("bad Luhn", plain(&GOOD_CARD.replace("1235", "1236")), CardProblem::NumberInvalid),
        (
            "spaces",
            plain(&GOOD_CARD.replace("4330123412341235", "4330 1234 1234 1235")),
            CardProblem::NumberInvalid,
        ),
        ("too short", plain(&GOOD_CARD.replace("4330123412341235", "0")), CardProblem::NumberInvalid),
        ("month 13", plain(&GOOD_CARD.replace("\"12\"", "\"13\"")), CardProblem::ExpiryInvalid),
        ("four digits", plain(&GOOD_CARD.replace("\"30\"", "\"2030\"")), CardProblem::ExpiryInvalid),
        (
            "expired",
            plain(&GOOD_CARD.replace("\"30\"", "\"26\"").replace("\"12\"", "\"10\"")),
            CardProblem::Expired,
        ),
        ("unknown field", plain(&GOOD_CARD.replace('}', ",\"cvc\":\"123\"}")), CardProblem::ContentInvalid),
        ("a number, not text", plain(&GOOD_CARD.replace("\"30\"", "30")), CardProblem::ContentInvalid),
        ("not JSON", plain("4330123412341235"), CardProblem::ContentInvalid),
        (
            "password of three",
            plain(&GOOD_CARD.replace('}', ",\"cardPassword\":\"123\"}")),
            CardProblem::ContentInvalid,
        ),
    ];
    for (what, sealing, wanted) in cases {
        assert_eq!(handed_over(&sealing.envelope()).await.err(), Some(wanted), "{what}");
    }
}

#[actix_web::test]
async fn an_envelope_is_good_for_five_minutes_either_way_and_a_card_to_the_end_of_its_month() {
    for stated in ["2026-11-23T09:55:00Z", "2026-11-23T10:05:00Z", "2026-11-23T19:04:00+09:00"] {
        let sealing = Sealing { stated, sealed_at: stated, ..Sealing::default() };
        assert!(handed_over(&sealing.envelope()).await.is_ok(), "{stated}");
    }
    let plain = GOOD_CARD.replace("\"30\"", "\"26\"").replace("\"12\"", "\"11\"");
    assert!(handed_over(&Sealing { plain, ..Sealing::default() }.envelope()).await.is_ok());
}

#[actix_web::test]
async fn every_card_problem_is_told_without_a_digit_of_the_card() {
    let problems = [
        (CardProblem::KeyUnknown, Code::CardKeyUnknown),
        (CardProblem::DecryptFailed, Code::CardDecryptFailed),
        (CardProblem::Stale, Code::CardEnvelopeStale),
        (CardProblem::ContentInvalid, Code::CardContentInvalid),
        (CardProblem::NumberInvalid, Code::CardNumberInvalid),
        (CardProblem::ExpiryInvalid, Code::CardExpiryInvalid),
        (CardProblem::Expired, Code::CardExpired),
    ];
    for (problem, code) in problems {
        assert_eq!(card_problem(problem).code(), code);
        let world = World::new().answers(Answer::CardProblem(problem));
        let reply = world
            .post("/v1/payments/key-in", MERCHANT, key_in(&Sealing::default().envelope()).to_string())
            .await;
        assert_eq!((reply.status, reply.code()), (code.entry().status, code.entry().code));
        assert!(!reply.body.to_string().contains("433012"));
    }
}

#[actix_web::test]
async fn a_submission_prints_no_card() {
    let world = World::new().answers(Answer::Unknown);
    world.post("/v1/payments/key-in", MERCHANT, key_in(&Sealing::default().envelope()).to_string()).await;
    let submission = world.ledger.submitted.lock().unwrap().pop().unwrap();
    assert!(submission.card.as_ref().is_some_and(Result::is_ok));
    assert!(!format!("{submission:?}").contains("4330"));
}
