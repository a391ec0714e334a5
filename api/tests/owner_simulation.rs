//! Whole payments through the real partitions, owners and writers of three processes over partitions, a network and an acquirer that
//! misbehave by seed: key-ins, declines, unknown answers, cancels, shops opened meanwhile, retries under the same key at any
//! process, commands passed on and answered late or never, crashes with and without the store, takeovers of one partition or
//! another, void batches, refused records. A failure prints the seed; `LEDGER_SIM_SEED=17 LEDGER_SIM_STEPS=20000` replays that run,
//! `LEDGER_SIM_TRACE=1` tells what happens in it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test's helpers meet unexpectedly fails the test"
)]

mod owner_support;
mod simulation;

use ledger_api::ledger::Answer;
use ledger_log::sim::Chaos;
use simulation::check;
use simulation::sabotage::Sabotage;
use simulation::told::Said;
use simulation::world::World;

const SEEDS: u64 = 10;
const STEPS: u64 = 12_000;

/// Everything but a forger: a forged record in the right place is accepted, and stops whoever cannot understand it.
const STORM: Chaos = Chaos { forged: 0, ..Chaos::ROUGH };

fn asked_for(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

struct Run {
    seed: u64,
    steps: u64,
    chaos: Chaos,
    trouble: u32,
    sabotage: Option<Sabotage>,
}

/// The whole run, or how many steps it took to find out what.
fn run(run: &Run) -> Result<World, (u64, String)> {
    let mut world = World::new(run.seed, run.chaos, run.trouble, run.sabotage);
    world.open_the_first().map_err(|why| (0, format!("before the storm: {why}")))?;
    for step in 0..run.steps {
        world.step(true).map_err(|why| (step, why))?;
    }
    let end = |why| (run.steps, why);
    world.settle().map_err(end)?;
    // Everybody asks once more: what is recorded is told again, what is not may now be done.
    for want in 0..world.clients.wants.len() {
        world.submit(want, None);
        if want % 16 == 0 {
            world.settle().map_err(end)?;
        }
    }
    world.settle().map_err(end)?;
    world.end_the_day().map_err(end)?;
    world.payees = check::everything(&world).map_err(end)?;
    Ok(world)
}

#[derive(Debug, Default)]
struct Weather {
    recorded: u32,
    replayed: u32,
    rejected: u32,
    unknown: u32,
    crashes: u32,
    takeovers: u32,
    passed_on: u32,
    uncertain: u32,
    too_late: u32,
    shops: usize,
    closings: usize,
    commissions: usize,
    brought: u32,
    lost: u32,
}

impl Weather {
    fn add(&mut self, world: &World) {
        self.crashes += world.crashes;
        self.takeovers += world.takeovers;
        self.passed_on += world.peers.sent;
        self.uncertain += world.peers.uncertain;
        self.too_late += world.peers.too_late;
        self.shops += world.shops.all.len();
        self.closings += world.payees.closings;
        self.commissions += world.payees.commissions;
        self.brought += world.commissions.sent;
        self.lost += world.commissions.lost;
        for attempt in &world.clients.attempts {
            match attempt.told {
                Some(Said::Answer(Answer::Recorded { replayed: false, .. })) => self.recorded += 1,
                Some(Said::Answer(Answer::Recorded { replayed: true, .. })) => self.replayed += 1,
                Some(Said::Answer(Answer::Rejected(_))) => self.rejected += 1,
                Some(Said::Answer(Answer::Unknown)) => self.unknown += 1,
                Some(Said::Answer(_) | Said::KeyUnknown | Said::NotRead | Said::Became(_)) | None => {}
            }
        }
    }

    fn is_a_storm(&self) -> bool {
        self.recorded > 1_000
            && self.replayed > 1_000
            && self.rejected > 500
            && self.unknown > 200
            && self.crashes > 50
            && self.takeovers > 50
            && self.passed_on > 5_000
            && self.uncertain > 200
            && self.too_late > 50
            && self.shops > 70
    }
}

#[test]
fn clients_ledger_stores_and_acquirer_tell_one_story_whatever_happens() {
    let seeds = asked_for("LEDGER_SIM_SEED").map_or(0..SEEDS, |seed| seed..seed + 1);
    let steps = asked_for("LEDGER_SIM_STEPS").unwrap_or(STEPS);
    let mut weather = Weather::default();
    for seed in seeds {
        let storm = Run { seed, steps, chaos: STORM, trouble: 30, sabotage: None };
        let world = run(&storm).unwrap_or_else(|(step, why)| panic!("seed {seed}, step {step}: {why}"));
        weather.add(&world);
    }
    println!("{weather:?}");
    assert!(weather.is_a_storm() || asked_for("LEDGER_SIM_SEED").is_some(), "too quiet a storm");
}

#[test]
fn in_calm_weather_every_wish_is_answered_and_no_answer_is_unknown() {
    let calm = Run { seed: 3, steps: 4_000, chaos: Chaos::CALM, trouble: 0, sabotage: None };
    let world = run(&calm).unwrap_or_else(|(step, why)| panic!("step {step}: {why}"));
    let mut weather = Weather::default();
    weather.add(&world);
    assert!(weather.recorded > 50, "{weather:?}");
}

/// The steps within which the simulation catches `sabotage`, over consecutive seeds of so many steps.
fn caught_within(sabotage: Sabotage, steps: u64, bound: u64) {
    let mut spent = 0;
    for seed in 0.. {
        let storm = Run { seed, steps, chaos: STORM, trouble: 30, sabotage: Some(sabotage) };
        let caught = run(&storm).err();
        spent += caught.as_ref().map_or(storm.steps, |(step, _)| *step);
        if let Some((_, why)) = caught {
            println!("{sabotage:?}: after {spent} steps: {why}");
            return assert!(spent <= bound, "{sabotage:?} was caught only after {spent} steps");
        }
        assert!(spent <= bound, "{sabotage:?} was not caught within {bound} steps");
    }
}

macro_rules! mutations {
    ($($name:ident: $sabotage:ident in $steps:literal within $bound:expr;)*) => {
        $(#[test]
        fn $name() {
            caught_within(Sabotage::$sabotage, $steps, $bound);
        })*

        #[test]
        fn no_mutation_is_left_out() {
            // A new sabotage must be given a line above: this match stops the compiler otherwise.
            let line = |s: Sabotage| match s { $(Sabotage::$sabotage => stringify!($name),)* };
            assert_eq!(line(Sabotage::PassedOnTwice), "passing_on_twice_as_another_command_is_caught");
        }
    };
}

mutations! {
    passing_on_twice_as_another_command_is_caught: PassedOnTwice in 1_000 within 20_000;
    telling_a_failure_after_an_uncertain_receipt_is_caught: UncertainIsFailed in 1_000 within 20_000;
    passing_on_further_is_caught: PassedOnFurther in 1_000 within 1_000;
    counting_the_time_afresh_at_the_second_process_is_caught: FreshTime in 3_000 within 60_000;
    refusing_a_key_without_a_look_is_caught: KeyRefusedAtOnce in 1_000 within 20_000;
    denying_a_contract_without_reading_the_directory_is_caught: DirectoryUnread in 1_000 within 20_000;
    confirming_at_once_is_caught: ConfirmedAtOnce in 3_000 within 60_000;
    never_doubting_is_caught: NeverInDoubt in 3_000 within 60_000;
    not_asking_the_others_is_caught: OthersNotAsked in 12_000 within 120_000;
}
