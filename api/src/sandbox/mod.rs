//! A sandbox acquirer (원천사): a stand-in for the upstream card network that remembers every operation, declines on request
//! and fails in every way a network can. For development and tests; it must never be trusted with a real card.
//!
//! Requests are closed JSON; every answer echoes `operationId` and says `outcome`. Each operation is bound to its id.
//!
//! **Declines and "not attempted"**: by the last four digits of the amount, or by card: the tables in [`magic`]. An amount
//! that ends in 0 never means anything.
//!
//! **Faults** ([`fault`]): header `sandbox-fault: NAME` on any request to the sandbox; an order id
//! `sbx-TARGET_NAME[_MS][_xN|_always]-…-REST` with TARGET `approve`, `cancel`, `netcancel` or `inquire`, several in a row if
//! need be; the last four digits of the amount (55nn at approval, 56nn at cancel, 57nn at net cancel, 58nn at inquiry); or
//! chance, by `POST /settings`. Order ids and amounts strike the first request of an operation only, unless told otherwise,
//! so that a retry gets through.

pub mod bank;
mod connection;
pub mod decide;
pub mod entry;
pub mod fault;
mod handlers;
pub mod journal;
pub mod magic;
pub mod memory;
mod perform;
pub mod report;
mod serve;
pub mod settings;
pub mod wire;

pub use perform::FAULT_HEADER;
pub use serve::serve;
