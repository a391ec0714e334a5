//! `GET /v1/payments/orders/{orderId}`: the payment that counts under a merchant's order id, and every attempt; from the
//! tables, and marked as such, while no owner can be reached.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::body::OrderBody;
use super::from_tables::{self, Sourced};
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::command::unavailable;
use crate::http::problem::Problem;
use crate::queries::Queries;

/// The live payment of an order id, with its attempts.
#[utoipa::path(get, path = "/v1/payments/orders/{orderId}", operation_id = "get_order", tag = "payments",
    params(("orderId" = String, Path, description = "The merchant's own")),
    responses((status = 200, description = "The live one and every attempt", body = Sourced<OrderBody>)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Option<Data<Queries>>,
    caller: Caller,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (merchant, order_id) = (caller.merchant()?, path.into_inner());
    let view = match app.ledger.payment_by_order(merchant, order_id.clone()).await {
        Ok(found) => found,
        Err(trouble) => {
            let queries = queries.ok_or_else(|| unavailable(&trouble))?;
            let found = queries.payments_of_order(merchant, order_id).await;
            let body = found.map(|some| some.map(|(order, through)| (OrderBody::from(&order), through)));
            return from_tables::answer(&trouble, body);
        }
    };
    let view = view.filter(|view| !view.attempts.is_empty());
    let view = view.ok_or_else(|| Problem::new(Code::OrderNotFound))?;
    Ok(HttpResponse::Ok().json(Sourced::owner(OrderBody::from(&view))))
}
