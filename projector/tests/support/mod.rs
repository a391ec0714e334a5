//! A ledger and a database of a test's own on the real servers, and payments that the domain itself decided.

pub mod ledger;
pub mod proxy;
pub mod scenario;
pub mod settled;
pub mod settlement;

use ledger_log::PartitionId;
use ledger_projector::checkpoint::{self, Checkpoint};
use ledger_projector::context::Context;
use ledger_projector::db::Database;
use ledger_projector::run::{RunError, run};
use ledger_runtime::telemetry::Format;
use ledger_runtime::{Shutdown, Telemetry, TelemetrySettings};
use mysql_async::prelude::{FromRow, Queryable};
use std::sync::LazyLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

pub const PATIENCE: Duration = Duration::from_secs(60);

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} must be set; `cargo dev with -- COMMAND` sets it"))
}

/// A name no other test has.
pub fn unique(what: &str) -> String {
    format!("{what}_{:016x}", fastrand::u64(..))
}

/// A database of this test's own, dropped in the end.
pub struct TestDatabase {
    server: String,
    pub name: String,
    pub url: String,
    pub database: Database,
    pub runtime: Runtime,
}

impl TestDatabase {
    pub fn create() -> TestDatabase {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let given = variable("LEDGER_TEST_MARIADB_URL");
        let slash = given.find("://").and_then(|at| given[at + 3..].find('/').map(|to| at + 3 + to));
        let server = slash.map_or(given.as_str(), |slash| &given[..slash]).to_owned();
        let name = unique("projector");
        let url = format!("{server}/{name}");
        let database = Database::from_url(&url);
        let created = TestDatabase { server, name, url, database, runtime };
        created.administer(&format!("CREATE DATABASE {}", created.name));
        created
    }

    fn administer(&self, sql: &str) {
        let admin = Database::from_url(&format!("{}/mysql", self.server));
        self.runtime.block_on(async { admin.connect().await.unwrap().query_drop(sql).await.unwrap() });
    }

    pub fn execute(&self, sql: &str) {
        self.runtime
            .block_on(async { self.database.connect().await.unwrap().query_drop(sql).await.unwrap() });
    }

    pub fn rows<T: FromRow + Send + 'static>(&self, sql: &str) -> Vec<T> {
        self.runtime.block_on(async { self.database.connect().await.unwrap().query(sql).await.unwrap() })
    }

    pub fn one<T: FromRow + Send + 'static>(&self, sql: &str) -> T {
        let mut rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}");
        rows.remove(0)
    }

    pub fn checkpoints(&self, projection: &str) -> Vec<Checkpoint> {
        let all = async { checkpoint::all(&mut self.database.connect().await?, projection).await };
        self.runtime.block_on(all).unwrap_or_default()
    }

    pub fn migrate(&self) {
        self.runtime.block_on(ledger_projector::migrate::migrate(&self.database)).unwrap();
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.administer(&format!("DROP DATABASE IF EXISTS {}", self.name));
    }
}

/// Asks again and again until the condition holds.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    let pause = Shutdown::new();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        pause.wait(Duration::from_millis(5));
    }
}

/// A gauge of this process, as whoever scrapes it would see it: the one whose line holds all these words.
pub fn gauge(name: &str, words: &[&str]) -> Option<f64> {
    static TELEMETRY: LazyLock<Telemetry> = LazyLock::new(|| {
        Telemetry::start(&TelemetrySettings { filter: "off".to_owned(), format: Format::Text }).unwrap()
    });
    let page = TELEMETRY.render();
    let line =
        page.lines().find(|line| line.starts_with(name) && words.iter().all(|word| line.contains(word)))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// A ledger with a database beside it.
pub struct Fixture {
    pub ledger: ledger::TestLedger,
    pub db: TestDatabase,
}

impl Fixture {
    pub fn new(partitions: i32) -> Fixture {
        Fixture {
            ledger: ledger::TestLedger::create(&variable("LEDGER_TEST_KAFKA_BOOTSTRAP"), partitions),
            db: TestDatabase::create(),
        }
    }

    pub fn context(&self) -> Context {
        Context {
            kafka: self.ledger.settings.clone(),
            database: self.db.database.clone(),
            runtime: self.db.runtime.handle().clone(),
            shutdown: Shutdown::new(),
        }
    }

    /// Waits until the metrics say that a partition is projected no more.
    pub fn wait_until_stopped(&self, at: &PartitionId) {
        let partition = format!("partition=\"{at}\"");
        until("the partition stops", || {
            (gauge("ledger_partition_stopped", &[&partition]) == Some(1.0)).then_some(())
        });
    }

    /// A projector in a thread of its own.
    pub fn projector(&self) -> Projector {
        self.projector_with(self.context())
    }

    /// A projector with a context of its own.
    pub fn projector_with(&self, context: Context) -> Projector {
        let _ = gauge("", &[]); // whatever the projector counts from here on can be asked for
        let stopping = context.shutdown.clone();
        Projector { stopping, thread: Some(std::thread::spawn(move || run(&context))) }
    }

    /// Whether a projection has everything that was appended.
    pub fn is_projected(&self, projection: &str) -> bool {
        let live = checkpoint::live(self.db.checkpoints(projection));
        self.ledger
            .heads()
            .iter()
            .all(|(at, seq)| live.iter().any(|here| here.at == *at && here.seq() == *seq))
    }

    pub fn wait_until_projected(&self) {
        for projection in &ledger_projector::projections::ALL {
            until(projection.name, || self.is_projected(projection.name).then_some(()));
        }
    }

    /// Runs a projector until everything is in the tables.
    pub fn project(&self) {
        let projector = self.projector();
        self.wait_until_projected();
        projector.stop().unwrap();
    }
}

/// A running projector; stopped in the end.
pub struct Projector {
    stopping: Shutdown,
    thread: Option<JoinHandle<Result<(), RunError>>>,
}

impl Projector {
    pub fn stop(mut self) -> Result<(), RunError> {
        self.stopping.request();
        self.thread.take().unwrap().join().unwrap()
    }

    /// Waits until it ends by itself.
    pub fn ended(mut self) -> Result<(), RunError> {
        until("the projector ends", || self.thread.as_ref().unwrap().is_finished().then_some(()));
        self.thread.take().unwrap().join().unwrap()
    }
}

impl Drop for Projector {
    fn drop(&mut self) {
        self.stopping.request();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
