//! Benchmarks, each with a control in the same run: a number alone says more about the machine than about us.
//! Rounds of both alternate and the middle one counts. Run them with `cargo dev bench`.

mod append;
mod cancel;
mod cpu;
pub mod figures;
mod forward;
mod http;
mod http_record;
mod line;
mod loops;
mod mill;
mod open_loop;
mod overload;
mod project;
mod replay;
mod soak;
mod takeover;

use crate::failure::Done;

/// How much there is before a measurement begins, where that counts.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Payments of the history.
    pub payments: u64,
    /// Minutes that `soak` takes.
    pub minutes: u64,
}

/// One benchmark.
pub struct Bench {
    /// `cargo dev bench NAME`
    pub name: &'static str,
    /// Runs it to its last line.
    pub run: fn(Size) -> Done,
}

/// All of them, in the order in which they are run.
pub const ALL: [Bench; 11] = [
    Bench { name: "append", run: |_| append::run() },
    Bench { name: "replay", run: |_| replay::run() },
    Bench { name: "project", run: |_| project::run() },
    Bench { name: "http", run: |_| http::run() },
    Bench { name: "http-hot", run: |_| http::run_hot() },
    Bench { name: "http-record", run: |_| http_record::run() },
    Bench { name: "forward", run: |_| forward::run() },
    Bench { name: "overload", run: |_| overload::run() },
    Bench { name: "soak", run: |size| soak::run(size.minutes) },
    Bench { name: "cancel", run: |size| cancel::run(size.payments) },
    Bench { name: "takeover", run: |size| takeover::run(size.payments) },
];

/// How often each side is measured.
const ROUNDS: usize = 3;
