//! The sandbox acquirer as a process of its own: a stand-in for the card network, for development and tests.

use std::error::Error;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ledger_api::sandbox::{bank::Bank, guide, serve};
use ledger_runtime::{Telemetry, TelemetrySettings, Vars};

/// A stand-in for the card network: approves, declines and fails on request, and remembers everything in a file.
#[derive(Parser)]
#[command(after_long_help = guide())]
struct Options {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// The file of JSON lines that it remembers everything in.
    #[arg(long)]
    file: PathBuf,
    /// A net cancel of an operation that never arrived does not prevent its arrival.
    #[arg(long)]
    no_tombstone: bool,
    /// Of the faults drawn by chance.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[actix_web::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox-acquirer: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    Telemetry::start(&TelemetrySettings::read(&Vars::from_process())?)?;
    let bank = Arc::new(Bank::open(&options.file, !options.no_tombstone, options.seed)?);
    let (server, address) = serve(bank.clone(), TcpListener::bind(&options.listen)?)?;
    println!("listening on http://{address}");
    tokio::select! {
        ended = server => Ok(ended?),
        closed = bank.failed() => Err(closed.into()),
    }
}
