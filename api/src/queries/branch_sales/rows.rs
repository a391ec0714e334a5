//! The rows behind a branch's or agency's sums, and all of them added up.

use super::{Sales, node_id};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, day, id, maybe};
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{AgencyId, BranchId, CancelId, MerchantId, PaymentId};
use ledger_domain::lines::Node;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value, params};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

const ROWS: &str = include_str!("rows.sql");
const SUM: &str = include_str!("rows_sum.sql");
const LIST: &str = "branch_sale_rows";

/// The projection that is read.
pub const PROJECTION: &str = "branch_sale_rows";

/// Which rows.
#[derive(Clone, Debug)]
pub struct ListSaleRows {
    /// Whose.
    pub node: Node,
    /// First day sold.
    pub from: Day,
    /// Last day sold.
    pub to: Day,
    /// Only this method.
    pub method: Option<String>,
    /// At most so many rows.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<SaleRowCursor>,
}

/// The key of the last row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleRowCursor {
    day: Day,
    transaction: Uuid,
}

impl SaleRowCursor {
    /// Reads a cursor's text; None when it is not one of this list.
    pub fn parse(text: &str) -> Option<SaleRowCursor> {
        let (day, transaction) = cursor::decode(LIST, text)?;
        Some(SaleRowCursor { day, transaction })
    }

    fn after(row: &SaleRow) -> String {
        cursor::encode(LIST, &(row.sold_date, row.id))
    }
}

/// An approval or a cancel that counts in a branch's or agency's sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaleRow {
    /// The payment's id of an APPROVAL, the cancel's id of a CANCEL.
    pub transaction_id: String,
    /// APPROVAL or CANCEL.
    #[serde(rename = "type")]
    pub kind: String,
    /// The payment it belongs to.
    #[schema(value_type = String)]
    pub payment_id: PaymentId,
    /// Whose sale it is.
    #[schema(value_type = String)]
    pub merchant_id: MerchantId,
    /// The branch as it was at the sale.
    #[schema(value_type = String)]
    pub branch_id: BranchId,
    /// The agency as it was at the sale.
    #[schema(value_type = String)]
    pub agency_id: AgencyId,
    /// The merchant's order id.
    pub order_id: String,
    /// CARD.
    pub method: String,
    /// ISO 4217.
    pub currency: String,
    /// Positive of an approval, negative of a cancel, in minor units.
    pub amount: i64,
    /// The merchant's fee without VAT: positive when charged, negative when returned.
    pub fee_supply_amount: i64,
    /// VAT on the fee, signed likewise.
    pub fee_vat: i64,
    /// What the branch or agency asked about earned on it, with VAT; negative where it was clawed back.
    pub commission: i64,
    /// What those below it earned, likewise.
    pub commission_below: i64,
    /// The day it counts for (Asia/Seoul).
    #[schema(value_type = String, format = Date)]
    pub sold_date: Day,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub transaction_at: Moment,
    #[serde(skip)]
    id: Uuid,
}

impl SaleRow {
    fn read(row: Row) -> Result<SaleRow, QueryError> {
        let mut c = Columns::of(row);
        let (id, kind) = (c.uuid()?, c.text()?);
        let transaction_id = match kind.as_str() {
            "CANCEL" => CancelId::new(id).to_string(),
            _ => PaymentId::new(id).to_string(),
        };
        Ok(SaleRow {
            transaction_id,
            kind,
            payment_id: c.payment()?,
            merchant_id: c.merchant()?,
            branch_id: c.branch()?,
            agency_id: c.agency()?,
            order_id: c.text()?,
            method: c.text()?,
            currency: c.text()?,
            amount: c.number()?,
            fee_supply_amount: c.number()?,
            fee_vat: c.number()?,
            commission: c.number()?,
            commission_below: c.number()?,
            sold_date: c.day()?,
            transaction_at: c.instant()?,
            id,
        })
    }
}

/// All rows of one currency added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaleRowsSum {
    /// ISO 4217.
    pub currency: String,
    /// The sums.
    #[serde(flatten)]
    pub sales: Sales,
}

impl Queries {
    /// One page of rows; with the first page all rows added up, at the same moment.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn sale_rows(
        &self,
        to: &Confinement,
        list: ListSaleRows,
    ) -> Result<(Page<SaleRow>, Option<Vec<SaleRowsSum>>), QueryError> {
        let rows = confine(ROWS, Rows::OfBranches, to)?;
        let sum = confine(SUM, Rows::OfBranches, to)?;
        let (limit, with_sum) = (list.limit, list.after.is_none());
        let (of_rows, of_sum) = (parameters(&list, rows.scope), parameters(&list, sum.scope));
        let ((found, sums), through) = self
            .snapshot(PROJECTION, async move |conn| {
                let found: Vec<Row> = conn.exec(rows.sql.as_str(), of_rows).await?;
                let sums: Option<Vec<Row>> =
                    if with_sum { Some(conn.exec(sum.sql.as_str(), of_sum).await?) } else { None };
                Ok((found, sums))
            })
            .await?;
        let found = found.into_iter().map(SaleRow::read).collect::<Result<Vec<_>, _>>()?;
        let sums = sums.map(|sums| sums.into_iter().map(read_sum).collect::<Result<Vec<_>, _>>());
        Ok((Page::cut(found, limit, through, SaleRowCursor::after), sums.transpose()?))
    }
}

fn read_sum(row: Row) -> Result<SaleRowsSum, QueryError> {
    let mut c = Columns::of(row);
    Ok(SaleRowsSum { currency: c.text()?, sales: Sales::read(&mut c)? })
}

fn parameters(list: &ListSaleRows, scope: Value) -> Params {
    let after = list.after.as_ref();
    params! {
        "scope" => scope,
        "node" => node_id(list.node),
        "from" => day(list.from),
        // Days above the cursor's have been given.
        "to" => day(after.map_or(list.to, |after| after.day.min(list.to))),
        "method" => maybe(list.method.as_deref()),
        "after" => after.map_or(Value::NULL, |after| id(after.transaction.as_bytes())),
        "limit" => u32::from(list.limit).saturating_add(1),
    }
}
