//! `POST /v1/payments/{paymentId}/cancel`: all or part of a payment. Of an unknown one it is the wish for its net cancel.

use actix_web::HttpResponse;
use ledger_domain::days::Moment;
use ledger_domain::ids::{CancelId, PaymentId};
use ledger_domain::payment::RequestCancel;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::PaymentBody;
use super::outcome;
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::command::CommandRequest;
use crate::http::input::{Fields, raw};
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// A cancel.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CancelRequest {
    /// Shown to the buyer, 1 to 200 characters.
    cancel_reason: String,
    /// All that is left when absent.
    cancel_amount: Option<i64>,
    /// The part of it without VAT.
    tax_free_amount: Option<i64>,
    /// A guard: what the merchant believes is left.
    current_cancellable_amount: Option<i64>,
}

/// Cancels all or part of a payment.
#[utoipa::path(post, path = "/v1/payments/{paymentId}/cancel", operation_id = "cancel_payment", tag = "payments",
    params(("paymentId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = CancelRequest,
    responses((status = 200, description = "Canceled: the payment as it is then", body = PaymentBody),
              (status = 402, description = "Declined by the acquirer", body = crate::http::openapi::ProblemBody),
              (status = 409, description = "More than is left", body = crate::http::openapi::ProblemBody),
              (status = 504, description = "Not known yet: ask the command's URL", body = crate::http::openapi::ProblemBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let cancel = parse(request.caller, &request.body, request.received_ms)?;
    let payment: PaymentId =
        request.segment("paymentId").parse().map_err(|_| Problem::new(Code::PaymentNotFound))?;
    outcome::cancel(&request.submit(ClientCommand::Cancel(payment, cancel), None).await?)
}

fn parse(caller: Caller, body: &[u8], received_ms: i64) -> Result<RequestCancel, Problem> {
    const KNOWN: &[&str] = &["cancelReason", "cancelAmount", "taxFreeAmount", "currentCancellableAmount"];
    let fields = Fields::of_body(body, KNOWN)?;
    Ok(RequestCancel {
        cancel_id: CancelId::new(Uuid::now_v7()),
        merchant_id: caller.merchant()?,
        amount: fields.optional("cancelAmount", raw::amount)?,
        tax_free: fields.optional("taxFreeAmount", raw::amount_or_zero)?,
        reason: fields.required("cancelReason", |value| raw::text(value, 1, 200))?,
        current_cancellable: fields.optional("currentCancellableAmount", raw::amount_or_zero)?,
        // The owner puts the submission's own limit in its place.
        not_after: Moment::from_ms(received_ms),
    })
}
