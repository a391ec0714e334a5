//! What a command is called and what it is compared by. The bytes are specified in `schemas/idempotency.json`, with
//! vectors, so that a caller who got no answer can compute the id of what it sent.

use ledger_domain::ids::CommandId;
use serde_json::Value;

use crate::catalogue::Code;
use crate::http::problem::Problem;
use crate::ledger::sha256;

/// UUIDv8 from SHA-256 over `ledger-command/1`, the scope and the idempotency key, one per line, the last without a line
/// feed. Neither can hold a line feed.
#[must_use]
pub fn command_id(scope: &str, idempotency_key: &str) -> CommandId {
    let parts: [&[u8]; 4] = [b"ledger-command/1\n", scope.as_bytes(), b"\n", idempotency_key.as_bytes()];
    CommandId::from_digest(sha256(&parts))
}

/// SHA-256 over `ledger-fingerprint/1`, method, path and canonical body, one per line.
///
/// # Errors
/// When the body is not JSON; handlers parse first, so that they can say more about it.
pub fn fingerprint(method: &str, path: &str, body: &[u8]) -> Result<[u8; 32], Problem> {
    let canonical = canonical(body)?;
    let head = format!("ledger-fingerprint/1\n{method}\n{path}\n");
    Ok(sha256(&[head.as_bytes(), canonical.as_bytes()]))
}

/// The body without its top-level member `card` and without members that are `null`, members sorted by name, no spaces.
/// An empty body is `{}`.
pub fn canonical(body: &[u8]) -> Result<String, Problem> {
    let malformed = |_| Problem::new(Code::MalformedJson);
    let mut value: Value = serde_json::from_slice(body).map_err(malformed)?;
    if let Value::Object(members) = &mut value {
        members.remove("card");
    }
    without_nulls(&mut value);
    // serde_json's map is sorted by name unless a feature changes that; a test holds it to it.
    serde_json::to_string(&value).map_err(malformed)
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_spaces_nulls_and_the_card_do_not_change_the_fingerprint() {
        let one = fingerprint(
            "POST",
            "/v1/payments/key-in",
            br#"{"amount":1000,"orderId":"A","vat":null,"card":{"iv":"x"}}"#,
        );
        let two = fingerprint("POST", "/v1/payments/key-in", br#" { "orderId" : "A", "amount" : 1000 } "#);
        assert_eq!(one.unwrap(), two.unwrap());
        assert_eq!(
            canonical(br#"{"b":[{"d":1,"c":null}],"a":"\u0041"}"#).unwrap(),
            r#"{"a":"A","b":[{"d":1}]}"#
        );
    }

    #[test]
    fn method_path_and_every_value_change_it() {
        let base = fingerprint("POST", "/v1/x", br#"{"a":1}"#).unwrap();
        for (method, path, body) in
            [("PUT", "/v1/x", r#"{"a":1}"#), ("POST", "/v1/y", r#"{"a":1}"#), ("POST", "/v1/x", r#"{"a":2}"#)]
        {
            assert_ne!(fingerprint(method, path, body.as_bytes()).unwrap(), base);
        }
    }

    #[test]
    fn a_command_id_is_a_version_8_uuid_and_scopes_do_not_run_into_keys() {
        let id = command_id("operator", "abc");
        assert_eq!(id.uuid().get_version_num(), 8);
        assert_ne!(command_id("operatora", "bc"), id);
        assert_ne!(command_id("mer_1", "abc"), id);
    }
}
