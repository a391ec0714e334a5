//! `GET /v1/payments/{paymentId}`: one payment, confirmed by its owner, so that it is readable at once after its write.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use ledger_domain::ids::PaymentId;

use super::body::PaymentBody;
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::command::unavailable;
use crate::http::problem::Problem;

/// One payment of the calling merchant.
#[utoipa::path(get, path = "/v1/payments/{paymentId}", operation_id = "get_payment", tag = "payments",
    params(("paymentId" = String, Path)),
    responses((status = 200, description = "The payment as it is now", body = PaymentBody)),
    security(("apiKey" = [])))]
pub async fn handle(app: Data<App>, caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let merchant = caller.merchant()?;
    let id: PaymentId = path.parse().map_err(|_| Problem::new(Code::PaymentNotFound))?;
    let found = app.ledger.payment(id, merchant).await.map_err(|error| unavailable(&error))?;
    let payment = found.ok_or_else(|| Problem::new(Code::PaymentNotFound))?;
    let position = ("Ledger-Position", payment.position.to_string());
    Ok(HttpResponse::Ok().insert_header(position).json(PaymentBody::from(&payment)))
}
