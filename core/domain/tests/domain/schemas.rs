//! The event schemas and samples under `schemas/events`, as the tests see them.
#![expect(clippy::disallowed_methods, reason = "a test reads the files it compares")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use jsonschema::Validator;
use ledger_domain::EVENT_TYPES;
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/events")
}

pub fn types() -> impl Iterator<Item = &'static str> {
    EVENT_TYPES.into_iter().flatten().copied()
}

pub fn text(type_name: &str, file: &str) -> String {
    let path = folder().join(type_name).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn schema(type_name: &str) -> serde_json::Value {
    serde_json::from_str(&text(type_name, "schema.json")).unwrap()
}

/// The names of all folders.
pub fn folders() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<_> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The samples of a type: `full.json`, `minimal.json`, and more where something has several shapes or was added to what was published.
pub fn samples(type_name: &str) -> Vec<String> {
    let entries = fs::read_dir(folder().join(type_name)).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = entries.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name != "schema.json");
    names.sort();
    names
}

/// A validator for every event type, and one for headers under the name `headers`.
pub fn validators() -> BTreeMap<String, Validator> {
    let mut all: BTreeMap<_, _> = types()
        .map(|name| (name.to_owned(), jsonschema::validator_for(&schema(name)).expect("a valid schema")))
        .collect();
    let headers = fs::read_to_string(folder().join("headers.schema.json")).unwrap();
    let headers = serde_json::from_str(&headers).unwrap();
    all.insert("headers".to_owned(), jsonschema::validator_for(&headers).expect("a valid schema"));
    all
}

/// A sample file: headers in their order, and the value's own text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    pub headers: InOrder,
    pub value: Box<RawValue>,
}

/// The members of a JSON object in the order of the file.
pub struct InOrder(pub Vec<(String, Vec<u8>)>);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = InOrder;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of texts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InOrder, A::Error> {
                let mut members = Vec::new();
                while let Some((name, text)) = map.next_entry::<String, String>()? {
                    members.push((name, text.into_bytes()));
                }
                Ok(InOrder(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// JSON without the white space between its tokens: what a record holds.
pub fn compact(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        if quoted || !byte.is_ascii_whitespace() {
            bytes.push(byte);
        }
        match (quoted, escaped, byte) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (_, false, b'"') => quoted = !quoted,
            _ => {}
        }
    }
    bytes
}

pub fn sample(type_name: &str, file: &str) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
    let text = text(type_name, file);
    let sample: Sample = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{type_name}/{file}: {e}"));
    (sample.headers.0, compact(sample.value.get()))
}
