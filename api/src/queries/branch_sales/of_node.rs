//! Totals of one branch's or agency's subtree by bucket and method.

use super::{Bucket, Sales, node_id};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, day, maybe};
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::Day;
use ledger_domain::lines::Node;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value, params};
use serde::Serialize;
use utoipa::ToSchema;

const OF_NODE: &str = include_str!("of_node.sql");
const LIST: &str = "node_sales";

/// What to sum.
#[derive(Clone, Debug)]
pub struct SumNodeSales {
    /// Whose.
    pub node: Node,
    /// First day sold.
    pub from: Day,
    /// Last day sold.
    pub to: Day,
    /// What one row is.
    pub bucket: Bucket,
    /// Only this method.
    pub method: Option<String>,
    /// At most so many rows.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<NodeSalesCursor>,
}

/// The key of the last row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSalesCursor {
    bucket: Day,
    hour: i64,
    method: String,
    currency: String,
}

impl NodeSalesCursor {
    /// Reads a cursor's text; None when it is not one of this list.
    pub fn parse(text: &str) -> Option<NodeSalesCursor> {
        let (bucket, hour, method, currency) = cursor::decode(LIST, text)?;
        Some(NodeSalesCursor { bucket, hour, method, currency })
    }

    fn after(row: &NodeSales) -> String {
        let (bucket, hour) = row.bucket;
        cursor::encode(LIST, &(bucket, hour, &row.method, &row.currency))
    }
}

/// What was sold under a branch or agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeSales {
    /// When it begins (Asia/Seoul): the hour, or the first day of the day, week, month or period.
    pub since: String,
    /// CARD.
    pub method: String,
    /// ISO 4217.
    pub currency: String,
    /// The sums.
    #[serde(flatten)]
    pub sales: Sales,
    #[serde(skip)]
    bucket: (Day, i64),
}

impl NodeSales {
    fn read(row: Row, bucket: Bucket) -> Result<NodeSales, QueryError> {
        let mut c = Columns::of(row);
        let (day, hour) = (c.day()?, c.number()?);
        let (method, currency) = (c.text()?, c.text()?);
        let (since, sales) = (bucket.since(day, hour), Sales::read(&mut c)?);
        Ok(NodeSales { since, method, currency, sales, bucket: (day, hour) })
    }
}

impl Queries {
    /// One page of sums.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn node_sales(
        &self,
        to: &Confinement,
        sum: SumNodeSales,
    ) -> Result<Page<NodeSales>, QueryError> {
        let confined = confine(&sum.bucket.sql(OF_NODE), Rows::OfBranches, to)?;
        let (limit, bucket, params) = (sum.limit, sum.bucket, parameters(&sum, confined.scope));
        let (rows, through) = self
            .snapshot(bucket.projection(), async move |conn| {
                Ok(conn.exec(confined.sql.as_str(), params).await?)
            })
            .await?;
        let rows = rows.into_iter().map(|row| NodeSales::read(row, bucket)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, through, NodeSalesCursor::after))
    }
}

fn parameters(sum: &SumNodeSales, scope: Value) -> Params {
    let after = sum.after.as_ref();
    params! {
        "scope" => scope,
        "node" => node_id(sum.node),
        "from" => day(sum.from),
        "to" => day(sum.to),
        "bucket" => sum.bucket.as_str(),
        "method" => maybe(sum.method.as_deref()),
        "after_bucket" => after.map_or(Value::NULL, |after| day(after.bucket)),
        "after_hour" => after.map_or(Value::NULL, |after| Value::Int(after.hour)),
        "after_method" => maybe(after.map(|after| after.method.as_str())),
        "after_currency" => maybe(after.map(|after| after.currency.as_str())),
        "limit" => u32::from(sum.limit).saturating_add(1),
    }
}
