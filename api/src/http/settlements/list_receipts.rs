//! `GET /v1/settlements/receipts`: what a branch or agency received from which merchant's closing.

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
use crate::queries::settlements::place::{Place, RECEIPTS};
use crate::queries::settlements::receipts::{ListReceipts, PROJECTION, Receipt};

const PARAMETERS: &[&str] = &["startDate", "endDate", "payeeId", "merchantId", "limit", "cursor"];
const MERCHANT: Fault = Fault::Form { en: "a merchant's id", ko: "가맹점 ID" };

/// A page of receipts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptPage {
    /// Newest day first.
    receipts: Vec<Receipt>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// Commissions that have arrived at the caller, one for each closing of a merchant; an operator sees everybody's, a merchant has none. A
/// period has at most 366 days; without one it is the last 30 days.
#[utoipa::path(get, path = "/v1/settlements/receipts", operation_id = "list_receipts", tag = "settlements",
    params(
        ("startDate" = Option<String>, Query, description = "First day of arrival (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day of arrival (Asia/Seoul), inclusive; today if not given"),
        ("payeeId" = Option<String>, Query, description = "Only what this branch or agency received"),
        ("merchantId" = Option<String>, Query, description = "Only from this merchant's closings"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of receipts", body = ReceiptPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = parse(&request, app.now_ms())?;
    reading::wait(&request, &queries, PROJECTION).await?;
    let page = queries.receipts(&caller.confinement(), list).await.map_err(reading::problem)?;
    Ok(reading::page("receipts", &page))
}

fn parse(request: &HttpRequest, now_ms: i64) -> Result<ListReceipts, Problem> {
    let query = Query::of(request, PARAMETERS)?;
    let (from, to) = period::days(&query, now_ms)?;
    Ok(ListReceipts {
        from,
        to,
        payee: query.optional("payeeId", reading::payee)?,
        merchant_id: query.optional("merchantId", |text| text.parse().map_err(|_| MERCHANT))?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, |text| Place::parse(RECEIPTS, text))?,
    })
}
