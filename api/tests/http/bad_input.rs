//! Bad input, as a table: each line has its own clear answer, none is a 500, and none reaches the ledger.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::cards::{Sealing, key_in};
use super::support::*;

fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut body = key_in(&Sealing::default().envelope());
    change(&mut body);
    body.to_string().into_bytes()
}

/// The body with a piece of its text replaced, for what a JSON value cannot hold.
fn spelt(from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(changed(|_| {})).unwrap();
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1).into_bytes()
}

fn key_in_bodies() -> Vec<(&'static str, Vec<u8>, &'static str, &'static str)> {
    let long = "x".repeat(101);
    vec![
        ("empty", Vec::new(), "MALFORMED_JSON", ""),
        ("truncated", changed(|_| {}).split_at(40).0.to_vec(), "MALFORMED_JSON", ""),
        ("two documents", [changed(|_| {}), b"{}".to_vec()].concat(), "MALFORMED_JSON", ""),
        ("trailing comma", spelt("\"orderId\"", ",\"orderId\""), "MALFORMED_JSON", ""),
        ("an array", b"[]".to_vec(), "WRONG_TYPE", "body"),
        ("text", b"\"x\"".to_vec(), "WRONG_TYPE", "body"),
        ("null", b"null".to_vec(), "WRONG_TYPE", "body"),
        ("invalid UTF-8", b"{\"orderId\":\"\xff\"}".to_vec(), "INVALID_ENCODING", ""),
        ("half a character", spelt("order-1", "\\ud800"), "INVALID_VALUE", "orderId"),
        ("unknown field", changed(|b| b["amuont"] = 1.into()), "UNKNOWN_FIELD", "amuont"),
        ("unknown field within", changed(|b| b["card"]["cvc"] = "123".into()), "UNKNOWN_FIELD", "card.cvc"),
        (
            "a card number as a name",
            changed(|b| b["4330123412341235"] = 1.into()),
            "UNKNOWN_FIELD",
            "(digits)",
        ),
        ("twice", spelt("\"amount\"", "\"amount\":1,\"amount\""), "DUPLICATE_FIELD", "amount"),
        (
            "no order id",
            changed(|b| drop(b.as_object_mut().unwrap().remove("orderId"))),
            "MISSING_FIELD",
            "orderId",
        ),
        ("null order id", changed(|b| b["orderId"] = Value::Null), "MISSING_FIELD", "orderId"),
        ("no card", changed(|b| drop(b.as_object_mut().unwrap().remove("card"))), "MISSING_FIELD", "card"),
        ("order id a number", changed(|b| b["orderId"] = 1.into()), "WRONG_TYPE", "orderId"),
        ("empty order id", changed(|b| b["orderId"] = "".into()), "INVALID_VALUE", "orderId"),
        ("long name", changed(|b| b["orderName"] = long.into()), "INVALID_VALUE", "orderName"),
        ("line feed in the order id", changed(|b| b["orderId"] = "a\nb".into()), "INVALID_VALUE", "orderId"),
        ("amount as text", changed(|b| b["amount"] = "11000".into()), "WRONG_TYPE", "amount"),
        ("amount as array", changed(|b| b["amount"] = json!([1])), "WRONG_TYPE", "amount"),
        ("amount true", changed(|b| b["amount"] = true.into()), "WRONG_TYPE", "amount"),
        ("fractional", spelt("11000", "11000.5"), "AMOUNT_FRACTIONAL", "amount"),
        ("fraction of nothing", spelt("11000", "11000.0"), "AMOUNT_FRACTIONAL", "amount"),
        ("exponent", spelt("11000", "11e3"), "AMOUNT_FRACTIONAL", "amount"),
        ("beyond any float", spelt("11000", "1e999"), "AMOUNT_FRACTIONAL", "amount"),
        ("zero", spelt("11000", "0"), "AMOUNT_NOT_POSITIVE", "amount"),
        ("minus zero", spelt("11000", "-0"), "AMOUNT_NOT_POSITIVE", "amount"),
        ("negative", spelt("11000", "-1"), "AMOUNT_NEGATIVE", "amount"),
        ("largest of i64", spelt("11000", "9223372036854775807"), "AMOUNT_OUT_OF_RANGE", "amount"),
        ("beyond i64", spelt("11000", "9223372036854775808"), "AMOUNT_OUT_OF_RANGE", "amount"),
        ("beyond i128", spelt("11000", &"9".repeat(60)), "AMOUNT_OUT_OF_RANGE", "amount"),
        ("below i64", spelt("11000", "-9223372036854775809"), "AMOUNT_NEGATIVE", "amount"),
        (
            "negative tax-free part",
            changed(|b| b["taxFreeAmount"] = (-1).into()),
            "AMOUNT_NEGATIVE",
            "taxFreeAmount",
        ),
        ("other currency", changed(|b| b["currency"] = "USD".into()), "INVALID_VALUE", "currency"),
        (
            "300 months",
            changed(|b| b["installmentMonths"] = 300.into()),
            "INVALID_VALUE",
            "installmentMonths",
        ),
        (
            "months as text",
            changed(|b| b["installmentMonths"] = "3".into()),
            "WRONG_TYPE",
            "installmentMonths",
        ),
        ("card as text", changed(|b| b["card"] = "4330".into()), "WRONG_TYPE", "card"),
        (
            "a plain card",
            changed(|b| b["card"] = json!({"cardNumber": "4330123412341235"})),
            "UNKNOWN_FIELD",
            "card.cardNumber",
        ),
        (
            "key id of another kind",
            changed(|b| b["card"]["keyId"] = "key_1".into()),
            "INVALID_VALUE",
            "card.keyId",
        ),
        (
            "a day",
            changed(|b| b["card"]["timestamp"] = "2026-11-23".into()),
            "INVALID_VALUE",
            "card.timestamp",
        ),
        (
            "no offset",
            changed(|b| b["card"]["timestamp"] = "2026-11-23T10:00:00".into()),
            "INVALID_VALUE",
            "card.timestamp",
        ),
        ("short iv", changed(|b| b["card"]["iv"] = "AAAA".into()), "INVALID_VALUE", "card.iv"),
        ("iv not base64", changed(|b| b["card"]["iv"] = "*".into()), "INVALID_VALUE", "card.iv"),
        ("no tag", changed(|b| b["card"]["ciphertext"] = "AAAA".into()), "INVALID_VALUE", "card.ciphertext"),
    ]
}

#[actix_web::test]
async fn every_bad_key_in_has_its_own_answer_and_reaches_no_ledger() {
    let world = World::new();
    for (what, body, code, param) in key_in_bodies() {
        let reply = world.post("/v1/payments/key-in", MERCHANT, body).await;
        assert_eq!((reply.status, reply.code(), reply.param()), (400, code, param), "{what}: {}", reply.body);
        assert!(!reply.body.to_string().contains("4330"), "{what}: a value is shown");
    }
    assert!(world.ledger.submitted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn every_other_command_is_as_strict() {
    let (payment, merchant) = (super::stories::payment_id(), merchant(1));
    let cancel = format!("/v1/payments/{payment}/cancel");
    let resolve = format!("/v1/payments/{payment}/resolve");
    let contract = format!("/v1/merchants/{merchant}/contracts");
    let fee = r#"{"method":"CARD","rate":"0.03","vatMode":"EXCLUDED","rounding":"NEAREST"}"#;
    let with_fee = |fee: &str| {
        format!(
            r#"{{"fees":[{fee}],"settlementCycleDays":2,"acquirer":{{"id":"sandbox","costRate":"0.02"}},"minimumAmount":100,"feeReturn":"YES"}}"#
        )
    };
    let evidence = r#""evidence":{"kind":"SETTLEMENT_FILE","reference":"f-1"}"#;
    let cases: Vec<(&str, &str, String, &str, &str)> = vec![
        (&cancel, MERCHANT, "{}".into(), "MISSING_FIELD", "cancelReason"),
        (
            &cancel,
            MERCHANT,
            r#"{"cancelReason":"x","cancelAmount":0}"#.into(),
            "AMOUNT_NOT_POSITIVE",
            "cancelAmount",
        ),
        (&cancel, MERCHANT, r#"{"cancelReason":"x","reason":"y"}"#.into(), "UNKNOWN_FIELD", "reason"),
        (&resolve, OPERATOR, format!(r#"{{"outcome":"MAYBE",{evidence}}}"#), "INVALID_VALUE", "outcome"),
        (
            &resolve,
            OPERATOR,
            format!(r#"{{"outcome":"PAID",{evidence}}}"#),
            "MISSING_FIELD",
            "acquirerTransaction",
        ),
        (
            &resolve,
            OPERATOR,
            format!(r#"{{"outcome":"NOT_PAID","approveNo":"1",{evidence}}}"#),
            "UNKNOWN_FIELD",
            "approveNo",
        ),
        (&resolve, OPERATOR, r#"{"outcome":"NOT_PAID"}"#.into(), "MISSING_FIELD", "evidence"),
        (
            &resolve,
            OPERATOR,
            r#"{"outcome":"NOT_PAID","evidence":{"kind":"GUESS","reference":"x"}}"#.into(),
            "INVALID_VALUE",
            "evidence.kind",
        ),
        (
            &resolve,
            OPERATOR,
            format!(r#"{{"outcome":"CANCEL_NOT_DONE","cancelId":"can_1",{evidence}}}"#),
            "INVALID_VALUE",
            "cancelId",
        ),
        ("/v1/agencies", OPERATOR, r#"{"name":5}"#.into(), "WRONG_TYPE", "name"),
        ("/v1/branches", OPERATOR, r#"{"name":"x"}"#.into(), "MISSING_FIELD", "agencyId"),
        (
            "/v1/branches",
            OPERATOR,
            format!(r#"{{"name":"x","agencyId":"{}","parentBranchId":"{}"}}"#, agency(1), branch(1)),
            "INVALID_VALUE",
            "parentBranchId",
        ),
        (
            "/v1/merchants",
            OPERATOR,
            format!(r#"{{"name":"x","branchId":"{}","taxType":"NONE"}}"#, branch(1)),
            "INVALID_VALUE",
            "taxType",
        ),
        (
            "/v1/merchants",
            OPERATOR,
            r#"{"name":"x","branchId":"agn_1","taxType":"TAXABLE"}"#.into(),
            "INVALID_VALUE",
            "branchId",
        ),
        ("/v1/keys", OPERATOR, r#"{"scope":"ROOT"}"#.into(), "INVALID_VALUE", "scope"),
        ("/v1/keys", OPERATOR, r#"{"scope":"MERCHANT"}"#.into(), "MISSING_FIELD", "subjectId"),
        (
            "/v1/keys",
            OPERATOR,
            format!(r#"{{"scope":"OPERATOR","subjectId":"{}"}}"#, agency(1)),
            "INVALID_VALUE",
            "subjectId",
        ),
        (&contract, OPERATOR, with_fee(&fee.replace("0.03", "1.5")), "INVALID_VALUE", "fees[0].rate"),
        (&contract, OPERATOR, with_fee(&fee.replace("\"0.03\"", "0.03")), "WRONG_TYPE", "fees[0].rate"),
        (
            &contract,
            OPERATOR,
            with_fee(&format!("{fee},{}", fee.replace("vatMode", "vat"))),
            "UNKNOWN_FIELD",
            "fees[1].vat",
        ),
        (
            &contract,
            OPERATOR,
            with_fee(fee).replace("sandbox", "nobody at all"),
            "INVALID_VALUE",
            "acquirer.id",
        ),
        (&contract, OPERATOR, with_fee(fee).replace(":2,", ":61,"), "INVALID_VALUE", "settlementCycleDays"),
    ];
    let world = World::new();
    for (path, key, body, code, param) in cases {
        let reply = world.post(path, key, body.clone()).await;
        assert_eq!(
            (reply.status, reply.code(), reply.param()),
            (400, code, param),
            "{path} {body}: {}",
            reply.body
        );
    }
    assert!(world.ledger.submitted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn every_bad_change_of_metadata_has_its_own_answer_and_reaches_no_ledger() {
    let world = World::new();
    let path = format!("/v1/payments/{}/metadata", super::stories::payment_id());
    let long = format!(r#"{{"metadata":{{"a":"{}"}}}}"#, "x".repeat(501));
    for (body, code, param) in [
        ("", "MALFORMED_JSON", ""),
        (r#"{"metadata":{"a":"b"}"#, "MALFORMED_JSON", ""),
        ("{}", "MISSING_FIELD", "metadata"),
        (r#"{"metadata":null}"#, "MISSING_FIELD", "metadata"),
        (r#"{"metadata":["a"]}"#, "WRONG_TYPE", "metadata"),
        (r#"{"metadata":{"a":1}}"#, "WRONG_TYPE", "metadata.a"),
        (r#"{"metadata":{"a":null}}"#, "WRONG_TYPE", "metadata.a"),
        (r#"{"metadata":{"a":{"b":"c"}}}"#, "WRONG_TYPE", "metadata.a"),
        (r#"{"metadata":{"a":"b","a":"c"}}"#, "DUPLICATE_FIELD", "metadata.a"),
        (r#"{"metadata":{"a":"b\n"}}"#, "INVALID_VALUE", "metadata.a"),
        (r#"{"metadata":{"4330123412341235":5}}"#, "WRONG_TYPE", "metadata.(digits)"),
        (r#"{"metadata":{"a":"b"},"note":"c"}"#, "UNKNOWN_FIELD", "note"),
        (long.as_str(), "INVALID_VALUE", "metadata.a"),
    ] {
        let reply = world.patch(&path, MERCHANT, body).await;
        assert_eq!((reply.status, reply.code(), reply.param()), (400, code, param), "{body}: {}", reply.body);
    }
    assert_eq!(world.patch(&path, BRANCH, "{}").await.code(), "SCOPE_FORBIDDEN");
    let nowhere = world.patch("/v1/payments/pay_1/metadata", MERCHANT, r#"{"metadata":{"a":"b"}}"#).await;
    assert_eq!((nowhere.status, nowhere.code()), (404, "NOT_FOUND_PAYMENT"));
    assert!(world.ledger.submitted.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn an_idempotency_key_is_required_and_1_to_255_visible_characters() {
    let world = World::new();
    let good = "k".repeat(255);
    for (key, code) in [
        (None, "IDEMPOTENCY_KEY_REQUIRED"),
        (Some(""), "IDEMPOTENCY_KEY_INVALID"),
        (Some("with space"), "IDEMPOTENCY_KEY_INVALID"),
        (Some("tab\tbed"), "IDEMPOTENCY_KEY_INVALID"),
        (Some("키"), "IDEMPOTENCY_KEY_INVALID"),
        (Some(&format!("{good}k")), "IDEMPOTENCY_KEY_INVALID"),
        (Some(&good), "MALFORMED_JSON"),
    ] {
        let mut request = with_key(TestRequest::post().uri("/v1/agencies"), OPERATOR)
            .insert_header(("Content-Type", "application/json"));
        if let Some(key) = key {
            request = request.insert_header(("Idempotency-Key", key.as_bytes()));
        }
        let reply = world.send(request).await;
        assert_eq!((reply.status, reply.code()), (400, code), "{key:?}");
    }
    let twice = command("/v1/agencies", OPERATOR).append_header(("Idempotency-Key", "key-2"));
    assert_eq!(world.send(twice).await.code(), "IDEMPOTENCY_KEY_INVALID");
}

#[actix_web::test]
async fn wrong_routes_methods_types_and_sizes_are_problems_too() {
    let world = World::new();
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(64 * 1024));
    let post = |kind: &'static str| {
        command("/v1/agencies", OPERATOR).insert_header(("Content-Type", kind)).set_payload("{}")
    };
    let cases = vec![
        (TestRequest::get().uri("/v1/payment"), 404, "NOT_FOUND_ROUTE", ""),
        (TestRequest::get().uri("/"), 404, "NOT_FOUND_ROUTE", ""),
        (TestRequest::get().uri("/v1/payments/key-in"), 405, "METHOD_NOT_ALLOWED", "POST"),
        (TestRequest::delete().uri("/v1/agencies/x"), 405, "METHOD_NOT_ALLOWED", "GET, HEAD"),
        (
            TestRequest::default().method(Method::PATCH).uri("/metrics"),
            405,
            "METHOD_NOT_ALLOWED",
            "GET, HEAD",
        ),
        (post("text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE", ""),
        (post("application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE", ""),
        (
            post("application/json").insert_header(("Content-Encoding", "gzip")),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
            "",
        ),
        (command("/v1/agencies", OPERATOR).set_payload(large), 413, "PAYLOAD_TOO_LARGE", ""),
        (post("application/json; charset=utf-8"), 400, "MISSING_FIELD", ""),
    ];
    for (request, status, code, allow) in cases {
        let reply = world.send(request).await;
        assert_eq!((reply.status, reply.code(), reply.header("allow")), (status, code, allow));
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert_eq!(reply.body["status"], status);
    }
}

#[actix_web::test]
async fn query_parameters_are_as_strict_as_bodies() {
    let world = World::new();
    for (query, code, param) in [
        ("", "MISSING_FIELD", "idempotencyKey"),
        ("?idempotencyKey=a&idempotencyKey=b", "DUPLICATE_FIELD", "idempotencyKey"),
        ("?idempotencyKey=a&limit=5", "UNKNOWN_FIELD", "limit"),
        ("?idempotencyKey=%20", "INVALID_VALUE", "idempotencyKey"),
    ] {
        let reply = world.get(&format!("/v1/commands{query}"), MERCHANT).await;
        assert_eq!((reply.status, reply.code(), reply.param()), (400, code, param), "{query}");
    }
}
