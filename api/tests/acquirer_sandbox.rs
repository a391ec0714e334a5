//! The sandbox acquirer as a process, asked through the port: what it does when nothing is wrong, and what it remembers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking, its helpers too"
)]

mod acquirer_support;

use acquirer_support::*;
use futures::future::join_all;
use ledger_api::acquirers::*;
use serde_json::{Value, json};

fn raw_approval(operation: &str, order_id: &str, amount: i64) -> Value {
    json!({
        "operationId": operation, "paymentId": "pay", "merchantId": "mer", "orderId": order_id, "amount": amount,
        "currency": "KRW", "installmentMonths": 0,
        "card": { "number": CARD, "expiryYear": 99, "expiryMonth": 12 },
    })
}

#[tokio::test]
async fn an_approval_is_done_once_and_answered_the_same_again() {
    let (folder, order) = (Folder::new(), approval("order-1", 12_000));
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let (operation, copy) = (order.operation, again(&order));
    let first = approved(&port, order).await;
    assert_eq!(approved(&port, copy).await, first);
    assert_eq!(port.inquire("sandbox", &operation).await, Inquiry::Approved(first));
    assert_eq!(sandbox.get("/memory/totals").await["approvedAmount"], 12_000);
}

#[tokio::test]
async fn another_request_under_the_same_operation_is_an_error_and_changes_nothing() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let send = async |body: Value| sandbox.post("/approve", None, &body).await.unwrap();
    assert_eq!(send(raw_approval("op-1", "order", 100)).await.0, 200);
    let (status, text) = send(raw_approval("op-1", "order", 101)).await;
    assert_eq!(status, 409);
    assert!(text.contains("OPERATION_REUSED"), "{text}");
    assert_eq!(sandbox.get("/memory/totals").await["approvedAmount"], 100);
}

#[tokio::test]
async fn every_decline_of_the_table_reaches_the_port_with_its_code() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    for decline in &ledger_api::sandbox::magic::APPROVE_DECLINES {
        for order in
            [approval("by-amount", 60_000 + decline.amount), approval_of(decline.card, "by-card", 60_000)]
        {
            let operation = order.operation;
            let outcome = port.approve("sandbox", order).await;
            let ApproveOutcome::Declined { code, .. } = outcome else {
                panic!("{}: {outcome:?}", decline.code)
            };
            assert_eq!(code, decline.code);
            assert!(matches!(port.inquire("sandbox", &operation).await, Inquiry::Declined { .. }));
        }
    }
    assert_eq!(sandbox.get("/memory/totals").await["netAmount"], 0);
}

#[tokio::test]
async fn maintenance_is_not_attempted_and_stays_so_for_that_operation() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let not_attempted = |outcome: &ApproveOutcome| matches!(outcome, ApproveOutcome::NotAttempted { .. });
    assert!(not_attempted(&port.approve("sandbox", approval("by-amount", 14_491)).await));
    let by_card = approval_of(ledger_api::sandbox::magic::MAINTENANCE_CARD, "by-card", 1_000);
    assert!(not_attempted(&port.approve("sandbox", by_card).await));

    let order = approval("by-setting", 1_000);
    let copy = again(&order);
    sandbox.post("/settings", None, &json!({ "maintenance": true })).await.unwrap();
    assert!(not_attempted(&port.approve("sandbox", order).await));
    sandbox.post("/settings", None, &json!({})).await.unwrap();
    assert!(not_attempted(&port.approve("sandbox", copy).await), "final under this operation");
    approved(&port, approval("afterwards", 1_000)).await;
}

#[tokio::test]
async fn cancels_are_partial_then_full_and_never_more_than_is_left() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("order", 10_000);
    let operation = order.operation;
    let approval = approved(&port, order).await;
    let cancel = async |amount| {
        let outcome = port.cancel("sandbox", cancel_of("order", operation, &approval, amount)).await;
        match outcome {
            CancelOutcome::Cancelled { .. } => "done".to_owned(),
            CancelOutcome::Declined { code, .. } => code,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(cancel(3_000).await, "done");
    assert_eq!(cancel(7_001).await, "NOT_CANCELABLE_AMOUNT");
    assert_eq!(cancel(7_000).await, "done");
    assert_eq!(cancel(1).await, "ALREADY_CANCELED_PAYMENT");
    let line = sandbox.remembers(operation).await.unwrap();
    assert_eq!((&line["cancelledAmount"], &line["netAmount"]), (&json!(10_000), &json!(0)));
    assert_eq!(line["cancels"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_cancel_of_what_was_never_approved_or_of_another_transaction_is_declined() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("order", 10_000);
    let operation = order.operation;
    let known = approved(&port, order).await;
    let strange = Approval { acquirer_transaction: "sbt_0".into(), ..known.clone() };
    let orders = [
        cancel_of("order", new_operation(), &known, 10),
        cancel_of("order", operation, &strange, 10),
        cancel_of("other-order", operation, &known, 10),
    ];
    for order in orders {
        let outcome = port.cancel("sandbox", order).await;
        assert!(matches!(&outcome, CancelOutcome::Declined { code, .. } if code == "NOT_FOUND_PAYMENT"));
    }
}

#[tokio::test]
async fn magic_amounts_decline_a_cancel() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("order", 100_000);
    let operation = order.operation;
    let approval = approved(&port, order).await;
    for (amount, expected, _) in ledger_api::sandbox::magic::CANCEL_DECLINES {
        let outcome = port.cancel("sandbox", cancel_of("order", operation, &approval, amount)).await;
        assert!(matches!(&outcome, CancelOutcome::Declined { code, .. } if code == expected), "{outcome:?}");
    }
    let outcome = port.cancel("sandbox", cancel_of("order", operation, &approval, 4_691)).await;
    assert!(matches!(outcome, CancelOutcome::NotAttempted { .. }));
    assert_eq!(sandbox.remembers(operation).await.unwrap()["netAmount"], 100_000);
}

#[tokio::test]
async fn a_net_cancel_undoes_what_is_left_and_says_that_there_was_something() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("order", 10_000);
    let (operation, copy, net_cancel) = (order.operation, again(&order), net_cancel_of(&order));
    let approval = approved(&port, order).await;
    port.cancel("sandbox", cancel_of("order", operation, &approval, 4_000)).await;

    let undone = port.net_cancel("sandbox", net_cancel.clone()).await;
    assert!(matches!(undone, NetCancelOutcome::NetCancelled { had_approved: true, .. }), "{undone:?}");
    assert_eq!(port.net_cancel("sandbox", net_cancel).await, undone, "the same again");
    let late = port.approve("sandbox", copy).await;
    assert!(matches!(&late, ApproveOutcome::Declined { code, .. } if code == "NET_CANCELED"), "{late:?}");
    let cancel = port.cancel("sandbox", cancel_of("order", operation, &approval, 1)).await;
    assert!(matches!(&cancel, CancelOutcome::Declined { code, .. } if code == "ALREADY_CANCELED_PAYMENT"));
    assert_eq!(port.inquire("sandbox", &operation).await, Inquiry::NetCancelled { had_approved: true });
    let line = sandbox.remembers(operation).await.unwrap();
    assert_eq!((&line["netCancelledAmount"], &line["netAmount"]), (&json!(6_000), &json!(0)));
}

#[tokio::test]
async fn a_net_cancel_that_does_not_repeat_the_approval_is_refused() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("order", 10_000);
    let wrong = NetCancelOrder { amount_minor: 10_001, ..net_cancel_of(&order) };
    let operation = order.operation;
    approved(&port, order).await;
    assert!(matches!(port.net_cancel("sandbox", wrong).await, NetCancelOutcome::Unknown { .. }));
    assert!(matches!(port.inquire("sandbox", &operation).await, Inquiry::Approved(_)));
}

#[tokio::test]
async fn memory_comes_in_pages_that_together_are_everything() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    for number in 0..25 {
        sandbox
            .post("/approve", None, &raw_approval(&format!("op-{number:02}"), "order", 100))
            .await
            .unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = sandbox.get(&format!("/memory?limit=10&after={after}")).await;
        let lines = page["operations"].as_array().unwrap();
        seen.extend(lines.iter().map(|line| line["operationId"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, (0..25).map(|number| format!("op-{number:02}")).collect::<Vec<_>>());
    assert_eq!(sandbox.get("/memory/totals").await["operations"], 25);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_without_quoting_it() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let mut with_extra = raw_approval("op", "order", 100);
    with_extra["cardNumber"] = json!(CARD);
    let mut as_number = raw_approval("op", "order", 100);
    as_number["card"]["number"] = json!(4_111_111_111_111_111i64);
    for body in [with_extra, as_number, json!("x"), raw_approval("op", "order", 0), raw_approval("", "o", 1)]
    {
        let (status, text) = sandbox.post("/approve", None, &body).await.unwrap();
        assert_eq!(status, 400, "{text}");
        assert!(text.contains("INVALID_REQUEST") && !text.contains("4111"), "{text}");
    }
    assert_eq!(sandbox.get("/memory/totals").await["operations"], 0);
}

#[tokio::test]
async fn no_card_number_is_in_the_file_or_in_the_memory() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    approved(&sandbox.port(), approval("order", 1_000)).await;
    let memory = sandbox.get("/memory").await.to_string();
    let file = std::fs::read_to_string(folder.file()).unwrap();
    for text in [memory, file] {
        assert!(text.contains("411111******1111"), "the search looks in the right place: {text}");
        assert!(!text.contains("4111111111111111") && !text.contains("\"expiry"), "{text}");
    }
}

#[tokio::test]
async fn many_requests_share_one_sync() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port_with("timeout-ms=20000");
    let outcomes = join_all((0..400).map(|_| port.approve("sandbox", approval("order", 1_000)))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, ApproveOutcome::Approved(_))));
    let health = sandbox.get("/health").await;
    assert_eq!(health["lines"], 400);
    assert!(health["syncs"].as_u64().unwrap() <= 200, "{health}");
}
