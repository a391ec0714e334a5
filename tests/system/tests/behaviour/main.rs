//! What the running product does, on a stack of each test's own: real Kafka, real MariaDB, real processes.

#![cfg(test)]

mod bad_input;
mod day;
mod first_payment;
mod idempotency;
mod metadata;
mod secrets;
mod walk;
