//! `cargo dev bench [NAME]`: measures, each time against a control in the same run.

use std::process::ExitCode;

use clap::Parser;
use ledger_tests::bench::ALL;

/// Measures. Needs the servers of `cargo dev bench`.
#[derive(Parser)]
#[command(name = "bench")]
struct Options {
    /// append, replay, project or http; all of them if none is named
    names: Vec<String>,
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
        if let Err(error) = (bench.run)() {
            eprintln!("bench {}: {error}", bench.name);
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
