//! `GET /v1/transactions/{transactionId}`: everything known of one payment, with its events.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use ledger_domain::ids::{CancelId, PaymentId};
use serde::Serialize;
use serde_json::{Map, json};
use utoipa::ToSchema;

use super::reading;
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::queries::Queries;
use crate::queries::transactions::{PROJECTION, Transaction, TransactionEvent};

/// One payment with its cancels and its events.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionBody {
    /// The approval, then the cancels in the order they were asked for.
    transactions: Vec<Transaction>,
    /// What the ledger holds of it, in order.
    events: Vec<TransactionEvent>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// Everything known of one payment.
#[utoipa::path(get, path = "/v1/transactions/{transactionId}", operation_id = "get_transaction", tag = "transactions",
    params(
        ("transactionId" = String, Path, description = "A payment's id, or the id of one of its cancels"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "The payment, its cancels, its events", body = TransactionBody)),
    security(("apiKey" = [])))]
pub async fn handle(
    queries: Data<Queries>,
    caller: Caller,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    Query::of(&request, &[])?;
    let id = id(&path).ok_or_else(|| Problem::new(Code::TransactionNotFound))?;
    reading::wait(&request, &queries, PROJECTION).await?;
    let found = queries.transaction(&caller.confinement(), id).await.map_err(reading::problem)?;
    let found = found.ok_or_else(|| Problem::new(Code::TransactionNotFound))?;
    let mut body = Map::new();
    body.insert("transactions".to_owned(), json!(found.rows));
    body.insert("events".to_owned(), json!(found.events));
    Ok(reading::answer(body, &found.through))
}

fn id(text: &str) -> Option<[u8; 16]> {
    let payment = text.parse::<PaymentId>().map(|id| *id.as_bytes());
    payment.or_else(|_| text.parse::<CancelId>().map(|id| *id.as_bytes())).ok()
}
