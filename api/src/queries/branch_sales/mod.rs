//! Sales of branches by period: sums over all partitions, taken when read.

use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, day, id, maybe};
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::Day;
use ledger_domain::ids::{AgencyId, BranchId};
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value, params};
use serde::Serialize;
use utoipa::ToSchema;

const TOTALS: &str = include_str!("totals.sql");

/// The projection it reads.
pub const PROJECTION: &str = "branch_sales_daily";

/// What one row sums up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// A day.
    Day,
    /// A month.
    Month,
    /// The whole period.
    Total,
}

impl Bucket {
    const fn as_str(self) -> &'static str {
        match self {
            Bucket::Day => "DAY",
            Bucket::Month => "MONTH",
            Bucket::Total => "TOTAL",
        }
    }
}

/// What to sum.
#[derive(Clone, Debug)]
pub struct SumBranchSales {
    /// First day sold.
    pub from: Day,
    /// Last day sold.
    pub to: Day,
    /// What one row is.
    pub bucket: Bucket,
    /// Only this branch.
    pub branch_id: Option<BranchId>,
    /// Only this agency.
    pub agency_id: Option<AgencyId>,
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
}

impl BranchSalesCursor {
    /// Reads a cursor's text; None when it is not one of this list.
    pub fn parse(text: &str) -> Option<BranchSalesCursor> {
        let (branch, agency, currency, bucket) = cursor::decode(PROJECTION, text)?;
        Some(BranchSalesCursor { branch, agency, currency, bucket })
    }

    fn after(row: &BranchSales) -> String {
        cursor::encode(PROJECTION, &(row.branch_id, row.agency_id, &row.currency, row.since))
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
    /// The day, the month's first day, or the period's.
    #[schema(value_type = String, format = Date)]
    pub since: Day,
    /// How many payments were approved.
    pub approval_count: i64,
    /// Their sum, in minor units.
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
    /// What the branch earned on it, with VAT, less what was clawed back.
    pub branch_commission: i64,
    /// What the agency earned on it; not shown to branches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency_commission: Option<i64>,
}

impl BranchSales {
    fn read(row: Row, sees_agency: bool) -> Result<BranchSales, QueryError> {
        let mut c = Columns::of(row);
        Ok(BranchSales {
            branch_id: c.branch()?,
            agency_id: c.agency()?,
            currency: c.text()?,
            since: c.day()?,
            approval_count: c.number()?,
            approval_amount: c.number()?,
            cancel_count: c.number()?,
            cancel_amount: c.number()?,
            net_amount: c.number()?,
            fee_supply_amount: c.number()?,
            fee_vat: c.number()?,
            branch_commission: c.number()?,
            agency_commission: Some(c.number()?).filter(|_| sees_agency),
        })
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
        let confined = confine(TOTALS, Rows::OfBranches, to)?;
        let sees_agency = matches!(to, Confinement::Everything | Confinement::Agency(_));
        let (limit, params) = (sum.limit, parameters(&sum, confined.scope));
        let (rows, through) = self
            .snapshot(PROJECTION, async move |conn| Ok(conn.exec(confined.sql.as_str(), params).await?))
            .await?;
        let rows =
            rows.into_iter().map(|row| BranchSales::read(row, sees_agency)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, through, BranchSalesCursor::after))
    }
}

fn parameters(sum: &SumBranchSales, scope: Value) -> Params {
    let after = sum.after.as_ref();
    params! {
        "scope" => scope,
        "from" => day(sum.from),
        "to" => day(sum.to),
        "bucket" => sum.bucket.as_str(),
        "branch_id" => sum.branch_id.map_or(Value::NULL, |branch| id(branch.as_bytes())),
        "agency_id" => sum.agency_id.map_or(Value::NULL, |agency| id(agency.as_bytes())),
        "method" => maybe(sum.method.as_deref()),
        "after_branch" => after.map_or(Value::NULL, |after| id(after.branch.as_bytes())),
        "after_agency" => after.map_or(Value::NULL, |after| id(after.agency.as_bytes())),
        "after_currency" => maybe(after.map(|after| after.currency.as_str())),
        "after_bucket" => after.map_or(Value::NULL, |after| day(after.bucket)),
        "limit" => u32::from(sum.limit).saturating_add(1),
    }
}
