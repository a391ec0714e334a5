//! Receipts: the commissions that have arrived at branches and agencies, one for each closing of a merchant.

use super::payee;
use super::place::{Place, RECEIPTS, Span};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, id};
use crate::queries::{Page, Queries, QueryError};
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::MerchantId;
use ledger_domain::lines::Payee;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value};
use serde::Serialize;
use utoipa::ToSchema;

const RECEIVED: &str = include_str!("receipts.sql");

/// The projection that receipts are read from.
pub const PROJECTION: &str = "settlement_receipts";

/// What to list.
#[derive(Clone, Debug)]
pub struct ListReceipts {
    /// First day of arrival.
    pub from: Day,
    /// Last day of arrival.
    pub to: Day,
    /// Only what this branch or agency received.
    pub payee: Option<Payee>,
    /// Only from this merchant's closings.
    pub merchant_id: Option<MerchantId>,
    /// At most so many.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<Place>,
}

/// The commission of one merchant's closing, arrived at one branch or agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// BRANCH or AGENCY.
    pub payee_type: String,
    /// Who received it.
    pub payee_id: String,
    /// Whose sales it comes from.
    #[schema(value_type = String)]
    pub merchant_id: MerchantId,
    /// The number of the merchant's closing.
    pub closing: i64,
    /// Where that closing stands in the ledger.
    pub closing_position: String,
    /// With VAT, in minor units; negative where it is given back.
    pub amount: i64,
    /// The day on which it arrived (Asia/Seoul).
    #[schema(value_type = String, format = Date)]
    pub date: Day,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub received_at: Moment,
    #[serde(skip)]
    place: (i32, i64),
}

impl Receipt {
    fn read(row: Row) -> Result<Receipt, QueryError> {
        let mut c = Columns::of(row);
        let (partition, seq, payee_type) = (c.small()?, c.number()?, c.text()?);
        Ok(Receipt {
            payee_id: payee(&payee_type, c.uuid()?)?.to_string(),
            payee_type,
            merchant_id: c.merchant()?,
            closing: c.number()?,
            closing_position: c.text()?,
            amount: c.number()?,
            date: c.day()?,
            received_at: c.instant()?,
            place: (partition, seq),
        })
    }

    fn cursor(&self) -> String {
        let (partition, seq) = self.place;
        Place { day: self.date, partition, seq }.cursor(RECEIPTS)
    }
}

impl Queries {
    /// One page of receipts, newest day first.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn receipts(&self, to: &Confinement, list: ListReceipts) -> Result<Page<Receipt>, QueryError> {
        let confined = confine(RECEIVED, Rows::OwnPayee, to)?;
        let (limit, params) = (list.limit, parameters(&list, confined.scope));
        let (rows, through) = self
            .snapshot(PROJECTION, async move |conn| Ok(conn.exec(confined.sql.as_str(), params).await?))
            .await?;
        let rows = rows.into_iter().map(Receipt::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, through, Receipt::cursor))
    }
}

fn parameters(list: &ListReceipts, scope: Value) -> Params {
    let ListReceipts { from, to, payee, limit, after, .. } = *list;
    let span = Span { days: (from, to), payee, limit, after };
    let mut parameters = span.parameters(scope);
    parameters
        .push(("merchant_id", list.merchant_id.map_or(Value::NULL, |merchant| id(merchant.as_bytes()))));
    parameters.into()
}
