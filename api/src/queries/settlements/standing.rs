//! How far an entry is: open, closed or paid. Asked for the rows of a page alone, by payee and day sold: an entry itself says nothing of
//! what comes after it.

use super::SettlementEntry;
use crate::queries::QueryError;
use crate::queries::row::Columns;
use ledger_domain::days::Day;
use ledger_domain::ids::PayOutId;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, params};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const CLOSINGS: &str = include_str!("standing_closings.sql");
const PAY_OUTS: &str = include_str!("standing_pay_outs.sql");
/// What was rejected, failed or came back so often in a row is not followed further.
const TRIES: u16 = 10;

/// How far an entry is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EntryStatus {
    /// Its payee's settlement day is not closed.
    #[default]
    Open,
    /// It is; what it leaves is not paid out, or was made good against what the payee owed.
    Closed,
    /// The bank paid it.
    Paid,
}

/// How far an entry is, when it is due, and in which pay-out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    pub status: EntryStatus,
    pub pay_out_date: Option<Day>,
    pub pay_out_id: Option<PayOutId>,
}

/// Kind of payee, payee, merchant, day sold; ids as hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Asked(String, String, String, Day);

impl Asked {
    pub(super) fn of(entry: &SettlementEntry) -> Asked {
        // The digits behind the prefix.
        let digits = entry.payee_id.rsplit('_').next().unwrap_or_default().to_owned();
        let merchant = entry.merchant_id.uuid().simple().to_string();
        Asked(entry.payee_type.clone(), digits, merchant, entry.sold_date)
    }
}

/// What is looked for among a payee's pay-outs.
struct Wanted {
    asked: Asked,
    date: Day,
    /// Proposed after this.
    seq: i64,
    again: bool,
}

/// How far the entries of these payees and days are.
pub(super) async fn standings(
    conn: &mut Conn,
    asked: impl IntoIterator<Item = Asked>,
) -> Result<BTreeMap<Asked, Standing>, QueryError> {
    let mut standings: BTreeMap<Asked, Standing> =
        asked.into_iter().map(|asked| (asked, Standing::default())).collect();
    if standings.is_empty() {
        return Ok(standings);
    }
    let mut wanted = closed(conn, &mut standings).await?;
    for _ in 0..TRIES {
        if wanted.is_empty() {
            break;
        }
        wanted = paid(conn, wanted, &mut standings).await?;
    }
    Ok(standings)
}

/// Notes which are closed, and gives those of which something is paid out.
async fn closed(
    conn: &mut Conn,
    standings: &mut BTreeMap<Asked, Standing>,
) -> Result<Vec<Wanted>, QueryError> {
    let asked: Vec<Asked> = standings.keys().cloned().collect();
    let rows: Vec<Row> = conn.exec(CLOSINGS, json(&asked)).await?;
    let mut wanted = Vec::new();
    for row in rows {
        let mut c = Columns::of(row);
        let asked = numbered(&asked, c.number()?)?.clone();
        let (seq, date, payable) = (c.number()?, c.day()?, c.number()?);
        let status = EntryStatus::Closed;
        standings.insert(asked.clone(), Standing { status, pay_out_date: Some(date), pay_out_id: None });
        if payable > 0 {
            wanted.push(Wanted { asked, date, seq, again: false });
        }
    }
    Ok(wanted)
}

/// Notes which are in a pay-out, and gives those that must look for another one.
async fn paid(
    conn: &mut Conn,
    wanted: Vec<Wanted>,
    standings: &mut BTreeMap<Asked, Standing>,
) -> Result<Vec<Wanted>, QueryError> {
    let list = wanted.iter().map(|wanted| {
        let Asked(kind, payee, ..) = &wanted.asked;
        (kind, payee, wanted.date, wanted.seq, i32::from(wanted.again))
    });
    let rows: Vec<Row> = conn.exec(PAY_OUTS, json(&list.collect::<Vec<_>>())).await?;
    let mut again = Vec::new();
    for row in rows {
        let mut c = Columns::of(row);
        let Wanted { asked, .. } = numbered(&wanted, c.number()?)?;
        let (id, state, date, last_seq) = (PayOutId::new(c.uuid()?), c.text()?, c.day()?, c.number()?);
        match state.as_str() {
            "REJECTED" | "FAILED" | "RETURNED" => {
                again.push(Wanted { asked: asked.clone(), date, seq: last_seq, again: true });
            }
            state => {
                if let Some(standing) = standings.get_mut(asked) {
                    standing.pay_out_id = Some(id);
                    if state == "CONFIRMED" {
                        standing.status = EntryStatus::Paid;
                    }
                }
            }
        }
    }
    Ok(again)
}

/// The member of a list that a row is about: JSON_TABLE counts from 1.
fn numbered<T>(list: &[T], no: i64) -> Result<&T, QueryError> {
    let at = usize::try_from(no).ok().and_then(|no| no.checked_sub(1));
    at.and_then(|at| list.get(at))
        .ok_or_else(|| QueryError::Broken("a row that was not asked for".to_owned()))
}

fn json<T: Serialize>(asked: &[T]) -> Params {
    params! { "asked" => serde_json::to_string(asked).unwrap_or_default() }
}
