//! Totals of one table against totals of another, to the won, by SQL that was written independently of the mapping.

use super::{Difference, VerifyError};
use crate::context::Context;
use crate::db::DbError;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};

/// Name and query of each comparison. Every query gives a key, a day, a currency, a count, and then only columns that
/// must be 0.
pub const COMPARISONS: [(&str, &str); 17] = [
    ("transactions against branch sales", include_str!("transactions_sales.sql")),
    ("transactions against merchants' settlement entries", include_str!("transactions_entries.sql")),
    ("branch sales against commission entries", include_str!("sales_entries.sql")),
    ("branch sales of days against those of their hours", include_str!("sales_hours.sql")),
    ("branch sales of hours against the rows behind them", include_str!("sales_rows.sql")),
    ("a payment's transactions against what is left of it", include_str!("payments_balance.sql")),
    ("merchants' closings against settlement entries", include_str!("closings_entries.sql")),
    ("closings against adjustments and what they leave", include_str!("closings_adjustments.sql")),
    ("commissions of closings against commission entries", include_str!("commissions_entries.sql")),
    ("commissions against receipts", include_str!("commissions_receipts.sql")),
    ("delivery clearing against commissions and receipts", include_str!("commissions_clearing.sql")),
    ("branches' and agencies' closings against receipts", include_str!("closings_receipts.sql")),
    ("debits against credits", include_str!("balances_even.sql")),
    ("balances of payees against unpaid entries", include_str!("balances_owed.sql")),
    ("balances of what is not closed against entries", include_str!("balances_unclosed.sql")),
    ("balances of accounts against the tables", include_str!("balances_accounts.sql")),
    ("balances against the sides of their accounts", include_str!("balances_sides.sql")),
];

/// The first column that must be 0.
const FIRST_SUM: usize = 4;

/// Runs all comparisons in the snapshot and returns how many groups were compared.
///
/// # Errors
/// [`VerifyError::Different`] with the first group that does not come out even.
pub fn compare(context: &Context, conn: &mut Conn) -> Result<u64, VerifyError> {
    let mut groups = 0_u64;
    for (name, sql) in COMPARISONS {
        let (count, uneven) = context.wait_for(first_uneven(conn, sql))?;
        groups = groups.saturating_add(count);
        if let Some(what) = uneven {
            return Err(VerifyError::Different(Difference::Totals { name, what }));
        }
    }
    Ok(groups)
}

async fn first_uneven(conn: &mut Conn, sql: &str) -> Result<(u64, Option<String>), DbError> {
    let mut rows = conn.exec_iter(sql, ()).await?;
    let (mut groups, mut uneven) = (0_u64, None);
    while let Some(row) = rows.next().await? {
        groups = groups.saturating_add(1);
        uneven = describe(row);
        if uneven.is_some() {
            break;
        }
    }
    rows.drop_result().await?;
    Ok((groups, uneven))
}

/// The row's words if one of its sums is not 0. Anything that is no number counts as uneven.
fn describe(row: Row) -> Option<String> {
    let names: Vec<String> = row.columns_ref().iter().map(|column| column.name_str().into_owned()).collect();
    let values = row.unwrap();
    let even = |value: &Value| matches!(value, Value::Int(0) | Value::UInt(0));
    if values.iter().skip(FIRST_SUM).all(even) {
        return None;
    }
    let shown = names.iter().zip(&values).map(|(name, value)| match value {
        Value::Bytes(bytes) => format!("{name}={}", String::from_utf8_lossy(bytes)),
        other => format!("{name}={}", other.as_sql(true)),
    });
    Some(shown.collect::<Vec<_>>().join(" "))
}
