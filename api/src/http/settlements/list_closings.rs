//! `GET /v1/settlements/closings`: what was closed for each payee's settlement days.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::http::app::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::{period, reading};
use crate::queries::Queries;
use crate::queries::settlements::closings::{Closing, ListClosings, PROJECTIONS};
use crate::queries::settlements::place::{CLOSINGS, Place};

const PARAMETERS: &[&str] = &["startDate", "endDate", "payeeId", "limit", "cursor"];

/// A page of closings.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClosingPage {
    /// Newest settlement day first.
    closings: Vec<Closing>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the tables had got, a vector of positions.
    projected_through: String,
}

/// Closings of the caller's own settlement days; an operator sees everybody's, a merchant's with its commissions. A period has at most
/// 366 days; without one it is the last 30 days.
#[utoipa::path(get, path = "/v1/settlements/closings", operation_id = "list_closings", tag = "settlements",
    params(
        ("startDate" = Option<String>, Query, description = "First settlement day (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last settlement day (Asia/Seoul), inclusive; today if not given"),
        ("payeeId" = Option<String>, Query, description = "Only this merchant, branch or agency"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the tables have reached it"),
    ),
    responses((status = 200, description = "A page of closings", body = ClosingPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = parse(&request, app.now_ms())?;
    reading::wait_for(&request, &queries, PROJECTIONS).await?;
    let page = queries.closings(&caller.confinement(), list).await.map_err(reading::problem)?;
    Ok(reading::page("closings", &page))
}

fn parse(request: &HttpRequest, now_ms: i64) -> Result<ListClosings, Problem> {
    let query = Query::of(request, PARAMETERS)?;
    let (from, to) = period::days(&query, now_ms)?;
    Ok(ListClosings {
        from,
        to,
        payee: query.optional("payeeId", reading::payee)?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, |text| Place::parse(CLOSINGS, text))?,
    })
}
