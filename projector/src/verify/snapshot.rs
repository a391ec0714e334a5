//! The tables at one moment: a transaction whose snapshot was taken before anything was read, and the checkpoints in it.

use crate::checkpoint::{self, Checkpoint};
use crate::db::DbError;
use crate::projections::{self, Cells, Projection};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Row, Value};

/// One projection's live rows, as far as the checkpoints say.
#[derive(Debug)]
pub struct Projected {
    /// Which.
    pub projection: &'static Projection,
    /// How far in each partition.
    pub checkpoints: Vec<Checkpoint>,
}

/// Opens the snapshot on this connection and reads the live checkpoints in it.
///
/// # Errors
/// When MariaDB fails.
pub async fn open(conn: &mut Conn) -> Result<Vec<Projected>, DbError> {
    conn.query_drop("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    conn.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await?;
    let mut all = Vec::new();
    for projection in &projections::ALL {
        let checkpoints = checkpoint::live(checkpoint::all(conn, projection.name).await?);
        all.push(Projected { projection, checkpoints });
    }
    Ok(all)
}

/// Compares one partition's rows in the table, as they stream by in key order, with those that should be there.
///
/// # Errors
/// When MariaDB fails.
pub async fn compare(
    conn: &mut Conn,
    projection: &'static Projection,
    partition: i32,
    expected: &mut (dyn Iterator<Item = Cells> + Send),
) -> Result<(u64, Option<(Option<Cells>, Option<Cells>)>), DbError> {
    let mut found = conn.exec_iter(projection.select, (partition,)).await?;
    let (mut rows, mut differs) = (0_u64, None);
    while let Some(row) = found.next().await? {
        let row = cells(row);
        rows = rows.saturating_add(1);
        let wanted = expected.next();
        if wanted.as_ref() != Some(&row) {
            differs = Some((wanted, Some(row)));
            break;
        }
    }
    found.drop_result().await?;
    let missing = if differs.is_none() { expected.next().map(|wanted| (Some(wanted), None)) } else { None };
    Ok((rows, differs.or(missing)))
}

/// A partition's number in the table that no checkpoint accounts for.
///
/// # Errors
/// When MariaDB fails.
pub async fn strange_partition(conn: &mut Conn, projected: &Projected) -> Result<Option<i32>, DbError> {
    let name = projected.projection.name;
    let there: Vec<i32> = conn.query(format!("SELECT DISTINCT partition_no FROM `{name}`")).await?;
    let known = |partition: &i32| {
        projected.checkpoints.iter().any(|checkpoint| checkpoint.at.partition == *partition)
    };
    Ok(there.into_iter().find(|partition| !known(partition)))
}

fn cells(row: Row) -> Cells {
    row.unwrap().into_iter().map(signed).collect()
}

/// Small unsigned columns come back unsigned; the mapping writes every number signed.
fn signed(value: Value) -> Value {
    match value {
        Value::UInt(number) => i64::try_from(number).map_or(Value::UInt(number), Value::Int),
        other => other,
    }
}
