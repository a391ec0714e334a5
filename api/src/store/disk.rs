//! fjall 3, the only mention of it: one database, one keyspace per partition, one atomic batch per engine batch.
//! A batch is durable against a crash of the process at once and against one of the machine later: the cursor moves with its rows.

use super::{Changes, Row, Rows, StoreError};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use ledger_log::PartitionId;
use std::path::{Path, PathBuf};

/// Rises whenever a row changes its meaning; a store of another format is refused and rebuilt.
const FORMAT: &str = "1";
const LEDGER_ID: &[u8] = b"ledger-id";
const FORMAT_KEY: &[u8] = b"format";

/// Sizes of the store's memory.
#[derive(Clone, Copy, Debug)]
pub struct DiskSettings {
    /// The block cache over all partitions, bytes.
    pub cache_bytes: u64,
}

impl Default for DiskSettings {
    fn default() -> Self {
        Self { cache_bytes: 64 * 1024 * 1024 }
    }
}

/// The database in one folder.
#[derive(Clone)]
pub struct Disk {
    db: Database,
    about: Keyspace,
    path: PathBuf,
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Disk {
    /// Opens the folder, or makes it.
    ///
    /// # Errors
    /// When another process has it, when its format is another, or when the disk fails.
    pub fn open(path: &Path, settings: DiskSettings) -> Result<Self, StoreError> {
        let failed = |why: fjall::Error| match why {
            fjall::Error::Locked => StoreError::Locked { path: path.display().to_string() },
            why => StoreError::Engine { path: path.display().to_string(), why: why.to_string() },
        };
        let builder = Database::builder(path).cache_size(settings.cache_bytes).worker_threads(1);
        let db = builder.open().map_err(failed)?;
        let about = db.keyspace("about", KeyspaceCreateOptions::default).map_err(failed)?;
        let disk = Self { db, about, path: path.to_owned() };
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
        let name = format!("{}-{}", at.topic, at.partition);
        let rows =
            self.db.keyspace(&name, KeyspaceCreateOptions::default).map_err(|why| self.failed(&why))?;
        Ok(PartitionRows { disk: self.clone(), rows })
    }

    /// Waits until everything written is on the disk itself.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.db.persist(PersistMode::SyncAll).map_err(|why| self.failed(&why))
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
        StoreError::Engine { path: self.name(), why: why.to_string() }
    }
}

/// One partition's rows on disk.
#[derive(Clone)]
pub struct PartitionRows {
    disk: Disk,
    rows: Keyspace,
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
        for (key, value) in changes {
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
