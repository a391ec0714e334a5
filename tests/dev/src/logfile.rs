//! A server's output on disk, bounded: past the limit the file becomes `NAME.log.1` and a new one begins.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// Bytes a log file may have; with the one before it a server keeps at most twice this.
pub const LIMIT_BYTES: u64 = 8 * 1024 * 1024;

/// An open log that never grows past its limit by more than a line.
pub struct BoundedLog {
    path: PathBuf,
    file: File,
    size: u64,
    limit: u64,
}

impl BoundedLog {
    /// Opens for appending.
    pub fn open(path: &Path, limit_bytes: u64) -> std::io::Result<BoundedLog> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(BoundedLog { path: path.to_path_buf(), file, size, limit: limit_bytes })
    }

    /// Writes one line, beginning a new file first when this one is full.
    pub fn line(&mut self, line: &[u8]) -> std::io::Result<()> {
        if self.size >= self.limit {
            std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
            *self = BoundedLog::open(&self.path, self.limit)?;
        }
        self.file.write_all(line)?;
        self.size += u64::try_from(line.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Copies everything a child writes until it ends. A full disk loses log lines, never the child.
    pub fn follow(mut self, output: impl Read) {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        // A line without an end must not fill the memory: 64 KiB at a time.
        while matches!((&mut output).take(65_536).read_until(b'\n', &mut line), Ok(n) if n > 0) {
            let _ = self.line(&line);
            line.clear();
        }
    }
}

/// The last lines of a log, led by a line that names the file; empty when there is nothing.
pub fn tail(path: &Path, lines: usize) -> String {
    let text = whole(path);
    let all: Vec<&str> = text.lines().collect();
    if all.is_empty() {
        return format!("; {} is empty", path.display());
    }
    let last = all.get(all.len().saturating_sub(lines)..).unwrap_or_default();
    format!("; the last lines of {}:\n    {}", path.display(), last.join("\n    "))
}

/// A whole log, or nothing.
pub fn whole(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_at_most_two_files_of_its_limit() {
        let folder = crate::testing::folder("bounded-log");
        let path = folder.join("x.log");
        let mut log = BoundedLog::open(&path, 100).unwrap();
        for n in 0..100 {
            log.line(format!("line {n:04}\n").as_bytes()).unwrap();
        }
        let size = |p: &Path| std::fs::metadata(p).unwrap().len();
        assert!(size(&path) <= 110 && size(&folder.join("x.log.1")) <= 110);
        assert!(tail(&path, 1).ends_with("line 0099"));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn output_without_line_ends_is_kept_too() {
        let folder = crate::testing::folder("long-line");
        let path = folder.join("x.log");
        BoundedLog::open(&path, LIMIT_BYTES).unwrap().follow(vec![b'a'; 200_000].as_slice());
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 200_000);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
