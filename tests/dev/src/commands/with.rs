//! `with`: a command on a private Kafka and MariaDB, for one test or for trying something out.

use std::process::{Command, ExitCode};

use crate::test_run::TestRun;
use crate::{DevError, Paths, spawner, sys};

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The command, after `--`
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Runs it to its end, which becomes ours.
pub fn run(paths: &Paths, args: &Args) -> Result<ExitCode, DevError> {
    let engines = super::setup(paths)?;
    // Ctrl-C reaches the command by itself, being in our process group; its end is ours.
    sys::catch_signals(|| ()).map_err(DevError::io("catch signals"))?;
    let run = TestRun::start(paths, engines, paths.bins("debug"))?;
    let (program, rest) = args.command.split_first().ok_or(DevError::Interrupted)?;
    let mut command = Command::new(program);
    command.args(rest);
    run.tell(&mut command);
    let mut child = spawner::spawn(command).map_err(DevError::io(format!("start {program}")))?;
    let status = child.wait().map_err(DevError::io(format!("wait for {program}")))?;
    drop(run);
    Ok(super::exit_code(status))
}
