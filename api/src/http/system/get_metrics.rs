//! `GET /metrics`: the counters, in Prometheus' text form.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::http::app::App;

/// The counters.
#[utoipa::path(get, path = "/metrics", operation_id = "get_metrics", tag = "system",
    responses((status = 200, description = "Prometheus text", body = String, content_type = "text/plain")))]
pub async fn handle(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body((app.metrics)())
}
