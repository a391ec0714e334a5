//! `reset`: stops what runs and deletes its data, logs and keys. The engines' jars and templates stay, and the ports.

use crate::{DevError, Paths, out};

/// Deletes everything a start would keep.
pub fn run(paths: &Paths) -> Result<(), DevError> {
    super::down::run(paths)?;
    for folder in [paths.data(), paths.logs()] {
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(DevError::at("delete", &folder))?;
        }
    }
    let env = paths.env();
    if env.exists() {
        std::fs::remove_file(&env).map_err(DevError::at("delete", &env))?;
    }
    out::say("The ledger's data are gone; the next `cargo dev up` begins with an empty one.");
    Ok(())
}
