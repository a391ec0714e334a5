//! `ledger-projector run | verify | rebuild NAME | replay`.

use clap::Parser;
use ledger_projector::cli::{self, Cli};
use std::io;
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let code = cli::main(&cli, &runtime);
    runtime.shutdown_background();
    Ok(code)
}
