//! `GET /health/live`: the process answers. Nothing else is looked at, so that a restart is never asked for in vain.

use actix_web::HttpResponse;
use serde_json::json;

/// Alive.
#[utoipa::path(get, path = "/health/live", operation_id = "get_live", tag = "system",
    responses((status = 200, description = "The process answers", body = Object)))]
pub async fn handle() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "UP" }))
}
