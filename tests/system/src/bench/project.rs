//! `project`: the projector from an empty database to the end of a filled partition, all tables; the control inserts the
//! same rows into copies of the same tables with bare `exec_batch`, a thousand rows a transaction, on one connection as
//! the projector has one for a partition.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ledger_dev::testing::{bin, kafka, mariadb, unique};
use ledger_log::kafka::KafkaSettings;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, Params, Row, TxOpts, Value};

use super::ROUNDS;
use super::figures::{last_line, median, per_second, ratio};
use super::line::{Line, topics};
use super::mill::Mill;
use crate::ensure;
use crate::failure::{Done, During};
use crate::sql::Database;

const RECORDS: u64 = 100_000;
/// The tables that payments fill.
const TABLES: [&str; 7] = [
    "transactions",
    "payment_events",
    "branch_sales_by_day",
    "branch_sales_by_hour",
    "branch_sale_rows",
    "settlement_entries",
    "ledger_balances",
];
const ROWS_A_TRANSACTION: usize = 1_000;

/// Runs it.
///
/// # Errors
/// The projector does not reach the end, or MariaDB refuses.
pub fn run() -> Done {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (settings, at) = topics(&kafka(), "bench_project")?;
    let mut line = Line::lead(&settings, at)?;
    let mut mill = Mill::new()?;
    line.append(RECORDS, || mill.next())?;
    line.stop();
    let (mut ours, mut control) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let database = unique("bench_project");
        let url = format!("{}/{database}", mariadb());
        runtime.block_on(execute(&mariadb(), &format!("CREATE DATABASE {database}")))?;
        let projected = runtime.block_on(project(&settings, &url))?;
        let (rows, inserted) = runtime.block_on(insert_again(&url))?;
        let raw = per_second(RECORDS, inserted);
        println!(
            "project, round {round}: {projected} events/s, bare exec_batch of the same {rows} rows {raw}"
        );
        ours.push(projected);
        control.push(raw);
        runtime.block_on(execute(&mariadb(), &format!("DROP DATABASE {database}")))?;
    }
    let (ours, control) = (median(ours), median(control));
    last_line("project", ours, "events/s", &ratio(ours, control), "bare exec_batch of the same rows");
    Ok(())
}

async fn execute(url: &str, sql: &str) -> Done {
    let mut connection = Conn::new(Opts::from_url(url)?).await?;
    connection.query_drop(sql).await?;
    Ok(connection.disconnect().await?)
}

/// A running projector that ends with this value.
struct Projector(Child);

impl Drop for Projector {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(settings: &KafkaSettings, url: &str) -> Done<Projector> {
    let program: PathBuf = bin("ledger-projector");
    let mut command = Command::new(&program);
    command.arg("run").env("LEDGER_KAFKA_BOOTSTRAP", &settings.bootstrap);
    command.env("LEDGER_TOPIC_PREFIX", &settings.prefix).env("LEDGER_MARIADB_URL", url);
    command.env("LEDGER_LISTEN", "127.0.0.1:0").env("LEDGER_LOG", "warn");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    Ok(Projector(command.spawn().during(|| format!("start {}", program.display()))?))
}

/// Events a second from the first batch that is there to the last: starting and migrating do not count.
async fn project(settings: &KafkaSettings, url: &str) -> Done<u64> {
    let mut projector = start(settings, url)?;
    let database = Database::new(url)?;
    let begun = Instant::now();
    let mut first: Option<(u64, Instant)> = None;
    loop {
        ensure!(projector.0.try_wait()?.is_none(), "the projector ended by itself");
        ensure!(begun.elapsed() < Duration::from_secs(180), "the projector does not reach the end");
        // Before the migration there is no such table.
        let sql = "SELECT CAST(COALESCE(MIN(seq), 0) AS SIGNED) FROM ledger_checkpoints WHERE topic LIKE '%.payments'";
        let reached: i64 = database.row(sql).await.unwrap_or_default();
        let reached = u64::try_from(reached)?;
        match first {
            None if reached > 0 => first = Some((reached, Instant::now())),
            // Genesis and what follows it: the last record's number is at least their count.
            Some((from, since)) if reached >= RECORDS => {
                return Ok(per_second(reached - from, since.elapsed()));
            }
            None | Some(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Inserts every row that is there into an empty copy of its table: how many, and how long that took.
async fn insert_again(url: &str) -> Done<(usize, Duration)> {
    let mut connection = Conn::new(Opts::from_url(url)?).await?;
    let (mut count, mut took) = (0, Duration::ZERO);
    for table in TABLES {
        let rows: Vec<Row> = connection.query(format!("SELECT * FROM {table}")).await?;
        let rows: Vec<Vec<Value>> = rows.into_iter().map(Row::unwrap).collect();
        ensure!(!rows.is_empty(), "{table} is empty");
        connection.query_drop(format!("CREATE TABLE copy_{table} LIKE {table}")).await?;
        let places = vec!["?"; rows.first().map_or(0, Vec::len)].join(", ");
        let sql = format!("INSERT INTO copy_{table} VALUES ({places})");
        let begun = Instant::now();
        for batch in rows.chunks(ROWS_A_TRANSACTION) {
            let mut transaction = connection.start_transaction(TxOpts::default()).await?;
            let params = batch.iter().map(|row| Params::Positional(row.clone()));
            transaction.exec_batch(sql.as_str(), params).await?;
            transaction.commit().await?;
        }
        took += begun.elapsed();
        count += rows.len();
    }
    connection.disconnect().await?;
    Ok((count, took))
}
