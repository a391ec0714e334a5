//! Invariant 6: a published event never changes. Its name is pinned, its samples read back and write out byte for
//! byte, and its schema is closed and says exactly what the code reads.

use ledger_domain::days::Moment;
use ledger_domain::ids::CommandId;
use ledger_domain::payment::PaymentEvent;
use ledger_domain::recorded::{Actor, Meta, Unreadable};
use ledger_domain::{EVENT_TYPES, Event};
use serde_json::{Map, Value, json};

use crate::recorded::{read, write};
use crate::schemas::{folders, sample, samples, schema, text, types, validators};
use crate::support::{NOW, Story, paid, request, requested, sale_facts};

fn meta() -> Meta {
    Meta {
        time_ms: NOW,
        actor: Actor::System,
        command: CommandId::from_digest([1; 32]),
        idempotency_key: None,
        fingerprint: None,
        request_id: None,
        cause: None,
        directory: None,
        ledger_id: "l".into(),
    }
}

#[test]
fn the_published_event_types_are_exactly_these() {
    let payment = [
        "ledger.payment.requested.v1",
        "ledger.payment.approved.v1",
        "ledger.payment.declined.v1",
        "ledger.payment.not-attempted.v1",
        "ledger.payment.approval-unknown.v1",
        "ledger.payment.net-cancel-requested.v1",
        "ledger.payment.net-cancelled.v1",
        "ledger.payment.late-approval-seen.v1",
        "ledger.payment.unresolved.v1",
        "ledger.payment.resolution-proposed.v1",
        "ledger.payment.resolved.v1",
        "ledger.payment.cancel-requested.v1",
        "ledger.payment.cancelled.v1",
        "ledger.payment.cancel-declined.v1",
        "ledger.payment.cancel-unknown.v1",
        "ledger.payment.cancel-unresolved.v1",
        "ledger.payment.metadata-changed.v1",
    ];
    let directory = [
        "ledger.directory.agency-registered.v1",
        "ledger.directory.branch-registered.v1",
        "ledger.directory.merchant-registered.v1",
        "ledger.directory.contract-set.v1",
        "ledger.directory.key-issued.v1",
        "ledger.directory.key-revoked.v1",
        "ledger.directory.card-key-issued.v1",
        "ledger.directory.partition-opened.v1",
        "ledger.directory.acquirer-registered.v1",
        "ledger.directory.node-terms-set.v1",
    ];
    let settlement = [
        "ledger.settlement.merchant-closed.v1",
        "ledger.settlement.commission-delivered.v1",
        "ledger.settlement.commission-received.v1",
        "ledger.settlement.node-closed.v1",
        "ledger.settlement.pay-out-proposed.v1",
        "ledger.settlement.pay-out-approved.v1",
        "ledger.settlement.pay-out-rejected.v1",
        "ledger.settlement.pay-out-sent.v1",
        "ledger.settlement.pay-out-confirmed.v1",
        "ledger.settlement.pay-out-failed.v1",
        "ledger.settlement.pay-out-returned.v1",
        "ledger.settlement.withheld.v1",
        "ledger.settlement.released.v1",
        "ledger.settlement.reserve-released.v1",
        "ledger.settlement.decision-proposed.v1",
        "ledger.settlement.adjusted.v1",
        "ledger.settlement.written-off.v1",
    ];
    assert_eq!(EVENT_TYPES, [&payment[..], &directory[..], &settlement[..]]);
}

#[test]
fn every_event_type_has_a_folder_and_every_folder_an_event_type() {
    let mut names: Vec<_> = types().map(str::to_owned).collect();
    names.sort();
    assert_eq!(folders(), names);
}

#[test]
fn samples_read_back_and_write_out_byte_for_byte() {
    for name in types() {
        for file in samples(name) {
            let (headers, value) = sample(name, &file);
            let (event, meta) = read(&headers, &value).unwrap_or_else(|e| panic!("{name}/{file}: {e}"));
            assert_eq!(event.type_name(), name);
            let (written_headers, written) = write(&event, &meta);
            assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&value), "{name}/{file}");
            assert_eq!(written_headers, headers, "{name}/{file}");
        }
    }
}

#[test]
fn samples_validate_against_their_schema() {
    let validators = validators();
    for name in types() {
        for file in samples(name) {
            let sample: Value = serde_json::from_str(&text(name, &file)).unwrap();
            for (part, validator) in [("value", &validators[name]), ("headers", &validators["headers"])] {
                let errors: Vec<_> = validator.iter_errors(&sample[part]).map(|e| e.to_string()).collect();
                assert!(errors.is_empty(), "{name}/{file} {part}: {errors:#?}");
            }
        }
    }
}

#[test]
fn the_full_sample_has_every_property_and_the_minimal_one_only_the_required() {
    for name in types() {
        let schema = schema(name);
        let keys = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
        let of = |file: &str| {
            let sample: Value = serde_json::from_str(&text(name, file)).unwrap();
            keys(sample["value"].as_object().unwrap())
        };
        assert_eq!(of("full.json"), keys(schema["properties"].as_object().unwrap()), "{name}");
        let mut required: Vec<_> =
            schema["required"].as_array().unwrap().iter().map(|k| k.as_str().unwrap().to_owned()).collect();
        required.sort();
        assert_eq!(of("minimal.json"), required, "{name}");
    }
}

#[test]
fn every_object_of_every_schema_is_closed() {
    fn walk(value: &Value, at: &str, open: &mut Vec<String>) {
        if value.get("type") == Some(&json!("object")) && value["additionalProperties"] != json!(false) {
            open.push(at.to_owned());
        }
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| walk(value, &format!("{at}/{key}"), open))
            }
            Value::Array(list) => list.iter().for_each(|value| walk(value, at, open)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut open = Vec::new();
    types().for_each(|name| walk(&schema(name), name, &mut open));
    assert!(open.is_empty(), "{open:#?}");
}

/// Every object in a value, by its path, with one change made to it in turn.
fn each_object(
    value: &Value,
    change: impl Fn(&mut Map<String, Value>) -> Vec<Map<String, Value>>,
) -> Vec<Value> {
    fn paths(value: &Value, at: String, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                found.push(at.clone());
                map.iter().for_each(|(key, value)| paths(value, format!("{at}/{key}"), found));
            }
            Value::Array(list) => {
                list.iter()
                    .enumerate()
                    .for_each(|(place, value)| paths(value, format!("{at}/{place}"), found));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut found = Vec::new();
    paths(value, String::new(), &mut found);
    let mut changed = Vec::new();
    for path in found {
        let mut object = value.pointer(&path).unwrap().as_object().unwrap().clone();
        for other in change(&mut object) {
            let mut whole = value.clone();
            *whole.pointer_mut(&path).unwrap() = Value::Object(other);
            changed.push(whole);
        }
    }
    changed
}

#[test]
fn schema_and_code_agree_that_nothing_may_be_added_or_left_out() {
    let validators = validators();
    for name in types() {
        for file in samples(name) {
            let whole: Value = serde_json::from_str(&text(name, &file)).unwrap();
            let (headers, _) = sample(name, &file);
            let added = each_object(&whole["value"], |object| {
                object.insert("surprise".into(), json!(1));
                vec![object.clone()]
            });
            for value in added {
                assert!(!validators[name].is_valid(&value), "{name}/{file}: {value}");
                assert!(read(&headers, value.to_string().as_bytes()).is_err(), "{name}/{file}: {value}");
            }
            let removed = each_object(&whole["value"], |object| {
                let without = |key: &String| {
                    let mut fewer = object.clone();
                    fewer.remove(key);
                    fewer
                };
                object.keys().map(without).collect()
            });
            for value in removed {
                let (schema, code) =
                    (validators[name].is_valid(&value), read(&headers, value.to_string().as_bytes()).is_ok());
                assert_eq!(schema, code, "{name}/{file}: {value}");
            }
        }
    }
}

#[test]
fn a_record_that_is_not_understood_is_an_error_that_says_why() {
    let (event, meta) = (Event::Payment(paid().last().clone()), meta());
    let (headers, value) = write(&event, &meta);
    let with = |name: &str, text: &str| {
        let mut changed = headers.clone();
        changed.iter_mut().filter(|(found, _)| found == name).for_each(|(_, bytes)| *bytes = text.into());
        read(&changed, &value).unwrap_err().to_string()
    };
    assert_eq!(
        with("ce_type", "ledger.payment.approved.v2"),
        "event type ledger.payment.approved.v2 is not known to this version"
    );
    assert_eq!(with("ce_time", "2026-11-23T01:00:00.000Z"), "header ce_time contradicts the value");
    assert_eq!(with("ce_time", "yesterday"), "header ce_time cannot be read");
    assert_eq!(with("ce_subject", "pay_0"), "header ce_subject contradicts the value");
    assert_eq!(
        with("ledger-command", &CommandId::from_digest([2; 32]).to_string()),
        "header ledger-command cannot be read"
    );
    assert_eq!(with("ledger-actor", "somebody"), "header ledger-actor cannot be read");
    assert!(
        with("ce_type", "ledger.payment.declined.v1")
            .starts_with("the value of a ledger.payment.declined.v1 cannot be read")
    );
    for place in 0..headers.len() {
        let mut fewer = headers.clone();
        let (name, _) = fewer.remove(place);
        assert!(matches!(read(&fewer, &value), Err(Unreadable::Missing(missing)) if missing == name));
        let mut more = headers.clone();
        more.insert(place, ("x-other".into(), Vec::new()));
        assert!(read(&more, &value).is_err());
    }
    let mut more = headers.clone();
    more.push(("x-other".into(), Vec::new()));
    assert!(matches!(read(&more, &value), Err(Unreadable::Unexpected(name)) if name == "x-other"));
    assert!(read(&headers, &value[..value.len() - 1]).is_err());
}

#[test]
fn event_time_in_the_headers_is_the_event_s_own() {
    let event = Event::Payment(requested().last().clone());
    let (headers, value) = write(&event, &Meta { time_ms: 0, ..meta() });
    let (_, back) = read(&headers, &value).unwrap();
    assert_eq!(Moment::from_ms(back.time_ms), event.at());
}

#[test]
fn the_largest_record_is_far_below_what_kafka_takes() {
    let mut facts = sale_facts();
    let rule = facts.terms.commissions[0].clone();
    facts.terms.commissions = vec![rule; ledger_domain::contract::MAX_RULES];
    facts.branch_path = vec![facts.branch_path[0]; ledger_domain::directory::MAX_PATH];
    let mut wanted = request(9_999_999_999);
    (wanted.order_id, wanted.order_name) = ("x".repeat(64), "\u{1F9FE}".repeat(100));
    let story = Story::new(facts)
        .then(&ledger_domain::payment::PaymentCommand::Request(wanted))
        .then(&ledger_domain::payment::PaymentCommand::RecordApproval(crate::support::approval()))
        .cancelled(1, None)
        .then(&ledger_domain::payment::PaymentCommand::ChangeMetadata(largest_note()));
    let long = Meta { idempotency_key: Some("k".repeat(255)), request_id: Some("r".repeat(255)), ..meta() };
    let size = |event: &PaymentEvent| {
        let (headers, value) = write(&Event::Payment(event.clone()), &long);
        value.len() + headers.iter().map(|(name, text)| name.len() + text.len()).sum::<usize>()
    };
    let largest = story.events.iter().map(size).max().unwrap();
    assert!((32_768..65_536).contains(&largest), "{largest} bytes");
}

/// Twenty keys of the longest values there can be, four bytes a character.
fn largest_note() -> ledger_domain::payment::ChangeMetadata {
    let value = "\u{1F9FE}".repeat(500);
    let keys: Vec<String> = (0..20).map(|number| format!("{number:0>40}")).collect();
    let set: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), value.as_str())).collect();
    crate::metadata::note(&set, &[])
}
