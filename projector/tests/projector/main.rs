//! The projector against a real Kafka and a real MariaDB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helper fails its test")]

mod damage;
mod guard;
mod mapping;
mod outage;
mod outcomes;
mod rebuilding;
mod replaying;
mod rows;
mod settling;
mod sql;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the api's tests use the rest of it")]
mod support;
mod verifying;
mod verifying_settlements;
