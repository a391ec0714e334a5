//! The operations over HTTP, with the whole application around them: keys, parameters, headers, errors.

use crate::http_support::{
    AGENCY, BRANCH, MERCHANT, OPERATOR, OTHER_AGENCY, OTHER_BRANCH, OTHER_MERCHANT, Reply, World, agency,
    branch, merchant, with_key,
};
use crate::support::Fixture;
use crate::support::ledger::TestLedger;
use crate::support::scenario::{MONDAY_MS, Shop, Story};
use crate::{Read, queries_at};
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use ledger_api::http::server::{Extras, with_layers};
use ledger_api::queries::Queries;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The application over tables in which merchant 1 sold and cancelled, and merchant 2 sold.
pub struct Served {
    pub read: Read,
    world: World,
    story: Story,
}

impl Served {
    pub fn new() -> Served {
        Served::beside(|_| ())
    }

    /// With more that is told first.
    pub fn beside(tell: impl FnOnce(&TestLedger)) -> Served {
        let read = Read::new();
        let ledger = &read.fixture.ledger;
        tell(ledger);
        let story = shop(1).paid("order-1", 100_000, MONDAY_MS).cancelled(Some(30_000));
        story.append(ledger, &ledger.payments(0));
        shop(2).paid("order-2", 50_000, MONDAY_MS).append(ledger, &ledger.payments(1));
        read.fixture.project();
        Served { read, world: System::new().block_on(async { World::new() }), story }
    }

    pub fn get(&self, path: &str, key: &str) -> Reply {
        self.send(&self.read.queries, TestRequest::get().uri(path), key)
    }

    fn send(&self, queries: &Queries, request: TestRequest, key: &str) -> Reply {
        let (status, headers, bytes) = self.bytes(queries, request, key);
        Reply { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    /// Status, headers and body.
    pub fn bytes(
        &self,
        queries: &Queries,
        request: TestRequest,
        key: &str,
    ) -> (u16, BTreeMap<String, String>, Vec<u8>) {
        let queries = Data::new(queries.clone());
        let extras: Extras = Arc::new(move |config| _ = config.app_data(queries.clone()));
        System::new().block_on(async {
            let service = init_service(with_layers(self.world.app.clone(), extras)).await;
            let response = call_service(&service, with_key(request, key).to_request()).await;
            let text =
                |value: &actix_web::http::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
            let headers =
                response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            let status = response.status().as_u16();
            (status, headers, read_body(response).await.to_vec())
        })
    }
}

/// The shop of this number in the directory of `World`.
pub fn shop(number: u8) -> Shop {
    let mut shop = Shop::under(branch(number), agency(number));
    shop.merchant = merchant(number);
    shop.facts.merchant_id = merchant(number);
    shop
}

pub fn heads(fixture: &Fixture) -> String {
    fixture.ledger.heads().iter().map(|(at, seq)| format!("{at}:{seq}")).collect::<Vec<_>>().join(",")
}

/// Every list, the name of its rows, and how many rows an operator, agency 1, branch 1 and merchant 1 see.
const LISTS: &[(&str, &str, [usize; 4])] = &[
    ("/v1/transactions", "transactions", [3, 2, 2, 2]),
    ("/v1/settlements", "settlements", [6, 3, 2, 1]),
    (
        "/v1/settlements?dateType=paidOutDate&startDate=2026-11-01&endDate=2026-12-31",
        "settlements",
        [6, 3, 2, 1],
    ),
    ("/v1/settlements/entries", "entries", [9, 6, 4, 2]),
    (
        "/v1/settlements/entries?dateType=paidOutDate&startDate=2026-11-01&endDate=2026-12-31",
        "entries",
        [9, 6, 4, 2],
    ),
];

#[test]
fn every_list_shows_each_scope_its_own_rows_and_how_far_it_had_got() {
    let served = Served::new();
    let through = heads(&served.read.fixture);
    for (path, name, expected) in LISTS {
        for (key, count) in [OPERATOR, AGENCY, BRANCH, MERCHANT].iter().zip(expected) {
            let reply = served.get(path, key);
            assert_eq!(reply.status, 200, "{path} {key}: {}", reply.body);
            assert_eq!(reply.body[name].as_array().unwrap().len(), *count, "{path} {key}");
            assert_eq!(reply.body["nextCursor"], Value::Null);
            assert_eq!(reply.body["projectedThrough"], through.as_str());
            assert_eq!(reply.header("ledger-position"), through);
        }
        for key in [OTHER_AGENCY, OTHER_BRANCH, OTHER_MERCHANT] {
            let text = served.get(path, key).body.to_string();
            assert!(text.contains("order-2") || name == &"settlements", "{path} {key}");
            assert!(!text.contains(&merchant(1).to_string()), "{path} {key}: {text}");
        }
    }
}

#[test]
fn branch_sales_are_for_those_above_merchants() {
    let served = Served::new();
    let reply = served.get("/v1/branches/sales?period=DAY", AGENCY);
    let row = &reply.body["sales"][0];
    assert_eq!((reply.status, &row["netAmount"], &row["since"]), (200, &70_000.into(), &"2026-11-23".into()));
    assert_eq!((&row["commission"], &row["commissionBelow"]), (&154.into(), &385.into()));
    let reply = served.get("/v1/branches/sales", BRANCH);
    let row = &reply.body["sales"][0];
    assert_eq!((&row["commission"], &row["commissionBelow"]), (&385.into(), &0.into()));
    assert_eq!(served.get("/v1/branches/sales", OPERATOR).body["sales"].as_array().unwrap().len(), 2);
    let reply = served.get("/v1/branches/sales", MERCHANT);
    assert_eq!((reply.status, reply.code()), (403, "SCOPE_FORBIDDEN"));
}

#[test]
fn what_was_sold_under_a_branch_or_an_agency_is_read_with_the_rows_behind_it() {
    let served = Served::new();
    let (agency, branch) = (agency(1), branch(1));
    for (node, key) in [
        (agency.to_string(), OPERATOR),
        (agency.to_string(), AGENCY),
        (branch.to_string(), OPERATOR),
        (branch.to_string(), AGENCY),
        (branch.to_string(), BRANCH),
    ] {
        for (period, since) in [
            ("HOUR", "2026-11-23T12:00:00+09:00"),
            ("DAY", "2026-11-23"),
            ("WEEK", "2026-11-23"),
            ("MONTH", "2026-11-01"),
        ] {
            let reply = served.get(&format!("/v1/branches/{node}/sales?period={period}"), key);
            let row = &reply.body["sales"][0];
            assert_eq!(reply.status, 200, "{node} {key}: {}", reply.body);
            assert_eq!((&row["netAmount"], &row["method"]), (&70_000.into(), &"CARD".into()));
            assert_eq!(row["since"], since);
        }
        let total = served.get(&format!("/v1/branches/{node}/sales?period=TOTAL"), key);
        let reply = served.get(&format!("/v1/branches/{node}/sales/transactions?limit=1"), key);
        assert_eq!(reply.status, 200, "{node} {key}: {}", reply.body);
        assert_eq!(reply.body["transactions"][0]["type"], "CANCEL");
        for name in ["approvalCount", "cancelAmount", "netAmount", "feeVat", "commission", "commissionBelow"]
        {
            assert_eq!(reply.body["sums"][0][name], total.body["sales"][0][name], "{name}");
        }
        let cursor = reply.body["nextCursor"].as_str().unwrap();
        let path = format!("/v1/branches/{node}/sales/transactions?limit=1&cursor={cursor}");
        let next = served.get(&path, key);
        assert_eq!(next.body["transactions"][0]["type"], "APPROVAL");
        assert_eq!((&next.body["sums"], &next.body["nextCursor"]), (&Value::Null, &Value::Null));
    }
    for (node, key) in [
        (agency.to_string(), BRANCH),
        (agency.to_string(), OTHER_AGENCY),
        (branch.to_string(), OTHER_AGENCY),
        (branch.to_string(), OTHER_BRANCH),
        ("brn_1".to_owned(), OPERATOR),
        (merchant(1).to_string(), OPERATOR),
    ] {
        for rows in ["", "/transactions"] {
            let reply = served.get(&format!("/v1/branches/{node}/sales{rows}"), key);
            assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND_BRANCH"), "{node} {key}");
        }
    }
    let path = format!("/v1/branches/{branch}/sales");
    for (path, status, code) in
        [(path.clone(), 403, "SCOPE_FORBIDDEN"), (format!("{path}/transactions"), 403, "SCOPE_FORBIDDEN")]
    {
        let reply = served.get(&path, MERCHANT);
        assert_eq!((reply.status, reply.code()), (status, code), "{path}");
    }
    for wrong in
        ["period=YEAR", "period=HOUR&startDate=2026-10-01&endDate=2026-11-23", "cursor=x", "branchId=1"]
    {
        let reply = served.get(&format!("{path}?{wrong}"), BRANCH);
        assert_eq!(reply.status, 400, "{wrong}: {}", reply.body);
    }
}

#[test]
fn a_transaction_is_read_by_its_payment_or_its_cancel_and_by_nobody_else() {
    let served = Served::new();
    let cancel = served.story.events[2].cancel_id().unwrap();
    for id in [served.story.id.to_string(), cancel.to_string()] {
        let path = format!("/v1/transactions/{id}");
        let reply = served.get(&path, MERCHANT);
        assert_eq!(reply.status, 200, "{}", reply.body);
        let rows = &reply.body["transactions"];
        assert_eq!((&rows[0]["amount"], &rows[1]["amount"]), (&100_000.into(), &(-30_000).into()));
        assert_eq!(rows[0]["transactionAt"], "2026-11-23T12:00:01+09:00");
        assert_eq!(reply.body["events"].as_array().unwrap().len(), 4);
        for key in [OTHER_MERCHANT, OTHER_BRANCH, OTHER_AGENCY] {
            let reply = served.get(&path, key);
            assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND_TRANSACTION"));
        }
    }
    for id in ["pay_1", "mer_00000000000000000000000000000001", "%F0%9F%92%B3", &merchant(1).to_string()] {
        assert_eq!(served.get(&format!("/v1/transactions/{id}"), MERCHANT).status, 404, "{id}");
    }
}

#[test]
fn pages_follow_one_another_by_cursor() {
    let served = Served::new();
    let first = served.get("/v1/transactions?limit=1", MERCHANT);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = served.get(&format!("/v1/transactions?limit=1&cursor={cursor}"), MERCHANT);
    assert_eq!(first.body["transactions"][0]["type"], "CANCEL");
    assert_eq!(second.body["transactions"][0]["type"], "APPROVAL");
    assert_eq!(second.body["nextCursor"], Value::Null);
    // A cursor is only a place: whoever else sends it still sees nothing but its own.
    let other = served.get(&format!("/v1/transactions?cursor={cursor}"), OTHER_MERCHANT);
    assert!(!other.body.to_string().contains(&merchant(1).to_string()));
}

#[test]
fn wrong_parameters_are_named() {
    let served = Served::new();
    for (path, code, param) in [
        ("/v1/transactions?limit=0", "INVALID_VALUE", "limit"),
        ("/v1/transactions?limit=1001", "INVALID_VALUE", "limit"),
        ("/v1/transactions?limit=10&limit=10", "DUPLICATE_FIELD", "limit"),
        ("/v1/transactions?status=PAID", "INVALID_VALUE", "status"),
        ("/v1/transactions?method=CASH", "INVALID_VALUE", "method"),
        ("/v1/transactions?minAmount=-1", "INVALID_VALUE", "minAmount"),
        ("/v1/transactions?maxAmount=1e9", "INVALID_VALUE", "maxAmount"),
        ("/v1/transactions?orderId=", "INVALID_VALUE", "orderId"),
        ("/v1/transactions?branchId=mer_1", "INVALID_VALUE", "branchId"),
        ("/v1/transactions?startDate=yesterday", "INVALID_VALUE", "startDate"),
        ("/v1/transactions?startDate=2026-11-23&endDate=2026-11-01", "INVALID_VALUE", "endDate"),
        ("/v1/transactions?startDate=2020-01-01", "RANGE_TOO_LONG", "startDate"),
        ("/v1/transactions?cursor=abc", "INVALID_CURSOR", "cursor"),
        ("/v1/transactions?page=2", "UNKNOWN_FIELD", "page"),
        ("/v1/branches/sales?period=YEAR", "INVALID_VALUE", "period"),
        ("/v1/branches/sales?startDate=2026-11-23T00:00:00Z", "INVALID_VALUE", "startDate"),
        ("/v1/settlements?dateType=today", "INVALID_VALUE", "dateType"),
        ("/v1/settlements?payeeId=pay_1", "INVALID_VALUE", "payeeId"),
        ("/v1/settlements/entries?paymentId=1", "INVALID_VALUE", "paymentId"),
        ("/v1/settlements/entries?cursor=WyJ4IixbXV0", "INVALID_CURSOR", "cursor"),
        ("/v1/transactions/pay_00000000000000000000000000000001?events=1", "UNKNOWN_FIELD", "events"),
        ("/v1/settlements/entries.csv?limit=10", "UNKNOWN_FIELD", "limit"),
        ("/v1/settlements/closings?payeeId=1", "INVALID_VALUE", "payeeId"),
        ("/v1/settlements/closings?cursor=WyJ4IixbXV0", "INVALID_CURSOR", "cursor"),
        ("/v1/settlements/receipts?merchantId=agn_1", "INVALID_VALUE", "merchantId"),
        ("/v1/settlements/pay-outs?state=PAID", "INVALID_VALUE", "state"),
        ("/v1/settlements/pay-outs?startDate=2020-01-01", "RANGE_TOO_LONG", "startDate"),
        ("/v1/settlements/status?startDate=2026-11-23", "UNKNOWN_FIELD", "startDate"),
        ("/v1/ledger/balances?account=L99", "INVALID_VALUE", "account"),
        ("/v1/ledger/balances?date=today", "INVALID_VALUE", "date"),
    ] {
        let reply = served.get(path, OPERATOR);
        assert_eq!((reply.status, reply.code(), reply.param()), (400, code, param), "{path}: {}", reply.body);
    }
}

#[test]
fn without_a_key_nothing_is_read() {
    let served = Served::new();
    for path in [
        "/v1/transactions",
        "/v1/transactions/pay_1",
        "/v1/branches/sales",
        "/v1/settlements",
        "/v1/settlements/entries",
        "/v1/settlements/entries.csv",
        "/v1/settlements/status",
        "/v1/settlements/closings",
        "/v1/settlements/receipts",
        "/v1/settlements/pay-outs",
        "/v1/ledger/balances",
    ] {
        assert_eq!(served.get(path, "test_op_wrong").status, 401, "{path}");
    }
}

#[test]
fn a_position_in_the_request_is_waited_for() {
    let served = Served::new();
    let at = |position: &str| {
        TestRequest::get().uri("/v1/transactions").insert_header(("Ledger-Position", position))
    };
    let reached = heads(&served.read.fixture);
    assert_eq!(served.send(&served.read.queries, at(&reached), MERCHANT).status, 200);
    let beyond = format!("{}:99", served.read.fixture.ledger.payments(0));
    let reply = served.send(&served.read.queries, at(&beyond), MERCHANT);
    assert_eq!((reply.status, reply.code()), (503, "PROJECTION_BEHIND"));
    assert_eq!(
        (reply.header("retry-after"), &reply.body["projectedThrough"]),
        ("1", &reached.as_str().into())
    );
    for position in ["", "here", "strange.payments/0:1"] {
        let reply = served.send(&served.read.queries, at(position), MERCHANT);
        assert_eq!(
            (reply.status, reply.code(), reply.param()),
            (400, "INVALID_POSITION", "Ledger-Position"),
            "{position}"
        );
    }
}

#[test]
fn without_mariadb_every_read_is_a_503_with_a_time_to_wait() {
    let served = Served::new();
    let away = queries_at(&served.read.fixture, "mysql://nobody:nothing@127.0.0.1:9/nowhere");
    let one = format!("/v1/transactions/{}", served.story.id);
    let mut paths = vec![
        one.as_str(),
        "/v1/branches/sales",
        "/v1/settlements/entries.csv",
        "/v1/settlements/status",
        "/v1/settlements/closings",
        "/v1/settlements/receipts",
        "/v1/settlements/pay-outs",
        "/v1/ledger/balances",
    ];
    paths.extend(LISTS.iter().map(|(path, ..)| *path));
    for path in paths {
        let reply = served.send(&away, TestRequest::get().uri(path), OPERATOR);
        assert_eq!(
            (reply.status, reply.code(), reply.header("retry-after")),
            (503, "READ_UNAVAILABLE", "1"),
            "{path}"
        );
    }
}
