//! The Kafka shell against a real broker: `LEDGER_TEST_KAFKA_BOOTSTRAP` says which. Each test has topics of its
//! own under a random prefix and deletes them.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy knows test functions, not their helpers"
)]

mod append;
mod following;
mod keys;
mod members;
mod reading;
mod support;
mod topics;
