//! `GET /v1/agencies/{agencyId}`, for whoever stands above it, and itself.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use ledger_domain::ids::AgencyId;
use ledger_domain::lines::Node;

use super::body::{self, AgencyBody};
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::problem::Problem;

/// One agency of the directory.
#[utoipa::path(get, path = "/v1/agencies/{agencyId}", operation_id = "get_agency", tag = "directory",
    params(("agencyId" = String, Path)),
    responses((status = 200, description = "The agency", body = AgencyBody)),
    security(("apiKey" = [])))]
pub async fn handle(app: Data<App>, caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let directory = app.current_directory().await?;
    let id: Option<AgencyId> = path.parse().ok().filter(|id| caller.sees_node(&directory, Node::Agency(*id)));
    let found = id.and_then(|id| body::agency(&directory, id));
    found.map(|agency| HttpResponse::Ok().json(agency)).ok_or_else(|| Problem::new(Code::AgencyNotFound))
}
