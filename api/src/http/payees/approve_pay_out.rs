//! `POST /v1/payees/{payeeId}/pay-outs/{payOutId}/approve`: approves a pay-out.

use actix_web::HttpResponse;
use ledger_domain::settlement::Deed;

use super::SettlementEventBody;
use crate::http::command::CommandRequest;
use crate::http::problem::Problem;

/// Approves a pay-out.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/pay-outs/{payOutId}/approve", operation_id = "approve_pay_out", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("payOutId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    responses((status = 200, description = "Approved", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    super::nothing(&request.body)?;
    let pay_out_id = super::pay_out_id(&request)?;
    super::operate(request, Deed::ApprovePayOut(pay_out_id)).await
}
