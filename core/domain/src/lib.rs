//! What a payment is: money, events, decide and evolve, fees, postings. No clock, no network, no database, no async, no Kafka.

pub mod card;
pub mod contract;
pub mod days;
pub mod directory;
mod event;
pub mod explain;
pub mod ids;
pub mod lines;
pub mod money;
pub mod partition;
pub mod payment;
pub mod posting;
pub mod recorded;
mod rejection;
pub mod settlement;
pub mod text;
pub mod vat;

pub use event::{EVENT_TYPES, Event, Impossible};
pub use rejection::{Field, Rejection};
