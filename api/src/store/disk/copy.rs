//! A store from end to end: into a snapshot while the engine goes on writing, and out of one into a store that nobody has yet.

use super::{Disk, DiskSettings, FORMAT, LEDGER_ID};
use crate::store::snapshot::{Content, Copied, Counting, Reader, SnapshotError, Writer};
use fjall::{Keyspace, Readable, Snapshot};
use ledger_log::PartitionId;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

/// What is handed to the output at once, bytes.
const PIECE: usize = 64 * 1024;

/// Where rows go, key and value.
type TakeRow<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> Result<(), SnapshotError>;

impl Disk {
    /// Writes everything that is in the store at this moment, all partitions as of one instant. What is committed meanwhile goes on
    /// unhindered and is not in it; what it replaces stays on disk until this is over.
    ///
    /// # Errors
    /// The store or the output fails.
    pub fn write_snapshot(&self, output: impl Write) -> Result<Copied, SnapshotError> {
        let ledger_id = self.about(LEDGER_ID)?.unwrap_or_default();
        let view = self.db.snapshot();
        let output = BufWriter::with_capacity(PIECE, output);
        let mut writer = Writer::begin(output, FORMAT, &ledger_id)?;
        for at in self.partitions() {
            writer.partition(&at)?;
            self.each_row(&view, &self.keyspace_of(&at)?, &mut |key, value| writer.row(key, value))?;
        }
        writer.finish()
    }

    /// Makes a store in this folder out of a snapshot. What lies there in the end was read again and has the digests that the
    /// snapshot states; after an error it must not be used.
    ///
    /// # Errors
    /// The snapshot is cut, damaged, of another ledger or of another format, or the disk fails.
    pub fn fill(
        path: &Path,
        settings: DiskSettings,
        input: impl Read,
        ledger_id: &str,
    ) -> Result<Copied, SnapshotError> {
        let mut reader = Reader::open(input, FORMAT, ledger_id)?;
        let disk = Self::open(path, settings)?;
        disk.belongs_to(ledger_id)?;
        while let Some(at) = reader.partition()? {
            disk.fill_partition(&at, &mut reader)?;
        }
        let stated = reader.stated().to_vec();
        let copied = reader.finish()?;
        let view = disk.db.snapshot();
        for (at, stated) in stated {
            disk.content(&view, &at)?.must_be(&stated, format!("partition {at} in the new store"))?;
            // That its batches are one chain.
            disk.partition(&at)?;
        }
        disk.sync()?;
        Ok(copied)
    }

    /// Straight into tables: no journal, nothing collected in memory.
    fn fill_partition<R: Read>(&self, at: &PartitionId, reader: &mut Reader<R>) -> Result<(), SnapshotError> {
        let failed = |why: fjall::Error| SnapshotError::Store(self.failed(&why));
        let rows = self.keyspace_of(at)?;
        // It takes keys in their order alone, and stops the program over others: the reader has refused them.
        let mut ingestion = rows.start_ingestion().map_err(failed)?;
        while let Some((key, value)) = reader.row()? {
            ingestion.write(key, value).map_err(failed)?;
        }
        ingestion.finish().map_err(failed)
    }

    fn content(&self, view: &Snapshot, at: &PartitionId) -> Result<Content, SnapshotError> {
        let mut counting = Counting::default();
        self.each_row(view, &self.keyspace_of(at)?, &mut |key, value| {
            counting.row(key, value);
            Ok(())
        })?;
        Ok(counting.content())
    }

    fn each_row(&self, view: &Snapshot, rows: &Keyspace, take: TakeRow<'_>) -> Result<(), SnapshotError> {
        for row in view.iter(rows) {
            let (key, value) = row.into_inner().map_err(|why| self.failed(&why))?;
            take(&key, &value)?;
        }
        Ok(())
    }

    /// Those the store knows, in their order.
    fn partitions(&self) -> Vec<PartitionId> {
        let names = self.db.list_keyspace_names();
        let mut all: Vec<PartitionId> = names.iter().filter_map(|name| partition_named(name)).collect();
        all.sort();
        all
    }
}

/// `about` is no partition.
fn partition_named(name: &str) -> Option<PartitionId> {
    let (topic, number) = name.rsplit_once('-')?;
    Some(PartitionId::new(topic, number.parse().ok()?))
}
