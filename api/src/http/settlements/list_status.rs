//! `GET /v1/settlements/status`: what each payee is owed now, by where it stands.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::reading;
use crate::queries::Queries;
use crate::queries::settlements::status::{ListStatus, PROJECTIONS, PayeeStatus, StatusCursor};

const PARAMETERS: &[&str] = &["payeeId", "limit", "cursor"];

/// A page of payees.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayeeStatusPage {
    /// In the order of their ids.
    payees: Vec<PayeeStatus>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the tables had got, a vector of positions.
    projected_through: String,
}

/// What the caller is owed now; to an operator, what everybody is who ever sold or earned anything.
#[utoipa::path(get, path = "/v1/settlements/status", operation_id = "list_settlement_status", tag = "settlements",
    params(
        ("payeeId" = Option<String>, Query, description = "Only this merchant, branch or agency"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the tables have reached it"),
    ),
    responses((status = 200, description = "A page of payees", body = PayeeStatusPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let query = Query::of(&request, PARAMETERS)?;
    let list = ListStatus {
        payee: query.optional("payeeId", reading::payee)?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, StatusCursor::parse)?,
    };
    reading::wait_for(&request, &queries, PROJECTIONS).await?;
    let page = queries.settlement_status(&caller.confinement(), list).await.map_err(reading::problem)?;
    Ok(reading::page("payees", &page))
}
