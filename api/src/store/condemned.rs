//! Stores that must not be opened again: a mark in the folder, and the place where such a folder is put. Never deletes the last
//! damaged store: whoever wants to know what happened to the disk finds it there.

use super::StoreError;
use std::path::{Path, PathBuf};

const MARK: &str = "DAMAGED";

/// Why the store in this folder must not be opened, if it must not.
pub fn reason(folder: &Path) -> Option<String> {
    std::fs::read_to_string(folder.join(MARK)).ok()
}

/// Marks the folder.
pub fn mark(folder: &Path, why: &str) {
    if let Err(error) = std::fs::write(folder.join(MARK), why) {
        tracing::error!(target: "store", %error, why, "a damaged store could not be marked; delete its folder");
    }
}

/// Where a damaged store of this folder is put.
pub fn aside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".damaged");
    folder.with_file_name(name)
}

/// Puts the folder where it harms nobody, in the place of an earlier one.
pub fn set_aside(folder: &Path, why: &str) -> Result<(), StoreError> {
    let to = aside(folder);
    let failed = |error: std::io::Error| StoreError::Engine {
        path: folder.display().to_string(),
        why: format!("it is damaged ({why}) and cannot be set aside: {error}"),
    };
    if to.exists() {
        std::fs::remove_dir_all(&to).map_err(failed)?;
    }
    std::fs::rename(folder, &to).map_err(failed)?;
    tracing::error!(target: "store", why, to = %to.display(), "the store is damaged and set aside; it is built from the ledger again");
    metrics::counter!("ledger_stores_set_aside_total").increment(1);
    Ok(())
}
