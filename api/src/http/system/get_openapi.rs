//! `GET /openapi.json`: the document of this very build.

use actix_web::HttpResponse;

use crate::http::openapi;

/// The document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "get_openapi", tag = "system",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub async fn handle() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=300")).json(openapi::document())
}
