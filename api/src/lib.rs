//! HTTP in, events out: one operation a file, the partition's owner, the acquirers, and queries over the read models.

pub mod acquirers;
pub mod sandbox;
pub mod engine;
pub mod ledger;
pub mod owner;
pub mod store;
pub mod envelope;
pub mod access;
pub mod catalogue;
pub mod http;
pub mod keys;
pub mod queries;
pub mod startup;
