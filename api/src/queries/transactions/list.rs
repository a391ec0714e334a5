//! The list: newest first, one page at a time, confined to what the caller may see.

use super::row::Transaction;
use crate::access::Confinement;
use crate::queries::confine::{Rows, confine};
use crate::queries::row::{id, instant, maybe};
use crate::queries::{Page, Queries, QueryError, cursor};
use ledger_domain::days::Moment;
use ledger_domain::ids::BranchId;
use mysql_async::prelude::Queryable;
use mysql_async::{Params, params};

const LIST: &str = include_str!("list.sql");
const NAME: &str = "transactions";

/// What to list.
#[derive(Clone, Debug)]
pub struct ListTransactions {
    /// From this instant.
    pub from: Moment,
    /// Up to and without this instant.
    pub until: Moment,
    /// Only payments in this state (as of the row).
    pub status: Option<String>,
    /// Only this method.
    pub method: Option<String>,
    /// Only this order.
    pub order_id: Option<String>,
    /// Only this branch.
    pub branch_id: Option<BranchId>,
    /// Only amounts asked for from this one, in minor units.
    pub amount_min: Option<i64>,
    /// Only amounts asked for up to this one, in minor units.
    pub amount_max: Option<i64>,
    /// At most so many.
    pub limit: u16,
    /// Only what comes after the row this cursor stands at.
    pub after: Option<TransactionCursor>,
}

/// The key of the last row of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionCursor {
    at: Moment,
    id: [u8; 16],
}

impl TransactionCursor {
    /// Reads a cursor's text; None when it is not one of this list.
    pub fn parse(text: &str) -> Option<TransactionCursor> {
        let (at_ms, id): (i64, String) = cursor::decode(NAME, text)?;
        let id = uuid::Uuid::try_parse(&id).ok()?.into_bytes();
        Some(TransactionCursor { at: Moment::from_ms(at_ms), id })
    }

    fn after(row: &Transaction) -> String {
        let digits = row.transaction_id.rsplit('_').next().unwrap_or_default();
        cursor::encode(NAME, &(row.transaction_at.ms(), digits))
    }
}

impl Queries {
    /// One page of transactions.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn transactions(
        &self,
        to: &Confinement,
        list: ListTransactions,
    ) -> Result<Page<Transaction>, QueryError> {
        let confined = confine(LIST, Rows::OfMerchants, to)?;
        let (limit, params) = (list.limit, parameters(&list, confined.scope));
        let (rows, through) = self
            .snapshot(super::PROJECTION, async move |conn| {
                Ok(conn.exec(confined.sql.as_str(), params).await?)
            })
            .await?;
        let rows = rows.into_iter().map(Transaction::read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, through, TransactionCursor::after))
    }
}

fn parameters(list: &ListTransactions, scope: mysql_async::Value) -> Params {
    let (before_at, before_id) = match &list.after {
        Some(cursor) if cursor.at < list.until => (cursor.at, cursor.id.to_vec()),
        // No id is below nothing: the first page begins strictly before the end.
        _ => (list.until, Vec::new()),
    };
    params! {
        "scope" => scope,
        "from" => instant(list.from),
        "before_at" => instant(before_at),
        "before_id" => before_id,
        "status" => maybe(list.status.as_deref()),
        "method" => maybe(list.method.as_deref()),
        "order_id" => maybe(list.order_id.as_deref()),
        "branch_id" => list.branch_id.map_or(mysql_async::Value::NULL, |branch| id(branch.as_bytes())),
        "amount_min" => maybe(list.amount_min),
        "amount_max" => maybe(list.amount_max),
        "limit" => u32::from(list.limit).saturating_add(1),
    }
}
