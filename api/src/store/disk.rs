//! fjall 3, the only mention of it: one database, one keyspace per partition, one atomic batch per engine batch.
//! A batch is durable against a crash of the process at once and against one of the machine later: the cursor moves with its rows.

mod copy;

use super::condemned::{self, Opening};
use super::{Changes, Keep, Row, Rows, StoreError, links, taking};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use ledger_log::PartitionId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rises whenever a row changes its meaning; a store of another format is set aside and built from the ledger again.
pub const FORMAT: &str = "4";
const LEDGER_ID: &[u8] = b"ledger-id";
const FORMAT_KEY: &[u8] = b"format";
const MIB: u64 = 1024 * 1024;

/// Sizes of the store's memory.
#[derive(Clone, Copy, Debug)]
pub struct DiskSettings {
    /// The block cache over all partitions, bytes.
    pub cache_bytes: u64,
    /// What one partition collects in memory before it is written as a table, bytes: all of them together are memory that is not
    /// cache, and what a start reads from the journal again.
    pub memtable_bytes: u64,
    /// The journal of all partitions, bytes. At least 64 MiB.
    pub journal_bytes: u64,
}

impl Default for DiskSettings {
    fn default() -> Self {
        Self { cache_bytes: 64 * MIB, memtable_bytes: 16 * MIB, journal_bytes: 128 * MIB }
    }
}

fn keyspace(settings: DiskSettings) -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(settings.memtable_bytes)
}

/// The database in one folder.
#[derive(Clone)]
pub struct Disk {
    db: Database,
    about: Keyspace,
    path: PathBuf,
    settings: DiskSettings,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Disk {
    /// Opens the folder, or makes it. One that is damaged, or was found to be when it was open last, is set aside, and a new one
    /// begins: what it held comes from the ledger again.
    ///
    /// # Errors
    /// As [`Disk::open`], but for damage.
    pub fn open_sound(path: &Path, settings: DiskSettings) -> Result<Self, StoreError> {
        Self::open_or_begin(path, settings, &mut || ())
    }

    /// As [`Disk::open_sound`]. Where nothing is at the path, or no longer, `begin` may put a store there first
    /// ([`taking::take`]). It is not asked to where one that had come from a snapshot is damaged: another could be again, and the
    /// ledger is not.
    ///
    /// # Errors
    /// As [`Disk::open`], but for damage.
    pub fn open_or_begin(
        path: &Path,
        settings: DiskSettings,
        begin: &mut dyn FnMut(),
    ) -> Result<Self, StoreError> {
        let set_aside = |why: &str| {
            let was_taken = taking::is_taken(path);
            condemned::set_aside(path, why).map(|()| !was_taken)
        };
        let may_begin = if let Some(why) = condemned::reason(path) {
            set_aside(&why)?
        } else if Opening::kills(path) {
            set_aside("the process died twice in a row while it was opened")?
        } else {
            taking::holds_nothing(path)
        };
        if may_begin {
            if let Err(why) = taking::clear(path) {
                tracing::warn!(target: "store", %why, "a folder is left over");
            }
            begin();
        }
        let why = match Self::open_once(path, settings) {
            Err(why) if why.is_damage() || matches!(why, StoreError::OtherFormat { .. }) => why,
            opened => return opened,
        };
        if set_aside(&why.to_string())? {
            begin();
        }
        Self::open_once(path, settings)
    }

    /// A death in here is noticed at the next start.
    fn open_once(path: &Path, settings: DiskSettings) -> Result<Self, StoreError> {
        let _opening = Opening::begin(path);
        Self::open(path, settings)
    }

    /// Says that the store in this folder must not be opened again: it is damaged.
    pub fn mark_damaged(path: &Path, why: &str) {
        condemned::mark(path, why);
    }

    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// When another process has it, when its format is another, or when the disk fails.
    pub fn open(path: &Path, settings: DiskSettings) -> Result<Self, StoreError> {
        let failed = |why: fjall::Error| failure(path, &why);
        let builder = Database::builder(path)
            .cache_size(settings.cache_bytes)
            .max_journaling_size(settings.journal_bytes.max(64 * MIB))
            .worker_threads(1);
        // Bytes that are no store of its have been seen to make it panic.
        let opened = catch_unwind(AssertUnwindSafe(|| builder.open()));
        let panicked = |_| StoreError::Damaged {
            path: path.display().to_string(),
            why: "it makes fjall panic".to_owned(),
        };
        let db = opened.map_err(panicked)?.map_err(failed)?;
        let about = db.keyspace("about", || keyspace(settings)).map_err(failed)?;
        let disk = Self { db, about, path: path.to_owned(), settings };
        match disk.about(FORMAT_KEY)? {
            None => disk.set_about(FORMAT_KEY, FORMAT)?,
            Some(found) if found == FORMAT => {}
            Some(found) => {
                return Err(StoreError::OtherFormat { path: disk.name(), found, wanted: FORMAT });
            }
        }
        Ok(disk)
    }

    /// Binds the folder to a ledger on first use; refuses a folder that is bound to another.
    ///
    /// # Errors
    /// When it belongs to another ledger, or the disk fails.
    pub fn belongs_to(&self, ledger_id: &str) -> Result<(), StoreError> {
        match self.about(LEDGER_ID)? {
            None => self.set_about(LEDGER_ID, ledger_id),
            Some(found) if found == ledger_id => Ok(()),
            Some(found) => {
                Err(StoreError::OtherLedger { path: self.name(), found, wanted: ledger_id.to_owned() })
            }
        }
    }

    /// The rows of one partition.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn partition(&self, at: &PartitionId) -> Result<PartitionRows, StoreError> {
        let rows = self.keyspace_of(at)?;
        let mut rows = PartitionRows { disk: self.clone(), rows, commits: Arc::default() };
        let place = format!("{}, partition {at}", self.name());
        rows.commits = Arc::new(AtomicU64::new(links::check(&rows, &place)?));
        Ok(rows)
    }

    /// Waits until everything written is on the disk itself.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.db.persist(PersistMode::SyncAll).map_err(|why| self.failed(&why))
    }

    fn keyspace_of(&self, at: &PartitionId) -> Result<Keyspace, StoreError> {
        let name = format!("{}-{}", at.topic, at.partition);
        self.db.keyspace(&name, || keyspace(self.settings)).map_err(|why| self.failed(&why))
    }

    fn about(&self, key: &[u8]) -> Result<Option<String>, StoreError> {
        let value = self.about.get(key).map_err(|why| self.failed(&why))?;
        Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
    }

    fn set_about(&self, key: &[u8], value: &str) -> Result<(), StoreError> {
        self.about.insert(key, value).map_err(|why| self.failed(&why))
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn failed(&self, why: &fjall::Error) -> StoreError {
        failure(&self.path, why)
    }
}

fn failure(path: &Path, error: &fjall::Error) -> StoreError {
    let (path, why) = (path.display().to_string(), error.to_string());
    match error {
        fjall::Error::Locked => StoreError::Locked { path },
        fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) if !is_damage(error) => {
            StoreError::Engine { path, why }
        }
        fjall::Error::KeyspaceDeleted => StoreError::Engine { path, why },
        // A background write failed, after which nothing it says is certain: it counts as damage, because a compaction that
        // meets a damaged block ends like that, and would again after every start.
        _ => StoreError::Damaged { path, why },
    }
}

/// What the machine lacks is no damage. Everything else is: a file that is gone, cut off or holds something else may show as
/// almost any error.
fn is_damage(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{
        Interrupted, OutOfMemory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
        WouldBlock,
    };
    let no_more_files = matches!(error.raw_os_error(), Some(ENFILE | EMFILE));
    let lacking = matches!(
        error.kind(),
        Interrupted
            | OutOfMemory
            | PermissionDenied
            | QuotaExceeded
            | ReadOnlyFilesystem
            | StorageFull
            | WouldBlock
    );
    !lacking && !no_more_files
}

/// The system has no more file handles.
const ENFILE: i32 = 23;
/// This process has no more file handles.
const EMFILE: i32 = 24;

/// One partition's rows on disk.
#[derive(Clone)]
pub struct PartitionRows {
    disk: Disk,
    rows: Keyspace,
    /// How many batches were moved in so far.
    commits: Arc<AtomicU64>,
}

impl std::fmt::Debug for PartitionRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartitionRows").field("disk", &self.disk).finish_non_exhaustive()
    }
}

impl PartitionRows {
    /// Moves one batch in, all of it or nothing.
    ///
    /// # Errors
    /// When the disk fails; nothing of the batch is visible then.
    pub fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        let mut batch = self.disk.db.batch();
        let number = self.commits.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        for (key, value) in changes.into_iter().chain(links::of(number)) {
            match value {
                Some(value) => batch.insert(&self.rows, key, value),
                None => batch.remove(&self.rows, key),
            }
        }
        batch.commit().map_err(|why| self.disk.failed(&why))
    }
}

impl Rows for PartitionRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.rows.get(key).map_err(|why| self.disk.failed(&why))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut found = Vec::new();
        for row in self.rows.range(from.to_vec()..to.to_vec()).take(limit) {
            let (key, value) = row.into_inner().map_err(|why| self.disk.failed(&why))?;
            found.push((key.to_vec(), value.to_vec()));
        }
        Ok(found)
    }
}

impl Keep for PartitionRows {
    fn commit(&mut self, changes: Changes) -> Result<(), StoreError> {
        Self::commit(self, changes)
    }
}

#[cfg(test)]
mod tests;
