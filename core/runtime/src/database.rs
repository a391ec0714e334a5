//! The one hander-out of MariaDB connections. mysql_async is not cancel-safe: when a query's future is dropped, the
//! next query on that connection gets the dropped one's result. So no caller ever holds a connection: work runs on a
//! thread of this module's own, and nothing a caller drops can interrupt it.

mod error;
mod runner;
mod settings;

pub use error::DatabaseError;
pub use settings::{DatabaseSettings, Isolation};

use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;
use runner::Runner;
use std::sync::Arc;
use std::time::Duration;

/// A pool of connections; clones share it.
#[derive(Clone)]
pub struct Database {
    runner: Arc<Runner>,
}

impl Database {
    /// Starts the pool's thread. Connections come about when they are needed; MariaDB may be down.
    ///
    /// # Errors
    /// The URL cannot be used, or the machine has no more threads.
    pub fn start(settings: &DatabaseSettings) -> Result<Database, DatabaseError> {
        Ok(Database { runner: Arc::new(Runner::start(settings)?) })
    }

    /// Does `work` on a connection with the session's settings. Once it has begun it goes on to its end, or to the
    /// settings' time limit, whether or not the caller still waits; after the limit the connection is closed and
    /// never used again.
    ///
    /// # Errors
    /// No connection in time, the time limit, or the work's own error.
    pub async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.runner.run(work).await
    }

    /// As [`Database::run`], within one read-only transaction: every statement sees the same moment.
    ///
    /// # Errors
    /// As [`Database::run`].
    pub async fn snapshot<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let begin = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
        self.run(async move |conn: &mut Conn| {
            conn.query_drop(begin).await.map_err(DatabaseError::from)?;
            conn.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
                .await
                .map_err(DatabaseError::from)?;
            finish(work(conn).await, conn, "ROLLBACK").await
        })
        .await
    }

    /// As [`Database::run`], within one transaction: committed when the work succeeds, rolled back when it fails. An
    /// error of the commit itself leaves open whether it happened.
    ///
    /// # Errors
    /// As [`Database::run`].
    pub async fn transaction<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.run(async move |conn: &mut Conn| {
            conn.query_drop("START TRANSACTION").await.map_err(DatabaseError::from)?;
            finish(work(conn).await, conn, "COMMIT").await
        })
        .await
    }

    /// Takes no more work, lets what was begun end, and closes the connections. False when that took longer than the
    /// deadline.
    pub async fn close(&self, deadline: Duration) -> bool {
        self.runner.close(deadline).await
    }
}

impl DatabaseSettings {
    /// A connection of one's own beside the pool, with the same session: for a thread that runs every conversation on
    /// it to its end (a projector, a rebuild), whose locks and snapshot live as long as it does. Whoever drops a future
    /// that uses it must drop the connection too.
    ///
    /// # Errors
    /// No connection in time, or MariaDB refuses it.
    pub async fn dedicated(&self) -> Result<Conn, DatabaseError> {
        match tokio::time::timeout(self.acquire_timeout, Conn::new(self.opts()?)).await {
            Ok(conn) => Ok(conn?),
            Err(_) => Err(DatabaseError::NoConnection(self.acquire_timeout)),
        }
    }
}

/// Ends a transaction as `end` says, or rolls it back after an error. An error in rolling back adds nothing: the pool
/// resets a connection before it hands it out again.
async fn finish<T, E: From<DatabaseError>>(done: Result<T, E>, conn: &mut Conn, end: &str) -> Result<T, E> {
    match done {
        Ok(value) => {
            conn.query_drop(end).await.map_err(DatabaseError::from)?;
            Ok(value)
        }
        Err(error) => {
            let _ = conn.query_drop("ROLLBACK").await;
            Err(error)
        }
    }
}
