//! `GET /v1/branches/sales`: totals by branch and period, of the branches the caller may see.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use ledger_domain::ids::{AgencyId, BranchId};
use ledger_domain::lines::Node;
use serde::Serialize;
use utoipa::ToSchema;

use super::parameters;
use crate::access::Caller;
use crate::http::app::App;
use crate::http::input::Fault;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::reading;
use crate::queries::Queries;
use crate::queries::branch_sales::Bucket;
use crate::queries::branch_sales::by_branch::{BranchSales, BranchSalesCursor, SumBranchSales};

const PARAMETERS: &[&str] =
    &["startDate", "endDate", "period", "branchId", "agencyId", "method", "limit", "cursor"];
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

/// Totals by branch and period, by day sold, as the tree was at the sales. A period has at most 366 days, by the hour 31; without one it
/// is the last 30 days.
#[utoipa::path(get, path = "/v1/branches/sales", operation_id = "list_branch_sales", tag = "branches",
    params(
        ("startDate" = Option<String>, Query, description = "First day sold (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day sold (Asia/Seoul), inclusive"),
        ("period" = Option<String>, Query, description = "What one row sums up: HOUR, DAY, WEEK (from Monday), MONTH or TOTAL (if not given)"),
        ("branchId" = Option<String>, Query, description = "Only what was sold under this branch"),
        ("agencyId" = Option<String>, Query, description = "Only what was sold under this agency"),
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
    let to = parameters::confinement(&caller)?;
    let sum = parse(&request, app.now_ms())?;
    reading::wait(&request, &queries, sum.bucket.projection()).await?;
    let page = queries.branch_sales(&to, sum).await.map_err(reading::problem)?;
    Ok(reading::page("sales", &page))
}

fn parse(request: &HttpRequest, now_ms: i64) -> Result<SumBranchSales, Problem> {
    let query = Query::of(request, PARAMETERS)?;
    let (bucket, from, to) = parameters::buckets(&query, now_ms, Bucket::Total)?;
    let branch = query.optional("branchId", |text| text.parse::<BranchId>().map_err(|_| BRANCH))?;
    let agency = query.optional("agencyId", |text| text.parse::<AgencyId>().map_err(|_| AGENCY))?;
    let (branch, agency) = (branch.map(Node::Branch), agency.map(Node::Agency));
    Ok(SumBranchSales {
        from,
        to,
        bucket,
        node: branch.or(agency),
        above: branch.and(agency),
        method: parameters::method(&query)?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, BranchSalesCursor::parse)?,
    })
}
