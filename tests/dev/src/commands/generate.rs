//! `generate`: a history of payments in the stack's ledger, made by the engine itself with a clock of its own. The stack must not
//! be running: there is one leader of a partition, and for as long as this takes it is the generator.

use std::process::{Command, ExitCode};

use crate::engines::Engines;
use crate::site::{Site, Size};
use crate::stack::Stack;
use crate::state::Board;
use crate::{DevError, Paths, builds, spawner, sys};

/// How much of it.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// With a release build: for millions
    #[arg(long)]
    release: bool,
    /// --payments N, --days D, --seed S, --merchants M
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Runs it to its end, which becomes ours.
pub fn run(paths: &Paths, args: &Args) -> Result<ExitCode, DevError> {
    super::setup(paths)?;
    let profile = if args.release { "release" } else { "debug" };
    builds::product(paths, profile)?;
    let Some(board) = Board::take(paths)? else {
        return Err(DevError::Said("the stack runs; `cargo dev down` first".to_owned()));
    };
    board.write("generating", false, &[])?;
    sys::catch_signals(|| ()).map_err(DevError::io("catch signals"))?;
    let mut site = Site::remembered(paths, Engines::ensure(paths)?, None, Size::default())?;
    site.bins = paths.bins(profile);
    let mut stack = Stack::prepare(site, &Stack::options("generate"))?;
    let generated = generate(&mut stack, args);
    stack.stop()?;
    generated
}

fn generate(stack: &mut Stack, args: &Args) -> Result<ExitCode, DevError> {
    stack.start_engines()?;
    stack.initialise()?;
    let mut generate = Command::new(stack.site.bins.join("generate"));
    generate.args(&args.rest).envs(stack.env());
    let mut child = spawner::spawn(generate).map_err(DevError::io("start the generator"))?;
    let status = child.wait().map_err(DevError::io("wait for the generator"))?;
    Ok(super::exit_code(status))
}
