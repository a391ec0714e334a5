//! Whole payments through the real owner and the real writer over a partition and an acquirer that misbehave by seed: key-ins,
//! declines, unknown answers, cancels, retries under the same key, crashes with and without the store, takeovers, void batches,
//! refused records. A failure prints the seed; `LEDGER_SIM_SEED=17 LEDGER_SIM_STEPS=20000` replays that run,
//! `LEDGER_SIM_TRACE=1` tells its calls.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test's helpers meet unexpectedly fails the test"
)]

mod owner_support;

use ledger_api::ledger::Answer;
use ledger_log::sim::Chaos;
use owner_support::check;
use owner_support::world::World;

const SEEDS: u64 = 24;
const STEPS: u64 = 12_000;

/// Everything but a forger: a forged record in the right place is accepted, and stops whoever cannot understand it.
const STORM: Chaos = Chaos { forged: 0, ..Chaos::ROUGH };

fn asked_for(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn run(seed: u64, steps: u64, chaos: Chaos, trouble: u32) -> Result<World, String> {
    let mut world = World::new(seed, chaos, trouble);
    world.take_over();
    for step in 0..steps {
        world.step(true).map_err(|why| format!("step {step}: {why}"))?;
    }
    world.settle()?;
    // Everybody asks once more: what is recorded is told again, what is not may now be done.
    for wish in 0..world.wishes.len() {
        world.submit(wish, None);
        if wish % 16 == 0 {
            world.settle()?;
        }
    }
    world.settle()?;
    check::everything(&world)?;
    Ok(world)
}

#[test]
fn clients_ledger_stores_and_acquirer_tell_one_story_whatever_happens() {
    let seeds = asked_for("LEDGER_SIM_SEED").map_or(0..SEEDS, |seed| seed..seed + 1);
    let steps = asked_for("LEDGER_SIM_STEPS").unwrap_or(STEPS);
    let (mut recorded, mut replayed, mut rejected, mut unknown, mut crashes) = (0, 0, 0, 0, 0);
    for seed in seeds {
        let world = run(seed, steps, STORM, 30).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        crashes += world.crashes;
        for told in &world.told {
            match told.answer {
                Answer::Recorded { replayed: false, .. } => recorded += 1,
                Answer::Recorded { replayed: true, .. } => replayed += 1,
                Answer::Rejected(_) => rejected += 1,
                Answer::Unknown => unknown += 1,
                _ => {}
            }
        }
    }
    println!(
        "recorded {recorded}, replayed {replayed}, rejected {rejected}, unknown {unknown}, crashes {crashes}"
    );
    assert!(
        recorded > 100 && replayed > 100 && rejected > 50 && unknown > 10 && crashes > 20,
        "too quiet a storm"
    );
}

#[test]
fn in_calm_weather_every_wish_is_answered_and_no_answer_is_unknown() {
    let world = run(3, 8_000, Chaos::CALM, 0).unwrap_or_else(|why| panic!("{why}"));
    assert!(world.told.iter().filter(|told| matches!(told.answer, Answer::Recorded { .. })).count() > 50);
}
