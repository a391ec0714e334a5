//! Events in, rows out: follows the ledger into MariaDB, rebuilds, verifies, and replays for an auditor.

pub mod checkpoint;
pub mod cli;
pub mod context;
pub mod db;
pub mod entry;
pub mod follow;
pub mod lane;
pub mod metrics;
pub mod migrate;
pub mod projections;
pub mod rebuild;
pub mod replay;
pub mod run;
pub mod swap;
pub mod told;
pub mod verify;
pub mod worker;
pub mod write;
