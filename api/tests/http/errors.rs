//! The catalogue as a caller meets it: every code can be provoked, in both languages, and none does anything.

use actix_web::test::TestRequest;
use ledger_api::catalogue::{ALL, Code};
use ledger_log::Mode;

use super::support::*;

#[actix_web::test]
async fn every_code_of_the_catalogue_can_be_forced_in_both_languages_and_leaves_nothing_behind() {
    let world = World::new();
    for code in ALL {
        let entry = code.entry();
        for (accept, tag, title) in [("en", "en", entry.title_en), ("ko-KR,ko;q=0.9", "ko", entry.title_ko)] {
            let request = command("/v1/payments/key-in", MERCHANT)
                .insert_header(("Ledger-Test-Error", entry.code))
                .insert_header(("Accept-Language", accept));
            let reply = world.send(request).await;
            assert_eq!((reply.status, reply.code()), (entry.status, entry.code));
            assert_eq!(reply.body["title"], title);
            assert_eq!(reply.body["type"], format!("/v1/errors#{}", entry.code));
            assert_eq!(reply.body["retryable"], entry.retryable);
            assert_eq!(reply.body["recommendedAction"], entry.action.word());
            assert_eq!(reply.header("content-language"), tag);
            assert_eq!(reply.header("retry-after").is_empty(), !entry.retryable, "{}", entry.code);
        }
    }
    assert!(world.ledger.submitted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn errors_are_forced_in_test_mode_only_and_only_with_a_key() {
    let forced = |key| {
        with_key(TestRequest::get().uri("/v1/payments/pay_1"), key)
            .insert_header(("Ledger-Test-Error", "NOT_READY"))
    };
    let live = World::of_mode(Mode::Live);
    assert_eq!(live.send(forced(MERCHANT)).await.code(), "API_KEY_OTHER_MODE");
    let public = || TestRequest::get().uri("/v1/errors").insert_header(("Ledger-Test-Error", "NOT_READY"));
    assert_eq!(live.send(public()).await.status, 200);
    let world = World::new();
    assert_eq!(world.send(public()).await.code(), "NOT_READY");
    assert_eq!(world.send(forced("test_mer_unknown")).await.code(), "API_KEY_INVALID");
    let unknown = with_key(TestRequest::get().uri("/v1/payments/pay_1"), MERCHANT)
        .insert_header(("Ledger-Test-Error", "NO_SUCH_CODE"));
    let reply = world.send(unknown).await;
    assert_eq!((reply.status, reply.code(), reply.param()), (400, "INVALID_VALUE", "Ledger-Test-Error"));
}

#[actix_web::test]
async fn the_catalogue_is_public_data() {
    let reply = World::new().send(TestRequest::get().uri("/v1/errors")).await;
    let errors = reply.body["errors"].as_array().unwrap();
    assert_eq!((reply.status, errors.len()), (200, ALL.len()));
    let declined = errors.iter().find(|error| error["code"] == "PAYMENT_DECLINED").unwrap();
    assert_eq!(
        (&declined["status"], &declined["recommendedAction"]),
        (&402.into(), &"USE_ANOTHER_CARD".into())
    );
}

#[actix_web::test]
async fn every_answer_carries_a_request_id_the_callers_if_it_can_be_one() {
    let world = World::new();
    let asked =
        |id: &'static [u8]| TestRequest::get().uri("/v1/payments/pay_1").insert_header(("X-Request-Id", id));
    let reply = world.send(asked(b"mine-1")).await;
    assert_eq!((reply.header("x-request-id"), &reply.body["requestId"]), ("mine-1", &"mine-1".into()));
    for id in [&b"with space"[..], b"", b"\xc3\xa9", &[b'x'; 129]] {
        let reply =
            world.send(TestRequest::get().uri("/health/live").insert_header(("X-Request-Id", id))).await;
        assert!(reply.header("x-request-id").starts_with("req_"), "{id:?}");
    }
}

#[actix_web::test]
async fn a_rejection_without_a_record_does_not_carry_a_position() {
    let reply = World::new().get("/v1/payments/pay_1", MERCHANT).await;
    assert_eq!((reply.code(), reply.header("ledger-position")), (Code::PaymentNotFound.entry().code, ""));
    assert_eq!(reply.header("cache-control"), "no-store");
}
