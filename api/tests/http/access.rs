//! Walks every operation of the OpenAPI document: without a key it is refused, with a key of a scope that may not call it is
//! refused, and what belongs to others is answered like what does not exist (invariant 8).

use actix_web::http::Method;
use actix_web::test::TestRequest;
use ledger_api::access::{Access, Scope};
use ledger_api::http::openapi;
use ledger_api::http::route::Registered;
use ledger_log::Mode;
use serde_json::Value;

use super::documents::registered;
use super::stories::{approved, at, story};
use super::support::*;

const KEYS: [&str; 4] = [OPERATOR, AGENCY, BRANCH, MERCHANT];

fn scope_of(key: &str) -> Scope {
    use ledger_domain::lines::Node;
    match key {
        OPERATOR => Scope::Operator,
        AGENCY => Scope::Node(Node::Agency(agency(1))),
        BRANCH => Scope::Node(Node::Branch(branch(1))),
        _ => Scope::Merchant(merchant(1)),
    }
}

/// The path with ids that exist and belong to the second tree.
fn foreign(path: &str) -> String {
    path.replace("{paymentId}", &super::stories::payment_id().to_string())
        .replace("{orderId}", "order-1")
        .replace("{agencyId}", &agency(2).to_string())
        .replace("{branchId}", &branch(2).to_string())
        .replace("{merchantId}", &merchant(2).to_string())
        .replace("{commandId}", &format!("cmd_{}", "0".repeat(32)))
        .replace("{keyId}", &format!("key_{}", "0".repeat(32)))
        .replace("{transactionId}", &super::stories::payment_id().to_string())
}

fn request(operation: &Registered) -> TestRequest {
    let request = TestRequest::default().method(operation.method.clone()).uri(&foreign(operation.path));
    if operation.method == Method::POST {
        return request
            .insert_header(("Idempotency-Key", "key-1"))
            .insert_header(("Content-Type", "application/json"))
            .set_payload("{}");
    }
    request
}

#[actix_web::test]
async fn without_a_key_every_operation_of_the_document_is_401_except_the_public_ones() {
    let world = World::new();
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut walked = 0;
    for operation in registered() {
        let stated = &document["paths"][operation.path][operation.method.as_str().to_lowercase()];
        if operation.access == Access::Peer {
            assert_eq!(*stated, Value::Null, "{}", operation.path);
        }
        let asks_for_a_key = stated["security"] != Value::Null;
        assert_eq!(
            asks_for_a_key,
            !matches!(operation.access, Access::Public | Access::Peer),
            "{} {}",
            operation.method,
            operation.path
        );
        let reply = world.send(request(&operation)).await;
        match operation.access {
            Access::Peer => {
                assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND_ROUTE"), "{}", operation.path);
            }
            Access::Public => assert!(reply.status == 200, "{} {}", operation.path, reply.status),
            Access::AnyKey | Access::Operator | Access::Merchant | Access::MerchantOrOperator => {
                assert_eq!((reply.status, reply.code()), (401, "API_KEY_REQUIRED"), "{}", operation.path);
                assert!(reply.header("www-authenticate").starts_with("Bearer"));
            }
        }
        walked += 1;
    }
    assert!(walked >= 22, "only {walked} operations");
    let public = registered().into_iter().filter(|operation| operation.access == Access::Public);
    let public: Vec<&str> = public.map(|operation| operation.path).collect();
    assert_eq!(public, ["/v1/errors", "/health/live", "/health/ready", "/metrics", "/openapi.json"]);
    assert!(world.ledger.submitted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn a_scope_that_may_not_call_an_operation_gets_403_and_its_body_is_not_looked_at() {
    let world = World::new();
    for operation in registered() {
        for key in KEYS.iter().filter(|key| !operation.access.allows(&scope_of(key))) {
            let reply = world.send(with_key(request(&operation).set_payload("not json"), key)).await;
            // Not even an operator learns that there is something between the processes.
            let expected = match operation.access {
                Access::Peer => (404, "NOT_FOUND_ROUTE"),
                Access::Public
                | Access::AnyKey
                | Access::Operator
                | Access::Merchant
                | Access::MerchantOrOperator => (403, "SCOPE_FORBIDDEN"),
            };
            assert_eq!((reply.status, reply.code()), expected, "{} with {key}", operation.path);
        }
    }
    assert!(world.ledger.submitted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn what_belongs_to_others_is_answered_like_what_does_not_exist() {
    let world = World::new();
    *world.ledger.payment.lock().unwrap() = Some(at(story(&world, &[approved()]), None));
    let payment = super::stories::payment_id();
    assert_eq!(world.get(&format!("/v1/payments/{payment}"), MERCHANT).await.status, 200);
    let nobody = "f".repeat(32);
    let cases = [
        (format!("/v1/payments/{payment}"), format!("/v1/payments/pay_{nobody}"), OTHER_MERCHANT),
        ("/v1/payments/orders/order-1".to_owned(), "/v1/payments/orders/order-9".to_owned(), OTHER_MERCHANT),
        (format!("/v1/agencies/{}", agency(1)), format!("/v1/agencies/agn_{nobody}"), OTHER_AGENCY),
        (format!("/v1/agencies/{}", agency(1)), format!("/v1/agencies/agn_{nobody}"), BRANCH),
        (format!("/v1/branches/{}", branch(1)), format!("/v1/branches/brn_{nobody}"), OTHER_AGENCY),
        (format!("/v1/branches/{}", branch(1)), format!("/v1/branches/brn_{nobody}"), OTHER_BRANCH),
        (format!("/v1/branches/{}", branch(1)), format!("/v1/branches/brn_{nobody}"), MERCHANT),
        (format!("/v1/merchants/{}", merchant(1)), format!("/v1/merchants/mer_{nobody}"), OTHER_AGENCY),
        (format!("/v1/merchants/{}", merchant(1)), format!("/v1/merchants/mer_{nobody}"), OTHER_BRANCH),
        (format!("/v1/merchants/{}", merchant(1)), format!("/v1/merchants/mer_{nobody}"), OTHER_MERCHANT),
    ];
    for (theirs, nobodys, key) in cases {
        let (mut theirs, mut nobodys) = (world.get(&theirs, key).await, world.get(&nobodys, key).await);
        for reply in [&mut theirs, &mut nobodys] {
            reply.body.as_object_mut().unwrap().remove("requestId");
            reply.headers.remove("x-request-id");
        }
        assert_eq!((theirs.status, &theirs.body, &theirs.headers), (404, &nobodys.body, &nobodys.headers));
    }
}

#[actix_web::test]
async fn ids_that_are_no_ids_are_404_like_ids_of_nobody() {
    let world = World::new();
    for (path, code) in [
        ("/v1/payments/1", "NOT_FOUND_PAYMENT"),
        ("/v1/payments/pay_0199", "NOT_FOUND_PAYMENT"),
        ("/v1/payments/%00", "NOT_FOUND_PAYMENT"),
        ("/v1/payments/%ff", "NOT_FOUND_PAYMENT"),
        ("/v1/merchants/x", "NOT_FOUND_MERCHANT"),
        ("/v1/commands/x", "NOT_FOUND_COMMAND"),
    ] {
        let reply = world.get(path, MERCHANT).await;
        assert_eq!((reply.status, reply.code()), (404, code), "{path}");
    }
}

#[actix_web::test]
async fn those_above_see_those_below() {
    let world = World::new();
    for key in KEYS {
        let reply = world.get(&format!("/v1/merchants/{}", merchant(1)), key).await;
        assert_eq!(
            (reply.status, &reply.body["merchantId"]),
            (200, &merchant(1).to_string().into()),
            "{key}"
        );
    }
    assert_eq!(world.get(&format!("/v1/branches/{}", branch(1)), AGENCY).await.status, 200);
    assert_eq!(world.get(&format!("/v1/agencies/{}", agency(2)), OPERATOR).await.status, 200);
}

#[actix_web::test]
async fn a_key_that_is_none_is_told_what_is_wrong_with_it() {
    let world = World::new();
    let live = MERCHANT.replace("test_", "live_");
    for (header, code) in [
        (format!("Bearer {live}"), "API_KEY_OTHER_MODE"),
        (format!("Bearer {MERCHANT}x"), "API_KEY_INVALID"),
        (format!("Bearer {}", MERCHANT.replace("_mer_", "_op_")), "API_KEY_INVALID"),
        ("Bearer x".to_owned(), "API_KEY_INVALID"),
        ("Bearer ".to_owned(), "API_KEY_INVALID"),
        (MERCHANT.to_owned(), "API_KEY_REQUIRED"),
        (format!("Basic {MERCHANT}"), "API_KEY_REQUIRED"),
    ] {
        let request =
            TestRequest::get().uri("/v1/payments/pay_1").insert_header(("Authorization", header.clone()));
        let reply = world.send(request).await;
        assert_eq!((reply.status, reply.code()), (401, code), "{header}");
        assert!(!reply.body.to_string().contains("merchantmerchant"));
    }
    let reply = World::of_mode(Mode::Live).get("/v1/payments/pay_1", MERCHANT).await;
    assert_eq!(reply.code(), "API_KEY_OTHER_MODE");
}
