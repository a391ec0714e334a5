//! Ids that do not exist, another merchant's ids, cancels that must not be, and filters that make no sense.

use ledger_tests::failure::Done;
use ledger_tests::rig::People;
use serde_json::json;

use super::Asker;

pub async fn all(asker: &mut Asker, mine: &str, theirs: &str, people: &People) -> Done {
    nobodys(asker, theirs).await?;
    cancels(asker, mine).await?;
    filters(asker, people).await
}

/// What is another's is answered exactly like what does not exist.
async fn nobodys(asker: &mut Asker, theirs: &str) -> Done {
    let none = format!("pay_{}", "0".repeat(32));
    let whole = json!({ "cancelReason": "x" });
    for payment in [none.as_str(), theirs, "pay_x", "%00", "가"] {
        asker.get(&format!("/v1/payments/{}", encoded(payment)), 404, "NOT_FOUND_PAYMENT").await?;
        let path = format!("/v1/payments/{}/cancel", encoded(payment));
        asker.post(&path, &whole, 404, "NOT_FOUND_PAYMENT").await?;
        asker.get(&format!("/v1/transactions/{}", encoded(payment)), 404, "NOT_FOUND_TRANSACTION").await?;
    }
    for order in ["theirs", "nobody"] {
        asker.get(&format!("/v1/payments/orders/{order}"), 404, "NOT_FOUND_ORDER").await?;
    }
    asker.get("/v1/commands/cmd_x", 404, "NOT_FOUND_COMMAND").await?;
    asker.get("/v1/nothing", 404, "NOT_FOUND_ROUTE").await
}

/// Percent-encodes what a URL cannot hold.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'%';
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

async fn cancels(asker: &mut Asker, mine: &str) -> Done {
    let path = format!("/v1/payments/{mine}/cancel");
    let cases = [
        (json!({}), 400, "MISSING_FIELD"),
        (json!({ "cancelReason": "" }), 400, "INVALID_VALUE"),
        (json!({ "cancelReason": 7 }), 400, "WRONG_TYPE"),
        (json!({ "cancelReason": "x", "cancelAmount": -1 }), 400, "AMOUNT_NEGATIVE"),
        (json!({ "cancelReason": "x", "cancelAmount": 0 }), 400, "AMOUNT_NOT_POSITIVE"),
        (json!({ "cancelReason": "x", "cancelAmount": 0.5 }), 400, "AMOUNT_FRACTIONAL"),
        (json!({ "cancelReason": "x", "cancelAmount": 30_001 }), 409, "NOT_CANCELABLE_AMOUNT"),
        (
            json!({ "cancelReason": "x", "taxFreeAmount": 1, "cancelAmount": 10 }),
            409,
            "NOT_CANCELABLE_TAX_FREE_AMOUNT",
        ),
        (json!({ "cancelReason": "x", "currentCancellableAmount": 29_999 }), 409, "BALANCE_CHANGED"),
        (json!({ "cancelReason": "x", "refund": true }), 400, "UNKNOWN_FIELD"),
    ];
    for (body, status, code) in cases {
        asker.post(&path, &body, status, code).await?;
    }
    Ok(())
}

async fn filters(asker: &mut Asker, people: &People) -> Done {
    let list = "/v1/transactions";
    let cases = [
        ("?limit=0", "INVALID_VALUE"),
        ("?limit=1001", "INVALID_VALUE"),
        ("?limit=x", "INVALID_VALUE"),
        ("?limit=1&limit=2", "DUPLICATE_FIELD"),
        ("?cursor=abc", "INVALID_CURSOR"),
        ("?startDate=2026-02-30", "INVALID_VALUE"),
        ("?startDate=2020-01-01&endDate=2026-01-01", "RANGE_TOO_LONG"),
        ("?status=PAID", "INVALID_VALUE"),
        ("?minAmount=-1", "INVALID_VALUE"),
        ("?sort=amount", "UNKNOWN_FIELD"),
    ];
    for (query, code) in cases {
        asker.get(&format!("{list}{query}"), 400, code).await?;
    }
    for position in ["x", "ledger.payments/0", "ledger.payments/0:x", "other.payments/0:1"] {
        let reply = asker.client.get_with(list, &[("Ledger-Position", position)]).await?;
        asker.expect(&format!("position {position}"), &reply, 400, "INVALID_POSITION");
    }
    // A merchant neither registers nor sees what is an operator's.
    let path = format!("/v1/merchants/{}/contracts", people.merchant(0)?.id);
    asker.post("/v1/agencies", &json!({ "name": "x" }), 403, "SCOPE_FORBIDDEN").await?;
    asker.post(&path, &json!({}), 403, "SCOPE_FORBIDDEN").await
}
