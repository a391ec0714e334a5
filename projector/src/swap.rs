//! Putting a rebuilt table in the live one's place, so that no crash in between leaves rows without their checkpoint.
//! The steps: the live version's checkpoints are retired (nobody can write it any more), one RENAME TABLE swaps the
//! tables, the old version's checkpoints are deleted. Where a rebuild died, `settle` finds out from what is there.

use crate::checkpoint::{self, Checkpoint};
use crate::db::DbError;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, params};

const LOCK_NAME: &str = "CONCAT('ledger-rebuild-', LEFT(MD5(CONCAT(DATABASE(), '/', :name)), 32))";
const RETIRE: &str =
    "UPDATE ledger_checkpoints SET retired = :retired WHERE projection = :name AND version = :version";
const FORGET: &str = "DELETE FROM ledger_checkpoints WHERE projection = :name AND version = :version";
const TABLES: &str = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = :table";

/// The table that version `version` of a projection is filled in beside the live one.
pub fn beside(name: &str, version: u32) -> String {
    format!("{name}_v{version}")
}

/// Takes the lock of whoever rebuilds this projection; it is held as long as the connection lives. False: another one has it.
///
/// # Errors
/// When MariaDB fails.
pub async fn lock(conn: &mut Conn, name: &str) -> Result<bool, DbError> {
    let sql = format!("SELECT GET_LOCK({LOCK_NAME}, 0)");
    let got: Option<Option<i64>> = conn.exec_first(sql, params! { "name" => name }).await?;
    Ok(got.flatten() == Some(1))
}

/// Gives the lock back.
///
/// # Errors
/// When MariaDB fails.
pub async fn unlock(conn: &mut Conn, name: &str) -> Result<(), DbError> {
    Ok(conn.exec_drop(format!("DO RELEASE_LOCK({LOCK_NAME})"), params! { "name" => name }).await?)
}

/// Finishes or undoes a swap whose rebuild died in the middle. While a rebuild is alive it does nothing.
///
/// # Errors
/// When MariaDB fails.
pub async fn settle(conn: &mut Conn, name: &str) -> Result<(), DbError> {
    if !checkpoint::live(checkpoint::all(conn, name).await?).iter().any(|checkpoint| checkpoint.retired) {
        return Ok(());
    }
    if !lock(conn, name).await? {
        return Ok(());
    }
    let settled = settle_locked(conn, name).await;
    unlock(conn, name).await?;
    settled
}

async fn settle_locked(conn: &mut Conn, name: &str) -> Result<(), DbError> {
    // Read again: the rebuild may have come to its end before the lock was free.
    let all = checkpoint::all(conn, name).await?;
    let Some(old) = checkpoint::live(all.clone()).into_iter().find(|checkpoint| checkpoint.retired) else {
        return Ok(());
    };
    let next = all.iter().map(|checkpoint| checkpoint.version).max().unwrap_or(old.version);
    if next > old.version && !exists(conn, &beside(name, next)).await? {
        tracing::warn!(projection = name, version = next, "a rebuild died after its swap; finishing it");
        return finish(conn, name, old.version).await;
    }
    tracing::warn!(
        projection = name,
        version = old.version,
        "a rebuild died before its swap; going on with the old table"
    );
    retire(conn, &old, false).await
}

/// Keeps every writer of this version out, or lets them in again. Waits for the one that is writing now.
///
/// # Errors
/// When MariaDB fails.
pub async fn retire(conn: &mut Conn, live: &Checkpoint, retired: bool) -> Result<(), DbError> {
    let params = params! { "name" => &live.projection, "version" => live.version, "retired" => retired };
    Ok(conn.exec_drop(RETIRE, params).await?)
}

/// From now on this connection waits for tables only shortly: a swap waits for those who read, and all who come later
/// wait for the swap.
///
/// # Errors
/// When MariaDB fails.
pub async fn be_impatient(conn: &mut Conn) -> Result<(), DbError> {
    Ok(conn.query_drop("SET SESSION lock_wait_timeout = 5").await?)
}

/// The swap itself: the live table steps aside as `<name>_v<old>`, the new one takes its name, in one statement.
///
/// # Errors
/// When MariaDB fails.
pub async fn rename(conn: &mut Conn, name: &str, old: u32, new: u32) -> Result<(), DbError> {
    let (aside, beside) = (beside(name, old), beside(name, new));
    Ok(conn.query_drop(format!("RENAME TABLE `{name}` TO `{aside}`, `{beside}` TO `{name}`")).await?)
}

/// Forgets the old version after the swap: first its checkpoints, then its table.
///
/// # Errors
/// When MariaDB fails.
pub async fn finish(conn: &mut Conn, name: &str, old: u32) -> Result<(), DbError> {
    forget(conn, name, old).await?;
    Ok(conn.query_drop(format!("DROP TABLE IF EXISTS `{}`", beside(name, old))).await?)
}

/// Deletes a version's checkpoints.
///
/// # Errors
/// When MariaDB fails.
pub async fn forget(conn: &mut Conn, name: &str, version: u32) -> Result<(), DbError> {
    Ok(conn.exec_drop(FORGET, params! { "name" => name, "version" => version }).await?)
}

/// Whether there is a table of that name.
///
/// # Errors
/// When MariaDB fails.
pub async fn exists(conn: &mut Conn, table: &str) -> Result<bool, DbError> {
    let found: Option<String> = conn.exec_first(TABLES, params! { "table" => table }).await?;
    Ok(found.is_some())
}

/// An empty table beside the live one. `same` says that both have one shape: then it is made like the live one and its
/// secondary keys are taken away, to be put back when it is full, which is cheaper. Otherwise it is the one that a
/// migration made, keys and all.
///
/// # Errors
/// When MariaDB fails.
pub async fn empty_beside(conn: &mut Conn, name: &str, table: &str, same: bool) -> Result<Keys, DbError> {
    if same {
        // What an interrupted rebuild left may lack its keys.
        conn.query_drop(format!("DROP TABLE IF EXISTS `{table}`")).await?;
    }
    conn.query_drop(format!("CREATE TABLE IF NOT EXISTS `{table}` LIKE `{name}`")).await?;
    conn.query_drop(format!("TRUNCATE TABLE `{table}`")).await?;
    let keys = if same { Keys::of(conn, table).await? } else { Keys(Vec::new()) };
    keys.take_away(conn, table).await?;
    Ok(keys)
}

const KEYS: &str = "SELECT index_name, GROUP_CONCAT(CONCAT('`', column_name, '`') ORDER BY seq_in_index)
FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = :table AND index_name <> 'PRIMARY'
GROUP BY index_name
ORDER BY index_name";

/// The secondary keys of a table: name and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys(Vec<(String, String)>);

impl Keys {
    async fn of(conn: &mut Conn, table: &str) -> Result<Keys, DbError> {
        Ok(Keys(conn.exec(KEYS, params! { "table" => table }).await?))
    }

    async fn take_away(&self, conn: &mut Conn, table: &str) -> Result<(), DbError> {
        self.alter(conn, table, |(name, _)| format!("DROP KEY `{name}`")).await
    }

    /// Adds them, all in one statement.
    ///
    /// # Errors
    /// When MariaDB fails.
    pub async fn put_back(&self, conn: &mut Conn, table: &str) -> Result<(), DbError> {
        self.alter(conn, table, |(name, columns)| format!("ADD KEY `{name}` ({columns})")).await
    }

    async fn alter(
        &self,
        conn: &mut Conn,
        table: &str,
        part: impl Fn(&(String, String)) -> String,
    ) -> Result<(), DbError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let parts: Vec<String> = self.0.iter().map(part).collect();
        Ok(conn.query_drop(format!("ALTER TABLE `{table}` {}", parts.join(", "))).await?)
    }
}
