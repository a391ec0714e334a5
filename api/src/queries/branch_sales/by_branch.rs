//! Totals by branch and bucket.

use super::{Bucket, Sales, node_id};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, day, id, maybe};
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::Day;
use ledger_domain::ids::{AgencyId, BranchId};
use ledger_domain::lines::Node;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value, params};
use serde::Serialize;
use utoipa::ToSchema;

const BY_BRANCH: &str = include_str!("by_branch.sql");
const LIST: &str = "branch_sales";
/// As written, the rows of the paths' first nodes: they hold every sale once.
const ANY_NODE: &str = "/*node*/ is_top = 1";

/// What to sum.
#[derive(Clone, Debug)]
pub struct SumBranchSales {
    /// First day sold.
    pub from: Day,
    /// Last day sold.
    pub to: Day,
    /// What one row is.
    pub bucket: Bucket,
    /// Only what was sold under this node. Whoever is confined to a node and names none gets its own.
    pub node: Option<Node>,
    /// Only where that node was under this one.
    pub above: Option<Node>,
    /// Only this method.
    pub method: Option<String>,
    /// At most so many rows.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<BranchSalesCursor>,
}

/// The key of the last row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchSalesCursor {
    branch: BranchId,
    agency: AgencyId,
    currency: String,
    bucket: Day,
    hour: i64,
}

impl BranchSalesCursor {
    /// Reads a cursor's text; None when it is not one of this list.
    pub fn parse(text: &str) -> Option<BranchSalesCursor> {
        let (branch, agency, currency, bucket, hour) = cursor::decode(LIST, text)?;
        Some(BranchSalesCursor { branch, agency, currency, bucket, hour })
    }

    fn after(row: &BranchSales) -> String {
        let (bucket, hour) = row.bucket;
        cursor::encode(LIST, &(row.branch_id, row.agency_id, &row.currency, bucket, hour))
    }
}

/// What a branch's merchants sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BranchSales {
    /// The branch as it was at the sales.
    #[schema(value_type = String)]
    pub branch_id: BranchId,
    /// The agency as it was at the sales.
    #[schema(value_type = String)]
    pub agency_id: AgencyId,
    /// ISO 4217.
    pub currency: String,
    /// When it begins (Asia/Seoul): the hour, or the first day of the day, week, month or period.
    pub since: String,
    /// The sums.
    #[serde(flatten)]
    pub sales: Sales,
    #[serde(skip)]
    bucket: (Day, i64),
}

impl BranchSales {
    fn read(row: Row, bucket: Bucket) -> Result<BranchSales, QueryError> {
        let mut c = Columns::of(row);
        let (branch_id, agency_id, currency) = (c.branch()?, c.agency()?, c.text()?);
        let (day, hour) = (c.day()?, c.number()?);
        let (since, sales) = (bucket.since(day, hour), Sales::read(&mut c)?);
        Ok(BranchSales { branch_id, agency_id, currency, since, sales, bucket: (day, hour) })
    }
}

impl Queries {
    /// One page of sums.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn branch_sales(
        &self,
        to: &Confinement,
        sum: SumBranchSales,
    ) -> Result<Page<BranchSales>, QueryError> {
        let node = sum.node.or_else(|| to.node());
        let sql = sum.bucket.sql(BY_BRANCH);
        let sql = if node.is_some() { sql.replace(ANY_NODE, "node_id = :node") } else { sql };
        let confined = confine(&sql, Rows::OfBranches, to)?;
        let (limit, bucket, params) = (sum.limit, sum.bucket, parameters(&sum, node, confined.scope));
        let (rows, through) = self
            .snapshot(bucket.projection(), async move |conn| {
                Ok(conn.exec(confined.sql.as_str(), params).await?)
            })
            .await?;
        let rows =
            rows.into_iter().map(|row| BranchSales::read(row, bucket)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, through, BranchSalesCursor::after))
    }
}

fn parameters(sum: &SumBranchSales, node: Option<Node>, scope: Value) -> Params {
    let after = sum.after.as_ref();
    params! {
        "scope" => scope,
        "node" => node.map_or(Value::NULL, node_id),
        "above" => sum.above.map_or(Value::NULL, node_id),
        "from" => day(sum.from),
        "to" => day(sum.to),
        "bucket" => sum.bucket.as_str(),
        "method" => maybe(sum.method.as_deref()),
        "after_branch" => after.map_or(Value::NULL, |after| id(after.branch.as_bytes())),
        "after_agency" => after.map_or(Value::NULL, |after| id(after.agency.as_bytes())),
        "after_currency" => maybe(after.map(|after| after.currency.as_str())),
        "after_bucket" => after.map_or(Value::NULL, |after| day(after.bucket)),
        "after_hour" => after.map_or(Value::NULL, |after| Value::Int(after.hour)),
        "limit" => u32::from(sum.limit).saturating_add(1),
    }
}
