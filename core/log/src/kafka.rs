//! The Kafka shell: performs what the writer asks for and reports what came of it, and feeds readers.
//! The only mention of rdkafka. It decides nothing: whether a record counts is the reader's rule alone.

mod bury;
mod client;
mod error;
mod follower;
mod headers;
mod keys;
mod lane;
mod marker;
mod members;
mod meta;
mod partition_io;
mod producer;
mod range;
mod settings;
mod silence;
mod threads;
mod topics;

pub use error::{KafkaError, Weakness};
pub use follower::{Batch, FollowError, Follower, read_genesis};
pub use keys::KeyTopic;
pub use marker::Marker;
pub use members::{BEAT_EVERY, Beat, Heard, Members, heard_lately};
pub use meta::{partitions, read_at, watermarks};
pub use partition_io::{PartitionIo, Sink};
pub use settings::{KafkaSettings, MAX_RECORD_BYTES, TopicNames};
pub use topics::{Durability, check_topics, ensure_topics};
