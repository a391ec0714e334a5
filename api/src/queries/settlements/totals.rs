//! Totals by day and payee.

use super::{DateType, PROJECTION, filter, payee};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, day, id, maybe};
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::Day;
use ledger_domain::lines::Payee;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value, params};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

const TOTALS: &str = include_str!("totals.sql");

/// What to sum.
#[derive(Clone, Debug)]
pub struct SumSettlements {
    /// By which day.
    pub by: DateType,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// Only this merchant, branch or agency.
    pub payee: Option<Payee>,
    /// At most so many rows.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<TotalCursor>,
}

/// The key of the last row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TotalCursor {
    day: Day,
    kind: String,
    payee: [u8; 16],
    currency: String,
}

impl TotalCursor {
    /// Reads a cursor's text; None when it is not one of this list by this day.
    pub fn parse(by: DateType, text: &str) -> Option<TotalCursor> {
        let (tag, day, kind, payee, currency): (String, Day, String, Uuid, String) =
            cursor::decode("settlements", text)?;
        (tag == by.tag()).then(|| TotalCursor { day, kind, payee: payee.into_bytes(), currency })
    }
}

/// What a payee is owed for one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettlementTotal {
    /// The day sold, or the day of the pay-out, as asked for.
    #[schema(value_type = String, format = Date)]
    pub date: Day,
    /// MERCHANT, BRANCH or AGENCY.
    pub payee_type: String,
    /// Who is paid.
    pub payee_id: String,
    /// ISO 4217.
    pub currency: String,
    /// How many sales, or commissions earned.
    pub count: i64,
    /// The sum of those sales, in minor units.
    pub amount: i64,
    /// How many cancels, or commissions returned.
    pub cancel_count: i64,
    /// The sum of those cancels, positive.
    pub cancel_amount: i64,
    /// The sales' taxable supply, cancels taken off.
    pub sale_supply_amount: i64,
    /// The sales' VAT, cancels taken off.
    pub sale_vat: i64,
    /// The sales' tax-free part, cancels taken off.
    pub sale_tax_free_amount: i64,
    /// A merchant's fees, or the commission itself, without VAT.
    pub fee_supply_amount: i64,
    /// VAT on them.
    pub fee_vat: i64,
    /// What the payee is owed.
    pub pay_out_amount: i64,
}

impl SettlementTotal {
    fn read(row: Row, by: DateType) -> Result<(SettlementTotal, String), QueryError> {
        let mut c = Columns::of(row);
        let (date, kind, id, currency) = (c.day()?, c.text()?, c.uuid()?, c.text()?);
        let cursor = cursor::encode("settlements", &(by.tag(), date, &kind, id, &currency));
        let (count, cancel_count) = (c.number()?, c.number()?);
        let total = SettlementTotal {
            date,
            payee_id: payee(&kind, id)?.to_string(),
            payee_type: kind,
            currency,
            count,
            cancel_count,
            amount: c.number()?,
            cancel_amount: c.number()?,
            sale_supply_amount: c.number()?,
            sale_vat: c.number()?,
            sale_tax_free_amount: c.number()?,
            fee_supply_amount: c.number()?,
            fee_vat: c.number()?,
            pay_out_amount: c.number()?,
        };
        Ok((total, cursor))
    }
}

impl Queries {
    /// One page of totals, newest day first.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn settlements(
        &self,
        to: &Confinement,
        sum: SumSettlements,
    ) -> Result<Page<SettlementTotal>, QueryError> {
        let confined = confine(&sum.by.put_into(TOTALS), Rows::OfPayees, to)?;
        let params = parameters(&sum, confined.scope);
        let (rows, through) = self
            .snapshot(PROJECTION, async move |conn| Ok(conn.exec(confined.sql.as_str(), params).await?))
            .await?;
        let rows =
            rows.into_iter().map(|row| SettlementTotal::read(row, sum.by)).collect::<Result<Vec<_>, _>>()?;
        let page = Page::cut(rows, sum.limit, through, |(_, cursor)| cursor.clone());
        let rows = page.rows.into_iter().map(|(total, _)| total).collect();
        Ok(Page { rows, next: page.next, through: page.through })
    }
}

fn parameters(sum: &SumSettlements, scope: Value) -> Params {
    let after = sum.after.as_ref();
    let (payee_id, payee_kind) = filter(sum.payee);
    params! {
        "scope" => scope,
        "from" => day(sum.from),
        "to" => day(sum.to),
        "payee_id" => payee_id,
        "payee_kind" => payee_kind,
        "after_day" => after.map_or(Value::NULL, |after| day(after.day)),
        "after_kind" => maybe(after.map(|after| after.kind.as_str())),
        "after_payee" => after.map_or(Value::NULL, |after| id(&after.payee)),
        "after_currency" => maybe(after.map(|after| after.currency.as_str())),
        "limit" => u32::from(sum.limit).saturating_add(1),
    }
}
