//! `GET /v1/commands/{commandId}`.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use ledger_domain::ids::CommandId;

use super::body;
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::problem::Problem;

/// What is known of a command.
#[utoipa::path(get, path = "/v1/commands/{commandId}", operation_id = "get_command", tag = "commands",
    params(("commandId" = String, Path, description = "Computed from scope and idempotency key, see schemas/idempotency.json")),
    responses((status = 200, description = "DONE, RUNNING, NOT_YET_KNOWN or NOT_RECORDED", body = body::CommandBody)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    caller: Caller,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let id: CommandId = path.parse().map_err(|_| Problem::new(Code::CommandNotFound))?;
    body::answer(&app, caller, id, &request).await
}
