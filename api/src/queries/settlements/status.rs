//! What each payee is owed now, by where it stands: from the postings, and from what is closed, paid out and due.

use crate::access::Confinement;
use crate::queries::confine::{Confined, Rows, confine};
use crate::queries::row::Columns;
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::Day;
use ledger_domain::lines::{Node, Payee};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, params};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

const PAYEES: &str = include_str!("status_payees.sql");
const SUMS: &str = include_str!("status_sums.sql");
const CLOSED: &str = include_str!("status_closed.sql");
const DUE: &str = include_str!("status_due.sql");
const LIST: &str = "status";
/// Where nothing was paid out yet, everything is later.
const NEVER: &str = "1970-01-01";

/// The projections that it is read from.
pub const PROJECTIONS: &[&str] =
    &["ledger_balances", "settlement_closings", "settlement_movements", "settlement_pay_outs"];

/// Whose.
#[derive(Clone, Debug)]
pub struct ListStatus {
    /// Only this merchant, branch or agency. Whoever is confined and names none gets its own.
    pub payee: Option<Payee>,
    /// At most so many.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<StatusCursor>,
}

/// The key of the last row of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCursor(String);

impl StatusCursor {
    /// Reads a cursor's text; None when it is not one of this list.
    pub fn parse(text: &str) -> Option<StatusCursor> {
        cursor::decode(LIST, text).map(StatusCursor)
    }
}

/// What one payee is owed now. Amounts are in minor units; where nothing is said they are not below 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayeeStatus {
    /// MERCHANT, BRANCH or AGENCY.
    pub payee_type: String,
    /// Who is owed it.
    pub payee_id: String,
    /// Earned on merchants' days that are not closed, by a branch or agency (L30); signed.
    pub accrued_amount: i64,
    /// Not closed: of a merchant its sales (L10), of a branch or agency the commissions it has received; signed.
    pub unclosed_amount: i64,
    /// Closed and not sent to the bank, what is proposed included (L11, or that part of L31).
    pub payable_amount: i64,
    /// Of what is payable: in pay-outs that wait for approval or to be sent.
    pub proposed_amount: i64,
    /// Of what is payable: what was rejected, failed or came back, and waits for somebody to propose it.
    pub waiting_amount: i64,
    /// Withheld (L12).
    pub withheld_amount: i64,
    /// Kept back as a reserve (L13).
    pub reserve_amount: i64,
    /// With the bank (L20), without the tax withheld of it.
    pub in_transit_amount: i64,
    /// What the payee owes by earlier closings (A30).
    pub receivable_amount: i64,
    /// The next day on which something of what is payable is due and not proposed; null where nothing is.
    #[schema(value_type = Option<String>, format = Date)]
    pub next_pay_out_date: Option<Day>,
    /// What is due on that day.
    pub next_pay_out_amount: i64,
}

impl Queries {
    /// One page of payees with what they are owed, in the order of their ids.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn settlement_status(
        &self,
        to: &Confinement,
        list: ListStatus,
    ) -> Result<Page<PayeeStatus>, QueryError> {
        let confined = confine(PAYEES, Rows::OwnPayee, to)?;
        let (limit, own) = (list.limit, list.payee.or_else(|| own(to)));
        let read = async move |conn: &mut Conn| read(conn, confined, &list, own).await;
        let (rows, through) = self.snapshot_of(PROJECTIONS, read).await?;
        Ok(Page::cut(rows, limit, through, |row| cursor::encode(LIST, &row.payee_id)))
    }
}

/// The caller as a payee.
const fn own(to: &Confinement) -> Option<Payee> {
    match to {
        Confinement::Everything => None,
        Confinement::Agency(id) => Some(Payee::Node(Node::Agency(*id))),
        Confinement::Branch(id) => Some(Payee::Node(Node::Branch(*id))),
        Confinement::Merchant(id) => Some(Payee::Merchant(*id)),
    }
}

async fn read(
    conn: &mut Conn,
    confined: Confined,
    list: &ListStatus,
    payee: Option<Payee>,
) -> Result<Vec<PayeeStatus>, QueryError> {
    let params = params! {
        "scope" => confined.scope,
        "holder" => payee.map(|payee| payee.to_string()),
        "after" => list.after.as_ref().map_or("", |after| after.0.as_str()),
        "limit" => u32::from(list.limit).saturating_add(1),
    };
    let payees: Vec<Row> = conn.exec(confined.sql.as_str(), params).await?;
    let payees = payees.into_iter().map(Found::read).collect::<Result<Vec<_>, _>>()?;
    let (Some(first), Some(last)) = (payees.first(), payees.last()) else { return Ok(Vec::new()) };
    let sums = sums(conn, &first.holder, &last.holder).await?;
    let closed = closed(conn, &payees).await?;
    let due = due(conn, &payees, &closed).await?;
    let closed = closed.into_iter().zip(due);
    Ok(payees
        .into_iter()
        .zip(closed)
        .map(|(found, (closed, due))| found.status(&sums, &closed, due))
        .collect())
}

/// A payee on the page.
struct Found {
    holder: String,
    kind: String,
    id: Uuid,
}

impl Found {
    fn read(row: Row) -> Result<Found, QueryError> {
        let mut c = Columns::of(row);
        Ok(Found { holder: c.text()?, kind: c.text()?, id: c.uuid()? })
    }

    fn status(self, sums: &Sums, closed: &Closed, due: Vec<(Day, i64)>) -> PayeeStatus {
        let balance =
            |account: &str| sums.get(&(self.holder.clone(), account.to_owned())).copied().unwrap_or(0);
        let received = balance("L31").saturating_sub(closed.payable);
        let unclosed = if self.kind == "MERCHANT" { balance("L10") } else { received };
        let (next, waiting) = next(closed.payable.saturating_sub(closed.proposed), due);
        PayeeStatus {
            accrued_amount: balance("L30"),
            unclosed_amount: unclosed,
            payable_amount: closed.payable,
            proposed_amount: closed.proposed,
            waiting_amount: waiting,
            withheld_amount: balance("L12"),
            reserve_amount: balance("L13"),
            in_transit_amount: balance("L20"),
            receivable_amount: balance("A30").saturating_neg(),
            next_pay_out_date: next.map(|(day, _)| day),
            next_pay_out_amount: next.map_or(0, |(_, amount)| amount),
            payee_type: self.kind,
            payee_id: self.holder,
        }
    }
}

/// The earliest day with what is due on it, and what is payable on none. What was withheld meanwhile was taken from what waits, then from
/// what is due first: so what is left is due last.
fn next(mut left: i64, due: Vec<(Day, i64)>) -> (Option<(Day, i64)>, i64) {
    let mut next = None;
    for (day, amount) in due.into_iter().rev() {
        let part = amount.min(left);
        left = left.saturating_sub(part);
        if part > 0 {
            next = Some((day, part));
        }
    }
    (next, left)
}

/// Credits less debits by payee and account.
type Sums = BTreeMap<(String, String), i64>;

async fn sums(conn: &mut Conn, first: &str, last: &str) -> Result<Sums, QueryError> {
    let rows: Vec<Row> = conn.exec(SUMS, params! { "first" => first, "last" => last }).await?;
    let read = |row| {
        let mut c = Columns::of(row);
        Ok(((c.text()?, c.text()?), c.number()?))
    };
    rows.into_iter().map(read).collect()
}

/// What is closed and not sent, and the latest pay-out.
struct Closed {
    payable: i64,
    proposed: i64,
    last: (Option<Day>, Option<i64>),
}

async fn closed(conn: &mut Conn, payees: &[Found]) -> Result<Vec<Closed>, QueryError> {
    let list: Vec<_> = payees.iter().map(|payee| (&payee.kind, payee.id.simple().to_string())).collect();
    let rows: Vec<Row> = conn.exec(CLOSED, json(&list)).await?;
    let read = |row| {
        let mut c = Columns::of(row);
        c.number()?;
        Ok(Closed { payable: c.number()?, proposed: c.number()?, last: (c.maybe_day()?, c.maybe_number()?) })
    };
    rows.into_iter().map(read).collect()
}

/// By payee in the order of the page.
async fn due(
    conn: &mut Conn,
    payees: &[Found],
    closed: &[Closed],
) -> Result<Vec<Vec<(Day, i64)>>, QueryError> {
    let list: Vec<_> = payees
        .iter()
        .zip(closed)
        .map(|(payee, Closed { last: (day, seq), .. })| {
            let day = day.map_or_else(|| NEVER.to_owned(), |day| day.to_string());
            (&payee.kind, payee.id.simple().to_string(), day, seq.unwrap_or(0))
        })
        .collect();
    let rows: Vec<Row> = conn.exec(DUE, json(&list)).await?;
    let mut due = vec![Vec::new(); payees.len()];
    for row in rows {
        let mut c = Columns::of(row);
        let at = usize::try_from(c.number()?).ok().and_then(|no| no.checked_sub(1));
        let place = at.and_then(|at| due.get_mut(at));
        let part = (c.day()?, c.number()?);
        place.ok_or_else(|| QueryError::Broken("a payee that was not asked for".to_owned()))?.push(part);
    }
    Ok(due)
}

fn json<T: Serialize>(payees: &[T]) -> Params {
    params! { "payees" => serde_json::to_string(payees).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::next;
    use ledger_domain::days::Day;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_withheld_is_missing_from_what_is_due_first() {
        let due = || vec![(day("2026-11-25"), 100), (day("2026-11-26"), 50)];
        assert_eq!(next(150, due()), (Some((day("2026-11-25"), 100)), 0));
        assert_eq!(next(80, due()), (Some((day("2026-11-25"), 30)), 0));
        assert_eq!(next(40, due()), (Some((day("2026-11-26"), 40)), 0));
        assert_eq!(next(0, due()), (None, 0));
        assert_eq!(next(170, due()), (Some((day("2026-11-25"), 100)), 20));
    }
}
