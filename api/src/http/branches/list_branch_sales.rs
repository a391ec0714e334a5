//! `GET /v1/branches/sales`: totals by branch and period, of the branches the caller may see.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Caller, Confinement};
use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::{period, reading};
use crate::queries::Queries;
use crate::queries::branch_sales::{BranchSales, BranchSalesCursor, Bucket, PROJECTION, SumBranchSales};

const PARAMETERS: &[&str] =
    &["startDate", "endDate", "period", "branchId", "agencyId", "method", "limit", "cursor"];
const PERIODS: &[&str] = &["DAY", "MONTH", "TOTAL"];
const METHODS: &[&str] = &["CARD"];
const BRANCH: Fault = Fault::Form { en: "a branch's id", ko: "영업점 ID" };
const AGENCY: Fault = Fault::Form { en: "an agency's id", ko: "대리점 ID" };

/// A page of sums.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BranchSalesPage {
    /// By branch, then by period.
    sales: Vec<BranchSales>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// Totals by branch and period, by day sold. A period has at most 366 days; without one it is the last 30 days.
#[utoipa::path(get, path = "/v1/branches/sales", operation_id = "list_branch_sales", tag = "branches",
    params(
        ("startDate" = Option<String>, Query, description = "First day sold (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day sold (Asia/Seoul), inclusive"),
        ("period" = Option<String>, Query, description = "What one row sums up: DAY, MONTH or TOTAL (if not given)"),
        ("branchId" = Option<String>, Query, description = "Only this branch"),
        ("agencyId" = Option<String>, Query, description = "Only this agency's branches"),
        ("method" = Option<String>, Query, description = "CARD"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of totals", body = BranchSalesPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let to = caller.confinement();
    if matches!(to, Confinement::Merchant(_)) {
        return Err(Problem::new(Code::ScopeForbidden));
    }
    let sum = parse(&request, app.now_ms())?;
    reading::wait(&request, &queries, PROJECTION).await?;
    let page = queries.branch_sales(&to, sum).await.map_err(reading::problem)?;
    Ok(reading::page("sales", &page))
}

fn parse(request: &HttpRequest, now_ms: i64) -> Result<SumBranchSales, Problem> {
    let query = Query::of(request, PARAMETERS)?;
    let (from, to) = period::days(&query, now_ms)?;
    Ok(SumBranchSales {
        from,
        to,
        bucket: query.optional("period", bucket)?.unwrap_or(Bucket::Total),
        branch_id: query.optional("branchId", |text| text.parse().map_err(|_| BRANCH))?,
        agency_id: query.optional("agencyId", |text| text.parse().map_err(|_| AGENCY))?,
        method: query.optional("method", method)?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, BranchSalesCursor::parse)?,
    })
}

fn bucket(text: &str) -> Result<Bucket, Fault> {
    match text {
        "DAY" => Ok(Bucket::Day),
        "MONTH" => Ok(Bucket::Month),
        "TOTAL" => Ok(Bucket::Total),
        _ => Err(Fault::OneOf(PERIODS)),
    }
}

fn method(text: &str) -> Result<String, Fault> {
    if METHODS.contains(&text) { Ok(text.to_owned()) } else { Err(Fault::OneOf(METHODS)) }
}
