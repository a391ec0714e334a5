//! `GET /v1/payments/orders/{orderId}`: the payment that counts under a merchant's order id, and every attempt.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::body::OrderBody;
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::command::unavailable;
use crate::http::problem::Problem;

/// The live payment of an order id, with its attempts.
#[utoipa::path(get, path = "/v1/payments/orders/{orderId}", operation_id = "get_order", tag = "payments",
    params(("orderId" = String, Path, description = "The merchant's own")),
    responses((status = 200, description = "The live one and every attempt", body = OrderBody)),
    security(("apiKey" = [])))]
pub async fn handle(app: Data<App>, caller: Caller, path: Path<String>) -> Result<HttpResponse, Problem> {
    let merchant = caller.merchant()?;
    let found = app.ledger.payment_by_order(merchant, path.into_inner()).await;
    let view = found.map_err(|error| unavailable(&error))?;
    let view = view.filter(|view| !view.attempts.is_empty());
    let view = view.ok_or_else(|| Problem::new(Code::OrderNotFound))?;
    Ok(HttpResponse::Ok().json(OrderBody::from(&view)))
}
