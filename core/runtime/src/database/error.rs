//! What can go wrong between this process and MariaDB. No message holds the URL.

use mysql_async::Error;
use std::time::Duration;

/// MariaDB failed, or was not there in time.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL cannot be used.
    #[error("the MariaDB URL {0}")]
    Url(&'static str),
    /// No connection within the time to wait for one: MariaDB is away, or all are in use.
    #[error("no MariaDB connection within {} ms", .0.as_millis())]
    NoConnection(Duration),
    /// The work took longer than its limit; the connection was closed, and what the server did of it is unknown.
    #[error("MariaDB work was given up after {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The pool was closed.
    #[error("the MariaDB pool is closed")]
    Closed,
    /// The work panicked.
    #[error("MariaDB work ended without a result")]
    Broken,
    /// From the driver: the network, the server, or a value that does not convert.
    #[error("MariaDB: {0}")]
    Driver(#[from] Error),
    /// The pool's thread could not be started.
    #[error("starting the MariaDB thread: {0}")]
    Thread(#[source] std::io::Error),
}

impl DatabaseError {
    /// The same transaction may be tried again at once: it was rolled back for the sake of another one (1020 record
    /// changed, 1205 lock wait timeout, 1213 deadlock).
    pub fn is_conflict(&self) -> bool {
        matches!(self, DatabaseError::Driver(Error::Server(e)) if matches!(e.code, 1020 | 1205 | 1213))
    }
}
