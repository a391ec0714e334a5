//! `GET /v1/settlements`: what each payee is owed, by day sold or day of the pay-out.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::date_type;
use crate::access::Caller;
use crate::http::app::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::{period, reading};
use crate::queries::Queries;
use crate::queries::settlements::{PROJECTION, SettlementTotal, SumSettlements, TotalCursor};

const PARAMETERS: &[&str] = &["dateType", "startDate", "endDate", "payeeId", "limit", "cursor"];

/// A page of totals.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettlementPage {
    /// Newest day first, then by payee.
    settlements: Vec<SettlementTotal>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// Totals by day and payee. A period has at most 366 days; without one it is the last 30 days.
///
/// The paid-out day is the day on which the pay-out was expected at the sale; ask for days ahead with `endDate`. A closing may decide
/// otherwise: what is due on which day by closings, and what was paid out, is listed at `/v1/settlements/closings` and
/// `/v1/settlements/pay-outs`.
#[utoipa::path(get, path = "/v1/settlements", operation_id = "list_settlements", tag = "settlements",
    params(
        ("dateType" = Option<String>, Query, description = "soldDate (if not given) or paidOutDate"),
        ("startDate" = Option<String>, Query, description = "First day (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day (Asia/Seoul), inclusive; today if not given"),
        ("payeeId" = Option<String>, Query, description = "Only this merchant, branch or agency"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of totals", body = SettlementPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let sum = parse(&request, app.now_ms())?;
    reading::wait(&request, &queries, PROJECTION).await?;
    let page = queries.settlements(&caller.confinement(), sum).await.map_err(reading::problem)?;
    Ok(reading::page("settlements", &page))
}

fn parse(request: &HttpRequest, now_ms: i64) -> Result<SumSettlements, Problem> {
    let query = Query::of(request, PARAMETERS)?;
    let by = date_type(&query)?;
    let (from, to) = period::days(&query, now_ms)?;
    Ok(SumSettlements {
        by,
        from,
        to,
        payee: query.optional("payeeId", reading::payee)?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, |text| TotalCursor::parse(by, text))?,
    })
}
