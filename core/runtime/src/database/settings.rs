//! Where MariaDB is, how many connections there may be, and what every session is told first.

use super::error::DatabaseError;
use crate::config::{ConfigError, Secret, Vars};
use mysql_async::{Opts, OptsBuilder, PoolConstraints, PoolOpts};
use std::time::Duration;

/// What a transaction sees of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Each statement sees what is committed by then: for writers of single statements, which then lock no gaps.
    ReadCommitted,
    /// Every statement of a transaction sees the same moment: for readers. It permits lost updates.
    RepeatableRead,
}

/// Where MariaDB is and how it is used.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// `mysql://user:password@host:port/database`.
    pub url: Secret,
    /// The most connections at once.
    pub connections: usize,
    /// How long to wait for one.
    pub acquire_timeout: Duration,
    /// After this long the server ends a statement (`max_statement_time`).
    pub statement_timeout: Duration,
    /// After this long the work on a connection is given up and the connection closed: for a server that hangs.
    pub work_timeout: Duration,
    /// What a transaction sees of others.
    pub isolation: Isolation,
}

impl DatabaseSettings {
    /// Settings with the default bounds: 8 connections, 2 s for one, 5 s a statement, 15 s the work.
    pub fn new(url: &str, isolation: Isolation) -> DatabaseSettings {
        DatabaseSettings {
            url: Secret::new(url),
            connections: 8,
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            work_timeout: Duration::from_secs(15),
            isolation,
        }
    }

    /// From `LEDGER_MARIADB_URL`, `LEDGER_MARIADB_CONNECTIONS` (default 8), `LEDGER_MARIADB_ACQUIRE_MS` (2000) and
    /// `LEDGER_MARIADB_STATEMENT_MS` (5000); the work's limit is three statements.
    ///
    /// # Errors
    /// A variable is missing or out of bounds.
    pub fn read(vars: &Vars, isolation: Isolation) -> Result<DatabaseSettings, ConfigError> {
        let url = vars.secret("LEDGER_MARIADB_URL", "mysql://user:password@host:port/database")?;
        let statement_timeout = vars.millis("LEDGER_MARIADB_STATEMENT_MS", 5_000, 10..=3_600_000)?;
        let settings = DatabaseSettings {
            connections: vars.number("LEDGER_MARIADB_CONNECTIONS", "connections", 8, 1..=1_000)?,
            acquire_timeout: vars.millis("LEDGER_MARIADB_ACQUIRE_MS", 2_000, 10..=600_000)?,
            statement_timeout,
            work_timeout: statement_timeout.saturating_mul(3),
            ..DatabaseSettings::new(url.expose(), isolation)
        };
        settings.opts().map_err(|e| ConfigError::new("LEDGER_MARIADB_URL", e.to_string()))?;
        Ok(settings)
    }

    /// The driver's options: what every session is told is `setup`, which is repeated after a connection was reset
    /// (`init` is not).
    pub(super) fn opts(&self) -> Result<Opts, DatabaseError> {
        let opts = Opts::from_url(self.url.expose())
            .map_err(|_| DatabaseError::Url("is no mysql://user:password@host:port/database"))?;
        opts.db_name().ok_or(DatabaseError::Url("names no database"))?;
        let bounds = PoolConstraints::new(0, self.connections)
            .ok_or(DatabaseError::Url("is used without connections"))?;
        let pool = PoolOpts::default().with_constraints(bounds).with_reset_connection(true);
        let builder = OptsBuilder::from_opts(opts)
            .pool_opts(pool)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(Duration::from_secs(30)))
            // The socket's own path would be asked for on every connection, and local ports are as fast.
            .prefer_socket(false)
            .setup(vec![self.session()]);
        Ok(builder.into())
    }

    /// One statement, so that a session has all of it or none.
    fn session(&self) -> String {
        let isolation = match self.isolation {
            Isolation::ReadCommitted => "READ-COMMITTED",
            Isolation::RepeatableRead => "REPEATABLE-READ",
        };
        let (seconds, millis) = (self.statement_timeout.as_secs(), self.statement_timeout.subsec_millis());
        format!(
            "SET NAMES utf8mb4, SESSION time_zone = '+00:00', SESSION tx_isolation = '{isolation}', \
             SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', \
             SESSION max_statement_time = {seconds}.{millis:03}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_with_their_defaults() {
        let vars = Vars::from_pairs([
            ("LEDGER_MARIADB_URL", "mysql://u:p@h:1/d"),
            ("LEDGER_MARIADB_STATEMENT_MS", "1500"),
        ]);
        let settings = DatabaseSettings::read(&vars, Isolation::RepeatableRead).unwrap();
        assert_eq!((settings.connections, settings.work_timeout), (8, Duration::from_millis(4_500)));
        assert!(settings.session().contains("max_statement_time = 1.500"), "{}", settings.session());
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_shown() {
        for (url, problem) in [
            ("hunter2", "the MariaDB URL is no mysql://user:password@host:port/database"),
            ("mysql://u:hunter2@h:1", "the MariaDB URL names no database"),
        ] {
            let vars = Vars::from_pairs([("LEDGER_MARIADB_URL", url)]);
            let error = DatabaseSettings::read(&vars, Isolation::ReadCommitted).unwrap_err().to_string();
            assert_eq!(error, format!("LEDGER_MARIADB_URL: {problem}"));
        }
        let settings = DatabaseSettings::new("mysql://u:hunter2@h:1/d", Isolation::ReadCommitted);
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
