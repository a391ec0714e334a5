//! Broken JSON, wrong types, unknown fields, absurd amounts.

use ledger_tests::failure::Done;
use serde_json::{Value, json};

use super::Asker;

pub async fn all(asker: &mut Asker) -> Done {
    broken(asker).await?;
    fields(asker).await?;
    amounts(asker).await
}

async fn broken(asker: &mut Asker) -> Done {
    let key = asker.fresh();
    let order = ledger_tests::town::Order::new(&key, 10_000);
    let whole = asker.merchant.key_in(&order, &key)?.to_string().into_bytes();
    for cut in [0, 1, 17, whole.len() / 2, whole.len() - 1] {
        asker.bytes(&format!("cut after {cut} bytes"), 400, "MALFORMED_JSON", &whole[..cut]).await?;
    }
    asker.bytes("two documents", 400, "MALFORMED_JSON", b"{}{}").await?;
    asker.bytes("a comment", 400, "MALFORMED_JSON", b"{/* */}").await?;
    asker.bytes("NaN", 400, "MALFORMED_JSON", b"{\"amount\":NaN}").await?;
    asker.bytes("a lone surrogate", 400, "INVALID_VALUE", b"{\"orderId\":\"\\ud800\"}").await?;
    asker.bytes("not UTF-8", 400, "INVALID_ENCODING", b"{\"orderId\":\"\xff\xfe\"}").await?;
    asker.bytes("UTF-16", 400, "INVALID_ENCODING", &[0xff, 0xfe, b'{', 0, b'}', 0]).await?;
    asker.bytes("an array", 400, "WRONG_TYPE", b"[]").await?;
    asker.bytes("a number", 400, "WRONG_TYPE", b"7").await?;
    asker.bytes("an empty object", 400, "MISSING_FIELD", b"{}").await?;
    asker.bytes("a field twice", 400, "DUPLICATE_FIELD", b"{\"amount\":1,\"amount\":2}").await?;
    let deep = [vec![b'['; 30_000], vec![b']'; 30_000]].concat();
    asker.bytes("an array 30,000 deep", 400, "WRONG_TYPE", &deep).await?;
    let member = [b"{\"orderId\":".as_slice(), &deep, b"}"].concat();
    asker.bytes("a member 30,000 deep", 400, "WRONG_TYPE", &member).await
}

async fn fields(asker: &mut Asker) -> Done {
    let long = "가".repeat(101);
    let cases: Vec<(&str, &str, &str, Value)> = vec![
        ("WRONG_TYPE", "amount as text", "amount", json!("10000")),
        ("WRONG_TYPE", "amount as a boolean", "amount", json!(true)),
        ("WRONG_TYPE", "amount as an object", "amount", json!({})),
        ("WRONG_TYPE", "order id as a number", "orderId", json!(7)),
        ("WRONG_TYPE", "card as text", "card", json!("4111111111111111")),
        ("WRONG_TYPE", "card as an array", "card", json!([])),
        ("WRONG_TYPE", "months as text", "installmentMonths", json!("3")),
        ("UNKNOWN_FIELD", "an unknown field", "amuont", json!(1)),
        ("UNKNOWN_FIELD", "a card number in the clear", "cardNumber", json!("4111111111111111")),
        ("MISSING_FIELD", "no amount", "amount", Value::Null),
        ("MISSING_FIELD", "no order id", "orderId", Value::Null),
        ("MISSING_FIELD", "no card", "card", Value::Null),
        ("INVALID_VALUE", "another currency", "currency", json!("USD")),
        ("INVALID_VALUE", "an empty order id", "orderId", json!("")),
        ("INVALID_VALUE", "a long order id", "orderId", json!("x".repeat(65))),
        ("INVALID_VALUE", "a long name", "orderName", json!(long)),
        ("INVALID_VALUE", "a NUL in a name", "orderName", json!("a\u{0}b")),
    ];
    for (code, what, field, value) in cases {
        asker.key_in(what, 400, code, |body| body[field] = value).await?;
    }
    asker
        .key_in("an unknown field of the card", 400, "UNKNOWN_FIELD", |body| body["card"]["x"] = json!(1))
        .await
}

async fn amounts(asker: &mut Asker) -> Done {
    let texts = [
        ("-1", 400, "AMOUNT_NEGATIVE"),
        ("-9223372036854775809", 400, "AMOUNT_NEGATIVE"),
        ("0", 400, "AMOUNT_NOT_POSITIVE"),
        ("-0", 400, "AMOUNT_NOT_POSITIVE"),
        ("0.5", 400, "AMOUNT_FRACTIONAL"),
        ("1000.0", 400, "AMOUNT_FRACTIONAL"),
        ("1e3", 400, "AMOUNT_FRACTIONAL"),
        ("1e999", 400, "AMOUNT_FRACTIONAL"),
        ("9223372036854775807", 400, "AMOUNT_OUT_OF_RANGE"),
        ("9223372036854775808", 400, "AMOUNT_OUT_OF_RANGE"),
        ("18446744073709551616", 400, "AMOUNT_OUT_OF_RANGE"),
        ("1000000000000", 400, "AMOUNT_OUT_OF_RANGE"),
        ("99", 422, "BELOW_MINIMUM_AMOUNT"),
    ];
    for (text, status, code) in texts {
        let key = asker.fresh();
        let order = ledger_tests::town::Order::new(&key, 10_000);
        let body = asker.merchant.key_in(&order, &key)?.to_string();
        let body = body.replace("\"amount\":10000", &format!("\"amount\":{text}"));
        let request = asker.client.bytes("POST", super::PATH, &[("Idempotency-Key", &key)], body.as_bytes());
        let reply = asker.client.exchange(&request).await?;
        asker.expect(&format!("amount {text}"), &reply, status, code);
    }
    let rules: [(&str, u16, &str, Value); 6] = [
        ("taxFreeAmount", 422, "TAX_FREE_NOT_ALLOWED", json!(100)),
        ("taxFreeAmount", 400, "AMOUNT_NEGATIVE", json!(-1)),
        ("vat", 422, "VAT_EXCEEDS_TAXABLE", json!(10_001)),
        ("installmentMonths", 400, "INVALID_CARD_INSTALLMENT_PLAN", json!(1)),
        ("installmentMonths", 422, "INSTALLMENT_BELOW_MINIMUM", json!(3)),
        ("installmentMonths", 400, "INVALID_VALUE", json!(256)),
    ];
    for (field, status, code, value) in rules {
        asker.key_in(&format!("{field} {value}"), status, code, |body| body[field] = value).await?;
    }
    Ok(())
}
