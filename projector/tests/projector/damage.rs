//! What must stop a projector does stop it, says where, and leaves the tables as they were before it.

use crate::support::scenario::{MONDAY_MS, Shop};
use crate::support::{Fixture, gauge, until};
use ledger_projector::projections::ALL;

fn transactions(fixture: &Fixture) -> i64 {
    fixture.db.one("SELECT CAST(COUNT(*) AS SIGNED) FROM transactions")
}

fn seq_of(fixture: &Fixture, projection: &str, partition: i32) -> u64 {
    let at = fixture.ledger.payments(partition);
    fixture.db.checkpoints(projection).iter().find(|here| here.at == at).map_or(0, |here| here.seq())
}

#[test]
fn a_damaged_log_stops_its_partition_and_no_other() {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    shop.paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.ledger.damage(&fixture.ledger.payments(0));
    let projector = fixture.projector();
    shop.paid("b", 10_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(1));
    until("the other partition is projected", || (seq_of(&fixture, "transactions", 1) == 3).then_some(()));
    fixture.wait_until_stopped(&fixture.ledger.payments(0));
    let error = projector.stop().unwrap_err().to_string();
    assert!(error.contains("is damaged at offset"), "{error}");
    let told = stops(&fixture);
    assert_eq!(told.len(), ALL.len(), "{told:?}");
    assert!(told.iter().all(|(_, why)| why.contains("is damaged at offset")), "{told:?}");
}

#[test]
fn an_event_that_cannot_be_read_stops_at_its_position() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    let shop = Shop::new();
    shop.paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    fixture.ledger.append(
        &at,
        vec![([("ce_type", "ledger.payment.unheard-of.v9")].into_iter().collect(), b"{}".to_vec())],
    );
    shop.paid("b", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    let error = {
        let projector = fixture.projector();
        until("everything before it is projected", || {
            (seq_of(&fixture, "transactions", 0) == 3).then_some(())
        });
        fixture.wait_until_stopped(&at);
        projector.stop().unwrap_err().to_string()
    };
    assert!(error.contains(&format!("{at}:4 cannot be projected")), "{error}");
    assert_eq!(transactions(&fixture), 1);
    let told = stops(&fixture);
    assert_eq!(told.len(), ALL.len(), "every projection met it: {told:?}");
    assert!(told.iter().all(|(_, why)| why.contains(&format!("{at}:4 cannot be projected"))), "{told:?}");
}

/// Which projections are told to have stopped, and why.
fn stops(fixture: &Fixture) -> Vec<(String, String)> {
    fixture.db.rows("SELECT projection, why FROM ledger_projection_stops ORDER BY projection")
}

#[test]
fn an_event_that_one_projection_cannot_take_stops_that_projection_alone() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    let shop = Shop::new();
    shop.paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    // An approval that nobody asked for: money moved, but there is no row to continue.
    let orphan = shop.paid("b", 20_000, MONDAY_MS).records().split_off(1);
    fixture.ledger.append(&at, orphan);
    shop.paid("c", 30_000, MONDAY_MS).append(&fixture.ledger, &at);
    let projector = fixture.projector();
    until("the others are at the end", || fixture.is_projected("settlement_entries").then_some(()));
    until("it stands before the event", || (seq_of(&fixture, "transactions", 0) == 3).then_some(()));
    let words = ["projection=\"transactions\"".to_owned(), format!("partition=\"{at}\"")];
    until("the metrics say so", || {
        let stopped = gauge("ledger_projection_stopped", &words.each_ref().map(String::as_str));
        (stopped == Some(1.0)).then_some(())
    });
    let error = projector.stop().unwrap_err().to_string();
    assert!(error.contains(&format!("{at}:4 cannot be projected")), "{error}");
    assert_eq!(transactions(&fixture), 1);
    let owed: i64 = fixture
        .db
        .one("SELECT CAST(SUM(amount) AS SIGNED) FROM settlement_entries WHERE payee_kind = 'MERCHANT'");
    assert_eq!(owed, 60_000);
    let told = stops(&fixture);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].0 == "transactions" && told[0].1.contains(&format!("{at}:4")), "{told:?}");
}

#[test]
fn a_checkpoint_from_another_log_is_refused_with_both_hashes() {
    let fixture = Fixture::new(1);
    Shop::new().paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();
    fixture
        .db
        .execute("UPDATE ledger_checkpoints SET hash = REPEAT(X'AB', 32) WHERE projection = 'transactions'");
    let error = fixture.projector().ended().unwrap_err().to_string();
    assert!(error.contains(&"ab".repeat(32)) && error.contains("now it is seq"), "{error}");
}

#[test]
fn a_checkpoint_beyond_the_end_of_the_log_is_refused() {
    let fixture = Fixture::new(1);
    Shop::new().paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();
    fixture.db.execute("UPDATE ledger_checkpoints SET log_offset = log_offset + 100, seq = seq + 100");
    let error = fixture.projector().ended().unwrap_err().to_string();
    assert!(error.contains("is missing"), "{error}");
}

#[test]
fn void_records_change_nothing() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    let shop = Shop::new();
    shop.paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    fixture.ledger.stale(&at);
    shop.paid("b", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    fixture.project();
    assert_eq!(transactions(&fixture), 2);
}
