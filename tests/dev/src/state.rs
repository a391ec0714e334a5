//! What the running supervisor tells other commands: a lock that says it lives, and a file that says how it stands.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::supervisor::Status;
use crate::{DevError, Paths, secrets};

/// How the running stack stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    /// The supervisor's process.
    pub pid: u32,
    /// What it is doing now, in words.
    pub stage: String,
    /// Whether the stack serves and `target/dev/env` is complete.
    pub ready: bool,
    /// Its servers.
    pub servers: Vec<Status>,
}

/// The supervisor's lock and its file. The kernel gives the lock back however the supervisor ends.
#[derive(Debug)]
pub struct Board {
    file: PathBuf,
    _lock: File,
}

fn lock_file(paths: &Paths) -> Result<(PathBuf, File), DevError> {
    Paths::make(&paths.dev)?;
    let path = paths.dev.join("lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    open.map_err(DevError::at("open", &path)).map(|file| (path, file))
}

fn state_file(paths: &Paths) -> PathBuf {
    paths.dev.join("state.json")
}

impl Board {
    /// Becomes the one supervisor of this folder; nothing when there is one.
    pub fn take(paths: &Paths) -> Result<Option<Board>, DevError> {
        let (path, file) = lock_file(paths)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Board { file: state_file(paths), _lock: file })),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(e)) => Err(DevError::at("lock", &path)(e)),
        }
    }

    /// Tells how it stands.
    pub fn write(&self, stage: &str, ready: bool, servers: &[Status]) -> Result<(), DevError> {
        let (stage, servers) = (stage.to_owned(), servers.to_vec());
        let state = State { pid: std::process::id(), stage, ready, servers };
        let text = serde_json::to_string_pretty(&state).map_err(|e| DevError::Said(e.to_string()))?;
        secrets::write_private(&self.file, &text)
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// The running supervisor's state; nothing when none runs. A file left by one that was killed says nothing.
pub fn running(paths: &Paths) -> Result<Option<State>, DevError> {
    if let Some(unused) = Board::take(paths)? {
        drop(unused);
        return Ok(None);
    }
    // Between its lock and its first word there is a moment.
    Ok(Some(read(&state_file(paths)).unwrap_or(State {
        pid: 0,
        stage: "starting".to_owned(),
        ready: false,
        servers: Vec::new(),
    })))
}

fn read(file: &Path) -> Option<State> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(folder: &Path) -> Paths {
        Paths { root: folder.into(), target: folder.into(), dev: folder.into(), engines: folder.into() }
    }

    #[test]
    fn a_state_counts_only_while_its_supervisor_holds_the_lock() {
        let folder = crate::testing::folder("state");
        let paths = paths(&folder);
        let board = Board::take(&paths).unwrap().unwrap();
        board.write("serving", true, &[]).unwrap();
        assert_eq!(running(&paths).unwrap().unwrap().stage, "serving");
        assert!(Board::take(&paths).unwrap().is_none());
        // As after kill -9: the lock is gone, the file is not.
        let leftover = std::fs::read(state_file(&paths)).unwrap();
        drop(board);
        std::fs::write(state_file(&paths), leftover).unwrap();
        assert!(running(&paths).unwrap().is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
