//! `GET /v1/payments/{paymentId}`: one payment, confirmed by its owner, so that it is readable at once after its write; from the
//! tables, and marked as such, while no owner can be reached.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use ledger_domain::ids::PaymentId;

use super::body::PaymentBody;
use super::from_tables::{self, Sourced};
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::command::unavailable;
use crate::http::problem::Problem;
use crate::queries::Queries;

/// One payment of the calling merchant.
#[utoipa::path(get, path = "/v1/payments/{paymentId}", operation_id = "get_payment", tag = "payments",
    params(("paymentId" = String, Path)),
    responses((status = 200, description = "The payment as it is now", body = Sourced<PaymentBody>)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Option<Data<Queries>>,
    caller: Caller,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let merchant = caller.merchant()?;
    let id: PaymentId = path.parse().map_err(|_| Problem::new(Code::PaymentNotFound))?;
    let found = match app.ledger.payment(id, merchant).await {
        Ok(found) => found,
        Err(trouble) => {
            let queries = queries.ok_or_else(|| unavailable(&trouble))?;
            let found = queries.payment(id, merchant).await;
            let body =
                found.map(|some| some.map(|(payment, through)| (PaymentBody::from(&payment), through)));
            return from_tables::answer(&trouble, body);
        }
    };
    let payment = found.ok_or_else(|| Problem::new(Code::PaymentNotFound))?;
    let position = ("Ledger-Position", payment.position.to_string());
    Ok(HttpResponse::Ok().insert_header(position).json(Sourced::owner(PaymentBody::from(&payment))))
}
