//! `GET /health/ready`: 200 when every partition takes commands; otherwise 503, and why, for a person.

use actix_web::web::Data;
use actix_web::{HttpResponse, HttpResponseBuilder, http::StatusCode};
use serde_json::json;

use crate::http::app::App;
use crate::ledger::Readiness;

/// Ready or not, and why.
#[utoipa::path(get, path = "/health/ready", operation_id = "get_ready", tag = "system",
    responses((status = 200, description = "Every partition takes commands", body = Object),
              (status = 503, description = "Some do not; the document says why", body = Object)))]
pub async fn handle(app: Data<App>) -> HttpResponse {
    document(&app.ledger.readiness())
}

/// What is said of it.
pub fn document(readiness: &Readiness) -> HttpResponse {
    let status = if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let partitions: Vec<_> = readiness
        .partitions
        .iter()
        .map(|at| json!({ "partition": at.partition, "ready": at.ready, "state": at.state, "seq": at.seq }))
        .collect();
    HttpResponseBuilder::new(status).json(json!({
        "status": if readiness.is_ready() { "READY" } else { "NOT_READY" },
        "ledgerId": readiness.ledger_id,
        "partitions": partitions,
        "problems": readiness.problems,
    }))
}
