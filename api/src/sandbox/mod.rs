//! A sandbox acquirer (원천사): a stand-in for the upstream card network that remembers every operation, declines on request
//! and fails in every way a network can; `guide` tells how to ask. Every operation is bound to its id, and every answer
//! is on disk before it is given. For development and tests: it must never be trusted with a real card.

pub mod bank;
mod connection;
pub mod decide;
pub mod entry;
pub mod fault;
mod guide;
mod handlers;
pub mod journal;
pub mod magic;
pub mod memory;
mod perform;
pub mod report;
mod serve;
pub mod settings;
pub mod wire;

pub use guide::guide;
pub use perform::FAULT_HEADER;
pub use serve::serve;
