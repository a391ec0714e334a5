//! `GET /v1/merchants/{merchantId}`, for whoever stands above it, and itself.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use ledger_domain::ids::MerchantId;

use super::body::{self, MerchantBody};
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::problem::Problem;

/// One merchant of the directory.
#[utoipa::path(get, path = "/v1/merchants/{merchantId}", operation_id = "get_merchant", tag = "directory",
    params(("merchantId" = String, Path)),
    responses((status = 200, description = "The merchant", body = MerchantBody)),
    security(("apiKey" = [])))]
pub async fn handle(app: Data<App>, caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let directory = app.current_directory().await?;
    let id: Option<MerchantId> = path.parse().ok().filter(|id| caller.sees_merchant(&directory, *id));
    let found = id.and_then(|id| body::merchant(&directory, id));
    found
        .map(|merchant| HttpResponse::Ok().json(merchant))
        .ok_or_else(|| Problem::new(Code::MerchantNotFound))
}
