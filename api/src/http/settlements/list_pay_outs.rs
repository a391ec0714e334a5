//! `GET /v1/settlements/pay-outs`: what is paid out, and how far it is.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::http::app::App;
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::{period, reading};
use crate::queries::Queries;
use crate::queries::settlements::pay_outs::{ListPayOuts, PROJECTION, PayOut, STATES};
use crate::queries::settlements::place::{PAY_OUTS, Place};

const PARAMETERS: &[&str] = &["startDate", "endDate", "payeeId", "state", "limit", "cursor"];

/// A page of pay-outs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayOutPage {
    /// Newest pay-out day first.
    pay_outs: Vec<PayOut>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// Pay-outs to the caller; an operator sees everybody's. A period of pay-out days has at most 366 days; without one it is the last 30 days.
#[utoipa::path(get, path = "/v1/settlements/pay-outs", operation_id = "list_pay_outs", tag = "settlements",
    params(
        ("startDate" = Option<String>, Query, description = "First pay-out day (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last pay-out day (Asia/Seoul), inclusive; today if not given"),
        ("payeeId" = Option<String>, Query, description = "Only this merchant, branch or agency"),
        ("state" = Option<String>, Query,
            description = "Only PROPOSED, APPROVED, REJECTED, SENT, CONFIRMED, FAILED or RETURNED"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of pay-outs", body = PayOutPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = parse(&request, app.now_ms())?;
    reading::wait(&request, &queries, PROJECTION).await?;
    let page = queries.pay_outs(&caller.confinement(), list).await.map_err(reading::problem)?;
    Ok(reading::page("payOuts", &page))
}

fn parse(request: &HttpRequest, now_ms: i64) -> Result<ListPayOuts, Problem> {
    let query = Query::of(request, PARAMETERS)?;
    let (from, to) = period::days(&query, now_ms)?;
    let state = |text: &str| STATES.iter().find(|state| **state == text).copied();
    Ok(ListPayOuts {
        from,
        to,
        payee: query.optional("payeeId", reading::payee)?,
        state: query.optional("state", |text| state(text).ok_or(Fault::OneOf(STATES)))?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, |text| Place::parse(PAY_OUTS, text))?,
    })
}
