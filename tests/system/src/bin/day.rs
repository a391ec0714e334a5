//! The day of business that the first `cargo dev up` plays, and what it leaves for everyone to see.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::Parser;
use ledger_tests::day::{self, Stage};
use ledger_tests::failure::{Done, During};
use ledger_tests::{Failure, ensure};

/// Plays a day of business through the public API. Run twice, it changes nothing the second time.
#[derive(Parser)]
#[command(name = "day")]
struct Options {
    /// The api
    #[arg(long, env = "LEDGER_API_URL")]
    api_url: String,
    /// An operator's key
    #[arg(long, env = "LEDGER_OPERATOR_KEY", hide_env_values = true)]
    operator_key: String,
    /// Write the keys of one merchant and its branch to this file, for a shell to source
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
    /// Only register everybody
    #[arg(long)]
    minimal: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Done {
    let stage = Stage { api_url: options.api_url.clone(), operator_key: options.operator_key.clone() };
    let cast = day::prepare(&stage).await?;
    if !options.minimal {
        let played = day::play(&stage, &cast, |progress| eprintln!("{progress}")).await?;
        let reached = day::reached(&stage, &played).await;
        reached.during(|| "the tables did not reach the end of the day".to_owned())?;
        let auditor = [auditor("replay")?, auditor("verify")?].concat();
        for line in day::report(&stage, &cast, &played, &auditor).await? {
            println!("{line}");
        }
    }
    options.env_file.as_deref().map_or(Ok(()), |file| day::write_env(file, &cast))
}

/// What a command of the projector says to a person; it lies beside this program.
fn auditor(command: &str) -> Done<Vec<String>> {
    let own = std::env::current_exe()?;
    let program = own.with_file_name("ledger-projector");
    let output =
        Command::new(&program).arg(command).output().during(|| format!("start {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "ledger-projector {command}: {}: {said}", output.status);
    let lines: Vec<String> = said.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if lines.is_empty() {
        return Err(Failure::new(format!("ledger-projector {command} said nothing")));
    }
    Ok(lines)
}
