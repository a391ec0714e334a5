//! A store as a stream of bytes, for a process that starts with nothing: what is in it, how it is written and how it is read. Both
//! ends hold one row at a time. It knows no files, no network and no engine beneath the store; whatever it reads may be damaged.
//!
//! Numbers are big-endian, a text or a byte string is its length (u32) and its bytes.
//!
//! | bytes | |
//! | --- | --- |
//! | `ledger-snapshot\n`, u32 | what it is, and the version of this form |
//! | text, text | the store's format, the ledger's id |
//! | `p`, text, u32 | a partition begins: topic and number |
//! | `r`, key, value | one of its rows; keys rise |
//! | `q`, u64, 32 bytes | it ends: how many rows, and SHA-256 over all of them (key and value, each with its length) |
//! | `z`, 32 bytes | the end: SHA-256 over everything before, the `z` included |

mod read;
mod write;

pub use read::Reader;
pub use write::Writer;

use super::StoreError;
use ledger_log::PartitionId;
use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN};

const MAGIC: &[u8; 16] = b"ledger-snapshot\n";
/// Rises whenever the form changes; another one is refused.
const VERSION: u32 = 1;

const PARTITION: u8 = b'p';
const ROW: u8 = b'r';
const PARTITION_END: u8 = b'q';
const END: u8 = b'z';

/// The longest name, bytes: a topic's and a partition's number together still name a keyspace of the store.
const TEXT_MAX: usize = 244;
/// The longest key the store takes, bytes.
const KEY_MAX: usize = u16::MAX as usize;
/// The longest value, bytes: many times the largest record.
const VALUE_MAX: usize = 16 * 1024 * 1024;
/// More partitions than any ledger has.
const PARTITIONS_MAX: usize = 10_000;

/// Why a snapshot cannot be made or used. Nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Whoever gives it failed.
    #[error("it cannot be read on: {0}")]
    Read(std::io::Error),
    /// Whoever takes it failed.
    #[error("it cannot be written on: {0}")]
    Write(std::io::Error),
    /// It ended before its end.
    #[error("it is cut off after {after} bytes")]
    Cut {
        /// So many bytes there were.
        after: u64,
    },
    /// Something else altogether.
    #[error("it does not begin like a snapshot of a ledger's store")]
    NotOne,
    /// Written by another version of this program.
    #[error("{what} is {found}, this program takes {wanted}")]
    Other {
        /// The form, the store's format.
        what: &'static str,
        /// What the snapshot says.
        found: String,
        /// What it should say.
        wanted: String,
    },
    /// Another ledger's rows.
    #[error("it is of ledger {found}, this is ledger {wanted}")]
    OtherLedger {
        /// The ledger id in the snapshot.
        found: String,
        /// The ledger id in the directory's genesis.
        wanted: String,
    },
    /// Its bytes make no sense.
    #[error("at byte {at}: {why}")]
    Malformed {
        /// So many bytes were read before.
        at: u64,
        /// What is wrong there.
        why: String,
    },
    /// What it holds, or what became of it, is not what it says.
    #[error("{of}: {found} where {stated} is stated")]
    Differs {
        /// Which rows.
        of: String,
        /// What was computed.
        found: String,
        /// What is stated.
        stated: String,
    },
    /// The store at this end failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder at this end failed.
    #[error("{doing}: {why}")]
    Folder {
        /// What was being done.
        doing: String,
        /// What the system said.
        why: std::io::Error,
    },
}

/// What went over, at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// How long the snapshot is.
    pub bytes: u64,
    /// How many rows are in it.
    pub rows: u64,
    /// How many partitions.
    pub partitions: usize,
    /// Its last digest, hexadecimal: the same at both ends.
    pub digest: String,
}

/// The rows of one partition: how many, and the SHA-256 over them in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// How many.
    pub rows: u64,
    /// Over key and value of each, with their lengths.
    pub digest: [u8; SHA256_OUTPUT_LEN],
}

impl Content {
    /// Compares it with what is stated of the same rows.
    ///
    /// # Errors
    /// They differ.
    pub fn must_be(&self, stated: &Self, of: String) -> Result<(), SnapshotError> {
        if self == stated {
            return Ok(());
        }
        Err(SnapshotError::Differs { of, found: self.to_string(), stated: stated.to_string() })
    }
}

impl std::fmt::Display for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rows with digest {}", self.rows, hex::encode(self.digest))
    }
}

/// A partition of a snapshot with what is in it.
pub type Stated = (PartitionId, Content);

/// Counts rows and digests them.
pub struct Counting {
    rows: u64,
    context: Context,
}

impl Default for Counting {
    fn default() -> Self {
        Self { rows: 0, context: Context::new(&SHA256) }
    }
}

impl Counting {
    /// One more.
    pub fn row(&mut self, key: &[u8], value: &[u8]) {
        self.rows = self.rows.saturating_add(1);
        for part in [key, value] {
            self.context.update(&length(part).to_be_bytes());
            self.context.update(part);
        }
    }

    /// All of them.
    #[must_use]
    pub fn content(self) -> Content {
        Content { rows: self.rows, digest: finished(self.context) }
    }
}

/// No row is anywhere near as long as this can say; one that were would not be read again.
fn length(part: &[u8]) -> u32 {
    u32::try_from(part.len()).unwrap_or(u32::MAX)
}

fn finished(context: Context) -> [u8; SHA256_OUTPUT_LEN] {
    let mut digest = [0; SHA256_OUTPUT_LEN];
    digest.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    digest
}

/// Reads a snapshot to its end and compares every digest, and keeps nothing.
///
/// # Errors
/// It is cut, damaged, of another ledger, or of another format.
pub fn check(input: impl std::io::Read, format: &str, ledger_id: &str) -> Result<Copied, SnapshotError> {
    let mut reader = Reader::open(input, format, ledger_id)?;
    while reader.partition()?.is_some() {
        while reader.row()?.is_some() {}
    }
    reader.finish()
}

#[cfg(test)]
mod tests;
