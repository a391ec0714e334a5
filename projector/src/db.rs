//! What can go wrong with MariaDB, and which of it is worth trying again. Knows no table.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, Opts, Row, Value};
use std::time::Duration;

/// MariaDB failed, or said something this program does not expect.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// From the driver: the network, the server, or a value that does not convert.
    #[error("MariaDB: {0}")]
    Driver(#[from] Error),
    /// The database's URL cannot be used.
    #[error("LEDGER_MARIADB_URL: {0}")]
    Url(&'static str),
    /// The schema could not be brought up to date.
    #[error("migrating: {0}")]
    Migration(String),
    /// A row or value that this program never writes.
    #[error("MariaDB holds what this program did not write: {0}")]
    Unexpected(String),
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// The transaction was rolled back for the sake of another one: the same again at once.
    Again,
    /// The connection or the server is gone: what became of the transaction is unknown until it is read back.
    Reconnect,
    /// Trying again would fail again.
    GiveUp,
}

impl DbError {
    /// Sorts the failure. Codes: 1020 record changed, 1205 lock wait timeout, 1213 deadlock; 1040, 1053, 1152, 1158
    /// to 1161, 1203, 1317, 1927 and 1969 are a server that is full, leaving, or ended the connection or the statement.
    pub fn remedy(&self) -> Remedy {
        match self {
            DbError::Driver(Error::Server(e)) => match e.code {
                1020 | 1205 | 1213 => Remedy::Again,
                1040 | 1053 | 1152 | 1158..=1161 | 1203 | 1317 | 1927 | 1969 => Remedy::Reconnect,
                _ => Remedy::GiveUp,
            },
            DbError::Driver(Error::Io(_)) => Remedy::Reconnect,
            DbError::Driver(Error::Driver(
                DriverError::ConnectionClosed
                | DriverError::PacketOutOfOrder
                | DriverError::PoolDisconnected
                | DriverError::UnexpectedPacket { .. },
            )) => Remedy::Reconnect,
            DbError::Driver(_) | DbError::Url(_) | DbError::Migration(_) | DbError::Unexpected(_) => Remedy::GiveUp,
        }
    }
}

/// Where the tables are.
#[derive(Clone)]
pub struct Database {
    opts: Opts,
}

impl Database {
    /// How long a connection may take to come about.
    const CONNECT: Duration = Duration::from_secs(5);

    /// From `mysql://user:password@host:port/database`.
    ///
    /// # Errors
    /// When the URL cannot be read or names no database. The message never holds the URL.
    pub fn from_url(url: &str) -> Result<Database, DbError> {
        let opts = Opts::from_url(url).map_err(|_| DbError::Url("it is no mysql://user:password@host:port/database"))?;
        opts.db_name().ok_or(DbError::Url("it names no database"))?;
        Ok(Database { opts })
    }

    /// A connection of one's own.
    ///
    /// # Errors
    /// When MariaDB is away or refuses.
    pub async fn connect(&self) -> Result<Conn, DbError> {
        match tokio::time::timeout(Self::CONNECT, Conn::new(self.opts.clone())).await {
            Ok(conn) => Ok(conn?),
            Err(_) => Err(DbError::Driver(Error::Io(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))),
        }
    }

    /// The options, for the one tool that makes connections of its own: the migration runner.
    pub(crate) fn opts(&self) -> &Opts {
        &self.opts
    }
}

/// Waits that double from a tenth of a second to five seconds.
#[derive(Debug, Clone)]
pub struct Backoff {
    next_ms: u64,
}

impl Backoff {
    const FIRST_MS: u64 = 100;
    const LAST_MS: u64 = 5_000;

    /// Begins at the shortest wait.
    pub fn new() -> Backoff {
        Backoff { next_ms: Self::FIRST_MS }
    }

    /// How long to wait now.
    pub fn wait(&mut self) -> Duration {
        let now = Duration::from_millis(self.next_ms);
        self.next_ms = self.next_ms.saturating_mul(2).min(Self::LAST_MS);
        now
    }

    /// It went well again.
    pub fn reset(&mut self) {
        self.next_ms = Self::FIRST_MS;
    }
}

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff::new()
    }
}

/// How many rows are asked for by id in one statement: few statements, and few different texts of them.
const IDS_AT_ONCE: usize = 200;

/// Loads rows by id. In `sql`, `(?)` is repeated for as many ids as are asked for at once.
///
/// # Errors
/// When MariaDB fails.
pub async fn load_by_id(conn: &mut Conn, sql: &str, ids: &[[u8; 16]]) -> Result<Vec<Vec<Value>>, DbError> {
    let mut rows = Vec::with_capacity(ids.len());
    for ids in ids.chunks(IDS_AT_ONCE) {
        let marks = vec!["?"; ids.len()].join(", ");
        let ids: Vec<Value> = ids.iter().map(|id| Value::Bytes(id.to_vec())).collect();
        let found: Vec<Row> = conn.exec(sql.replace("(?)", &format!("({marks})")), ids).await?;
        rows.extend(found.into_iter().map(Row::unwrap));
    }
    Ok(rows)
}
