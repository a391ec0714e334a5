//! Brings the database's schema up to this binary's. Only the projector does this, one at a time under a server lock;
//! the api never does. Every migration is one statement that may be run again, because MariaDB commits DDL by itself.

use crate::db::{Database, DbError};
use mysql_async::prelude::Queryable;
use mysql_async::{Opts, OptsBuilder, Pool, PoolConstraints, PoolOpts};

mod embedded {
    refinery::embed_migrations!("../migrations");
}

/// How long one projector waits for another one's migrations, in seconds.
const LOCK_WAIT_S: u32 = 120;
/// A server's lock names are shared by all of its databases.
const LOCK: &str = "SELECT GET_LOCK(CONCAT('ledger-migrate-', MD5(DATABASE())), ?)";
const UNLOCK: &str = "DO RELEASE_LOCK(CONCAT('ledger-migrate-', MD5(DATABASE())))";

/// Applies what is missing and returns the names of what was applied.
///
/// # Errors
/// [`DbError::Migration`] when another process holds the lock for too long, when an applied migration was changed or
/// is missing, or when a statement fails.
pub async fn migrate(database: &Database) -> Result<Vec<String>, DbError> {
    // The lock lives and dies with this connection; the migrations run on another one.
    let mut guard = database.connect().await?;
    let got: Option<Option<i64>> = guard.exec_first(LOCK, (LOCK_WAIT_S,)).await?;
    if got.flatten() != Some(1) {
        return Err(DbError::Migration(format!("another process has been migrating for {LOCK_WAIT_S} s")));
    }
    // A table may take long to change: the migrations' own session has no time limit.
    let opts = Opts::from_url(database.settings()?.url.expose());
    let applied = match opts {
        Ok(opts) => apply(opts).await,
        Err(_) => Err(DbError::NoUrl),
    };
    guard.query_drop(UNLOCK).await?;
    guard.disconnect().await?;
    applied
}

async fn apply(opts: Opts) -> Result<Vec<String>, DbError> {
    let one = PoolConstraints::new(1, 1).unwrap_or_default();
    let opts = OptsBuilder::from_opts(opts).pool_opts(PoolOpts::default().with_constraints(one));
    let mut pool = Pool::new(opts);
    let report = embedded::migrations::runner().run_async(&mut pool).await;
    pool.disconnect().await?;
    let report = report.map_err(|e| DbError::Migration(e.to_string()))?;
    Ok(report.applied_migrations().iter().map(ToString::to_string).collect())
}
