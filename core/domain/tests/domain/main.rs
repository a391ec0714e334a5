//! Tests of the domain through its public face: given events, when a command, then an event or a rejection.

mod acquirer_rules;
mod answers;
mod cancels;
mod effects;
mod purity;
mod requests;
mod resolution;
mod support;
