//! Stores that must not be opened again: a mark in the folder, and the place where such a folder is put. Never deletes the last
//! damaged store: whoever wants to know what happened to the disk finds it there.

use super::StoreError;
use std::path::{Path, PathBuf};

const MARK: &str = "DAMAGED";
/// One death while a store was opened may have been a kill. Two in a row are the store's.
const DEATHS: usize = 2;

/// A store is being opened. Bytes that are no store of its have been seen to abort the process there, past every error and every
/// `catch_unwind`; started again, it would meet them again. So each opening leaves a line beside the folder until it is over.
#[derive(Debug)]
pub struct Opening {
    file: PathBuf,
}

impl Opening {
    /// Begins one.
    pub fn begin(folder: &Path) -> Self {
        let file = beside(folder, "opening");
        let mut lines = std::fs::read_to_string(&file).unwrap_or_default();
        lines.push_str("begun\n");
        if let Err(error) = std::fs::write(&file, lines) {
            tracing::warn!(target: "store", %error, "a death while the store is opened would not be noticed");
        }
        Self { file }
    }

    /// Whether processes have died of this.
    pub fn kills(folder: &Path) -> bool {
        let lines = std::fs::read_to_string(beside(folder, "opening"));
        lines.is_ok_and(|lines| lines.lines().count() >= DEATHS)
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.file) {
            tracing::warn!(target: "store", %error, file = %self.file.display(), "could not be deleted");
        }
    }
}

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
    beside(folder, "damaged")
}

/// A path beside the folder, with another ending.
pub fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
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
