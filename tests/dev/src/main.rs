//! `cargo dev`: parses, runs, says what went wrong.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match ledger_dev::commands::run(ledger_dev::commands::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            ledger_dev::out::note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
