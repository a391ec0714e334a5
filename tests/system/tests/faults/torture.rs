//! Two minutes of `cargo dev torture` (its own words say what it does), with another seed every day it is run by CI.

use std::time::Duration;

use ledger_tests::ensure;
use ledger_tests::failure::Done;
use ledger_tests::torture::{Plan, nothing_wrong, run};

#[test]
fn two_minutes_of_torture_leave_nothing_lost_doubled_or_stale() -> Done {
    let today = ledger_tests::envelope::now_ms() / 86_400_000;
    let seed = today.unsigned_abs();
    let plan = Plan { span: Duration::from_secs(120), seed, brokers: 1, clients: 8, watched: 4 };
    let report = run(&plan)?;
    eprintln!("{report}");
    nothing_wrong(&report)?;
    ensure!(report.kills() >= 20, "only {} kills", report.kills());
    ensure!(report.acknowledged > 500, "only {} commands were acknowledged", report.acknowledged);
    ensure!(report.watched.0 >= 20, "only {} payments were watched", report.watched.0);
    ensure!(report.planted.1 > 0, "no stale answer was planted");
    Ok(())
}
