//! The servers of one test run: a private Kafka and MariaDB in a folder of their own, gone when the run is over.
//! What a killed run left behind, the next one clears away.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::engines::Engines;
use crate::site::{Site, Size};
use crate::stack::Stack;
use crate::{DevError, Paths, testing};

/// Running servers and what tests need to find them.
#[derive(Debug)]
pub struct TestRun {
    stack: Stack,
    bins: PathBuf,
    folder: PathBuf,
    /// Held as long as the run lives.
    _lock: File,
}

impl TestRun {
    /// Starts both engines; `bins` is where the product's binaries are.
    pub fn start(paths: &Paths, engines: Engines, bins: PathBuf) -> Result<TestRun, DevError> {
        Paths::make(&paths.dev)?;
        clear_leftovers(&paths.dev);
        let folder = paths.dev.join(testing::unique("test"));
        Paths::make(&folder)?;
        let lock = take_lock(&folder)?;
        let site = Site::fresh(&folder.join("shared"), bins.clone(), engines, Size::default())?;
        let mut stack = Stack::prepare(site, &Stack::options("shared").engines_only())?;
        stack.start_engines()?;
        Ok(TestRun { stack, bins, folder, _lock: lock })
    }

    /// Gives a command what tests look for.
    pub fn tell(&self, command: &mut Command) {
        command.env("LEDGER_TEST_KAFKA_BOOTSTRAP", self.stack.kafka_bootstrap());
        command.env("LEDGER_TEST_MARIADB_URL", self.stack.mariadb_admin_url());
        command.env("LEDGER_TEST_BIN_DIR", &self.bins);
        command.env("LEDGER_TEST_DIR", &self.folder);
    }
}

impl Drop for TestRun {
    fn drop(&mut self) {
        for server in self.stack.servers_mut().into_iter().rev() {
            // The data go with the run, so nobody needs an orderly end.
            let _ = server.kill();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn take_lock(folder: &Path) -> Result<File, DevError> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(DevError::at("open", &path))?;
    file.lock().map_err(DevError::at("lock", &path))?;
    Ok(file)
}

/// Removes the folders of runs that no longer live; a failure to do so hinders nobody.
fn clear_leftovers(dev: &Path) {
    let entries = std::fs::read_dir(dev).into_iter().flatten().filter_map(Result::ok);
    for folder in entries.map(|e| e.path()) {
        let named = folder.file_name().is_some_and(|n| n.to_string_lossy().starts_with("test_"));
        let free = |folder: &Path| File::open(folder.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok());
        if named && free(&folder) {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folders_of_dead_runs_are_cleared_away() {
        let dev = testing::folder("leftovers");
        for name in ["test_dead", "test_alive", "data"] {
            std::fs::create_dir(dev.join(name)).unwrap();
            std::fs::write(dev.join(name).join("lock"), "").unwrap();
        }
        let alive = take_lock(&dev.join("test_alive")).unwrap();
        clear_leftovers(&dev);
        assert!(!dev.join("test_dead").exists());
        assert!(dev.join("test_alive").exists() && dev.join("data").exists());
        drop(alive);
        std::fs::remove_dir_all(dev).unwrap();
    }
}
