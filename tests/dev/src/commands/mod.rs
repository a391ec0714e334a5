//! The commands of `cargo dev`, one file each. A command prints; everything it does is in the modules beside this one.

mod bench;
mod down;
mod generate;
mod logs;
mod reset;
mod seal;
mod status;
mod suites;
mod summary;
mod test;
mod torture;
mod up;
mod with;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::engines::Engines;
use crate::{DevError, Paths, install, out, progress};

/// The local stack: real engines, private, with their data under target/dev.
#[derive(Debug, Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sets everything up and runs the product; Ctrl-C stops it, data stay
    Up(up::Args),
    /// Stops what `up` runs
    Down,
    /// Says what runs, and where
    Status,
    /// Shows the servers' logs
    Logs(logs::Args),
    /// Stops what runs and deletes its data
    Reset,
    /// Passes every test, on servers of its own
    Test(test::Args),
    /// Runs the benchmarks, or one of them, in a release build on servers of its own
    Bench(bench::Args),
    /// Makes a history of payments in the stack's ledger, by the engine itself with a clock of its own
    Generate(generate::Args),
    /// Kills, pauses and misleads everything at random under load, then compares all there is to compare
    Torture(torture::Args),
    /// Seals a test card for a key-in request: prints the JSON of its `card` field
    Seal(seal::Args),
    /// Runs a command with a private Kafka and MariaDB, as tests find them
    With(with::Args),
    /// Installs what the machine lacks and fetches the engines, nothing more
    Setup,
    #[command(hide = true)]
    Supervise(up::Args),
}

/// Runs one command.
pub fn run(cli: Cli) -> Result<ExitCode, DevError> {
    progress::show();
    let paths = Paths::find();
    let success = |()| ExitCode::SUCCESS;
    match cli.command {
        Command::Up(args) => up::run(&paths, &args).map(success),
        Command::Supervise(args) => up::supervise(&paths, &args, false).map(success),
        Command::Down => down::run(&paths).map(success),
        Command::Status => status::run(&paths),
        Command::Logs(args) => logs::run(&paths, &args).map(success),
        Command::Reset => reset::run(&paths).map(success),
        Command::Test(args) => test::run(&paths, &args),
        Command::Bench(args) => bench::run(&paths, &args),
        Command::Generate(args) => generate::run(&paths, &args),
        Command::Torture(args) => torture::run(&paths, &args),
        Command::Seal(args) => seal::run(&paths, &args),
        Command::With(args) => with::run(&paths, &args),
        Command::Setup => setup(&paths).map(|_| out::say("This machine is ready.")).map(success),
    }
}

/// Everything but a build.
fn setup(paths: &Paths) -> Result<Engines, DevError> {
    install::ensure(paths)?;
    Engines::ensure(paths)
}

/// A child's exit code as ours; 1 when it was ended by a signal.
fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
