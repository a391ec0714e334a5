//! The file of JSON lines that outlives the process: many requests share one fsync, and none is answered before its line is on disk.
//! It must never skip a damaged line in the middle; only a last line that a crash cut off is dropped.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::watch;

use super::entry::Entry;
use super::memory::{Impossible, Memory};
use crate::durable;

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Opening, reading or cutting failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process has it.
    #[error("{path} belongs to another running sandbox acquirer")]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// A line that is no entry.
    #[error("{path} line {line} is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// The file could not be written; what was not on disk before will never be answered.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the sandbox's file cannot be written any more")]
pub struct Closed;

/// Appends lines, in the order they are pushed, and says how many are on disk.
pub struct Journal {
    /// None only while it is dropped.
    queue: Option<Sender<Vec<u8>>>,
    durable: watch::Receiver<Written>,
    writer: Option<JoinHandle<()>>,
}

/// What this process has put on disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// Lines.
    pub lines: u64,
    /// Syncs that took.
    pub syncs: u64,
}

impl Journal {
    /// Opens or creates the file, takes it for this process alone, and reads it back.
    pub fn open(path: &Path) -> Result<(Journal, Memory), JournalError> {
        let io = |source| JournalError::Io { path: path.to_owned(), source };
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path).map_err(io)?;
        if file.try_lock().is_err() {
            return Err(JournalError::Locked { path: path.to_owned() });
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes.truncate(whole);
        let memory = replay(path, &bytes)?;
        cut(&mut file, path, whole).map_err(io)?;
        let (queue, lines) = crossbeam_channel::unbounded();
        let (on_disk, durable) = watch::channel(Written::default());
        let writer = std::thread::Builder::new()
            .name("sandbox-journal".into())
            .spawn(move || write(file, &lines, &on_disk))
            .map_err(io)?;
        Ok((Journal { queue: Some(queue), durable, writer: Some(writer) }, memory))
    }

    /// Hands one line to the writer. Counting what was pushed is the caller's, under whose lock the order is made.
    pub fn push(&self, entry: &Entry) {
        match serde_json::to_vec(entry) {
            // A failed hand-over shows where it is waited for: the writer is gone and `durable` says so.
            Ok(mut line) => {
                line.push(b'\n');
                let _ = self.queue.as_ref().map(|queue| queue.send(line));
            }
            Err(error) => tracing::error!(%error, "an entry could not be written as JSON"),
        }
    }

    /// Returns when the first `count` lines pushed since the start are on disk.
    pub async fn durable(&self, count: u64) -> Result<(), Closed> {
        self.durable.clone().wait_for(|on_disk| on_disk.lines >= count).await.map(|_| ()).map_err(|_| Closed)
    }

    /// What is on disk now.
    pub fn written(&self) -> Written {
        *self.durable.borrow()
    }

    /// Returns when the file cannot be written any more.
    pub async fn failed(&self) -> Closed {
        let _ = self.durable.clone().wait_for(|_| false).await;
        Closed
    }
}

impl Drop for Journal {
    /// Waits until everything that was pushed is on disk and the file is free for the next process.
    fn drop(&mut self) {
        self.queue = None;
        let _ = self.writer.take().map(JoinHandle::join);
    }
}

/// Folds a file's whole lines into a memory.
pub fn replay(path: &Path, bytes: &[u8]) -> Result<Memory, JournalError> {
    let damaged =
        |line: usize, why: String| JournalError::Damaged { path: path.to_owned(), line: line + 1, why };
    let mut memory = Memory::default();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for (at, line) in lines.enumerate() {
        let entry: Entry = serde_json::from_slice(line).map_err(|error| damaged(at, error.to_string()))?;
        memory.apply(&entry).map_err(|error: Impossible| damaged(at, error.to_string()))?;
    }
    Ok(memory)
}

fn cut(file: &mut File, path: &Path, whole: usize) -> std::io::Result<()> {
    let whole = u64::try_from(whole).map_err(std::io::Error::other)?;
    if file.metadata()?.len() != whole {
        tracing::warn!(path = %path.display(), "dropped a last line that was cut off; it had not been answered");
        file.set_len(whole)?;
    }
    file.seek(std::io::SeekFrom::Start(whole))?;
    file.sync_all()?;
    durable::sync_name(path)
}

/// The writer's thread: everything that waits goes to disk with one sync; the next sync starts when that one ends.
fn write(mut file: File, lines: &Receiver<Vec<u8>>, on_disk: &watch::Sender<Written>) {
    let mut written = Written::default();
    while let Ok(first) = lines.recv() {
        let mut batch = first;
        written.lines += 1;
        while let Ok(next) = lines.try_recv() {
            batch.extend_from_slice(&next);
            written.lines += 1;
        }
        if let Err(error) = file.write_all(&batch).and_then(|()| file.sync_data()) {
            tracing::error!(%error, "the sandbox's file cannot be written");
            return;
        }
        written.syncs += 1;
        on_disk.send_replace(written);
    }
}
