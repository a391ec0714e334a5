//! `GET /v1/transactions`: payment attempts and cancels, newest first, of those the caller may see.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ledger_domain::money::Amount;
use serde::Serialize;
use utoipa::ToSchema;

use super::{period, reading};
use crate::access::Caller;
use crate::http::app::App;
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::queries::Queries;
use crate::queries::transactions::{ListTransactions, PROJECTION, Transaction, TransactionCursor};

const PARAMETERS: &[&str] = &[
    "startDate",
    "endDate",
    "status",
    "method",
    "orderId",
    "branchId",
    "minAmount",
    "maxAmount",
    "limit",
    "cursor",
];
const STATUSES: &[&str] =
    &["READY", "IN_PROGRESS", "DONE", "PARTIAL_CANCELED", "CANCELED", "ABORTED", "UNKNOWN", "UNRESOLVED"];
const METHODS: &[&str] = &["CARD"];
const BRANCH: Fault = Fault::Form { en: "a branch's id", ko: "영업점 ID" };
const AMOUNT: Fault = Fault::Form { en: "a whole number from 0", ko: "0 이상의 정수" };
const ORDER: Fault = Fault::Length { min: 1, max: 64 };

/// A page of transactions.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransactionPage {
    /// Newest first.
    transactions: Vec<Transaction>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// Payment attempts and cancels, newest first.
///
/// A row appears when a payment or a cancel is asked for and moves to the time of its outcome when there is one. A
/// period has at most 366 days; without one it is the last 30 days, or everything when `orderId` is given.
#[utoipa::path(get, path = "/v1/transactions", operation_id = "list_transactions", tag = "transactions",
    params(
        ("startDate" = Option<String>, Query, description = "A day in Asia/Seoul or an instant, inclusive"),
        ("endDate" = Option<String>, Query, description = "A day in Asia/Seoul, inclusive, or an instant, exclusive"),
        ("status" = Option<String>, Query, description = "The payment's state as of the row"),
        ("method" = Option<String>, Query, description = "CARD"),
        ("orderId" = Option<String>, Query, description = "The merchant's order id"),
        ("branchId" = Option<String>, Query, description = "Only this branch's merchants"),
        ("minAmount" = Option<i64>, Query, description = "Amount asked for, of payments and cancels alike, from"),
        ("maxAmount" = Option<i64>, Query, description = "Amount asked for, up to"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of transactions", body = TransactionPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = parse(&request, app.now_ms())?;
    reading::wait(&request, &queries, PROJECTION).await?;
    let page = queries.transactions(&caller.confinement(), list).await.map_err(reading::problem)?;
    Ok(reading::page("transactions", &page))
}

fn parse(request: &HttpRequest, now_ms: i64) -> Result<ListTransactions, Problem> {
    let query = Query::of(request, PARAMETERS)?;
    let order_id = query.optional("orderId", order)?;
    let (from, until) = period::instants(&query, now_ms, order_id.is_some())?;
    Ok(ListTransactions {
        from,
        until,
        status: query.optional("status", |text| one_of(text, STATUSES))?,
        method: query.optional("method", |text| one_of(text, METHODS))?,
        order_id,
        branch_id: query.optional("branchId", |text| text.parse().map_err(|_| BRANCH))?,
        amount_min: query.optional("minAmount", amount)?,
        amount_max: query.optional("maxAmount", amount)?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, TransactionCursor::parse)?,
    })
}

fn one_of(text: &str, words: &'static [&'static str]) -> Result<String, Fault> {
    if words.contains(&text) { Ok(text.to_owned()) } else { Err(Fault::OneOf(words)) }
}

fn order(text: &str) -> Result<String, Fault> {
    if (1..=64).contains(&text.chars().count()) { Ok(text.to_owned()) } else { Err(ORDER) }
}

fn amount(text: &str) -> Result<i64, Fault> {
    text.parse().ok().and_then(|minor| Amount::new(minor).ok()).map(Amount::minor).ok_or(AMOUNT)
}
