//! HTTP without a ledger: parsing, access, status mapping, the catalogue, the documents. The real application with all its
//! layers runs here; only the write path behind it is a double. Whole-path tests are the system tests'.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking, its helpers too"
)]

mod access;
mod bad_input;
mod cards;
mod commands;
mod documents;
mod errors;
mod outcomes;
mod reads;
mod server;
mod snapshots;
mod stories;
mod support;
