//! The pool against a real MariaDB: `LEDGER_TEST_MARIADB_URL` says which.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy knows test functions, not their helpers"
)]

use ledger_runtime::{Database, DatabaseError, DatabaseSettings, Isolation};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(30);

/// A database of the test's own; dropped in the end by name.
struct Own {
    url: String,
    name: String,
}

fn server() -> String {
    std::env::var("LEDGER_TEST_MARIADB_URL")
        .expect("LEDGER_TEST_MARIADB_URL must name a MariaDB (mysql://user:password@host:port) that tests may write to")
}

impl Own {
    async fn new() -> Own {
        let server = server();
        let name = format!("t{:016x}", fastrand::u64(..));
        let mut conn = Conn::new(Opts::from_url(&server).unwrap()).await.unwrap();
        conn.query_drop(format!("CREATE DATABASE {name}")).await.unwrap();
        conn.disconnect().await.unwrap();
        let (scheme, rest) = server.split_once("://").unwrap();
        let host = rest.split(['/', '?']).next().unwrap();
        Own { url: format!("{scheme}://{host}/{name}"), name }
    }

    fn settings(&self) -> DatabaseSettings {
        DatabaseSettings { connections: 1, ..DatabaseSettings::new(&self.url, Isolation::ReadCommitted) }
    }

    async fn done(self, database: Database) {
        let name = self.name;
        let dropped: Result<(), DatabaseError> =
            database.run(async move |conn| Ok(conn.query_drop(format!("DROP DATABASE {name}")).await?)).await;
        dropped.unwrap();
        assert!(database.close(LONG).await);
    }
}

async fn number(database: &Database, sql: &'static str) -> Result<i64, DatabaseError> {
    database.run(async move |conn| Ok(conn.query_first(sql).await?.unwrap_or(-1))).await
}

#[tokio::test]
async fn a_dropped_query_never_gives_its_result_to_the_next_user() {
    let own = Own::new().await;
    let database = Database::start(&own.settings()).unwrap();
    // The second answers with a bare OK, which could pass for the answer to the pool's own reset.
    for slow in ["SELECT 41 + SLEEP(0.03)", "DO SLEEP(0.03)"] {
        for round in 0..12_u64 {
            // Dropped before, during and after the query, on the pool's only connection.
            let _ = timeout(Duration::from_millis(round * 4), number(&database, slow)).await;
            for _ in 0..3 {
                assert_eq!(number(&database, "SELECT 42").await.unwrap(), 42, "{slow}, round {round}");
            }
        }
    }
    own.done(database).await;
}

/// Why there is no other way to a connection than through the pool's thread. When this fails, the driver has become
/// cancel-safe.
#[tokio::test]
async fn the_driver_alone_gives_a_dropped_querys_result_to_the_next_user() {
    let mut conn = Conn::new(Opts::from_url(&server()).unwrap()).await.unwrap();
    let slow = conn.query_first::<i64, _>("SELECT 41 + SLEEP(0.2)");
    assert!(timeout(Duration::from_millis(50), slow).await.is_err());
    let next: Option<i64> = conn.query_first("SELECT 42").await.unwrap();
    assert_eq!(next, Some(41));
}

#[tokio::test]
async fn what_has_begun_is_finished_although_nobody_waits() {
    let own = Own::new().await;
    let database = Database::start(&own.settings()).unwrap();
    let (begun, has_begun) = oneshot::channel();
    let waiting = tokio::spawn({
        let database = database.clone();
        async move {
            let write = async move |conn: &mut Conn| {
                conn.query_drop("CREATE TABLE t (n BIGINT) ENGINE = InnoDB").await?;
                begun.send(()).unwrap();
                conn.query_drop("DO SLEEP(0.1)").await?;
                Ok(conn.query_drop("INSERT INTO t VALUES (7)").await?)
            };
            database.run::<(), DatabaseError, _>(write).await
        }
    });
    has_begun.await.unwrap();
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(number(&database, "SELECT n FROM t").await.unwrap(), 7);
    own.done(database).await;
}

#[tokio::test]
async fn work_beyond_its_limit_is_given_up_with_its_connection() {
    let own = Own::new().await;
    let settings = DatabaseSettings { work_timeout: Duration::from_millis(100), ..own.settings() };
    let database = Database::start(&settings).unwrap();
    let before = number(&database, "SELECT CONNECTION_ID()").await.unwrap();
    let asked = Instant::now();
    let given_up = number(&database, "SELECT 41 + SLEEP(2)").await;
    assert!(matches!(given_up, Err(DatabaseError::TimedOut(_))), "{given_up:?}");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(number(&database, "SELECT 42").await.unwrap(), 42);
    assert_ne!(number(&database, "SELECT CONNECTION_ID()").await.unwrap(), before);
    own.done(database).await;
}

#[tokio::test]
async fn nobody_waits_for_a_connection_for_ever() {
    let own = Own::new().await;
    let settings = DatabaseSettings { acquire_timeout: Duration::from_millis(50), ..own.settings() };
    let database = Database::start(&settings).unwrap();
    let (begun, has_begun) = oneshot::channel();
    let (end, may_end) = oneshot::channel::<()>();
    let holder = tokio::spawn({
        let database = database.clone();
        async move {
            let hold = async move |_: &mut Conn| {
                begun.send(()).unwrap();
                may_end.await.map_err(|_| DatabaseError::Broken)
            };
            database.run(hold).await
        }
    });
    has_begun.await.unwrap();
    let refused = number(&database, "SELECT 42").await;
    assert!(matches!(refused, Err(DatabaseError::NoConnection(_))), "{refused:?}");
    end.send(()).unwrap();
    holder.await.unwrap().unwrap();
    own.done(database).await;
}

#[tokio::test]
async fn every_session_has_the_settings_also_after_a_reset() {
    let own = Own::new().await;
    let settings = DatabaseSettings { statement_timeout: Duration::from_millis(1_250), ..own.settings() };
    let database = Database::start(&settings).unwrap();
    for _ in 0..2 {
        let found = database.run::<_, DatabaseError, _>(async |conn| {
            let asked = "SELECT @@session.time_zone, @@session.tx_isolation, @@session.sql_mode, \
                         CAST(@@session.max_statement_time * 1000 AS SIGNED)";
            let found: Option<(String, String, String, i64)> = conn.query_first(asked).await?;
            conn.query_drop("SET SESSION time_zone = '+09:00', SESSION max_statement_time = 0").await?;
            Ok(found.unwrap())
        });
        let (zone, isolation, mode, limit_ms) = found.await.unwrap();
        assert_eq!((zone.as_str(), isolation.as_str(), limit_ms), ("+00:00", "READ-COMMITTED", 1_250));
        assert!(mode.contains("STRICT_ALL_TABLES"), "{mode}");
    }
    own.done(database).await;
}

#[tokio::test]
async fn a_statement_beyond_its_limit_is_ended_by_the_server() {
    let own = Own::new().await;
    let settings = DatabaseSettings { statement_timeout: Duration::from_millis(50), ..own.settings() };
    let database = Database::start(&settings).unwrap();
    let slow = "SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c";
    let ended = number(&database, slow).await;
    let code = match &ended {
        Err(DatabaseError::Driver(mysql_async::Error::Server(error))) => Some(error.code),
        _ => None,
    };
    assert_eq!(code, Some(1969), "{ended:?}");
    assert_eq!(number(&database, "SELECT 42").await.unwrap(), 42);
    own.done(database).await;
}

#[tokio::test]
async fn a_transaction_is_whole_or_not_at_all_and_a_snapshot_stands_still() {
    let own = Own::new().await;
    let settings = DatabaseSettings { connections: 2, ..own.settings() };
    let database = Database::start(&settings).unwrap();
    number(&database, "CREATE TABLE t (n BIGINT) ENGINE = InnoDB").await.unwrap();
    let failed: Result<(), DatabaseError> = database
        .transaction(async |conn| {
            conn.query_drop("INSERT INTO t VALUES (1)").await?;
            Err(DatabaseError::Broken)
        })
        .await;
    assert!(failed.is_err());
    let kept: Result<(), DatabaseError> =
        database.transaction(async |conn| Ok(conn.query_drop("INSERT INTO t VALUES (2)").await?)).await;
    kept.unwrap();
    let other = database.clone();
    let sums = database.snapshot::<_, DatabaseError, _>(async move |conn| {
        let before: Option<i64> = conn.query_first("SELECT CAST(SUM(n) AS SIGNED) FROM t").await?;
        number(&other, "INSERT INTO t VALUES (40)").await?;
        let after: Option<i64> = conn.query_first("SELECT CAST(SUM(n) AS SIGNED) FROM t").await?;
        Ok((before, after))
    });
    assert_eq!(sums.await.unwrap(), (Some(2), Some(2)));
    assert_eq!(number(&database, "SELECT CAST(SUM(n) AS SIGNED) FROM t").await.unwrap(), 42);
    own.done(database).await;
}

#[tokio::test]
async fn a_panic_in_the_work_harms_nobody_else() {
    let own = Own::new().await;
    let database = Database::start(&own.settings()).unwrap();
    let broken = database.run::<i64, DatabaseError, _>(async |_| panic!("on purpose")).await;
    assert!(matches!(broken, Err(DatabaseError::Broken)), "{broken:?}");
    assert_eq!(number(&database, "SELECT 42").await.unwrap(), 42);
    own.done(database).await;
}

#[tokio::test]
async fn a_closed_pool_takes_no_work_and_an_absent_server_is_an_error() {
    let settings = DatabaseSettings::new("mysql://u:hunter2@127.0.0.1:9/d", Isolation::RepeatableRead);
    let database = Database::start(&settings).unwrap();
    let refused = number(&database, "SELECT 1").await.unwrap_err();
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
    assert!(database.close(LONG).await);
    assert!(matches!(number(&database, "SELECT 1").await, Err(DatabaseError::Closed)));
    assert!(database.close(LONG).await);
}
