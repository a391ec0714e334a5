//! The seeded simulation of invariant 3, and the proof that it can fail: every sabotage is caught.
//! A failure prints the seed; `LEDGER_SIM_SEED=17 LEDGER_SIM_STEPS=10000` replays that run, or makes a longer one.

mod run;

use super::Chaos;
use crate::sabotage::Sabotage;
use run::{Run, Scenario, simulate};

/// How the million steps are spread: seeds times steps.
const SEEDS: u64 = 120;
const STEPS: u64 = 10_000;

fn asked_for(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn chaos(scenario: Scenario) -> Chaos {
    if scenario == Scenario::Cluster { Chaos::CLUSTER } else { Chaos::ROUGH }
}

fn holds(scenario: Scenario, seeds: std::ops::Range<u64>, steps: u64) {
    let mut accepted = 0;
    let seeds = asked_for("LEDGER_SIM_SEED").map_or(seeds, |seed| seed..seed + 1);
    let steps = asked_for("LEDGER_SIM_STEPS").unwrap_or(steps);
    for seed in seeds {
        let run = Run { seed, steps, scenario, chaos: chaos(scenario), sabotage: None };
        match simulate(&run) {
            Ok(report) => accepted += report.acknowledged,
            Err(violation) => {
                panic!("{scenario:?}, seed {seed}, step {}: {}", violation.step, violation.what)
            }
        }
    }
    assert!(accepted > 0, "nothing was ever acknowledged: the simulation proves nothing");
}

#[test]
fn every_reader_accepts_one_chain_and_no_client_is_told_a_lie_in_a_million_steps() {
    holds(Scenario::Plain, 0..SEEDS, STEPS);
}

/// Old watermarks, given by a leader that was deposed and does not know it, confirm nothing.
#[test]
fn on_a_cluster_no_client_is_told_what_was_true_before_it_asked() {
    holds(Scenario::Cluster, 0..SEEDS, STEPS / 4);
}

#[test]
fn without_chaos_everything_is_acknowledged_too() {
    let run = Run { seed: 7, steps: 20_000, scenario: Scenario::Plain, chaos: Chaos::CALM, sabotage: None };
    let report = simulate(&run).unwrap_or_else(|v| panic!("step {}: {}", v.step, v.what));
    assert!(report.acknowledged > 500, "only {} acknowledged", report.acknowledged);
}

#[test]
fn a_log_that_goes_back_stops_everyone_who_had_seen_more() {
    holds(Scenario::GoesBack, 0..40, 2_000);
}

#[test]
fn a_record_with_the_right_predecessor_and_a_wrong_seq_stops_everyone() {
    holds(Scenario::PlantedSeq, 0..20, 2_000);
}

#[test]
fn a_record_with_the_right_predecessor_and_a_wrong_term_stops_everyone() {
    holds(Scenario::PlantedTerm, 0..20, 2_000);
}

#[test]
fn a_damaged_record_stops_whoever_reads_from_the_beginning() {
    holds(Scenario::Damaged, 0..20, 3_000);
}

/// The steps within which the simulation catches `sabotage`, over consecutive seeds.
fn caught_within(sabotage: Sabotage, scenario: Scenario, bound: u64) {
    let mut spent = 0;
    for seed in 0.. {
        let chaos = chaos(scenario);
        let run = Run { seed, steps: 2_000, scenario, chaos, sabotage: Some(sabotage) };
        match simulate(&run) {
            Ok(report) => spent += report.steps,
            Err(violation) => {
                spent += violation.step;
                println!("{sabotage:?}: after {spent} steps: {}", violation.what);
                assert!(spent <= bound, "{sabotage:?} was caught only after {spent} steps");
                return;
            }
        }
        assert!(spent <= bound, "{sabotage:?} was not caught within {bound} steps");
    }
}

macro_rules! mutations {
    ($($name:ident: $sabotage:ident in $scenario:ident within $bound:expr;)*) => {
        $(#[test]
        fn $name() {
            caught_within(Sabotage::$sabotage, Scenario::$scenario, $bound);
        })*

        #[test]
        fn no_mutation_is_left_out() {
            // A new sabotage must be given a line above: this match stops the compiler otherwise.
            let line = |s: Sabotage| match s { $(Sabotage::$sabotage => stringify!($name),)* };
            assert_eq!(line(Sabotage::SkipPrev), "skipping_the_prev_check_is_caught");
        }
    };
}

mutations! {
    skipping_the_prev_check_is_caught: SkipPrev in Plain within 20_000;
    skipping_the_seq_check_is_caught: SkipSeq in PlantedSeq within 20_000;
    skipping_the_term_check_is_caught: SkipTerm in PlantedTerm within 20_000;
    accepting_twice_is_caught: AcceptTwice in Plain within 20_000;
    unbounded_orphans_are_caught: NoOrphanBound in Damaged within 20_000;
    accepting_by_offset_alone_is_caught: AcceptByOffsetAlone in Plain within 20_000;
    treating_unknown_as_failed_is_caught: UnknownIsFailed in Plain within 100_000;
    treating_a_refusal_as_final_is_caught: RefusalIsFinal in Plain within 100_000;
    taking_a_success_without_offset_is_caught: SuccessWithoutOffsetIsAccepted in Plain within 20_000;
    leading_without_a_fence_is_caught: NoFence in Plain within 20_000;
    a_fence_without_its_gap_judged_is_caught: FenceWithoutItsGap in Plain within 20_000;
    confirming_by_an_old_watermark_is_caught: ConfirmByOldWatermark in Plain within 200_000;
    confirming_by_a_watermark_on_a_cluster_is_caught: ConfirmByWatermark in Cluster within 50_000;
    confirming_before_judging_is_caught: ConfirmUnjudged in Plain within 100_000;
    ignoring_a_log_that_went_back_is_caught: IgnoreLogWentBack in GoesBack within 50_000;
    acknowledging_on_send_is_caught: AcknowledgeOnSend in Plain within 20_000;
    keeping_the_overlay_after_a_conflict_is_caught: KeepOverlay in Plain within 50_000;
    an_early_rejection_is_caught: EarlyRejection in Plain within 50_000;
    deciding_again_after_a_foreign_fence_is_caught: DecideAgainAfterForeignFence in Plain within 20_000;
    passing_on_and_answering_is_caught: PassOnAndAnswer in Plain within 50_000;
}
