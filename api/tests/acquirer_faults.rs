//! Every fault of the sandbox acquirer, asked for as the public payment API can: by order id and amount; and what the
//! port makes of it, of the net cancel, and of the request that was under way all the time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking, its helpers too"
)]

mod acquirer_support;

use acquirer_support::*;
use ledger_api::acquirers::*;
use serde_json::json;

/// What an inquiry finds after the fault has struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Approved,
    Nothing,
}

/// Name, the amount's last digits, and whether the work was done.
const FAULTS: [(&str, i64, Found); 10] = [
    ("never", 5_503, Found::Approved),
    ("neverbefore", 5_504, Found::Nothing),
    ("drop", 5_505, Found::Approved),
    ("dropbefore", 5_506, Found::Nothing),
    ("half", 5_507, Found::Approved),
    ("halfbefore", 5_508, Found::Nothing),
    ("garbage", 5_509, Found::Approved),
    ("garbagebefore", 5_511, Found::Nothing),
    ("500", 5_512, Found::Approved),
    ("500before", 5_513, Found::Nothing),
];

async fn found(port: &Acquirers, order: &ApproveOrder) -> Found {
    match port.inquire("sandbox", &order.operation).await {
        Inquiry::Approved(_) => Found::Approved,
        Inquiry::NotFound => Found::Nothing,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_fault_leaves_an_approval_unknown_and_an_inquiry_tells_what_became_of_it() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    for (name, amount, expected) in FAULTS {
        let by_order = approval(&format!("sbx-approve_{name}-1"), 1_000);
        let by_amount = approval("order", 20_000 + amount);
        for order in [by_order, by_amount] {
            let copy = again(&order);
            let outcome = port.approve("sandbox", order).await;
            assert!(matches!(outcome, ApproveOutcome::Unknown { .. }), "{name}: {outcome:?}");
            assert_eq!(found(&port, &copy).await, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn each_fault_leaves_a_cancel_unknown_and_its_retry_does_it_once() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    for (name, amount, _) in FAULTS {
        let order = approval(&format!("sbx-cancel_{name}-1"), 50_000);
        let (operation, order_id) = (order.operation, order.order_id.clone());
        let approval = approved(&port, order).await;
        let cancel = cancel_of(&order_id, operation, &approval, 20_000);
        let lost = port.cancel("sandbox", cancel.clone()).await;
        assert!(matches!(lost, CancelOutcome::Unknown { .. }), "{name}: {lost:?}");
        let retried = port.cancel("sandbox", CancelOrder { attempt: 2, ..cancel.clone() }).await;
        assert!(matches!(retried, CancelOutcome::Cancelled { .. }), "{name}: {retried:?}");
        assert!(matches!(port.inquire("sandbox", &cancel.operation).await, Inquiry::Cancelled { .. }));
        assert_eq!(sandbox.remembers(operation).await.unwrap()["netAmount"], 30_000, "{name}");

        let by_amount = cancel_of(&order_id, operation, &approval, amount + 100);
        let lost = port.cancel("sandbox", by_amount).await;
        assert!(matches!(lost, CancelOutcome::Unknown { .. }), "{name} by amount: {lost:?}");
    }
}

#[tokio::test]
async fn a_net_cancel_and_an_inquiry_have_faults_too_and_the_second_one_gets_through() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("sbx-netcancel_drop-inquire_garbage-1", 1_000);
    let (operation, net_cancel) = (order.operation, net_cancel_of(&order));
    approved(&port, order).await;
    assert!(matches!(port.inquire("sandbox", &operation).await, Inquiry::Unknown { .. }));
    assert!(matches!(port.inquire("sandbox", &operation).await, Inquiry::Approved(_)));
    assert!(matches!(port.net_cancel("sandbox", net_cancel.clone()).await, NetCancelOutcome::Unknown { .. }));
    let second = port.net_cancel("sandbox", NetCancelOrder { attempt: 2, ..net_cancel }).await;
    assert!(matches!(second, NetCancelOutcome::NetCancelled { had_approved: true, .. }), "{second:?}");
}

#[tokio::test]
async fn a_late_answer_in_time_is_an_answer_and_past_the_timeout_it_is_unknown() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    approved(&port, approval("sbx-approve_late_50-1", 1_000)).await;
    let order = approval("sbx-approve_late_5000-1", 1_000);
    let copy = again(&order);
    assert!(matches!(port.approve("sandbox", order).await, ApproveOutcome::Unknown { .. }));
    assert_eq!(found(&port, &copy).await, Found::Approved);
}

#[tokio::test]
async fn work_that_is_under_way_is_in_progress_and_gets_done_though_the_caller_hung_up() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("sbx-approve_latebefore_1500-1", 1_000);
    let operation = order.operation;
    assert!(matches!(port.approve("sandbox", order).await, ApproveOutcome::Unknown { .. }));
    assert_eq!(port.inquire("sandbox", &operation).await, Inquiry::InProgress);
    let end = inquire_until(&port, operation, |inquiry| *inquiry != Inquiry::InProgress).await;
    assert!(matches!(end, Inquiry::Approved(_)), "{end:?}");
}

#[tokio::test]
async fn a_net_cancel_stops_work_that_is_under_way() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("sbx-approve_latebefore_1500-1", 1_000);
    let (operation, net_cancel) = (order.operation, net_cancel_of(&order));
    assert!(matches!(port.approve("sandbox", order).await, ApproveOutcome::Unknown { .. }));
    let prevented = port.net_cancel("sandbox", net_cancel).await;
    assert!(matches!(prevented, NetCancelOutcome::NetCancelled { had_approved: false, .. }));
    let line = loop {
        let line = sandbox.remembers(operation).await.unwrap();
        if line["refusedLate"] == true {
            break line;
        }
    };
    assert_eq!((&line["state"], &line["approvedAmount"]), (&json!("tombstone"), &json!(0)));
}

/// Sends an approval that is held back on its way; by order id or by amount.
async fn held(port: &Acquirers, order: ApproveOrder) -> ApproveOrder {
    let copy = again(&order);
    assert!(matches!(port.approve("sandbox", order).await, ApproveOutcome::Unknown { .. }));
    assert_eq!(port.inquire("sandbox", &copy.operation).await, Inquiry::NotFound, "which is not an answer");
    copy
}

#[tokio::test]
async fn a_request_held_back_until_after_its_net_cancel_is_refused_by_the_tombstone() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    for order in [approval("sbx-approve_hold-1", 1_000), approval("order", 15_514)] {
        let order = held(&port, order).await;
        let prevented = port.net_cancel("sandbox", net_cancel_of(&order)).await;
        assert!(
            matches!(prevented, NetCancelOutcome::NetCancelled { had_approved: false, .. }),
            "{prevented:?}"
        );
        let line = sandbox.remembers(order.operation).await.unwrap();
        assert_eq!((&line["state"], &line["refusedLate"]), (&json!("tombstone"), &json!(true)));
        assert_eq!((&line["approvedAmount"], &line["netAmount"]), (&json!(0), &json!(0)));
        let state = port.inquire("sandbox", &order.operation).await;
        assert_eq!(state, Inquiry::NetCancelled { had_approved: false });
    }
}

#[tokio::test]
async fn without_tombstones_a_request_held_back_is_approved_after_its_net_cancel_found_nothing() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &["--no-tombstone"]);
    let port = sandbox.port_with("no-tombstone,timeout-ms=400");
    assert!(!port.tombstones("sandbox"));
    let order = held(&port, approval("sbx-approve_hold-1", 1_000)).await;
    let net_cancel = net_cancel_of(&order);
    assert_eq!(port.net_cancel("sandbox", net_cancel.clone()).await, NetCancelOutcome::NothingFound);
    assert_eq!(found(&port, &order).await, Found::Approved, "it arrived after all");
    let retried = port.net_cancel("sandbox", NetCancelOrder { attempt: 2, ..net_cancel }).await;
    assert!(matches!(retried, NetCancelOutcome::NetCancelled { had_approved: true, .. }), "{retried:?}");
    assert_eq!(sandbox.remembers(order.operation).await.unwrap()["netAmount"], 0);
}

#[tokio::test]
async fn a_port_that_was_not_promised_tombstones_does_not_believe_in_one() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port_with("no-tombstone,timeout-ms=400");
    let order = approval("order", 1_000);
    assert_eq!(port.net_cancel("sandbox", net_cancel_of(&order)).await, NetCancelOutcome::NothingFound);
}

#[tokio::test]
async fn a_request_held_back_can_be_delivered_before_any_net_cancel() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = held(&port, approval("sbx-approve_hold-1", 1_000)).await;
    let deliver = format!("/operations/{}/deliver", order.operation);
    let (_, text) = sandbox.post(&deliver, None, &json!(null)).await.unwrap();
    assert_eq!(text, r#"{"delivered":1}"#);
    assert_eq!(found(&port, &order).await, Found::Approved);
}

#[tokio::test]
async fn a_header_asks_for_a_fault_and_a_misspelt_one_is_refused() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let body = json!({ "operationId": "n", "approveOperationId": "a", "orderId": "o", "amount": 5, "currency": "KRW" });
    let send = async |fault| sandbox.post("/net-cancel", Some(fault), &body).await;
    assert_eq!(send("dorp").await.unwrap().0, 400);
    assert_eq!(send("500-before").await.unwrap(), (500, "Internal Server Error".into()));
    assert!(send("drop-before").await.is_err());
    assert_eq!(sandbox.get("/memory/totals").await["tombstones"], 0, "nothing was done so far");
    assert!(send("half").await.is_err());
    assert_eq!(sandbox.get("/memory/totals").await["tombstones"], 1);
    assert!(send("late_10").await.unwrap().1.contains("netCancelled"));
}

#[tokio::test]
async fn an_order_id_that_misspells_its_fault_is_refused_rather_than_ignored() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let outcome = sandbox.port().approve("sandbox", approval("sbx-approve_nevr-1", 1_000)).await;
    assert!(matches!(outcome, ApproveOutcome::NotAttempted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn settings_make_every_approval_faulty_and_take_that_back() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &["--seed", "5"]);
    let port = sandbox.port();
    assert_eq!(sandbox.get("/settings").await["seed"], 5);
    let (status, _) =
        sandbox.post("/settings", None, &json!({ "approve": { "garbage": 1_000_000 } })).await.unwrap();
    assert_eq!(status, 200);
    for _ in 0..3 {
        let outcome = port.approve("sandbox", approval("order", 1_000)).await;
        assert!(matches!(outcome, ApproveOutcome::Unknown { .. }), "{outcome:?}");
    }
    let (status, _) = sandbox.post("/settings", None, &json!({ "approve": { "dorp": 1 } })).await.unwrap();
    assert_eq!(status, 400);
    sandbox.post("/settings", None, &json!({})).await.unwrap();
    approved(&port, approval("order", 1_000)).await;
}
