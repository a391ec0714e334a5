//! Reads that are not lists: one payment, one order id, and the process itself.

use actix_web::test::TestRequest;

use super::stories::{approved, at, cancel_done, cancel_id, cancel_wanted, payment_id, story};
use super::support::*;

#[actix_web::test]
async fn a_payment_is_shown_with_its_cancels_and_where_it_stands() {
    let world = World::new();
    let payment = at(story(&world, &[approved(), cancel_wanted(), cancel_done()]), None);
    *world.ledger.payment.lock().unwrap() = Some(payment);
    let reply = world.get(&format!("/v1/payments/{}", payment_id()), MERCHANT).await;
    assert_eq!((reply.status, reply.header("ledger-position")), (200, "ledger.payments/3:1042"));
    assert_eq!(
        (&reply.body["status"], &reply.body["balanceAmount"]),
        (&"PARTIAL_CANCELED".into(), &10_000.into())
    );
    let cancel = &reply.body["cancels"][0];
    assert_eq!(
        (&cancel["cancelId"], &cancel["cancelStatus"]),
        (&cancel_id().to_string().into(), &"DONE".into())
    );
    let order = world.get("/v1/payments/orders/order-1", MERCHANT).await;
    assert_eq!(order.body["live"], reply.body);
    assert_eq!(order.body["attempts"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn readiness_says_why_not_and_liveness_does_not_care() {
    let world = World::new();
    let ready = || TestRequest::get().uri("/health/ready");
    assert_eq!(world.send(ready()).await.status, 200);
    *world.ledger.ready.lock().unwrap() = false;
    let reply = world.send(ready()).await;
    assert_eq!((reply.status, &reply.body["partitions"][0]["state"]), (503, &"catching up".into()));
    assert_eq!(world.send(TestRequest::get().uri("/health/live")).await.status, 200);
}

#[actix_web::test]
async fn a_read_answers_head_with_the_same_head() {
    let world = World::new();
    let head = TestRequest::default().method(actix_web::http::Method::HEAD).uri("/v1/payments/pay_1");
    assert_eq!(world.send(head).await.status, 401);
    let head = TestRequest::default().method(actix_web::http::Method::HEAD).uri("/health/live");
    assert_eq!(world.send(head).await.status, 200);
}
