//! `bench`: a release build, servers of its own, and the `bench` binary of ledger-tests.

use std::process::{Command, ExitCode};

use crate::test_run::TestRun;
use crate::{DevError, Paths, builds, spawner, sys};

/// Which.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// One benchmark's name (default: all), then its own options
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs it to its end, which becomes ours.
pub fn run(paths: &Paths, args: &Args) -> Result<ExitCode, DevError> {
    let engines = super::setup(paths)?;
    builds::product(paths, "release")?;
    sys::catch_signals(|| ()).map_err(DevError::io("catch signals"))?;
    let bins = paths.target.join("release");
    let run = TestRun::start(paths, engines, bins.clone())?;
    let mut bench = Command::new(bins.join("bench"));
    bench.args(&args.rest);
    run.tell(&mut bench);
    let mut child = spawner::spawn(bench).map_err(DevError::io("start the benchmarks"))?;
    let status = child.wait().map_err(DevError::io("wait for the benchmarks"))?;
    drop(run);
    Ok(super::exit_code(status))
}
