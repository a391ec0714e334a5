//! The ledger's own rule over Kafka: record, chain, reader, writer, and the Kafka shell. Opaque headers and bytes: it knows no payment.

pub mod fence;
pub mod hash;
pub mod kafka;
pub mod position;
pub mod reader;
pub mod record;
mod sabotage;
#[cfg(any(test, feature = "sim"))]
pub mod sim;
pub mod stop;
pub mod writer;

pub use fence::{Fence, Genesis, HashFunction, Mode};
pub use hash::Hash;
pub use position::{PartitionId, Position};
pub use reader::{Accepted, Cursor, Reader, Verdict};
pub use record::{Headers, Payload, RawRecord, Record};
pub use stop::Stop;
pub use writer::{Action, Completion, Delivery, Fate, Output, Ticket, Writer};
