//! `POST /v1/payees/{payeeId}/pay-outs/{payOutId}/reject`: rejects a pay-out: what it would have paid waits for a new proposal.

use actix_web::HttpResponse;
use ledger_domain::settlement::Deed;
use serde::Serialize;
use utoipa::ToSchema;

use super::SettlementEventBody;
use crate::http::command::CommandRequest;
use crate::http::input::{Fields, raw};
use crate::http::problem::Problem;

/// Rejects a pay-out: what it would have paid waits for a new proposal.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/pay-outs/{payOutId}/reject", operation_id = "reject_pay_out", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("payOutId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = RejectPayOutRequest,
    responses((status = 200, description = "Rejected", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let fields = Fields::of_body(&request.body, &["reason"])?;
    let reason = fields.required("reason", |value| raw::text(value, 1, 200))?;
    let pay_out_id = super::pay_out_id(&request)?;
    super::operate(request, Deed::RejectPayOut(pay_out_id, reason)).await
}

/// Why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectPayOutRequest {
    /// 1 to 200 characters; never a person's data.
    reason: String,
}
