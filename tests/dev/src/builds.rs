//! Builds through the same cargo that runs us; its own progress stays visible.

use std::process::{Command, Stdio};

use crate::process::in_words;
use crate::{DevError, Paths, spawner};

/// The packages whose binaries make up the product and its tools.
pub const PRODUCT: &[&str] = &[
    "-p",
    "ledger-api",
    "-p",
    "ledger-projector",
    "-p",
    "ledger-tests",
    "-p",
    "ledger-unsynced",
    "--lib",
    "--bins",
];

/// Cargo, without the variables that `cargo run` gave to this process: build scripts that look at those
/// would build anew each time.
pub fn cargo(paths: &Paths) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if ours.iter().any(|prefix| text.starts_with(prefix))
            || text == "LD_LIBRARY_PATH"
            || text == "OUT_DIR"
        {
            command.env_remove(&name);
        }
    }
    command.current_dir(&paths.root);
    command
}

/// Builds the product's binaries in the profile `debug` or `release`.
pub fn product(paths: &Paths, profile: &str) -> Result<(), DevError> {
    let mut command = cargo(paths);
    command.arg("build").args(PRODUCT).args((profile == "release").then_some("--release"));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = spawner::spawn(command).map_err(DevError::io("start cargo"))?;
    let status = child.wait().map_err(DevError::io("wait for cargo"))?;
    if status.success() {
        return Ok(());
    }
    Err(DevError::Step { what: "cargo build".to_owned(), status: in_words(status), tail: String::new() })
}
