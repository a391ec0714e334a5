//! `cargo dev bench [NAME]`: measures, each time against a control in the same run.

use std::process::ExitCode;

use clap::Parser;
use ledger_tests::bench::{ALL, Size};

/// Measures. Needs the servers of `cargo dev bench`.
#[derive(Parser)]
#[command(name = "bench")]
struct Options {
    /// Which, by name; all of them if none is named, and what there is if one is that there is not
    names: Vec<String>,
    /// Payments in the history that `takeover` and `cancel` begin with
    #[arg(long, default_value_t = 100_000)]
    payments: u64,
    /// Minutes that `soak` takes
    #[arg(long, default_value_t = 10)]
    minutes: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let known = |name: &String| ALL.iter().any(|bench| bench.name == name);
    if let Some(name) = options.names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = ALL.iter().map(|bench| bench.name).collect();
        eprintln!("there is no benchmark {name}; there are {}", all.join(", "));
        return ExitCode::FAILURE;
    }
    let wanted = |name: &str| options.names.is_empty() || options.names.iter().any(|wanted| wanted == name);
    for bench in ALL.iter().filter(|bench| wanted(bench.name)) {
        if let Err(error) = (bench.run)(Size { payments: options.payments, minutes: options.minutes }) {
            eprintln!("bench {}: {error}", bench.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
