//! `POST /v1/payees/{payeeId}/pay-outs/{payOutId}/confirm`: records that the bank paid.

use actix_web::HttpResponse;
use ledger_domain::settlement::Deed;
use serde::Serialize;
use utoipa::ToSchema;

use super::SettlementEventBody;
use crate::http::command::CommandRequest;
use crate::http::input::{Fields, raw};
use crate::http::problem::Problem;

/// Records that the bank paid.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/pay-outs/{payOutId}/confirm", operation_id = "confirm_pay_out", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("payOutId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = ConfirmPayOutRequest,
    responses((status = 200, description = "Confirmed", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let fields = Fields::of_body(&request.body, &["bankAccount", "bankReference", "paidOn"])?;
    let deed = Deed::ConfirmPayOut {
        pay_out_id: super::pay_out_id(&request)?,
        bank_account: fields.required("bankAccount", |value| raw::text(value, 1, 64))?,
        bank_reference: fields.required("bankReference", |value| raw::text(value, 1, 200))?,
        paid_on: fields.required("paidOn", raw::day)?,
    };
    super::operate(request, deed).await
}

/// What the bank said.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfirmPayOutRequest {
    /// The account it was paid from, as finance calls it, 1 to 64 characters.
    bank_account: String,
    /// The bank's reference, 1 to 200 characters.
    bank_reference: String,
    /// The day, `2026-11-25`.
    paid_on: String,
}
