//! `POST /v1/payees/{payeeId}/pay-outs/{payOutId}/send`: releases an approved pay-out to the bank; another key than the one that approved it.

use actix_web::HttpResponse;
use ledger_domain::settlement::Deed;
use serde::Serialize;
use utoipa::ToSchema;

use super::SettlementEventBody;
use crate::http::command::CommandRequest;
use crate::http::input::{Fields, raw};
use crate::http::problem::Problem;

/// Releases an approved pay-out to the bank; another key than the one that approved it.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/pay-outs/{payOutId}/send", operation_id = "send_pay_out", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("payOutId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = SendPayOutRequest,
    responses((status = 200, description = "Sent", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let fields = Fields::of_body(&request.body, &["batch"])?;
    let batch = fields.required("batch", |value| raw::text(value, 1, 200))?;
    let pay_out_id = super::pay_out_id(&request)?;
    super::operate(request, Deed::SendPayOut(pay_out_id, batch)).await
}

/// With which file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendPayOutRequest {
    /// The bank file or batch, 1 to 200 characters.
    batch: String,
}
