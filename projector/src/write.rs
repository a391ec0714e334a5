//! The one way rows get into a table: checkpoint and rows of all lanes of a partition in one transaction, the
//! checkpoint first, so that its row lock keeps every other writer of these rows out until the end.

use crate::checkpoint;
use crate::db::{DbError, Remedy};
use crate::lane::{Lane, Step};
use crate::projections::for_table;
use ledger_log::Cursor;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, IsolationLevel, Transaction, TxOpts};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The checkpoint is no longer where this writer started: another projector has the partition, or a rebuild
    /// replaced the version.
    #[error(
        "{projection} of {at} is no longer at seq {seq} of version {version}: another writer has it, or it was replaced"
    )]
    Lost {
        /// Which projection.
        projection: String,
        /// Which partition.
        at: String,
        /// Where this writer started.
        seq: u64,
        /// The version it wrote.
        version: u32,
    },
    /// MariaDB failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// How often a transaction that MariaDB rolled back for another one's sake is tried again at once.
const AGAIN: u32 = 20;

/// Writes one step of each of these lanes, all or nothing, and moves the lanes.
///
/// # Errors
/// [`WriteError::Lost`], or [`WriteError::Db`] after retries; what became of the transaction is then unknown unless the
/// failure's remedy is to give up.
pub async fn write(conn: &mut Conn, lanes: &mut [(&mut Lane, Step)]) -> Result<(), WriteError> {
    let mut left = AGAIN;
    loop {
        match attempt(conn, lanes).await {
            Ok(()) => break,
            Err(WriteError::Db(e)) if e.remedy() == Remedy::Again && left > 0 => {
                left = left.saturating_sub(1);
                tracing::debug!(error = %e, "the transaction was rolled back for another one; trying again");
            }
            Err(e) => return Err(e),
        }
    }
    for (lane, step) in lanes {
        lane.moved(step.to.clone());
    }
    Ok(())
}

async fn attempt(conn: &mut Conn, lanes: &[(&mut Lane, Step)]) -> Result<(), WriteError> {
    let mut options = TxOpts::default();
    // Read committed: no gap locks, so that partitions do not wait for one another's neighbours.
    options.with_isolation_level(IsolationLevel::ReadCommitted);
    let mut tx = conn.start_transaction(options).await.map_err(DbError::from)?;
    match fill(&mut tx, lanes).await {
        Ok(()) => Ok(tx.commit().await.map_err(DbError::from)?),
        Err(e) => {
            // The connection may be gone; the first failure is the one to tell.
            let _ = tx.rollback().await;
            Err(e)
        }
    }
}

async fn fill(tx: &mut Transaction<'_>, lanes: &[(&mut Lane, Step)]) -> Result<(), WriteError> {
    for (lane, step) in lanes {
        move_checkpoint(tx, lane, &step.to).await?;
    }
    for (lane, step) in lanes {
        for statement in step.fold.statements() {
            if statement.rows.is_empty() {
                continue;
            }
            let sql = for_table(statement.sql, lane.projection.name, &lane.table);
            tx.exec_batch(sql.as_str(), statement.rows).await.map_err(DbError::from)?;
        }
    }
    Ok(())
}

async fn move_checkpoint(tx: &mut Transaction<'_>, lane: &Lane, to: &Cursor) -> Result<(), WriteError> {
    if checkpoint::advance(tx, &lane.checkpoint, to).await? {
        return Ok(());
    }
    Err(WriteError::Lost {
        projection: lane.projection.name.to_owned(),
        at: lane.checkpoint.at.to_string(),
        seq: lane.checkpoint.seq(),
        version: lane.checkpoint.version,
    })
}
