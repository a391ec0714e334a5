//! `POST /v1/payees/{payeeId}/pay-outs`: proposes to pay out what is due, and what failed, came back or was rejected before.

use actix_web::HttpResponse;
use ledger_domain::ids::PayOutId;
use ledger_domain::settlement::Deed;
use uuid::Uuid;

use super::SettlementEventBody;
use crate::http::command::CommandRequest;
use crate::http::problem::Problem;

/// Proposes to pay out what is due, and what failed, came back or was rejected before.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/pay-outs", operation_id = "propose_pay_out", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    responses((status = 200, description = "Proposed", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    super::nothing(&request.body)?;
    let pay_out_id = PayOutId::new(Uuid::now_v7());
    super::operate(request, Deed::ProposePayOut { pay_out_id }).await
}
