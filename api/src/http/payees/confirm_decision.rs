//! `POST /v1/payees/{payeeId}/proposals/{proposalId}/confirm`: confirms what another key proposed: it takes effect.

use actix_web::HttpResponse;
use ledger_domain::ids::ProposalId;
use ledger_domain::settlement::Deed;

use super::SettlementEventBody;
use crate::catalogue::Code;
use crate::http::command::CommandRequest;
use crate::http::problem::Problem;

/// Confirms what another key proposed: it takes effect.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/proposals/{proposalId}/confirm", operation_id = "confirm_decision", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("proposalId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    responses((status = 200, description = "Done", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    super::nothing(&request.body)?;
    let id: Option<ProposalId> = request.segment("proposalId").parse().ok();
    let id = id.ok_or_else(|| Problem::new(Code::ProposalNotFound))?;
    super::operate(request, Deed::Confirm(id)).await
}
