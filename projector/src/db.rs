//! What can go wrong with MariaDB, and which of it is worth trying again. Knows no table.

use ledger_runtime::{DatabaseError, DatabaseSettings, Isolation};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, DriverError, Error, Row, Value};
use std::time::Duration;

/// MariaDB failed, or said something this program does not expect.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The connection, the server, or a value that does not convert.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The schema could not be brought up to date.
    #[error("migrating: {0}")]
    Migration(String),
    /// A row or value that this program never writes.
    #[error("MariaDB holds what this program did not write: {0}")]
    Unexpected(String),
    /// No database was named.
    #[error("LEDGER_MARIADB_URL is not set; it takes mysql://user:password@host:port/database")]
    NoUrl,
}

impl From<Error> for DbError {
    fn from(error: Error) -> DbError {
        DbError::Database(error.into())
    }
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
            DbError::Database(error) if error.is_conflict() => Remedy::Again,
            DbError::Database(DatabaseError::NoConnection(_) | DatabaseError::TimedOut(_)) => {
                Remedy::Reconnect
            }
            DbError::Database(DatabaseError::Driver(error)) => driver(error),
            DbError::Database(_) | DbError::Migration(_) | DbError::Unexpected(_) | DbError::NoUrl => {
                Remedy::GiveUp
            }
        }
    }
}

fn driver(error: &Error) -> Remedy {
    match error {
        Error::Io(_) => Remedy::Reconnect,
        Error::Driver(
            DriverError::ConnectionClosed
            | DriverError::PacketOutOfOrder
            | DriverError::PoolDisconnected
            | DriverError::UnexpectedPacket { .. },
        ) => Remedy::Reconnect,
        Error::Server(e) => match e.code {
            1040 | 1053 | 1152 | 1158..=1161 | 1203 | 1317 | 1927 | 1969 => Remedy::Reconnect,
            _ => Remedy::GiveUp,
        },
        Error::Driver(_) | Error::Other(_) | Error::Url(_) => Remedy::GiveUp,
    }
}

/// Where the tables are.
#[derive(Clone)]
pub struct Database {
    settings: Option<DatabaseSettings>,
}

impl Database {
    /// How long one conversation may take before its connection is given up, beyond what the server allows a statement.
    const GRACE: Duration = Duration::from_secs(10);

    /// With these settings.
    pub fn new(settings: DatabaseSettings) -> Database {
        Database { settings: Some(settings) }
    }

    /// From `mysql://user:password@host:port/database`, with the default bounds.
    pub fn from_url(url: &str) -> Database {
        Database::new(DatabaseSettings::new(url, Isolation::ReadCommitted))
    }

    /// No database at all: for what reads the ledger alone.
    pub fn none() -> Database {
        Database { settings: None }
    }

    /// A connection of one's own.
    ///
    /// # Errors
    /// When MariaDB is away or refuses.
    pub async fn connect(&self) -> Result<Conn, DbError> {
        Ok(self.settings()?.dedicated().await?)
    }

    /// How long a conversation may take: a server that hangs must not keep its thread for ever.
    pub fn limit(&self) -> Duration {
        self.settings
            .as_ref()
            .map_or(Self::GRACE, |settings| settings.statement_timeout.saturating_add(Self::GRACE))
    }

    /// The same, with statements that may take so long: for those that go over whole tables.
    pub fn patient(&self, statement: Duration) -> Database {
        let patient = |settings: &DatabaseSettings| DatabaseSettings {
            statement_timeout: statement,
            ..settings.clone()
        };
        Database { settings: self.settings.as_ref().map(patient) }
    }

    pub(crate) fn settings(&self) -> Result<&DatabaseSettings, DbError> {
        self.settings.as_ref().ok_or(DbError::NoUrl)
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
