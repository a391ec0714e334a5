//! Benchmarks, each with a control in the same run: a number alone says more about the machine than about us.
//! Rounds of both alternate and the middle one counts. Run them with `cargo dev bench`.

mod append;
mod cpu;
pub mod figures;
mod forward;
mod http;
mod http_record;
mod line;
mod loops;
mod mill;
mod project;
mod replay;

use crate::failure::Done;

/// One benchmark.
pub struct Bench {
    /// `cargo dev bench NAME`
    pub name: &'static str,
    /// Runs it to its last line.
    pub run: fn() -> Done,
}

/// All of them, in the order in which they are run.
pub const ALL: [Bench; 7] = [
    Bench { name: "append", run: append::run },
    Bench { name: "replay", run: replay::run },
    Bench { name: "project", run: project::run },
    Bench { name: "http", run: http::run },
    Bench { name: "http-hot", run: http::run_hot },
    Bench { name: "http-record", run: http_record::run },
    Bench { name: "forward", run: forward::run },
];

/// How often each side is measured.
const ROUNDS: usize = 3;
