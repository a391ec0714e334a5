//! The double-entry ledger as balances: the trial balance at a day, by account, and by sub-ledger of one account. Operators alone ask.

use crate::queries::row::{Columns, day, maybe};
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::Day;
use ledger_domain::posting::{Account, Side};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, params};
use serde::Serialize;
use utoipa::ToSchema;

const BY_ACCOUNT: &str = include_str!("by_account.sql");
const BY_HOLDER: &str = include_str!("by_holder.sql");
const LIST: &str = "balances";

/// The projection that balances are read from.
pub const PROJECTION: &str = "ledger_balances";

/// What to list.
#[derive(Clone, Debug)]
pub struct ListBalances {
    /// The last day that counts.
    pub date: Day,
    /// By sub-ledger of this account; none is by account.
    pub account: Option<Account>,
    /// At most so many.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<BalanceCursor>,
}

/// The key of the last row of a page: an account's code, or an account's and a sub-ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceCursor(String);

impl BalanceCursor {
    /// Reads a cursor's text; None when it is not one of this account's list.
    pub fn parse(account: Option<Account>, text: &str) -> Option<BalanceCursor> {
        let (of, key): (String, String) = cursor::decode(LIST, text)?;
        (of == code(account)).then_some(BalanceCursor(key))
    }
}

/// What stands in one account, or in one sub-ledger of it. Minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// A10 to E30.
    pub account: &'static str,
    /// What it is.
    pub title: &'static str,
    /// The sub-ledger, empty where the account is one: a payee's id, `brn_…/mer_…`, `acquirer/NAME`, `bank/NAME`, FEE, ADJUSTMENT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// DEBIT or CREDIT: the side on which it grows.
    pub side: &'static str,
    /// Everything on the left side up to the day.
    pub debit_amount: i64,
    /// Everything on the right side up to the day.
    pub credit_amount: i64,
    /// What stands on its side; below 0 it stands on the other one.
    pub balance: i64,
}

/// Balances with the sums of the whole ledger, which must be the same on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All debits up to the day.
    pub debit: i64,
    /// All credits up to the day.
    pub credit: i64,
}

impl Balance {
    fn of(account: Account, holder: Option<String>, debit: i64, credit: i64) -> Balance {
        let (side, balance) = match account.normal_side() {
            Side::Debit => ("DEBIT", debit.saturating_sub(credit)),
            Side::Credit => ("CREDIT", credit.saturating_sub(debit)),
        };
        let (code, title) = (account.code(), account.title());
        Balance { account: code, title, holder, side, debit_amount: debit, credit_amount: credit, balance }
    }

    fn by_account(row: Row) -> Result<Balance, QueryError> {
        let mut c = Columns::of(row);
        let code = c.text()?;
        let account = Account::ALL.iter().find(|account| account.code() == code);
        let account = *account.ok_or_else(|| QueryError::Broken(format!("there is no account {code}")))?;
        Ok(Balance::of(account, None, c.number()?, c.number()?))
    }

    fn by_holder(row: Row, account: Account) -> Result<Balance, QueryError> {
        let mut c = Columns::of(row);
        Ok(Balance::of(account, Some(c.text()?), c.number()?, c.number()?))
    }

    fn cursor(&self, account: Option<Account>) -> String {
        let key = self.holder.as_deref().unwrap_or(self.account);
        cursor::encode(LIST, &(code(account), key))
    }
}

fn code(account: Option<Account>) -> &'static str {
    account.map_or("", Account::code)
}

impl Queries {
    /// One page of balances at the end of a day, and the sums of the whole ledger then.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn balances(&self, list: ListBalances) -> Result<(Page<Balance>, Totals), QueryError> {
        let (limit, account) = (list.limit, list.account);
        let read = async move |conn: &mut Conn| read(conn, &list).await;
        let ((rows, totals), through) = self.snapshot(PROJECTION, read).await?;
        Ok((Page::cut(rows, limit, through, |row| row.cursor(account)), totals))
    }
}

async fn read(conn: &mut Conn, list: &ListBalances) -> Result<(Vec<Balance>, Totals), QueryError> {
    let rows: Vec<Row> = conn.exec(BY_ACCOUNT, params! { "date" => day(list.date) }).await?;
    let accounts = rows.into_iter().map(Balance::by_account).collect::<Result<Vec<_>, _>>()?;
    let totals = accounts.iter().fold(Totals::default(), |sum, one| Totals {
        debit: sum.debit.saturating_add(one.debit_amount),
        credit: sum.credit.saturating_add(one.credit_amount),
    });
    let after = list.after.as_ref().map(|after| after.0.as_str());
    let Some(account) = list.account else {
        // The whole chart is a page.
        let later = accounts.into_iter().filter(|one| after.is_none_or(|after| one.account > after));
        return Ok((later.collect(), totals));
    };
    let params = params! {
        "account" => account.code(),
        "date" => day(list.date),
        "after" => maybe(after),
        "limit" => u32::from(list.limit).saturating_add(1),
    };
    let rows: Vec<Row> = conn.exec(BY_HOLDER, params).await?;
    let rows = rows.into_iter().map(|row| Balance::by_holder(row, account)).collect::<Result<_, _>>()?;
    Ok((rows, totals))
}
