//! Where the projections stand.

use crate::Read;
use crate::http_support::{AGENCY, MERCHANT, OPERATOR};
use crate::support::scenario::{MONDAY_MS, Shop};
use ledger_api::queries::projections::{Heads, ProjectionStatus, State};

fn heads(read: &Read, more: u64) -> Heads {
    let heads = read.fixture.ledger.heads();
    heads.into_iter().map(|(at, seq)| (at.to_string(), seq + more)).collect()
}

fn transactions(read: &Read, heads: &Heads) -> ProjectionStatus {
    let all = read.ask(read.queries.projections(heads)).unwrap();
    assert!(all.len() >= 6 && all.is_sorted_by(|one, next| one.projection < next.projection));
    all.into_iter().find(|one| one.projection == "transactions").unwrap()
}

fn projected() -> Read {
    let read = Read::new();
    let ledger = &read.fixture.ledger;
    Shop::new().paid("a", 100_000, MONDAY_MS).append(ledger, &ledger.payments(0));
    Shop::new().paid("b", 100_000, MONDAY_MS).append(ledger, &ledger.payments(1));
    read.fixture.project();
    read
}

#[test]
fn a_projection_says_how_far_it_is_behind_and_for_how_long_it_has_stood_still() {
    let read = projected();
    let level = transactions(&read, &heads(&read, 0));
    assert_eq!((level.state, level.lag_records, level.lag_ms), (State::Running, Some(0), Some(0)));
    assert!(level.position.contains("/0:3") && level.position.contains("/1:3"), "{}", level.position);
    let behind = transactions(&read, &heads(&read, 5));
    let partitions = u64::try_from(behind.partitions.len()).unwrap();
    assert_eq!(behind.lag_records, Some(5 * partitions));
    assert!(behind.lag_ms.unwrap() > 0);
    let unknown = transactions(&read, &Heads::new());
    assert_eq!((unknown.lag_records, unknown.lag_ms), (None, None));
}

#[test]
fn what_stopped_what_was_verified_and_what_is_filled_anew_is_said() {
    let read = projected();
    let db = &read.fixture.db;
    let heads = heads(&read, 0);
    assert_eq!(transactions(&read, &heads).verified_at, None);
    let verified = ledger_projector::verify::verify(&read.fixture.context()).unwrap();
    let context = read.fixture.context();
    let mut conn = context.connect().unwrap();
    context.wait_for(ledger_projector::told::verified(&mut conn, &verified.checkpoints)).unwrap();
    let found = transactions(&read, &heads);
    assert_eq!(found.verified_through, found.position);
    assert!(found.verified_at.is_some());
    db.execute(
        "INSERT INTO ledger_checkpoints SELECT projection, 2, topic, partition_no, log_offset, 1, hash, term, mapping, FALSE,
             updated_at FROM ledger_checkpoints WHERE projection = 'transactions'",
    );
    let found = transactions(&read, &heads);
    let rebuild = found.rebuild.unwrap();
    assert_eq!((found.state, found.version, rebuild.version), (State::Rebuilding, 1, 2));
    let live: u64 = found.partitions.iter().map(|at| at.seq).sum();
    assert_eq!((rebuild.records, rebuild.of_records), (found.partitions.len() as u64, live));
    db.execute(
        "INSERT INTO ledger_projection_stops SELECT projection, topic, partition_no, 'it cannot', UTC_TIMESTAMP(3)
         FROM ledger_checkpoints WHERE projection = 'transactions' AND version = 1 AND partition_no = 1",
    );
    let found = transactions(&read, &heads);
    assert_eq!(found.state, State::Stopped);
    let stopped: Vec<_> = found.partitions.iter().filter_map(|at| at.stopped.as_ref()).collect();
    assert!(stopped.len() == 1 && stopped[0].why == "it cannot");
    let others = read.ask(read.queries.projections(&heads)).unwrap();
    assert!(others.iter().all(|one| one.projection == "transactions" || one.state == State::Running));
}

#[test]
fn operators_are_told_over_http_and_nobody_else() {
    let served = crate::http::Served::new();
    let reply = served.get("/v1/projections", OPERATOR);
    assert_eq!(reply.status, 200, "{}", reply.body);
    let all = reply.body["projections"].as_array().unwrap();
    assert!(
        all.iter().any(|one| one["projection"] == "transactions" && one["state"] == "RUNNING"),
        "{all:?}"
    );
    for key in [AGENCY, MERCHANT] {
        assert_eq!(served.get("/v1/projections", key).status, 403);
    }
    assert_eq!(served.get("/v1/projections?x=1", OPERATOR).status, 400);
}
