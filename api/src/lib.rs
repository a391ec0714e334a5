//! HTTP in, events out: one operation a file, the partition's owner, the acquirers, and queries over the read models.

pub mod access;
pub mod acquirers;
pub mod catalogue;
mod durable;
pub mod engine;
pub mod envelope;
pub mod http;
pub mod keys;
pub mod ledger;
pub mod owner;
pub mod queries;
pub mod sandbox;
pub mod startup;
pub mod store;
