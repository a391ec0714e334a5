//! `seal`: makes the card's envelope for a key-in request with the running stack's keys. Prints JSON and nothing else.

use std::process::{Command, ExitCode, Stdio};

use crate::{DevError, Paths, builds, envfile};

/// Passed on to the `seal` binary of ledger-tests.
#[derive(Clone, Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub struct Args {
    /// --order-id ORDER --idempotency-key KEY [--card NUMBER] …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs it with `target/dev/env` loaded.
pub fn run(paths: &Paths, args: &Args) -> Result<ExitCode, DevError> {
    if !paths.env().is_file() {
        return Err(DevError::Said("no keys yet: `cargo dev up` makes them".to_owned()));
    }
    let program = paths.bins("debug").join("seal");
    if !program.is_file() {
        builds::product(paths, "debug")?;
    }
    let mut seal = Command::new(&program);
    seal.args(&args.rest).envs(envfile::read(&paths.env())?).stdin(Stdio::null());
    seal.status().map(super::exit_code).map_err(DevError::at("start", &program))
}
