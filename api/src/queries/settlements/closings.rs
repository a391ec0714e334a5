//! Closings: what each fixed for a payee's settlement day, and what it left.

use super::payee;
use super::place::{CLOSINGS, Place, Span};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::Columns;
use crate::queries::{Page, PositionVector, Queries, QueryError};
use ledger_domain::days::{Day, Moment};
use ledger_domain::lines::Payee;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, params};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const CLOSED: &str = include_str!("closings.sql");
const COMMISSIONS: &str = include_str!("commissions.sql");

/// The projections that closings are read from.
pub const PROJECTIONS: &[&str] = &["settlement_closings", "settlement_commissions"];

/// What to list.
#[derive(Clone, Debug)]
pub struct ListClosings {
    /// First settlement day.
    pub from: Day,
    /// Last settlement day.
    pub to: Day,
    /// Only this merchant's, branch's or agency's.
    pub payee: Option<Payee>,
    /// At most so many.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<Place>,
}

/// What a closing fixed for one settlement day of one payee. Amounts are in minor units and, unless said otherwise, magnitudes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// MERCHANT, BRANCH or AGENCY.
    pub payee_type: String,
    /// Whose day it is.
    pub payee_id: String,
    /// 1, 2, 3 of this payee.
    pub number: i64,
    /// The settlement day: of a merchant the day sold, of a branch or agency the day on which commissions arrived.
    #[schema(value_type = String, format = Date)]
    pub date: Day,
    /// A merchant's sales.
    pub count: i64,
    /// Their amount.
    pub amount: i64,
    /// A merchant's cancels.
    pub cancel_count: i64,
    /// Their amount.
    pub cancel_amount: i64,
    /// A merchant's fees less those returned, without VAT; signed.
    pub fee_supply_amount: i64,
    /// VAT on them; signed.
    pub fee_vat: i64,
    /// What a branch or agency received, with VAT; signed.
    pub commission_amount: i64,
    /// Manual adjustments of the day; signed.
    pub adjustment_amount: i64,
    /// What is closed: above 0 the payee is owed it, below 0 it owes it.
    pub net_amount: i64,
    /// What the payee owed by earlier closings and this one made good.
    pub offset_amount: i64,
    /// What the payee owed by earlier closings and its reserve made good.
    pub offset_from_reserve_amount: i64,
    /// Kept back of this closing.
    pub reserve_amount: i64,
    /// The day on which that is released; null where nothing is kept back.
    #[schema(value_type = Option<String>, format = Date)]
    pub reserve_until: Option<Day>,
    /// What the payee owes by this closing.
    pub receivable_amount: i64,
    /// What is to be paid out of it.
    pub pay_out_amount: i64,
    /// When that is due.
    #[schema(value_type = String, format = Date)]
    pub pay_out_date: Day,
    /// Sales and cancels, or commissions received.
    pub entry_count: i64,
    /// Over them, 64 hexadecimal digits: see `schemas/closing.md`.
    pub entries_hash: String,
    /// A merchant's payments whose outcome was open.
    pub open_count: i64,
    /// Cycle, reserve, smallest pay-out and tax it was closed on.
    #[schema(value_type = Object)]
    pub terms: Value,
    /// Version of the merchant's contract, or of the branch's or agency's own terms; 0 where none were set.
    pub terms_version: i64,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub closed_at: Moment,
    /// Its place in the ledger.
    pub position: Option<String>,
    /// Of a merchant's closing, to an operator alone: what each branch and agency earned on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commissions: Option<Vec<ClosingCommission>>,
    #[serde(skip)]
    place: (i32, i64),
}

/// What one branch or agency earned on a merchant's closing, or gives back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClosingCommission {
    /// BRANCH or AGENCY.
    pub payee_type: String,
    /// Who earns.
    pub payee_id: String,
    /// With VAT; signed.
    pub amount: i64,
    /// Where its receipt stands in the ledger; null until it is known to have arrived.
    pub delivered_position: Option<String>,
    /// When that was recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "crate::queries::maybe_seoul")]
    pub delivered_at: Option<Moment>,
}

impl Closing {
    fn read(row: Row) -> Result<Closing, QueryError> {
        let mut c = Columns::of(row);
        let (partition, seq, payee_type) = (c.small()?, c.number()?, c.text()?);
        Ok(Closing {
            payee_id: payee(&payee_type, c.uuid()?)?.to_string(),
            payee_type,
            number: c.number()?,
            date: c.day()?,
            count: c.number()?,
            amount: c.number()?,
            cancel_count: c.number()?,
            cancel_amount: c.number()?,
            fee_supply_amount: c.number()?,
            fee_vat: c.number()?,
            commission_amount: c.number()?,
            adjustment_amount: c.number()?,
            net_amount: c.number()?,
            offset_amount: c.number()?,
            offset_from_reserve_amount: c.number()?,
            reserve_amount: c.number()?,
            reserve_until: c.maybe_day()?,
            receivable_amount: c.number()?,
            pay_out_amount: c.number()?,
            pay_out_date: c.day()?,
            entry_count: c.number()?,
            entries_hash: c.text()?,
            open_count: c.number()?,
            terms: serde_json::from_str(&c.text()?).map_err(|e| QueryError::Broken(format!("terms: {e}")))?,
            terms_version: c.number()?,
            closed_at: c.instant()?,
            position: None,
            commissions: None,
            place: (partition, seq),
        })
    }

    fn cursor(&self) -> String {
        let (partition, seq) = self.place;
        Place { day: self.date, partition, seq }.cursor(CLOSINGS)
    }

    /// With what only the whole page knows: its topic, and the commissions.
    fn complete(&mut self, to: &Confinement, topic: Option<&str>, earned: &mut Earned) {
        let (partition, seq) = self.place;
        self.position = topic.map(|topic| format!("{topic}/{partition}:{seq}"));
        if *to == Confinement::Everything && self.payee_type == "MERCHANT" {
            self.commissions = Some(earned.remove(&self.place).unwrap_or_default());
        }
    }
}

/// Commissions by the place of their closing.
type Earned = BTreeMap<(i32, i64), Vec<ClosingCommission>>;

impl Queries {
    /// One page of closings, newest day first.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn closings(&self, to: &Confinement, list: ListClosings) -> Result<Page<Closing>, QueryError> {
        let closed = confine(CLOSED, Rows::OwnPayee, to)?;
        let earned = confine(COMMISSIONS, Rows::OwnPayee, to)?;
        let (limit, params) = (list.limit, parameters(&list, closed.scope));
        let read = async move |conn: &mut mysql_async::Conn| {
            let rows: Vec<Row> = conn.exec(closed.sql.as_str(), params).await?;
            let closings = rows.into_iter().map(Closing::read).collect::<Result<Vec<_>, _>>()?;
            let places: Vec<(i32, i64)> = closings.iter().map(|closing| closing.place).collect();
            let places = serde_json::to_string(&places).unwrap_or_default();
            let params = params! { "scope" => earned.scope, "places" => places };
            let rows: Vec<Row> = conn.exec(earned.sql.as_str(), params).await?;
            Ok((closings, commissions(rows)?))
        };
        let ((rows, mut earned), through) = self.snapshot_of(PROJECTIONS, read).await?;
        let mut page = Page::cut(rows, limit, through, Closing::cursor);
        let topic = PositionVector::payments_topic(&page.through);
        for closing in &mut page.rows {
            closing.complete(to, topic.as_deref(), &mut earned);
        }
        Ok(page)
    }
}

fn commissions(rows: Vec<Row>) -> Result<Earned, QueryError> {
    let mut earned = Earned::new();
    for row in rows {
        let mut c = Columns::of(row);
        let place = (c.small()?, c.number()?);
        let payee_type = c.text()?;
        let commission = ClosingCommission {
            payee_id: payee(&payee_type, c.uuid()?)?.to_string(),
            payee_type,
            amount: c.number()?,
            delivered_position: c.maybe_text()?,
            delivered_at: c.maybe_instant()?,
        };
        earned.entry(place).or_default().push(commission);
    }
    Ok(earned)
}

fn parameters(list: &ListClosings, scope: mysql_async::Value) -> Params {
    let ListClosings { from, to, payee, limit, after } = *list;
    let span = Span { days: (from, to), payee, limit, after };
    span.parameters(scope).into()
}
