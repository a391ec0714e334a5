//! `GET /v1/settlements/entries`: one row per payee and event that moved money.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::date_type;
use crate::access::Caller;
use crate::http::app::App;
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::{period, reading};
use crate::queries::Queries;
use crate::queries::settlements::{ENTRY_PROJECTIONS, EntryCursor, ListEntries, SettlementEntry};

pub(super) const PARAMETERS: &[&str] =
    &["dateType", "startDate", "endDate", "payeeId", "merchantId", "paymentId", "limit", "cursor"];
/// Without a page's bounds: what a file of all rows is asked for by.
pub(super) const FILTERS: &[&str] =
    &["dateType", "startDate", "endDate", "payeeId", "merchantId", "paymentId"];
const MERCHANT: Fault = Fault::Form { en: "a merchant's id", ko: "가맹점 ID" };
const PAYMENT: Fault = Fault::Form { en: "a payment's id", ko: "결제 ID" };

/// A page of entries.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EntryPage {
    /// Newest day first.
    entries: Vec<SettlementEntry>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// Entries: amount, each fee, sale's and fee's supply and VAT, pay-out, contract version, and how far it is: OPEN until its payee's day
/// is closed, CLOSED, PAID. A period has at most 366 days; without one it is the last 30 days.
#[utoipa::path(get, path = "/v1/settlements/entries", operation_id = "list_settlement_entries", tag = "settlements",
    params(
        ("dateType" = Option<String>, Query, description = "soldDate (if not given) or paidOutDate: the day expected at the sale"),
        ("startDate" = Option<String>, Query, description = "First day (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day (Asia/Seoul), inclusive; today if not given"),
        ("payeeId" = Option<String>, Query, description = "Only what this merchant, branch or agency is paid"),
        ("merchantId" = Option<String>, Query, description = "Only this merchant's sales"),
        ("paymentId" = Option<String>, Query, description = "Only this payment"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of entries", body = EntryPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = parse(&request, PARAMETERS, app.now_ms())?;
    reading::wait_for(&request, &queries, ENTRY_PROJECTIONS).await?;
    let page = queries.settlement_entries(&caller.confinement(), list).await.map_err(reading::problem)?;
    Ok(reading::page("entries", &page))
}

pub(super) fn parse(request: &HttpRequest, known: &[&str], now_ms: i64) -> Result<ListEntries, Problem> {
    let query = Query::of(request, known)?;
    let by = date_type(&query)?;
    let (from, to) = period::days(&query, now_ms)?;
    Ok(ListEntries {
        by,
        from,
        to,
        payee: query.optional("payeeId", reading::payee)?,
        merchant_id: query.optional("merchantId", |text| text.parse().map_err(|_| MERCHANT))?,
        payment_id: query.optional("paymentId", |text| text.parse().map_err(|_| PAYMENT))?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, |text| EntryCursor::parse(by, text))?,
    })
}
