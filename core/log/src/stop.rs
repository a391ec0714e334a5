//! Why a reader or writer stopped for good. A stop is never worked around: a person reads it and acts.

use crate::hash::Hash;
use crate::position::PartitionId;

/// The log is not what this process has seen or may trust. Nothing after it was judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A record extends the head but its seq or term does not: no correct writer makes that.
    #[error(
        "{partition} is damaged at offset {offset}: a record names {head_hash} (seq {head_seq}, term {head_term}) as its \
         predecessor but calls itself seq {seq}, term {term}"
    )]
    Damaged {
        /// Where.
        partition: PartitionId,
        /// Kafka's offset of the record.
        offset: i64,
        /// Its seq.
        seq: u64,
        /// Its term.
        term: u64,
        /// The last accepted record's seq.
        head_seq: u64,
        /// The last accepted record's term.
        head_term: u64,
        /// The last accepted record's hash.
        head_hash: Hash,
    },
    /// More void records linked to one another than any correct pipeline leaves behind.
    #[error(
        "{partition}, offset {offset}: more than {depth} records linked to one another follow a predecessor that was not \
         accepted; a record after seq {head_seq} (hash {head_hash}) was damaged or lost"
    )]
    TooManyOrphans {
        /// Where.
        partition: PartitionId,
        /// Kafka's offset of the last of them.
        offset: i64,
        /// The pipeline's depth that genesis states.
        depth: u32,
        /// The last accepted record's seq.
        head_seq: u64,
        /// The last accepted record's hash.
        head_hash: Hash,
    },
    /// The log ends before what this process has already judged, or holds something else there.
    #[error(
        "{partition} went back: {why}; judged up to offset {judged}, head seq {head_seq}, hash {head_hash}"
    )]
    WentBack {
        /// Where.
        partition: PartitionId,
        /// What was seen.
        why: String,
        /// Every offset below this one had been judged.
        judged: i64,
        /// The last accepted record's seq.
        head_seq: u64,
        /// The last accepted record's hash.
        head_hash: Hash,
    },
    /// The record at a stored cursor is not in the log.
    #[error(
        "{partition}: the record at offset {offset} (seq {seq}, hash {hash}) that this process had accepted is missing"
    )]
    CursorMissing {
        /// Where.
        partition: PartitionId,
        /// The cursor's offset.
        offset: i64,
        /// The cursor's seq.
        seq: u64,
        /// The cursor's hash.
        hash: Hash,
    },
    /// The record at a stored cursor is another one now.
    #[error("{partition}: the record at offset {offset} was seq {seq} with hash {hash}; now it is {found}")]
    CursorDiffers {
        /// Where.
        partition: PartitionId,
        /// The cursor's offset.
        offset: i64,
        /// The cursor's seq.
        seq: u64,
        /// The cursor's hash.
        hash: Hash,
        /// What is there now.
        found: String,
    },
    /// The partition's first record cannot be understood, is missing, or belongs to another ledger.
    #[error("{partition}: its genesis cannot be used: {why}")]
    Genesis {
        /// Where.
        partition: PartitionId,
        /// What is wrong with it.
        why: String,
    },
    /// An accepted fence cannot be understood, so nobody knows who leads.
    #[error("{partition}: the fence at seq {seq} cannot be understood: {why}")]
    Fence {
        /// Where.
        partition: PartitionId,
        /// The fence's seq.
        seq: u64,
        /// What is wrong with it.
        why: String,
    },
}
