//! `POST /v1/payees/{payeeId}/withhold`: withholds a part of what is payable, or all of it (지급 보류).

use actix_web::HttpResponse;
use ledger_domain::settlement::Deed;

use super::{AmountRequest, SettlementEventBody};
use crate::http::command::CommandRequest;
use crate::http::problem::Problem;

/// Withholds a part of what is payable, or all of it (지급 보류).
#[utoipa::path(post, path = "/v1/payees/{payeeId}/withhold", operation_id = "withhold_payee", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = AmountRequest,
    responses((status = 200, description = "Withheld", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let (amount, reason) = super::amount_and_reason(&request.body)?;
    super::operate(request, Deed::Withhold(amount, reason)).await
}
