//! The store that the engine writes, as others may copy it: to read it is all this handle can do, and one copy is made at a time,
//! because each keeps what has been replaced since from being cleaned away.

use super::Disk;
use super::snapshot::{Copied, SnapshotError};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Snapshots of one store. Clones share their turn.
#[derive(Clone, Debug)]
pub struct Snapshots {
    disk: Disk,
    busy: Arc<AtomicBool>,
}

/// The turn of one who makes a snapshot; the next one's comes when it is dropped.
#[derive(Debug)]
pub struct Turn(Snapshots);

impl Snapshots {
    /// Of this store.
    #[must_use]
    pub fn of(disk: Disk) -> Self {
        Self { disk, busy: Arc::default() }
    }

    /// A turn, unless one is being made.
    #[must_use]
    pub fn begin(&self) -> Option<Turn> {
        (!self.busy.swap(true, Ordering::AcqRel)).then(|| Turn(self.clone()))
    }
}

impl Turn {
    /// Writes everything that is in the store at this moment. Blocks as long as the output does; the engine is not waited for, and
    /// waits for nothing.
    ///
    /// # Errors
    /// The store or the output fails.
    pub fn write(&self, output: impl Write) -> Result<Copied, SnapshotError> {
        self.0.disk.write_snapshot(output)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}
