//! A projector that is no longer where it believes to be cannot write.

use crate::support::Fixture;
use crate::support::scenario::{MONDAY_MS, Shop};
use ledger_log::kafka::Follower;
use ledger_log::{Cursor, PartitionId};
use ledger_projector::checkpoint::{self, Checkpoint};
use ledger_projector::entry::Decoded;
use ledger_projector::lane::Lane;
use ledger_projector::projections;
use ledger_projector::write::{WriteError, write};
use std::time::Duration;

/// A lane as a projector holds it that read its checkpoint long ago, and the batch it is about to write.
fn stale_projector(fixture: &Fixture, at: &PartitionId) -> (Lane, Vec<Decoded>) {
    let projection = projections::named("settlement_entries").unwrap();
    let live = checkpoint::live(fixture.db.checkpoints(projection.name));
    let here = live.into_iter().find(|checkpoint| checkpoint.at == *at).unwrap();
    let old = Checkpoint { cursor: None, ..here };
    let lane = Lane { projection, table: projection.name.to_owned(), checkpoint: old, stopped: None };
    let mut follower = Follower::open(&fixture.ledger.settings, at.clone(), 64, None).unwrap();
    let batch = follower.next(100, Duration::from_secs(10)).unwrap();
    (lane, batch.accepted.iter().map(|accepted| Decoded::of(at, accepted)).collect())
}

fn try_to_write(fixture: &Fixture, lane: &mut Lane, batch: &[Decoded]) -> Result<(), WriteError> {
    let step = lane.step(batch, &[]).unwrap().unwrap();
    let context = fixture.context();
    let mut conn = context.connect().unwrap();
    context.wait_for(write(&mut conn, &mut [(lane, step)]))
}

fn entries(fixture: &Fixture) -> i64 {
    fixture.db.one("SELECT CAST(COUNT(*) AS SIGNED) FROM settlement_entries")
}

#[test]
fn a_projector_whose_partition_moved_on_cannot_write() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    Shop::new().paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    fixture.project();
    let (mut lane, batch) = stale_projector(&fixture, &at);
    // The rows it would write are gone, so that only the checkpoint can keep it out.
    fixture.db.execute("DELETE FROM settlement_entries");
    let error = try_to_write(&fixture, &mut lane, &batch).unwrap_err();
    assert!(matches!(error, WriteError::Lost { .. }), "{error}");
    assert_eq!(entries(&fixture), 0);
}

#[test]
fn a_projector_whose_version_was_retired_cannot_write() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    Shop::new().paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    fixture.project();
    let (mut lane, batch) = stale_projector(&fixture, &at);
    // Exactly where it believes to be, but retired.
    fixture.db.execute("DELETE FROM settlement_entries");
    fixture.db.execute(
        "UPDATE ledger_checkpoints SET seq = 0, hash = REPEAT(X'00', 32), retired = TRUE WHERE projection = 'settlement_entries'",
    );
    let error = try_to_write(&fixture, &mut lane, &batch).unwrap_err();
    assert!(matches!(error, WriteError::Lost { .. }), "{error}");
    assert_eq!(entries(&fixture), 0);
}

#[test]
fn a_batch_that_was_written_once_leaves_the_lane_behind_it() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    Shop::new().paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    fixture.project();
    fixture.db.execute("DELETE FROM settlement_entries");
    fixture.db.execute(
        "UPDATE ledger_checkpoints SET seq = 0, hash = REPEAT(X'00', 32) WHERE projection = 'settlement_entries'",
    );
    let (mut lane, batch) = stale_projector(&fixture, &at);
    try_to_write(&fixture, &mut lane, &batch).unwrap();
    let last: Option<Cursor> = batch.last().map(|decoded| decoded.cursor.clone());
    assert_eq!(lane.checkpoint.cursor, last);
    assert!(lane.new_in(&batch).is_empty());
    assert_eq!(entries(&fixture), 3);
}

#[test]
fn two_projectors_on_one_database_write_everything_once() {
    let fixture = Fixture::new(2);
    let (one, other) = (fixture.projector(), fixture.projector());
    let shop = Shop::new();
    for round in 0..20 {
        for partition in 0..2 {
            let story = shop.paid(&format!("o-{round}-{partition}"), 10_000, MONDAY_MS);
            story.append(&fixture.ledger, &fixture.ledger.payments(partition));
        }
    }
    fixture.wait_until_projected();
    one.stop().unwrap();
    other.stop().unwrap();
    assert_eq!(entries(&fixture), 120);
    ledger_projector::verify::verify(&fixture.context()).unwrap();
}
