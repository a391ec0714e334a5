//! `test`: builds everything, starts servers, runs one package after another, and ends with `N passed, N failed`.

use std::process::ExitCode;
use std::time::Instant;

use crate::test_run::TestRun;
use crate::{DevError, Paths, builds, out, sys};

use super::suites::{self, Counts};

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Only this package, by name or the end of it (`api`, `ledger-api`)
    suite: Option<String>,
    /// Show passing tests too
    #[arg(short, long)]
    verbose: bool,
    /// For the tests themselves, after `--` (a filter, `--nocapture`)
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Runs them; the exit code is 1 when one failed or none ran.
pub fn run(paths: &Paths, args: &Args) -> Result<ExitCode, DevError> {
    let engines = super::setup(paths)?;
    let suites = suites::build(paths, args.suite.as_deref())?;
    // After the tests: both leave binaries in the same place, and these are the ones the product ships.
    builds::product(paths, "debug")?;
    sys::catch_signals(|| ()).map_err(DevError::io("catch signals"))?;
    let run = TestRun::start(paths, engines, paths.bins("debug"))?;
    let mut total = Counts::default();
    let mut lines = Vec::new();
    for suite in &suites {
        let begun = Instant::now();
        let counts = suite.run(paths, &run, args.verbose, &args.rest)?;
        let seconds = begun.elapsed().as_secs_f32();
        lines.push(format!("{:<18} {counts}, {seconds:.1} s", suite.name));
        out::say(format_args!("suite {}", lines.last().map_or("", String::as_str)));
        total = total + counts;
    }
    drop(run);
    out::say(format_args!("\n{}\n\n{total}", lines.join("\n")));
    let passed = total.failed == 0 && total.passed > 0;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
