//! `GET /v1/errors`: the catalogue as data, so that an integration can be checked against it.

use actix_web::HttpResponse;
use serde_json::{Value, json};

use crate::catalogue::ALL;

/// The catalogue.
#[utoipa::path(get, path = "/v1/errors", operation_id = "list_errors", tag = "system",
    responses((status = 200, description = "Every error of this API", body = Object)))]
pub async fn handle() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=3600")).json(document())
}

/// The document, also checked in as `schemas/errors.json`.
#[must_use]
pub fn document() -> Value {
    let errors = ALL.iter().map(|code| {
        let entry = code.entry();
        json!({
            "code": entry.code,
            "status": entry.status,
            "retryable": entry.retryable,
            "recommendedAction": entry.action.word(),
            "title": { "en": entry.title_en, "ko": entry.title_ko },
        })
    });
    json!({ "errors": errors.collect::<Vec<_>>() })
}
