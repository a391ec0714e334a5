//! `replay` prints the ledger and checks its chain, without a database.

use crate::support::Fixture;
use crate::support::scenario::{MONDAY_MS, Shop};
use ledger_projector::replay::{Replay, ReplayError, Summary, replay};

fn printed(fixture: &Fixture, what: &Replay) -> Result<(Vec<Summary>, Vec<String>), ReplayError> {
    let mut out = Vec::new();
    let summaries = replay(&fixture.context(), what, &mut out)?;
    Ok((summaries, String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()))
}

#[test]
fn every_record_is_a_line_and_every_partition_has_its_head() {
    let fixture = Fixture::new(2);
    let at = fixture.ledger.payments(1);
    Shop::new().paid("order-7", 10_000, MONDAY_MS).cancelled(None).append(&fixture.ledger, &at);
    fixture.ledger.stale(&at);
    let (summaries, lines) = printed(&fixture, &Replay::default()).unwrap();
    assert_eq!(lines.len(), 3 + 4);
    assert!(
        lines
            .iter()
            .any(|line| line.contains("payment.approved") && line.contains("+10000 KRW, order order-7")),
        "{lines:?}"
    );
    let here = summaries.iter().find(|summary| summary.at == at).unwrap();
    assert_eq!((here.records, here.voids), (5, 1));
    let head = fixture.ledger.heads().iter().map(|(_, seq)| *seq).max();
    assert_eq!(head, Some(here.records));
}

#[test]
fn a_merchants_lines_are_its_own_and_begin_where_asked() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    let (one, other) = (Shop::new(), Shop::new());
    one.paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    other.paid("b", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    one.paid("c", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    let from = Some(format!("{at}:3").parse().unwrap());
    let (_, lines) = printed(&fixture, &Replay { from, merchant: Some(one.merchant), json: true }).unwrap();
    let lines: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let positions: Vec<&str> = lines.iter().map(|line| line["position"].as_str().unwrap()).collect();
    assert_eq!(positions, [3, 6, 7].map(|seq| format!("{at}:{seq}")));
    assert_eq!(lines[1]["data"]["orderId"], "c");
    assert_eq!(lines[2]["prev"], lines[1]["hash"]);
}

#[test]
fn damage_is_said_with_its_place() {
    let fixture = Fixture::new(1);
    let at = fixture.ledger.payments(0);
    Shop::new().paid("a", 10_000, MONDAY_MS).append(&fixture.ledger, &at);
    fixture.ledger.damage(&at);
    match printed(&fixture, &Replay::default()) {
        Err(ReplayError::Damaged(why)) => assert!(why.contains(&format!("{at} is damaged")), "{why}"),
        other => panic!("damage was not found: {other:?}"),
    }
}
