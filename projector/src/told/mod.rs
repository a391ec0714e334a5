//! What is told about the projections beside their rows, for whoever asks the api: where one has stopped and why, and how far they
//! were verified. Nothing is decided by it.

use crate::checkpoint::Checkpoint;
use crate::db::DbError;
use crate::projections::cells::cut;
use ledger_log::PartitionId;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

/// The most characters of a reason that are kept.
const WHY: usize = 1_000;

/// A projection has stopped for good in a partition; the first reason since it began stays.
///
/// # Errors
/// When MariaDB fails.
pub async fn stopped(conn: &mut Conn, projection: &str, at: &PartitionId, why: &str) -> Result<(), DbError> {
    let row = (projection, &*at.topic, at.partition, cut(why, WHY));
    Ok(conn.exec_drop(include_str!("stop.sql"), row).await?)
}

/// The projections of a partition begin (again).
///
/// # Errors
/// When MariaDB fails.
pub async fn begun(conn: &mut Conn, at: &PartitionId) -> Result<(), DbError> {
    Ok(conn.exec_drop(include_str!("begin.sql"), (&*at.topic, at.partition)).await?)
}

/// The rows up to these checkpoints were compared with the ledger and are equal.
///
/// # Errors
/// When MariaDB fails.
pub async fn verified(conn: &mut Conn, all: &[Checkpoint]) -> Result<(), DbError> {
    let row = |checkpoint: &Checkpoint| {
        let (name, at) = (checkpoint.projection.clone(), &checkpoint.at);
        (name, at.topic.to_string(), at.partition, checkpoint.version, checkpoint.seq())
    };
    Ok(conn.exec_batch(include_str!("verified.sql"), all.iter().map(row)).await?)
}
