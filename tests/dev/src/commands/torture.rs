//! `torture`: the `torture` binary of ledger-tests on a stack of its own.

use std::process::{Command, ExitCode};

use crate::{DevError, Paths, builds, spawner, sys};

/// How.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// --minutes N, --seed S, --brokers 1|3, --clients N, --watched N
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs it to its end, which becomes ours.
pub fn run(paths: &Paths, args: &Args) -> Result<ExitCode, DevError> {
    super::setup(paths)?;
    builds::product(paths, "debug")?;
    sys::catch_signals(|| ()).map_err(DevError::io("catch signals"))?;
    let mut torture = Command::new(paths.bins("debug").join("torture"));
    torture.args(&args.rest);
    let mut child = spawner::spawn(torture).map_err(DevError::io("start the torture"))?;
    let status = child.wait().map_err(DevError::io("wait for the torture"))?;
    Ok(super::exit_code(status))
}
