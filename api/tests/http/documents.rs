//! The documents that integrators read, held against the code: the OpenAPI snapshot, the catalogue, the vectors.
//! `UPDATE_SCHEMAS=1` writes the first two anew; read the difference before you commit it.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger_api::access::Access;
use ledger_api::envelope::{Bound, seal};
use ledger_api::http::command::identity::{canonical, command_id, fingerprint};
use ledger_api::http::openapi;
use ledger_api::http::route::{Registered, Routes};
use ledger_api::http::routes;
use ledger_api::http::system::get_errors;
use serde_json::Value;

/// Everything the product answers to callers; what is between its processes is nobody else's and in no document.
pub fn public() -> Vec<Registered> {
    registered().into_iter().filter(|operation| operation.access != Access::Peer).collect()
}

/// Everything the product answers.
pub fn registered() -> Vec<Registered> {
    let mut all = Vec::new();
    let _app = actix_web::App::new().configure(|config| {
        let mut routes = Routes::new(config);
        routes::configure(&mut routes);
        all = routes.registered();
    });
    all
}

fn schema(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schemas").join(name)
}

fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(schema(name)).unwrap()).unwrap()
}

fn matches_snapshot(name: &str, document: &Value) {
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        std::fs::write(schema(name), format!("{document:#}\n")).unwrap();
    }
    assert!(
        read(name) == *document,
        "schemas/{name} and the code have parted; UPDATE_SCHEMAS=1 writes it anew"
    );
}

#[test]
fn the_openapi_snapshot_is_what_the_code_says() {
    matches_snapshot("openapi.json", &serde_json::to_value(openapi::document()).unwrap());
}

#[test]
fn the_catalogues_snapshot_is_what_the_code_says() {
    matches_snapshot("errors.json", &get_errors::document());
}

#[test]
fn the_document_names_exactly_the_routes_there_are() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut stated: Vec<String> = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            stated.push(format!("{} {path}", method.to_uppercase()));
            let id = operation["operationId"].as_str().unwrap();
            let words = id.split('_').filter(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
            assert!(words.count() >= 2, "{id} is not verb_resource");
        }
    }
    let mut there: Vec<String> =
        public().iter().map(|operation| format!("{} {}", operation.method, operation.path)).collect();
    stated.sort();
    there.sort();
    assert_eq!(stated, there);
}

#[test]
fn the_envelope_vectors_seal_to_the_same_bytes() {
    let vectors = read("card-envelope.json");
    let vectors = vectors["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 2);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let bytes = |name: &str| STANDARD.decode(text(name)).unwrap();
        let (path, order_id, idempotency_key) = (text("path"), text("orderId"), text("idempotencyKey"));
        let merchant = text("merchantId").parse().unwrap();
        let bound = Bound { merchant, path: &path, order_id: &order_id, idempotency_key: &idempotency_key };
        assert_eq!(bound.additional_data(&text("timestamp")), text("additionalData"));
        let (key, iv) = (bytes("key").try_into().unwrap(), bytes("iv").try_into().unwrap());
        let sealed = seal(text("plaintext").as_bytes(), bound, &text("timestamp"), &key, iv).unwrap();
        assert_eq!(STANDARD.encode(sealed), text("ciphertext"));
    }
}

#[test]
fn the_idempotency_vectors_give_the_same_ids_and_fingerprints() {
    let vectors = read("idempotency.json");
    let commands = vectors["commandIds"].as_array().unwrap();
    let fingerprints = vectors["fingerprints"].as_array().unwrap();
    assert!(commands.len() >= 3 && fingerprints.len() >= 2);
    for vector in commands {
        let (scope, key) = (vector["scope"].as_str().unwrap(), vector["idempotencyKey"].as_str().unwrap());
        assert_eq!(command_id(scope, key).to_string(), vector["commandId"].as_str().unwrap());
    }
    for vector in fingerprints {
        let text = |name: &str| vector[name].as_str().unwrap();
        assert_eq!(canonical(text("body").as_bytes()).unwrap(), text("canonicalBody"));
        let print = fingerprint(text("method"), text("path"), text("body").as_bytes()).unwrap();
        assert_eq!(hex::encode(print), text("sha256"));
    }
}
