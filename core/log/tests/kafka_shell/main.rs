//! The Kafka shell against a real broker: `LEDGER_TEST_KAFKA_BOOTSTRAP` says which. Each test has topics of its
//! own under a random prefix and deletes them.

mod append;
mod following;
mod keys;
mod reading;
mod support;
mod topics;
