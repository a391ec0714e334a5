//! Tests of the domain through its public face: given events, when a command, then an event or a rejection.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail the test")]

mod acquirer_rules;
mod answers;
mod cancels;
mod closing_cases;
mod closing_page;
mod decisions;
mod directory;
mod effects;
mod explanations;
mod histories;
mod metadata;
mod money_cases;
mod partition;
mod pay_outs;
mod payees;
mod postings;
mod properties;
mod purity;
mod recorded;
mod records;
mod requests;
mod resolution;
mod schemas;
mod settlement;
mod settlement_histories;
mod settlement_postings;
mod settlement_properties;
mod support;
