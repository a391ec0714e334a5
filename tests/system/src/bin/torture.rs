//! `cargo dev torture`: everything is killed, paused and misled at random under load, and then compared.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ledger_tests::ensure;
use ledger_tests::failure::Done;
use ledger_tests::torture::{Plan, nothing_wrong, run};

/// Tortures a stack of its own.
#[derive(Parser)]
#[command(name = "torture")]
struct Options {
    /// How long blows fall
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The same seed draws the same blows
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Kafka's nodes, 1 or 3
    #[arg(long, default_value_t = 1)]
    brokers: usize,
    /// Honest callers
    #[arg(long, default_value_t = 12)]
    clients: usize,
    /// Payments whose every answer is checked for linearizability, at a time
    #[arg(long, default_value_t = 4)]
    watched: usize,
}

fn main() -> ExitCode {
    match torture(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn torture(options: &Options) -> Done {
    ensure!([1, 3].contains(&options.brokers), "--brokers {}: there can be 1 or 3", options.brokers);
    let span = Duration::from_secs(options.minutes.saturating_mul(60));
    let Options { seed, brokers, clients, watched, .. } = *options;
    let report = run(&Plan { span, seed, brokers, clients, watched })?;
    println!("{report}");
    nothing_wrong(&report)
}
