//! SQL of the tests' own, written without a look at the projector's: what it finds must agree all the same.

use std::collections::{BTreeMap, BTreeSet};

use mysql_async::prelude::{FromRow, Queryable};
use mysql_async::{Opts, Pool, PoolConstraints, PoolOpts};

use crate::failure::Done;

/// A database to look into.
pub struct Database {
    pool: Pool,
}

impl Database {
    /// At `mysql://user:password@host:port/database`.
    ///
    /// # Errors
    /// Not such a URL.
    pub fn new(url: &str) -> Done<Database> {
        let pool = PoolOpts::default().with_constraints(PoolConstraints::new(0, 2).unwrap_or_default());
        let opts = mysql_async::OptsBuilder::from_opts(Opts::from_url(url)?).pool_opts(pool);
        Ok(Database { pool: Pool::new(opts) })
    }

    /// All rows of a question.
    ///
    /// # Errors
    /// It cannot be asked, or a row is of another type.
    pub async fn rows<T: FromRow + Send + 'static>(&self, sql: &str) -> Done<Vec<T>> {
        let rows = self.raw(sql).await?;
        rows.into_iter()
            .map(|row| mysql_async::from_row_opt(row).map_err(|e| crate::Failure::new(format!("{sql}: {e}"))))
            .collect()
    }

    /// The same as they come, of whatever types.
    ///
    /// # Errors
    /// It cannot be asked.
    pub async fn raw(&self, sql: &str) -> Done<Vec<mysql_async::Row>> {
        let mut connection = self.pool.get_conn().await?;
        Ok(connection.query(sql).await?)
    }

    /// The one row of a question.
    ///
    /// # Errors
    /// There is none.
    pub async fn row<T: FromRow + Send + 'static>(&self, sql: &str) -> Done<T> {
        let mut rows = self.rows(sql).await?;
        rows.pop().ok_or_else(|| crate::Failure::new(format!("no row: {sql}")))
    }

    /// What the projections still lack of every partition's records up to these numbers (`topic/partition` to seq), in
    /// words; nothing when they are there.
    ///
    /// # Errors
    /// MariaDB does not answer.
    pub async fn lacking(&self, heads: &BTreeMap<String, u64>) -> Done<Vec<String>> {
        let sql = "SELECT CONCAT(topic, '/', partition_no), projection, seq FROM ledger_checkpoints";
        let rows: Vec<(String, String, i64)> = self.rows(sql).await?;
        let projections: BTreeSet<&str> = rows.iter().map(|(_, name, _)| name.as_str()).collect();
        let reached: BTreeMap<(&str, &str), u64> = rows
            .iter()
            .map(|(at, name, seq)| ((at.as_str(), name.as_str()), u64::try_from(*seq).unwrap_or(0)))
            .collect();
        let mut lacking = Vec::new();
        if projections.len() < 4 {
            lacking.push(format!("only the projections {projections:?} have begun"));
        }
        for (at, head) in heads.iter().filter(|(at, _)| at.contains(".payments/")) {
            for name in &projections {
                let seq = reached.get(&(at.as_str(), *name)).copied().unwrap_or(0);
                if seq < *head {
                    lacking.push(format!("{name} of {at} is at {seq} of {head}"));
                }
            }
        }
        Ok(lacking)
    }
}
