//! What the ledger recorded, and the status a caller sees: never 200 for a failure.

use ledger_api::ledger::{Answer, ClientCommand};
use ledger_domain::ids::CancelId;
use ledger_domain::payment::{NotAttemptedCause, PaymentCommand, UnknownCause};

use super::cards::{Sealing, key_in};
use super::stories::*;
use super::support::*;

async fn key_in_that_led_to(commands: &[PaymentCommand], replayed: bool) -> Reply {
    let world = World::new();
    let answer = recorded(at(story(&world, commands), None), replayed);
    let world = world.answers(answer);
    world.post("/v1/payments/key-in", MERCHANT, key_in(&Sealing::default().envelope()).to_string()).await
}

async fn cancel_that_led_to(commands: &[PaymentCommand], cancel: Option<CancelId>) -> Reply {
    let world = World::new();
    let answer = recorded(at(story(&world, commands), cancel), false);
    let world = world.answers(answer);
    let body = r#"{"cancelReason":"변심","cancelAmount":1000}"#;
    world.post(&format!("/v1/payments/{}/cancel", payment_id()), MERCHANT, body).await
}

#[actix_web::test]
async fn an_approval_is_200_with_the_payment_and_its_position() {
    let reply = key_in_that_led_to(&[approved()], false).await;
    assert_eq!((reply.status, reply.header("ledger-position")), (200, "ledger.payments/3:1042"));
    let payment = &reply.body;
    assert_eq!(payment["status"], "DONE");
    assert_eq!(payment["totalAmount"], 11_000);
    assert_eq!((&payment["supplyAmount"], &payment["vat"]), (&10_000.into(), &1_000.into()));
    assert_eq!(payment["card"]["number"], "433012******1235");
    assert_eq!(payment["approvedAt"], "2026-11-23T19:00:00+09:00");
    assert_eq!(reply.header("idempotent-replayed"), "");
}

#[actix_web::test]
async fn a_change_of_metadata_sets_what_has_a_value_and_removes_what_is_empty() {
    let world = World::new();
    let answer = recorded(at(story(&world, &[approved(), noted()]), None), false);
    let world = world.answers(answer);
    let path = format!("/v1/payments/{}/metadata", payment_id());
    let reply = world.patch(&path, MERCHANT, r#"{"metadata":{"campaign":"겨울","old":""}}"#).await;
    assert_eq!((reply.status, reply.header("ledger-position")), (200, "ledger.payments/3:1042"));
    assert_eq!(reply.body["metadata"], serde_json::json!({ "campaign": "겨울" }));
    let submitted = world.ledger.submitted.lock().unwrap();
    let ClientCommand::Metadata(payment, wish) = &submitted[0].command else { panic!("{submitted:?}") };
    assert_eq!((*payment, wish.merchant_id), (payment_id(), merchant(1)));
    assert_eq!(wish.set, [("campaign".to_owned(), "겨울".to_owned())].into());
    assert_eq!(wish.removed, ["old".to_owned()].into());
}

#[actix_web::test]
async fn what_is_not_admitted_is_503_at_once_and_nobody_hears_of_it() {
    let world = World::new();
    *world.ledger.room.lock().unwrap() = false;
    let body = key_in(&Sealing::default().envelope()).to_string();
    let reply = world.post("/v1/payments/key-in", MERCHANT, body).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, "1"));
    assert_eq!(reply.body["code"], "NOT_READY");
    assert!(world.ledger.submitted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn a_replay_is_the_same_answer_marked() {
    let (first, again) =
        (key_in_that_led_to(&[approved()], false).await, key_in_that_led_to(&[approved()], true).await);
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, "true"));
    assert_eq!(first.body, again.body);
    let declined = key_in_that_led_to(&[declined()], true).await;
    assert_eq!((declined.status, declined.header("idempotent-replayed")), (402, "true"));
}

#[actix_web::test]
async fn what_is_not_an_approval_is_never_200() {
    let net_cancelled =
        [unknown(), PaymentCommand::RequestNetCancel, PaymentCommand::RecordNetCancel { had_approval: true }];
    let not_there = [
        unknown(),
        PaymentCommand::RequestNetCancel,
        PaymentCommand::RecordNetCancel { had_approval: false },
    ];
    let cases: [(&[PaymentCommand], u16, &str); 6] = [
        (&[declined()], 402, "PAYMENT_DECLINED"),
        (&[not_attempted()], 502, "PAYMENT_NOT_ATTEMPTED"),
        (&net_cancelled, 502, "PAYMENT_NET_CANCELED"),
        (&not_there, 502, "PAYMENT_NET_CANCELED"),
        (&[unknown()], 504, "RESULT_UNKNOWN"),
        (&[], 504, "RESULT_UNKNOWN"),
    ];
    for (commands, status, code) in cases {
        let reply = key_in_that_led_to(commands, false).await;
        assert_eq!((reply.status, reply.code()), (status, code));
        assert_eq!(reply.body["paymentId"], payment_id().to_string());
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
}

#[actix_web::test]
async fn a_decline_says_what_the_acquirer_said_and_what_to_do() {
    let reply = key_in_that_led_to(&[declined()], false).await;
    assert_eq!(
        (&reply.body["acquirerCode"], &reply.body["acquirerMessage"]),
        (&"51".into(), &"한도초과".into())
    );
    assert_eq!(
        (&reply.body["retryable"], &reply.body["recommendedAction"]),
        (&false.into(), &"USE_ANOTHER_CARD".into())
    );
}

#[actix_web::test]
async fn a_cancel_answers_for_its_own_cancel_and_not_for_the_payment() {
    let refused = PaymentCommand::RecordCancelDecline {
        cancel_id: cancel_id(),
        code: "12".to_owned(),
        message: "취소 불가".to_owned(),
    };
    let unreached = PaymentCommand::RecordCancelNotAttempted {
        cancel_id: cancel_id(),
        cause: NotAttemptedCause::Unreachable,
    };
    let silent = PaymentCommand::RecordCancelUnknown { cancel_id: cancel_id(), cause: UnknownCause::Timeout };
    let cases: [(&[PaymentCommand], u16, &str); 5] = [
        (&[approved(), cancel_wanted(), cancel_done()], 200, ""),
        (&[approved(), cancel_wanted(), refused], 402, "CANCEL_DECLINED"),
        (&[approved(), cancel_wanted(), unreached], 502, "CANCEL_NOT_ATTEMPTED"),
        (&[approved(), cancel_wanted(), silent], 504, "RESULT_UNKNOWN"),
        (&[approved(), cancel_wanted()], 504, "RESULT_UNKNOWN"),
    ];
    for (commands, status, code) in cases {
        let reply = cancel_that_led_to(commands, Some(cancel_id())).await;
        assert_eq!((reply.status, reply.code()), (status, code));
    }
    // An answer that does not name its cancel is not a success.
    let reply = cancel_that_led_to(&[approved(), cancel_wanted(), cancel_done()], None).await;
    assert_eq!(reply.status, 504);
}

#[actix_web::test]
async fn no_answer_is_504_with_the_commands_url_in_header_and_body() {
    let world = World::new().answers(Answer::Unknown);
    let reply =
        world.post("/v1/payments/key-in", MERCHANT, key_in(&Sealing::default().envelope()).to_string()).await;
    let command = ledger_api::http::command::identity::command_id(&merchant(1).to_string(), "key-1");
    let url = format!("/v1/commands/{command}");
    assert_eq!((reply.status, reply.header("location")), (504, url.as_str()));
    assert_eq!(
        (&reply.body["commandUrl"], &reply.body["recommendedAction"]),
        (&url.into(), &"ASK_FOR_RESULT".into())
    );
    assert_eq!(reply.header("retry-after"), "2");
}

#[actix_web::test]
async fn everything_else_the_owner_says_has_its_status() {
    let not_ready = Answer::NotReady { why: "catching up".to_owned(), retry_after_s: 3 };
    let rejected = Answer::Rejected(ledger_domain::Rejection::BalanceChanged {
        cancelable: ledger_domain::money::Amount::new(700).unwrap(),
    });
    for (answer, status, code, wait) in [
        (Answer::KeyReused, 422, "IDEMPOTENCY_KEY_REUSED", ""),
        (Answer::StillRunning, 409, "IDEMPOTENT_REQUEST_PROCESSING", "1"),
        (not_ready, 503, "NOT_READY", "3"),
        (rejected, 409, "BALANCE_CHANGED", ""),
    ] {
        let world = World::new().answers(answer);
        let body = r#"{"cancelReason":"변심"}"#;
        let reply = world.post(&format!("/v1/payments/{}/cancel", payment_id()), MERCHANT, body).await;
        assert_eq!((reply.status, reply.code(), reply.header("retry-after")), (status, code, wait));
        assert_eq!(reply.header("ledger-position"), "");
    }
}
