//! `GET /v1/branches/{branchId}`, for whoever stands above it, and itself.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use ledger_domain::ids::BranchId;
use ledger_domain::lines::Node;

use super::body::{self, BranchBody};
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::problem::Problem;

/// One branch of the directory.
#[utoipa::path(get, path = "/v1/branches/{branchId}", operation_id = "get_branch", tag = "directory",
    params(("branchId" = String, Path)),
    responses((status = 200, description = "The branch", body = BranchBody)),
    security(("apiKey" = [])))]
pub async fn handle(app: Data<App>, caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let directory = app.current_directory().await?;
    let id: Option<BranchId> = path.parse().ok().filter(|id| caller.sees_node(&directory, Node::Branch(*id)));
    let found = id.and_then(|id| body::branch(&directory, id));
    found.map(|branch| HttpResponse::Ok().json(branch)).ok_or_else(|| Problem::new(Code::BranchNotFound))
}
