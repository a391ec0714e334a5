//! `ledger-api`: the write path and the reads, over HTTP. `init` makes a ledger, `serve` serves one, `snapshot` copies its store.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// What one thread allocates another one frees here, all the time: the system's allocator takes a lock for that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// An event-sourced payment ledger.
#[derive(Parser)]
enum Command {
    /// Makes a ledger: topics, pepper, the directory's genesis.
    Init {
        /// Succeed, and do nothing, when the ledger exists.
        #[arg(long)]
        if_empty: bool,
    },
    /// Makes more payments partitions, in the running ledger: its processes notice within half a minute, and merchants that are
    /// registered from then on go there too. There is no way back, and nobody who has a partition changes it.
    AddPartitions {
        /// How many there are to be in all
        #[arg(long, value_parser = clap::value_parser!(i32).range(1..=1_000))]
        to: i32,
    },
    /// Serves the ledger.
    Serve,
    /// Writes a running process's store into a file: with `LEDGER_SNAPSHOT_DIR`, one that has no store begins with it.
    Snapshot {
        /// The file; it is there only when it is whole. Ends in `.snapshot` where it is to be found in a folder
        #[arg(long)]
        to: PathBuf,
        /// The process, `http://host:port` [default: LEDGER_ADDRESS]
        #[arg(long)]
        from: Option<String>,
    },
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Init { if_empty } => ledger_api::startup::init(if_empty),
        Command::AddPartitions { to } => ledger_api::startup::add_partitions(to),
        Command::Serve => ledger_api::startup::serve(),
        Command::Snapshot { to, from } => ledger_api::startup::snapshot(&to, from.as_deref()),
    };
    let Err(error) = done else { return ExitCode::SUCCESS };
    // There may be no log yet.
    eprintln!("ledger-api: {error}");
    ExitCode::FAILURE
}
