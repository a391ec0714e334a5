//! Writes a snapshot: the caller brings partitions and rows in their order.

use super::{
    Copied, Counting, END, KEY_MAX, MAGIC, PARTITION, PARTITION_END, ROW, SnapshotError, TEXT_MAX, VALUE_MAX,
    VERSION, finished, length,
};
use ledger_log::PartitionId;
use ring::digest::{Context, SHA256};
use std::io::Write;

/// A snapshot on its way out.
pub struct Writer<W> {
    output: W,
    all: Context,
    bytes: u64,
    rows: u64,
    partitions: usize,
    current: Option<Counting>,
}

impl<W: Write> Writer<W> {
    /// Begins one of a store of this format and this ledger.
    ///
    /// # Errors
    /// The output fails.
    pub fn begin(output: W, format: &str, ledger_id: &str) -> Result<Self, SnapshotError> {
        let all = Context::new(&SHA256);
        let mut writer = Self { output, all, bytes: 0, rows: 0, partitions: 0, current: None };
        writer.put(MAGIC)?;
        writer.put(&VERSION.to_be_bytes())?;
        writer.text(format)?;
        writer.text(ledger_id)?;
        Ok(writer)
    }

    /// Ends the partition before, and begins another.
    ///
    /// # Errors
    /// The output fails, or a name is longer than names are.
    pub fn partition(&mut self, at: &PartitionId) -> Result<(), SnapshotError> {
        self.end_partition()?;
        self.put(&[PARTITION])?;
        self.text(&at.topic)?;
        self.put(&at.partition.to_be_bytes())?;
        self.partitions = self.partitions.saturating_add(1);
        self.current = Some(Counting::default());
        Ok(())
    }

    /// A row of the partition begun last, its key above the one before.
    ///
    /// # Errors
    /// The output fails, or the row is longer than rows are: it could not be read again.
    pub fn row(&mut self, key: &[u8], value: &[u8]) -> Result<(), SnapshotError> {
        if key.len() > KEY_MAX || value.len() > VALUE_MAX {
            return Err(too_long(format!("a row of {} and {} bytes", key.len(), value.len())));
        }
        self.put(&[ROW])?;
        self.put(&length(key).to_be_bytes())?;
        self.put(key)?;
        self.put(&length(value).to_be_bytes())?;
        self.put(value)?;
        if let Some(current) = &mut self.current {
            current.row(key, value);
        }
        Ok(())
    }

    /// Ends it; all of it has been given to the output then.
    ///
    /// # Errors
    /// The output fails.
    pub fn finish(mut self) -> Result<Copied, SnapshotError> {
        self.end_partition()?;
        self.put(&[END])?;
        let digest = finished(self.all.clone());
        self.put(&digest)?;
        self.output.flush().map_err(SnapshotError::Write)?;
        let (bytes, rows, partitions) = (self.bytes, self.rows, self.partitions);
        Ok(Copied { bytes, rows, partitions, digest: hex::encode(digest) })
    }

    fn end_partition(&mut self) -> Result<(), SnapshotError> {
        let Some(current) = self.current.take() else { return Ok(()) };
        let content = current.content();
        self.rows = self.rows.saturating_add(content.rows);
        self.put(&[PARTITION_END])?;
        self.put(&content.rows.to_be_bytes())?;
        self.put(&content.digest)
    }

    fn text(&mut self, text: &str) -> Result<(), SnapshotError> {
        if text.len() > TEXT_MAX {
            return Err(too_long(format!("a name of {} bytes", text.len())));
        }
        self.put(&length(text.as_bytes()).to_be_bytes())?;
        self.put(text.as_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.all.update(bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.output.write_all(bytes).map_err(SnapshotError::Write)
    }
}

fn too_long(what: String) -> SnapshotError {
    SnapshotError::Write(std::io::Error::new(std::io::ErrorKind::InvalidInput, what))
}
