//! `soak`: minutes of approvals that come at random at 70 % of what the same stack was just measured to do, with the projector
//! beside it. The disk's own sync is measured all the while, memory after the first minute and at the end, and how far the
//! tables are behind.

use std::time::{Duration, Instant};

use super::figures::{last_line, ms, per_second, percentile, permille, ratio};
use super::http::closed;
use super::open_loop::{Arrivals, DiskClock, open_loop};
use crate::ensure;
use crate::failure::{Done, During};
use crate::rig::Rig;

/// Of a hundred of the rate at many connections.
const SHARE: u64 = 70;
const CONNECTIONS: usize = 512;
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs it for so many minutes.
///
/// # Errors
/// A payment is neither approved nor told to come again.
pub fn run(minutes: u64) -> Done {
    let rig = Rig::start("bench_soak")?;
    let people = rig.people()?;
    rig.acquirer_faults(&serde_json::json!({ "seed": 1 }))?;
    closed(&rig, &people.merchants, "warm-up", 64, 8_000)?;
    let (peak, _) = closed(&rig, &people.merchants, "peak", 64, 12_000)?;
    let rate = peak * SHARE / 100;
    let minute = Duration::from_secs(60);
    let disk = DiskClock::start(&rig);
    let arrivals =
        |span, word: &str| Arrivals { rate, span, connections: CONNECTIONS, word: word.to_owned() };
    let first = open_loop(&rig, &people.merchants, &arrivals(minute, "soak-first"))?;
    let early = resident_kib(&rig)?;
    let rest = minute * u32::try_from(minutes.saturating_sub(1))?;
    let begun = Instant::now();
    let mut later = open_loop(&rig, &people.merchants, &arrivals(rest, "soak"))?;
    let took = begun.elapsed();
    let late = resident_kib(&rig)?;
    let ended = Instant::now();
    let book = rig.settled(PATIENCE)?;
    rig.projected(&book, PATIENCE)?;
    println!(
        "soak: the tables were level at most {} after the last approval (reading the ledger included)",
        ms(ended.elapsed())
    );
    later.done.extend(first.done);
    later.done.sort_unstable();
    let (done, refused) = (later.done.len() as u64, (later.refused.len() + first.refused.len()) as u64);
    ensure!(later.others.is_empty() && first.others.is_empty(), "{:?} {:?}", later.others, first.others);
    println!(
        "soak: {done} approved at {rate}/s ({}/s measured), {refused} told to come again",
        per_second(done, took + minute)
    );
    let of = |per: usize| ms(permille(&later.done, per));
    println!("  from when they were due: p50 {}, p99 {}, p99.9 {}", of(500), of(990), of(999));
    let disk = disk.stop()?;
    println!(
        "  the disk's own sync meanwhile: p50 {}, p99 {}, longest {}",
        ms(percentile(&disk, 50)),
        ms(percentile(&disk, 99)),
        ms(disk.last().copied().unwrap_or_default())
    );
    println!(
        "  the api's memory: {early} KiB after a minute, {late} KiB at the end, ratio {}",
        ratio(late, early)
    );
    let worst = u64::try_from(permille(&later.done, 999).as_millis())?;
    last_line("soak", worst, "ms at p99.9", &ratio(worst, 250), "the 250 ms that are wished for");
    Ok(())
}

fn resident_kib(rig: &Rig) -> Done<u64> {
    let pid = rig.stack.apis.first().and_then(ledger_dev::Server::pid).during(|| "no api runs".to_owned())?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).during(|| "no VmRSS".to_owned())?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
