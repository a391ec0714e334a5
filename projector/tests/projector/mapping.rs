//! A table that another version of the mapping made stops its projection alone, until a rebuild has made it anew.

use crate::support::scenario::{MONDAY_MS, Shop};
use crate::support::{Fixture, gauge, until};
use ledger_log::PartitionId;
use ledger_projector::projections::{self, ALL};
use ledger_projector::rebuild::rebuild;
use ledger_projector::verify::verify;

const FAST: u32 = 1_000_000;
const OTHER: &str = "branch_sales_by_day";

/// As if another version of the program had made the table.
fn of_another_mapping(fixture: &Fixture, projections: &str) {
    fixture.db.execute(&format!(
        "UPDATE ledger_checkpoints SET mapping = mapping + 1 WHERE projection IN ({projections})"
    ));
}

fn pay(fixture: &Fixture, word: &str, partitions: i32) {
    let shop = Shop::new();
    for partition in 0..partitions {
        let story = shop.paid(&format!("{word}-{partition}"), 10_000, MONDAY_MS).cancelled(Some(1_000));
        story.append(&fixture.ledger, &fixture.ledger.payments(partition));
    }
}

/// What the metrics say of a projection in a partition.
fn stopped(projection: &str, at: &PartitionId) -> Option<f64> {
    let words = [format!("projection=\"{projection}\""), format!("partition=\"{at}\"")];
    gauge("ledger_projection_stopped", &words.each_ref().map(String::as_str))
}

/// Which projections are told to have stopped, and why.
fn told(fixture: &Fixture) -> Vec<(String, String)> {
    fixture
        .db
        .rows("SELECT projection, why FROM ledger_projection_stops ORDER BY projection, topic, partition_no")
}

fn others_are_projected(fixture: &Fixture) {
    for projection in ALL.iter().filter(|projection| projection.name != OTHER) {
        until(projection.name, || fixture.is_projected(projection.name).then_some(()));
    }
}

/// In every partition: the directory's and two payments partitions'.
fn only_the_other_stands_still(fixture: &Fixture) {
    let told = until("it is told", || Some(told(fixture)).filter(|told| told.len() == 3));
    let why = "was made by mapping 2, this program has mapping 1: run `ledger-projector rebuild";
    assert!(told.iter().all(|(name, said)| name == OTHER && said.contains(why)), "{told:?}");
    for at in fixture.ledger.heads().into_iter().map(|(at, _)| at) {
        for projection in &ALL {
            let expected = if projection.name == OTHER { 1.0 } else { 0.0 };
            until("the metrics say so", || (stopped(projection.name, &at) == Some(expected)).then_some(()));
        }
    }
}

#[test]
fn a_table_of_another_mapping_stops_its_projection_alone_until_it_is_rebuilt() {
    let fixture = Fixture::new(2);
    pay(&fixture, "before", 2);
    fixture.project();
    let rows = || -> Vec<(i64, i64)> {
        let sql =
            "SELECT CAST(approval_count AS SIGNED), CAST(approval_amount AS SIGNED) FROM branch_sales_by_day";
        fixture.db.rows(sql)
    };
    let before = rows();
    of_another_mapping(&fixture, &format!("'{OTHER}'"));
    let projector = fixture.projector();
    pay(&fixture, "meanwhile", 2);
    others_are_projected(&fixture);
    only_the_other_stands_still(&fixture);
    assert!(!fixture.is_projected(OTHER) && rows() == before, "{:?} after {before:?}", rows());

    rebuild(&fixture.context(), projections::named(OTHER).unwrap(), FAST).unwrap();
    fixture.wait_until_projected();
    until("nothing is told to have stopped", || told(&fixture).is_empty().then_some(()));
    pay(&fixture, "afterwards", 2);
    fixture.wait_until_projected();
    for (at, _) in fixture.ledger.heads() {
        assert_eq!(stopped(OTHER, &at), Some(0.0), "{at}");
    }
    projector.stop().unwrap();
    verify(&fixture.context()).unwrap();
}

#[test]
fn a_rebuild_by_another_version_of_the_program_stops_that_projection_alone_in_a_running_one() {
    let fixture = Fixture::new(2);
    let projector = fixture.projector();
    pay(&fixture, "before", 2);
    fixture.wait_until_projected();
    let new_version = "UPDATE ledger_checkpoints SET version = 2, mapping = 2 WHERE projection";
    fixture.db.execute(&format!("{new_version} = '{OTHER}'"));
    pay(&fixture, "meanwhile", 2);
    others_are_projected(&fixture);
    // Nothing came in the directory, so it is not known there; whoever restarts would know.
    until("it is told", || (told(&fixture).len() == 2).then_some(()));
    pay(&fixture, "later", 2);
    others_are_projected(&fixture);
    assert!(!fixture.is_projected(OTHER));
    let error = projector.stop().unwrap_err().to_string();
    assert!(error.contains("was made by mapping 2"), "{error}");
}

#[test]
fn where_every_table_is_of_another_mapping_each_goes_on_when_it_is_rebuilt() {
    let fixture = Fixture::new(1);
    pay(&fixture, "before", 1);
    fixture.project();
    let names: Vec<String> = ALL.iter().map(|projection| format!("'{}'", projection.name)).collect();
    of_another_mapping(&fixture, &names.join(", "));
    let projector = fixture.projector();
    until("all are told", || (told(&fixture).len() == ALL.len() * 2).then_some(()));
    pay(&fixture, "meanwhile", 1);
    for projection in &ALL {
        rebuild(&fixture.context(), projection, FAST).unwrap();
        until(projection.name, || fixture.is_projected(projection.name).then_some(()));
    }
    until("nothing is told to have stopped", || told(&fixture).is_empty().then_some(()));
    projector.stop().unwrap();
    verify(&fixture.context()).unwrap();
}

#[test]
fn a_partition_that_is_new_does_not_mix_two_mappings_in_a_table() {
    let fixture = Fixture::new(2);
    pay(&fixture, "before", 2);
    fixture.project();
    of_another_mapping(&fixture, &format!("'{OTHER}'"));
    // As if the second partition had been added since then.
    fixture.db.execute("DELETE FROM branch_sales_by_day WHERE partition_no = 1");
    fixture
        .db
        .execute(&format!("DELETE FROM ledger_checkpoints WHERE projection = '{OTHER}' AND topic LIKE '%payments' AND partition_no = 1"));
    let projector = fixture.projector();
    only_the_other_stands_still(&fixture);
    projector.stop().unwrap_err();
    let there: i64 =
        fixture.db.one("SELECT CAST(COUNT(*) AS SIGNED) FROM branch_sales_by_day WHERE partition_no = 1");
    assert_eq!(there, 0);
    rebuild(&fixture.context(), projections::named(OTHER).unwrap(), FAST).unwrap();
    fixture.project();
    verify(&fixture.context()).unwrap();
}
