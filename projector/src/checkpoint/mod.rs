//! How far a projection has got in a partition, and the one statement that moves it: conditional on where the writer
//! started, so that a projector that lost its partition, or whose version was replaced, cannot write.

use crate::db::DbError;
use ledger_log::{Cursor, Hash, PartitionId};
use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};

const ALL: &str = include_str!("all.sql");
const OPEN: &str = include_str!("open.sql");
const BEGIN: &str = include_str!("begin.sql");
const ADVANCE: &str = include_str!("advance.sql");

/// One row of `ledger_checkpoints`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The projection's name, which is its live table's.
    pub projection: String,
    /// Version of the rows; a rebuild is one more.
    pub version: u32,
    /// Of which partition.
    pub at: PartitionId,
    /// Version of the code that made the rows.
    pub mapping: u32,
    /// A rebuild is about to replace this version: nobody may write it.
    pub retired: bool,
    /// The last record whose rows are in the table; None before the first.
    pub cursor: Option<Cursor>,
}

impl Checkpoint {
    /// The last projected record's seq, 0 before the first.
    pub fn seq(&self) -> u64 {
        self.cursor.as_ref().map_or(0, |cursor| cursor.seq)
    }

    /// The last projected record's hash, zeros before the first.
    pub fn hash(&self) -> Hash {
        self.cursor.as_ref().map_or(Hash::ZERO, |cursor| cursor.hash)
    }
}

/// Every checkpoint of a projection, the lowest version (the live one) first.
///
/// # Errors
/// When MariaDB fails or a row does not convert.
pub async fn all<C: Queryable>(conn: &mut C, projection: &str) -> Result<Vec<Checkpoint>, DbError> {
    let rows: Vec<Row> = conn.exec(ALL, (projection,)).await?;
    rows.into_iter().map(|row| read(projection, row)).collect()
}

/// The checkpoints of the live version: the lowest, because a rebuild's is higher until the old one's are deleted.
pub fn live(all: Vec<Checkpoint>) -> Vec<Checkpoint> {
    let version = all.iter().map(|checkpoint| checkpoint.version).min();
    all.into_iter().filter(|checkpoint| Some(checkpoint.version) == version).collect()
}

/// Makes sure the live version has a checkpoint for this partition, and returns it; the first version of all is of this mapping. None
/// when another version became the live one just then, as it does when somebody finishes a rebuild: the row may have been made for
/// the one that was forgotten meanwhile, so that whoever opens begins anew, with [`crate::swap::settle`].
///
/// # Errors
/// When MariaDB fails.
pub async fn open<C: Queryable>(
    conn: &mut C,
    projection: &str,
    mapping: u32,
    at: &PartitionId,
) -> Result<Option<Checkpoint>, DbError> {
    conn.exec_drop(OPEN, (projection, &*at.topic, at.partition, projection, mapping, projection)).await?;
    Ok(live(all(conn, projection).await?).into_iter().find(|checkpoint| checkpoint.at == *at))
}

/// Begins a version that a rebuild will fill, before its first record.
///
/// # Errors
/// When MariaDB fails, or the version has begun there before.
pub async fn begin<C: Queryable>(conn: &mut C, fresh: &Checkpoint) -> Result<(), DbError> {
    let Checkpoint { projection, version, at, mapping, .. } = fresh;
    Ok(conn.exec_drop(BEGIN, (projection, version, at.topic.as_ref(), at.partition, mapping)).await?)
}

/// Moves the checkpoint, within the transaction that writes the rows. False: it is no longer where this writer
/// started, so the transaction must be rolled back and this writer must stop.
///
/// # Errors
/// When MariaDB fails.
pub async fn advance<C: Queryable>(conn: &mut C, from: &Checkpoint, to: &Cursor) -> Result<bool, DbError> {
    let params: Vec<Value> = vec![
        to.offset.into(),
        to.seq.into(),
        to.hash.0.to_vec().into(),
        to.term.into(),
        from.projection.as_str().into(),
        from.version.into(),
        from.at.topic.as_ref().into(),
        from.at.partition.into(),
        from.seq().into(),
        from.hash().0.to_vec().into(),
        from.mapping.into(),
    ];
    let result = conn.exec_iter(ADVANCE, params).await?;
    let changed = result.affected_rows();
    result.drop_result().await?;
    Ok(changed == 1)
}

fn read(projection: &str, row: Row) -> Result<Checkpoint, DbError> {
    type Columns = (u32, String, i32, i64, u64, Vec<u8>, u64, u32, bool);
    let (version, topic, partition, offset, seq, hash, term, mapping, retired): Columns =
        mysql_async::from_row_opt(row)
            .map_err(|e| DbError::Unexpected(format!("ledger_checkpoints: {e}")))?;
    let hash = hash
        .try_into()
        .map(Hash)
        .map_err(|_| DbError::Unexpected("a checkpoint's hash is not 32 bytes".into()))?;
    let cursor = (seq > 0).then_some(Cursor { offset, seq, hash, term });
    let at = PartitionId { topic: topic.into(), partition };
    Ok(Checkpoint { projection: projection.to_owned(), version, at, mapping, retired, cursor })
}
