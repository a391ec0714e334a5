//! `GET /v1/branches/{nodeId}/sales`: what was sold under a branch or an agency, by period and method.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::parameters;
use crate::access::Caller;
use crate::http::app::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::reading;
use crate::queries::Queries;
use crate::queries::branch_sales::Bucket;
use crate::queries::branch_sales::of_node::{NodeSales, NodeSalesCursor, SumNodeSales};

const PARAMETERS: &[&str] = &["startDate", "endDate", "period", "method", "limit", "cursor"];

/// A page of sums.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSalesPage {
    /// By period, then by method.
    sales: Vec<NodeSales>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// What was sold under a branch or an agency, the whole subtree as it was at the sales. A period has at most 366 days, by the hour 31;
/// without one it is the last 30 days.
#[utoipa::path(get, path = "/v1/branches/{nodeId}/sales", operation_id = "list_sales_of_branch", tag = "branches",
    params(
        ("nodeId" = String, Path, description = "A branch's id, or an agency's for its whole subtree"),
        ("startDate" = Option<String>, Query, description = "First day sold (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day sold (Asia/Seoul), inclusive"),
        ("period" = Option<String>, Query, description = "What one row sums up: HOUR, DAY (if not given), WEEK (from Monday), MONTH or TOTAL"),
        ("method" = Option<String>, Query, description = "CARD"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of totals", body = NodeSalesPage)),
    security(("apiKey" = [])))]
pub async fn handle(
    app: Data<App>,
    queries: Data<Queries>,
    caller: Caller,
    path: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let to = parameters::confinement(&caller)?;
    let node = parameters::node(&app, &caller, &path).await?;
    let query = Query::of(&request, PARAMETERS)?;
    let (bucket, from, until) = parameters::buckets(&query, app.now_ms(), Bucket::Day)?;
    let sum = SumNodeSales {
        node,
        from,
        to: until,
        bucket,
        method: parameters::method(&query)?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, NodeSalesCursor::parse)?,
    };
    reading::wait(&request, &queries, bucket.projection()).await?;
    let page = queries.node_sales(&to, sum).await.map_err(reading::problem)?;
    Ok(reading::page("sales", &page))
}
