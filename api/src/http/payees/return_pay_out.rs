//! `POST /v1/payees/{payeeId}/pay-outs/{payOutId}/return`: records that a pay-out came back: what it had paid waits for a new proposal.

use actix_web::HttpResponse;
use ledger_domain::settlement::Deed;

use super::{BankWordRequest, SettlementEventBody};
use crate::http::command::CommandRequest;
use crate::http::problem::Problem;

/// Records that a pay-out came back: what it had paid waits for a new proposal.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/pay-outs/{payOutId}/return", operation_id = "return_pay_out", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("payOutId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = BankWordRequest,
    responses((status = 200, description = "Returned", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let word = super::bank_word(&request.body)?;
    let pay_out_id = super::pay_out_id(&request)?;
    super::operate(request, Deed::ReturnPayOut(pay_out_id, word)).await
}
