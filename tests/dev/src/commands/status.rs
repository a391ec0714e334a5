//! `status`: what runs, since how many restarts, and where. Exit code 1 when nothing does.

use std::process::ExitCode;

use crate::{DevError, Paths, envfile, out, state};

/// Prints it.
pub fn run(paths: &Paths) -> Result<ExitCode, DevError> {
    print(paths).map(|runs| if runs { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints it; whether anything runs.
pub fn print(paths: &Paths) -> Result<bool, DevError> {
    let Some(state) = state::running(paths)? else {
        out::say("Nothing runs. `cargo dev up` starts it.");
        return Ok(false);
    };
    out::say(format_args!("{} (supervisor: process {})", state.stage, state.pid));
    for server in &state.servers {
        let process =
            server.pid.map_or_else(|| "waits to be started again".to_owned(), |p| format!("process {p}"));
        let restarts =
            if server.restarts == 0 { String::new() } else { format!(", restarted {}×", server.restarts) };
        out::say(format_args!("  {:<10} {process}{restarts}", server.name));
    }
    if state.ready {
        let env = envfile::read(&paths.env())?;
        for name in ["LEDGER_API_URLS", "LEDGER_ACQUIRER_URL", "LEDGER_KAFKA_BOOTSTRAP"] {
            out::say(format_args!("  {name}={}", env.get(name).map_or("", String::as_str)));
        }
        out::say(format_args!("  everything else: {}", paths.env().display()));
    }
    Ok(true)
}
