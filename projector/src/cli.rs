//! The commands a person or a supervisor starts, and what their exit codes mean: 0 all is well, 1 a difference or
//! damage was found, 2 it could not be found out or done.

use crate::context::Context;
use crate::db::Database;
use crate::metrics::serve;
use crate::projections;
use crate::rebuild::rebuild;
use crate::replay::{Replay, ReplayError, Summary, replay};
use crate::run::run;
use crate::told;
use crate::verify::{Verified, VerifyError, verify};
use clap::{Parser, Subcommand};
use ledger_domain::ids::MerchantId;
use ledger_log::Position;
use ledger_log::kafka::KafkaSettings;
use ledger_runtime::{DatabaseSettings, Isolation, Shutdown, Telemetry, TelemetrySettings, Vars};
use std::io::{self, BufWriter, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

const DIFFERENT: u8 = 1;
const TROUBLE: u8 = 2;

/// Projects the ledger into MariaDB, and proves that the tables are what the ledger says.
///
/// Where things are is in the environment: LEDGER_KAFKA_BOOTSTRAP, LEDGER_TOPIC_PREFIX (default ledger),
/// LEDGER_MARIADB_URL (`replay` needs none), LEDGER_LISTEN (metrics and health of `run`; none if not set), LEDGER_LOG,
/// LEDGER_LOG_FORMAT.
#[derive(Debug, Parser)]
#[command(name = "ledger-projector", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Migrate the schema, then project until stopped.
    Run,
    /// Recompute every table from the ledger and name the first row that differs.
    Verify,
    /// Fill a projection anew beside the live table and swap it in.
    Rebuild {
        /// One of `ledger_checkpoints.projection`: transactions, payment_events, branch_sales_by_day, branch_sales_by_hour,
        /// branch_sale_rows, settlement_entries, settlement_closings, settlement_commissions, settlement_receipts,
        /// settlement_pay_outs, settlement_movements or ledger_balances.
        name: String,
        /// At most so many records a second are read, so that the live tables keep their share.
        #[arg(long, default_value_t = 20_000)]
        per_second: u32,
    },
    /// Print the ledger and check its chain from end to end.
    Replay {
        /// Only this partition, printed from this record on: `ledger.payments/3:1042`.
        #[arg(long)]
        from: Option<Position>,
        /// Only what is about this merchant.
        #[arg(long)]
        merchant: Option<MerchantId>,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

/// How long one statement of `verify` or `rebuild` may take: they go over whole tables.
const WHOLE_TABLE: Duration = Duration::from_secs(3_600);

/// Reads the environment and does it. Messages go to standard error, the ledger's lines and `listening` to standard
/// output.
pub fn main(cli: &Cli, runtime: &Runtime) -> ExitCode {
    match environment(cli, runtime.handle().clone()) {
        Ok((context, telemetry, listen)) => command(cli, &context, &telemetry, listen),
        Err(e) => say(TROUBLE, &e),
    }
}

fn environment(cli: &Cli, runtime: Handle) -> Result<(Context, Telemetry, Option<SocketAddr>), String> {
    let told = |e: &dyn std::error::Error| e.to_string();
    let vars = Vars::from_process();
    let telemetry = TelemetrySettings::read(&vars).map_err(|e| told(&e))?;
    let telemetry = Telemetry::start(&telemetry).map_err(|e| told(&e))?;
    let bootstrap = vars
        .required("LEDGER_KAFKA_BOOTSTRAP", "host:port, several joined by commas")
        .map_err(|e| told(&e))?;
    let prefix = vars.text("LEDGER_TOPIC_PREFIX", "ledger").map_err(|e| told(&e))?;
    let database = match (DatabaseSettings::read(&vars, Isolation::ReadCommitted), &cli.command) {
        (Ok(settings), _) => Database::new(settings),
        (Err(_), Command::Replay { .. }) => Database::none(),
        (Err(e), _) => return Err(told(&e)),
    };
    let listen = vars.optional("LEDGER_LISTEN").map_err(|e| told(&e))?;
    let listen = listen.map(|text| text.parse().map_err(|_| "LEDGER_LISTEN: is no address:port".to_owned()));
    let shutdown = Shutdown::new();
    let entered = runtime.enter();
    shutdown.listen_to_signals().map_err(|e| told(&e))?;
    drop(entered);
    let context = Context { kafka: KafkaSettings::new(&bootstrap, &prefix), database, runtime, shutdown };
    Ok((context, telemetry, listen.transpose()?))
}

fn command(cli: &Cli, context: &Context, telemetry: &Telemetry, listen: Option<SocketAddr>) -> ExitCode {
    match &cli.command {
        Command::Run => run_command(context, telemetry, listen),
        Command::Verify => verify_command(&context.patient(WHOLE_TABLE)),
        Command::Rebuild { name, per_second } => {
            rebuild_command(&context.patient(WHOLE_TABLE), name, *per_second)
        }
        Command::Replay { from, merchant, json } => {
            replay_command(context, &Replay { from: from.clone(), merchant: *merchant, json: *json })
        }
    }
}

fn run_command(context: &Context, telemetry: &Telemetry, listen: Option<SocketAddr>) -> ExitCode {
    if let Some(at) = listen {
        match context.runtime.block_on(serve(at, telemetry.clone())) {
            Ok(at) => print(&format!("listening on http://{at}")),
            Err(e) => return say(TROUBLE, &format!("LEDGER_LISTEN: {e}")),
        }
    }
    match run(context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => say(TROUBLE, &e.to_string()),
    }
}

/// Whoever verifies may not be allowed to write: that changes nothing about what was found.
fn tell_verified(context: &Context, verified: &Verified) {
    let tell = || {
        let mut conn = context.connect()?;
        context.wait_for(told::verified(&mut conn, &verified.checkpoints))
    };
    if let Err(error) = tell() {
        say(0, &format!("how far it was verified could not be written down: {error}"));
    }
}

fn verify_command(context: &Context) -> ExitCode {
    match verify(context) {
        Ok(verified) => {
            for line in verified_lines(&verified) {
                say(0, &line);
            }
            tell_verified(context, &verified);
            ExitCode::SUCCESS
        }
        Err(e @ VerifyError::Different(_)) => say(DIFFERENT, &e.to_string()),
        Err(e) => say(TROUBLE, &e.to_string()),
    }
}

fn verified_lines(verified: &Verified) -> Vec<String> {
    let mut lines: Vec<String> = verified
        .through
        .iter()
        .map(|(name, through)| {
            let rows = verified.rows.get(name).copied().unwrap_or_default();
            format!("{name}: {rows} rows equal the ledger through {through}")
        })
        .collect();
    lines.push(match verified.totals {
        Some(groups) => format!("totals: {groups} groups of independent sums agree to the won"),
        None => "totals: not compared, the projections stand at different positions".to_owned(),
    });
    lines.push(format!("no difference; {} records read", verified.records));
    lines
}

fn rebuild_command(context: &Context, name: &str, per_second: u32) -> ExitCode {
    let Some(projection) = projections::named(name) else {
        let known: Vec<&str> = projections::ALL.iter().map(|projection| projection.name).collect();
        return say(TROUBLE, &format!("there is no projection {name}; there are {}", known.join(", ")));
    };
    match rebuild(context, projection, per_second) {
        Ok(done) => {
            say(0, &format!("{name}: version {} replaced {} ({} records)", done.new, done.old, done.records))
        }
        Err(e) => say(TROUBLE, &e.to_string()),
    }
}

fn replay_command(context: &Context, what: &Replay) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = replay(context, what, &mut out);
    let flushed = out.flush();
    match (outcome, flushed) {
        (Ok(summaries), Ok(())) => {
            for summary in &summaries {
                say(0, &summary_line(summary));
            }
            ExitCode::SUCCESS
        }
        (Err(e @ ReplayError::Damaged(_)), _) => say(DIFFERENT, &e.to_string()),
        (Err(e), _) => say(TROUBLE, &e.to_string()),
        // Whoever read the lines has seen enough.
        (Ok(_), Err(_)) => ExitCode::from(TROUBLE),
    }
}

fn summary_line(summary: &Summary) -> String {
    let Summary { at, records, voids, head } = summary;
    format!("{at}: {records} records, {voids} void, head {head}; the chain is whole")
}

fn print(line: &str) {
    // With standard output closed there is nobody to tell.
    let _ = writeln!(io::stdout(), "{line}");
}

fn say(code: u8, message: &str) -> ExitCode {
    // With standard error closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::from(code)
}
