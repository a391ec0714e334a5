//! `GET /v1/branches/{nodeId}/sales/transactions`: the rows behind a total, and their sum.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::parameters;
use crate::access::Caller;
use crate::http::app::App;
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::http::transactions::{period, reading};
use crate::queries::Queries;
use crate::queries::branch_sales::rows::{ListSaleRows, PROJECTION, SaleRow, SaleRowCursor, SaleRowsSum};

const PARAMETERS: &[&str] = &["startDate", "endDate", "method", "limit", "cursor"];

/// A page of rows.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaleRowsPage {
    /// The latest day sold first.
    transactions: Vec<SaleRow>,
    /// With the first page: all rows of all pages added up, one sum per currency. It equals the total of the same period.
    sums: Option<Vec<SaleRowsSum>>,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
    /// How far the table had got, a vector of positions.
    projected_through: String,
}

/// The approvals and cancels behind a branch's or agency's totals, the whole subtree as it was at the sales. A period has at most 366
/// days; without one it is the last 30 days.
#[utoipa::path(get, path = "/v1/branches/{nodeId}/sales/transactions", operation_id = "list_transactions_of_branch",
    tag = "branches",
    params(
        ("nodeId" = String, Path, description = "A branch's id, or an agency's for its whole subtree"),
        ("startDate" = Option<String>, Query, description = "First day sold (Asia/Seoul), inclusive"),
        ("endDate" = Option<String>, Query, description = "Last day sold (Asia/Seoul), inclusive"),
        ("method" = Option<String>, Query, description = "CARD"),
        ("limit" = Option<u16>, Query, description = "1 to 1,000; 100 if not given", maximum = 1000),
        ("cursor" = Option<String>, Query, description = "nextCursor of the page before, with the same filters"),
        ("Ledger-Position" = Option<String>, Header, description = "Wait (2 s at most) until the table has reached it"),
    ),
    responses((status = 200, description = "A page of rows", body = SaleRowsPage)),
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
    let (from, until) = period::days(&query, app.now_ms())?;
    let list = ListSaleRows {
        node,
        from,
        to: until,
        method: parameters::method(&query)?,
        limit: reading::limit(&query)?,
        after: reading::cursor(&query, SaleRowCursor::parse)?,
    };
    reading::wait(&request, &queries, PROJECTION).await?;
    let (page, sums) = queries.sale_rows(&to, list).await.map_err(reading::problem)?;
    Ok(reading::page_with("transactions", &page, [("sums", json!(sums))]))
}
