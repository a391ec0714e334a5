//! The owner's local store behind one trait: ordered rows of bytes, moved in one atomic write per batch.
//! A cache of the ledger: delete it and it is rebuilt. Nothing enters it that the log has not accepted, and no card data ever.

mod condemned;
mod disk;
mod in_use;
mod links;
mod memory;
pub mod snapshot;
pub mod taking;

pub use disk::{Disk, DiskSettings, FORMAT, PartitionRows};
pub use in_use::{Snapshots, Turn};
#[cfg(test)]
pub(crate) use links::LINKS;
pub use memory::Memory;

use std::collections::BTreeMap;

/// What one batch does to the rows: a value is put, `None` takes the row away.
pub type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A row as it was read: key, value.
pub type Row = (Vec<u8>, Vec<u8>);

/// The store could not be read or written. Whoever meets it stops serving the partition: the ledger is not harmed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The engine beneath failed; after a failed write it accepts no further one.
    #[error("the store at {path} failed: {why}")]
    Engine {
        /// The folder.
        path: String,
        /// What the engine said.
        why: String,
    },
    /// What lies in the folder is not what was written there.
    #[error("the store at {path} is damaged: {why}")]
    Damaged {
        /// The folder.
        path: String,
        /// What was found.
        why: String,
    },
    /// Another process has the folder open.
    #[error("the store at {path} is open in another process; give each process a folder of its own")]
    Locked {
        /// The folder.
        path: String,
    },
    /// The folder holds another ledger's rows.
    #[error(
        "the store at {path} belongs to ledger {found}, this is ledger {wanted}; give this ledger another folder"
    )]
    OtherLedger {
        /// The folder.
        path: String,
        /// The ledger id in the store.
        found: String,
        /// The ledger id in the directory's genesis.
        wanted: String,
    },
    /// The rows were written by another version of this program.
    #[error(
        "the store at {path} has format {found}, this program writes {wanted}: it is set aside and built from the ledger again"
    )]
    OtherFormat {
        /// The folder.
        path: String,
        /// The format in the store.
        found: String,
        /// The format of this program.
        wanted: &'static str,
    },
    /// A row does not hold what its kind of row holds.
    #[error("row {key} of the store cannot be read ({why})")]
    Row {
        /// The key in hex.
        key: String,
        /// What is wrong with it.
        why: String,
    },
}

impl StoreError {
    /// Whether the store holds something else than what was written: nothing of it may be served, and it can be built from the
    /// ledger again.
    #[must_use]
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } | Self::Row { .. } => true,
            Self::Engine { .. }
            | Self::Locked { .. }
            | Self::OtherLedger { .. }
            | Self::OtherFormat { .. } => false,
        }
    }
}

/// Reading rows, whatever is beneath.
pub trait Rows {
    /// The value of one row.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The rows with `from <= key < to`, in order, at most `limit` of them.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError>;
}

/// Rows that can be moved on.
pub trait Keep: Rows {
    /// Moves one batch in, all of it or nothing.
    ///
    /// # Errors
    /// When the store cannot be written; nothing of the batch is visible then.
    fn commit(&mut self, changes: Changes) -> Result<(), StoreError>;
}

/// The first key after every key that starts with `prefix`; empty when there is none (all bytes 0xff).
#[must_use]
pub fn after_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return end;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_after_a_prefix_is_above_all_of_its_keys_and_below_the_next() {
        assert_eq!(after_prefix(b"ab"), b"ac");
        assert_eq!(after_prefix(&[1, 255, 255]), [2]);
        assert_eq!(after_prefix(&[255]), Vec::<u8>::new());
    }
}
