//! `POST /v1/payees/{payeeId}/release`: releases a part of what is withheld, or all of it (보류 해제): it is due on the next business day.

use actix_web::HttpResponse;
use ledger_domain::settlement::Deed;

use super::{AmountRequest, SettlementEventBody};
use crate::http::command::CommandRequest;
use crate::http::problem::Problem;

/// Releases a part of what is withheld, or all of it (보류 해제): it is due on the next business day.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/release", operation_id = "release_payee", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = AmountRequest,
    responses((status = 200, description = "Released", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let (amount, reason) = super::amount_and_reason(&request.body)?;
    super::operate(request, Deed::Release(amount, reason)).await
}
