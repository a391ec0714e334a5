//! Pay-outs, each with how far it is. Who brought it there, and with which bank file, is the operators' business.

use super::payee;
use super::place::{PAY_OUTS, Place, Span};
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{Columns, maybe};
use crate::queries::{Page, Queries, QueryError};
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{KeyId, PayOutId};
use ledger_domain::lines::Payee;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value};
use serde::Serialize;
use utoipa::ToSchema;

const PAID_OUT: &str = include_str!("pay_outs.sql");

/// The projection that pay-outs are read from.
pub const PROJECTION: &str = "settlement_pay_outs";

/// The words for how far a pay-out is.
pub const STATES: &[&str] = &["PROPOSED", "APPROVED", "REJECTED", "SENT", "CONFIRMED", "FAILED", "RETURNED"];

/// What to list.
#[derive(Clone, Debug)]
pub struct ListPayOuts {
    /// First pay-out day.
    pub from: Day,
    /// Last pay-out day.
    pub to: Day,
    /// Only this merchant's, branch's or agency's.
    pub payee: Option<Payee>,
    /// Only those that are so far, one of [`STATES`].
    pub state: Option<&'static str>,
    /// At most so many.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<Place>,
}

/// What is paid out to one payee at once. Amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayOut {
    /// Its id.
    #[schema(value_type = String)]
    pub pay_out_id: PayOutId,
    /// MERCHANT, BRANCH or AGENCY.
    pub payee_type: String,
    /// Who is paid.
    pub payee_id: String,
    /// 1, 2, 3 of this payee.
    pub number: i64,
    /// The day it is due.
    #[schema(value_type = String, format = Date)]
    pub pay_out_date: Day,
    /// What the payee is owed.
    pub amount: i64,
    /// Income tax (소득세) withheld of it.
    pub income_tax: i64,
    /// Local income tax (지방소득세) withheld of it.
    pub local_tax: i64,
    /// What the bank transfers.
    pub transfer_amount: i64,
    /// PROPOSED, APPROVED, REJECTED, SENT, CONFIRMED, FAILED or RETURNED. What was rejected, failed or came back is proposed anew, as
    /// another pay-out.
    pub state: String,
    /// The bank's reference.
    pub bank_reference: Option<String>,
    /// The day the bank paid it.
    #[schema(value_type = Option<String>, format = Date)]
    pub paid_date: Option<Day>,
    /// Why the bank did not pay: its code.
    pub failure_code: Option<String>,
    /// Why the bank did not pay, in words.
    pub failure_message: Option<String>,
    /// When it was proposed.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub proposed_at: Moment,
    /// When it got as far as it is.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub updated_at: Moment,
    /// To an operator alone: who brought it there, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handling: Option<Handling>,
    #[serde(skip)]
    place: (i32, i64),
}

/// Who brought a pay-out as far as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Handling {
    /// The key that proposed it; null where its day came.
    #[schema(value_type = Option<String>)]
    pub proposed_by: Option<KeyId>,
    /// The key that approved it.
    #[schema(value_type = Option<String>)]
    pub approved_by: Option<KeyId>,
    /// The key that released it to the bank.
    #[schema(value_type = Option<String>)]
    pub released_by: Option<KeyId>,
    /// The key that rejected it.
    #[schema(value_type = Option<String>)]
    pub rejected_by: Option<KeyId>,
    /// Why it was rejected.
    pub rejected_reason: Option<String>,
    /// The bank file it went with.
    pub batch: Option<String>,
    /// The bank account it was paid from.
    pub bank_account: Option<String>,
}

impl PayOut {
    fn read(row: Row, to: &Confinement) -> Result<PayOut, QueryError> {
        let mut c = Columns::of(row);
        let place = (c.small()?, c.number()?);
        let pay_out_id = PayOutId::new(c.uuid()?);
        let payee_type = c.text()?;
        let payee_id = payee(&payee_type, c.uuid()?)?.to_string();
        let (number, pay_out_date) = (c.number()?, c.day()?);
        let (amount, income_tax, local_tax) = (c.number()?, c.number()?, c.number()?);
        let (transfer_amount, state) = (c.number()?, c.text()?);
        let mut key = || Ok::<_, QueryError>(c.maybe_uuid()?.map(KeyId::new));
        let (proposed_by, approved_by, released_by, rejected_by) = (key()?, key()?, key()?, key()?);
        let (batch, bank_account, bank_reference) = (c.maybe_text()?, c.maybe_text()?, c.maybe_text()?);
        let (paid_date, failure_code, message) = (c.maybe_day()?, c.maybe_text()?, c.maybe_text()?);
        // One column, two meanings: a person's reason or the bank's words.
        let (rejected_reason, failure_message) =
            if rejected_by.is_some() { (message, None) } else { (None, message) };
        let handling = Handling {
            proposed_by,
            approved_by,
            released_by,
            rejected_by,
            rejected_reason,
            batch,
            bank_account,
        };
        Ok(PayOut {
            pay_out_id,
            payee_type,
            payee_id,
            number,
            pay_out_date,
            amount,
            income_tax,
            local_tax,
            transfer_amount,
            state,
            bank_reference,
            paid_date,
            failure_code,
            failure_message,
            proposed_at: c.instant()?,
            updated_at: c.instant()?,
            handling: (*to == Confinement::Everything).then_some(handling),
            place,
        })
    }

    fn cursor(&self) -> String {
        let (partition, seq) = self.place;
        Place { day: self.pay_out_date, partition, seq }.cursor(PAY_OUTS)
    }
}

impl Queries {
    /// One page of pay-outs, newest day first.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn pay_outs(&self, to: &Confinement, list: ListPayOuts) -> Result<Page<PayOut>, QueryError> {
        let confined = confine(PAID_OUT, Rows::OwnPayee, to)?;
        let (limit, params) = (list.limit, parameters(&list, confined.scope));
        let (rows, through) = self
            .snapshot(PROJECTION, async move |conn| Ok(conn.exec(confined.sql.as_str(), params).await?))
            .await?;
        let rows = rows.into_iter().map(|row| PayOut::read(row, to)).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, through, PayOut::cursor))
    }
}

fn parameters(list: &ListPayOuts, scope: Value) -> Params {
    let ListPayOuts { from, to, payee, limit, after, .. } = *list;
    let span = Span { days: (from, to), payee, limit, after };
    let mut parameters = span.parameters(scope);
    parameters.push(("state", maybe(list.state)));
    parameters.into()
}
