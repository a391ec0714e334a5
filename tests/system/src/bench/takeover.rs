//! `takeover`: two processes over a history of so many payments. How long a start takes after an orderly end and after a lost
//! store, read from the log and taken from the other process, how much memory the processes hold, and how long merchants wait when one process is killed or ends in order. The control
//! of a takeover is the time in which a silent process counts as dead.

use std::time::{Duration, Instant};

use super::figures::{last_line, ms, per_second, ratio};
use crate::ensure;
use crate::failure::{Done, During};
use crate::generate::{Wish, generate};
use crate::load::{Load, Running};
use crate::rig::{People, Rig};

const PATIENCE: Duration = Duration::from_secs(1_200);
/// A process that has not been heard for so long is not waited for.
const DEAD_AFTER_MS: u64 = 1_500;
const ROUNDS: usize = 3;

/// Runs it.
///
/// # Errors
/// Something does not start, or nobody takes over.
pub fn run(payments: u64) -> Done {
    let mut rig = Rig::start_with("bench_takeover", |options| options.apis(2).projectors(0).product_later())?;
    rig.stack.initialise()?;
    let stores = [rig.stack.store_dir(0), rig.stack.store_dir(1)];
    let wish = Wish { payments, days: 365, seed: 1, merchants: 1_000 };
    let made = generate(&rig.kafka(), &stores[0], wish, |_| ())?;
    println!("a history of {payments} payments made in {} s", made.took.as_secs());
    copy(&stores[0], &stores[1])?;
    let begun = Instant::now();
    rig.stack.start_product()?;
    println!("both processes serve {} after their start on the stores they had", ms(begun.elapsed()));
    memory(&rig, "after the start")?;
    let people = rig.people()?;
    let (mut unplanned, mut planned) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let victim = round % 2;
        let running = load(&rig, &people, 1 - victim, &format!("kill-{round}"))?;
        rig.until("answers come", PATIENCE, || Ok(running.answered() > 50))?;
        rig.api_number(victim)?.kill()?;
        unplanned.push(rig.served_again(&people, 1 - victim, &format!("bench-{round}"))?);
        end(&rig, running)?;
        again(&mut rig, victim)?;
        let running = load(&rig, &people, 1 - victim, &format!("stop-{round}"))?;
        rig.until("answers come", PATIENCE, || Ok(running.answered() > 50))?;
        rig.api_number(victim)?.stop()?;
        let history = end(&rig, running)?;
        planned.push(history);
        again(&mut rig, victim)?;
    }
    memory(&rig, "at the end")?;
    let number = rig.book_records()?;
    for (least, how) in [(u64::MAX, "read from the log"), (0, "taken from the other process")] {
        let api = rig.api_number(1)?;
        api.stop()?;
        std::fs::remove_dir_all(&stores[1])?;
        api.set_env("LEDGER_SNAPSHOT_MIN_RECORDS", &least.to_string());
        api.recipe_mut().start_within = PATIENCE;
        let begun = Instant::now();
        api.start()?;
        let took = begun.elapsed();
        println!("a lost store: {number} records {how} in {}, {}/s", ms(took), per_second(number, took));
    }
    // Not every victim leads a merchant's partition: the longest pause is of one that does.
    let longest = |all: &[Duration]| all.iter().max().copied().unwrap_or_default();
    println!(
        "the slowest command while a process ended in order took {} (the longest of {ROUNDS})",
        ms(longest(&planned))
    );
    let pause = u64::try_from(longest(&unplanned).as_millis())?;
    let of = &format!("the {DEAD_AFTER_MS} ms after which a silent process counts as dead");
    last_line("takeover", pause, "ms after a kill -9, the longest", &ratio(pause, DEAD_AFTER_MS), of);
    Ok(())
}

fn again(rig: &mut Rig, number: usize) -> Done {
    let begun = Instant::now();
    rig.api_number(number)?.start()?;
    println!("  it serves again {} after its start", ms(begun.elapsed()));
    Ok(())
}

fn load(rig: &Rig, people: &People, number: usize, word: &str) -> Done<Running> {
    let load = Load {
        urls: vec![rig.stack.api_url(number)],
        merchants: people.merchants.clone(),
        clients: 16,
        operations: None,
        seed: 1,
        word: word.to_owned(),
        patience: Duration::from_secs(60),
    };
    load.start(rig.handle())
}

/// The slowest request of all.
fn end(rig: &Rig, running: Running) -> Done<Duration> {
    let goal = running.answered() + 200;
    rig.until("answers come", PATIENCE, || Ok(running.answered() > goal))?;
    running.stop();
    let history = rig.block(running.finish())?;
    Ok(history.deeds.iter().map(|deed| deed.told.took).max().unwrap_or_default())
}

/// What every api holds in memory.
fn memory(rig: &Rig, when: &str) -> Done {
    for api in &rig.stack.apis {
        let pid = api.pid().during(|| "an api does not run".to_owned())?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let of = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("?").trim().to_owned()
        };
        println!("  {} {when}: resident {}, of it not of files {}", api.name(), of("VmRSS:"), of("RssAnon:"));
    }
    Ok(())
}

fn copy(from: &std::path::Path, to: &std::path::Path) -> Done {
    ensure!(from.is_dir(), "{} is no folder", from.display());
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let from = entry?.path();
        let to = to.join(from.file_name().during(|| "a name".to_owned())?);
        if from.is_dir() { copy(&from, &to)? } else { _ = std::fs::copy(&from, &to)? }
    }
    Ok(())
}
