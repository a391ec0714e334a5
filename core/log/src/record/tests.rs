use super::*;
use crate::position::PartitionId;
use serde_json::Value;

const VECTORS: &str = include_str!("../../../../schemas/record-vectors.json");

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

fn headers(value: &Value) -> Headers {
    let pair = |pair: &Value| {
        (pair[0].as_str().unwrap().to_owned(), hex::decode(pair[1].as_str().unwrap()).unwrap())
    };
    value["headers"].as_array().unwrap().iter().map(pair).collect()
}

fn pairs(headers: &[(&str, &[u8])]) -> Headers {
    headers.iter().copied().collect()
}

fn record(vector: &Value) -> (PartitionId, Record) {
    let at = PartitionId::new(
        text(vector, "topic"),
        i32::try_from(vector["partition"].as_i64().unwrap()).unwrap(),
    );
    let payload = Payload { headers: headers(vector), value: hex::decode(text(vector, "value")).unwrap() };
    let (seq, term) = (vector["seq"].as_u64().unwrap(), vector["term"].as_u64().unwrap());
    (at, Record { seq, term, prev: text(vector, "prev").parse().unwrap(), payload })
}

#[test]
fn every_vector_hashes_to_what_it_says() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = vectors["records"].as_array().unwrap();
    assert!(vectors.len() >= 5);
    for vector in vectors {
        let (at, record) = record(vector);
        assert_eq!(record.hash(&at).to_string(), text(vector, "hash"), "{}", text(vector, "name"));
    }
}

#[test]
fn what_goes_on_the_wire_parses_to_the_same_record() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    for vector in vectors["records"].as_array().unwrap() {
        let (_, record) = record(vector);
        let raw = RawRecord {
            offset: 0,
            timestamp_ms: -1,
            headers: record.wire_headers(),
            value: record.payload.value.clone(),
        };
        assert_eq!(raw.parse(), Some(record));
    }
}

#[test]
fn every_field_changes_the_hash() {
    let at = PartitionId::new("t", 0);
    let payload = Payload { headers: pairs(&[("a", b"b")]), value: b"v".to_vec() };
    let base = Record { seq: 2, term: 1, prev: Hash::ZERO, payload };
    let with = |change: &dyn Fn(&mut Record)| {
        let mut other = base.clone();
        change(&mut other);
        other.hash(&at)
    };
    let mut hashes = vec![
        base.hash(&at),
        base.hash(&PartitionId::new("t", 1)),
        base.hash(&PartitionId::new("u", 0)),
        with(&|r| r.seq = 3),
        with(&|r| r.term = 2),
        with(&|r| r.prev.0[31] = 1),
        with(&|r| r.payload.value = b"w".to_vec()),
        with(&|r| r.payload.headers = pairs(&[("ab", b"b")])),
        with(&|r| r.payload.headers = pairs(&[("ab", b"")])),
        with(&|r| r.payload.headers.push("a", b"b")),
        with(&|r| r.payload.headers = Headers::new()),
    ];
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), 11);
}

#[test]
fn messages_that_are_not_records_are_foreign() {
    let good = Record { seq: 10, term: 1, prev: Hash::ZERO, payload: Payload::default() }.wire_headers();
    let good: Vec<(&str, &[u8])> = good.iter().collect();
    let parse = |headers: &[(&str, &[u8])]| {
        RawRecord { offset: 0, timestamp_ms: 0, headers: pairs(headers), value: Vec::new() }.parse()
    };
    assert!(parse(&good).is_some());
    for (place, value) in [
        (0, "010"),
        (0, "+10"),
        (0, ""),
        (0, "1e1"),
        (0, "99999999999999999999"),
        (1, "0"),
        (2, "00"),
        (2, "G0"),
    ] {
        let mut headers = good.clone();
        headers[place].1 = value.as_bytes();
        assert_eq!(parse(&headers), None, "{place} {value}");
    }
    let (mut upper, digits) = (good.clone(), "AB".repeat(32));
    upper[2].1 = digits.as_bytes();
    assert_eq!(parse(&upper), None);
    let mut doubled = good.clone();
    doubled.push(good[0]);
    assert_eq!(parse(&doubled), None);
    assert_eq!(parse(&good[..2]), None);
}
