//! What was sold under branches and agencies, as the tree was at the sales: sums over all partitions, taken when read, and the rows
//! behind them.

pub mod by_branch;
pub mod of_node;
pub mod rows;

use crate::queries::QueryError;
use crate::queries::row::{Columns, id};
use ledger_domain::days::Day;
use ledger_domain::lines::Node;
use mysql_async::Value;
use serde::Serialize;
use utoipa::ToSchema;

/// What one row sums up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// An hour of a day sold.
    Hour,
    /// A day sold.
    Day,
    /// A week, Monday to Sunday.
    Week,
    /// A month.
    Month,
    /// The whole period.
    Total,
}

impl Bucket {
    const fn as_str(self) -> &'static str {
        match self {
            Bucket::Hour => "HOUR",
            Bucket::Day => "DAY",
            Bucket::Week => "WEEK",
            Bucket::Month => "MONTH",
            Bucket::Total => "TOTAL",
        }
    }

    /// The projection that is read for it.
    #[must_use]
    pub const fn projection(self) -> &'static str {
        match self {
            Bucket::Hour => "branch_sales_by_hour",
            Bucket::Day | Bucket::Week | Bucket::Month | Bucket::Total => "branch_sales_by_day",
        }
    }

    /// The query over the table that has this bucket.
    fn sql(self, by_day: &str) -> String {
        match self {
            Bucket::Hour => by_day
                .replace("/*table*/ branch_sales_by_day", "branch_sales_by_hour")
                .replace("/*hour*/ 0", "hour"),
            Bucket::Day | Bucket::Week | Bucket::Month | Bucket::Total => by_day.to_owned(),
        }
    }

    /// Where a bucket begins, in Asia/Seoul: an hour as an instant, anything longer as a day.
    fn since(self, day: Day, hour: i64) -> String {
        match self {
            Bucket::Hour => format!("{day}T{hour:02}:00:00+09:00"),
            Bucket::Day | Bucket::Week | Bucket::Month | Bucket::Total => day.to_string(),
        }
    }
}

/// What moved, and what was earned on it, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sales {
    /// How many payments were approved.
    pub approval_count: i64,
    /// Their sum.
    pub approval_amount: i64,
    /// How many cancels took place.
    pub cancel_count: i64,
    /// Their sum, positive.
    pub cancel_amount: i64,
    /// Approvals less cancels.
    pub net_amount: i64,
    /// Fees charged to the merchants less fees returned, without VAT.
    pub fee_supply_amount: i64,
    /// VAT on them.
    pub fee_vat: i64,
    /// What the branch or agency asked about earned on it, with VAT, less what was clawed back; for an operator that asks about none,
    /// what the agencies earned.
    pub commission: i64,
    /// What those below it earned, likewise.
    pub commission_below: i64,
}

impl Sales {
    fn read(c: &mut Columns) -> Result<Sales, QueryError> {
        Ok(Sales {
            approval_count: c.number()?,
            approval_amount: c.number()?,
            cancel_count: c.number()?,
            cancel_amount: c.number()?,
            net_amount: c.number()?,
            fee_supply_amount: c.number()?,
            fee_vat: c.number()?,
            commission: c.number()?,
            commission_below: c.number()?,
        })
    }
}

fn node_id(node: Node) -> Value {
    id(node.as_bytes())
}
