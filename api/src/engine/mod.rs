//! The engine.
/// Unix milliseconds, now.
#[must_use]
pub fn now_ms() -> i64 {
    0
}
/// In.
#[derive(Debug)]
pub enum Input {
    /// From HTTP.
    Request(crate::ledger::Request),
}
