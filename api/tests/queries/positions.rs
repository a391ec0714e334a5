//! Waiting for a position, and what a read says when it cannot answer.

use crate::support::scenario::{MONDAY_MS, Shop};
use crate::{Read, queries_at};
use ledger_api::access::Confinement;
use ledger_api::queries::transactions::PROJECTION;
use ledger_api::queries::{PositionVector, QueryError};
use std::time::{Duration, Instant};

fn vector(text: &str) -> PositionVector {
    text.parse().unwrap()
}

#[test]
fn a_read_waits_until_the_projector_has_caught_up() {
    let read = Read::new();
    let at = read.fixture.ledger.payments(0);
    let wanted = vector(&format!("{at}:3,{}:1", read.fixture.ledger.directory()));
    let projector = read.fixture.projector();
    let (queries, runtime) = (read.queries.clone(), read.fixture.db.runtime.handle().clone());
    read.fixture.wait_until_projected();
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let (queries, wanted, runtime) = (queries.clone(), wanted.clone(), runtime.clone());
                scope.spawn(move || runtime.block_on(queries.reached(PROJECTION, &wanted)))
            })
            .collect();
        Shop::new().paid("a", 10_000, MONDAY_MS).append(&read.fixture.ledger, &at);
        for answer in waiting {
            answer.join().unwrap().unwrap();
        }
    });
    projector.stop().unwrap();
    // What was reached once is answered without asking MariaDB again.
    read.ask(queries.reached(PROJECTION, &wanted)).unwrap();
}

#[test]
fn a_position_that_is_not_reached_ends_the_wait_after_two_seconds() {
    let read = Read::new();
    read.fixture.project();
    let at = read.fixture.ledger.payments(0);
    let began = Instant::now();
    let answer = read.ask(read.queries.reached(PROJECTION, &vector(&format!("{at}:99"))));
    let took = began.elapsed();
    let Err(QueryError::Behind { through }) = answer else { panic!("{answer:?}") };
    assert!(through.covers(&vector(&format!("{at}:1"))), "{through}");
    assert!(took >= Duration::from_millis(1_900) && took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_position_of_another_ledger_is_refused_at_once() {
    let read = Read::new();
    read.fixture.project();
    let answer = read.ask(read.queries.reached(PROJECTION, &vector("strange.payments/0:1")));
    assert!(matches!(answer, Err(QueryError::ForeignPosition)), "{answer:?}");
}

#[test]
fn without_mariadb_a_read_says_that_it_is_unavailable() {
    let read = Read::new();
    // Nothing listens on the discard port.
    let away = queries_at(&read.fixture, "mysql://nobody:nothing@127.0.0.1:9/nowhere");
    let answer = read.ask(away.transaction(&Confinement::Everything, [1; 16]));
    assert!(matches!(answer, Err(QueryError::Unavailable(_))), "{answer:?}");
    let answer = read.ask(away.reached(PROJECTION, &vector("ledger.payments/0:1")));
    assert!(matches!(answer, Err(QueryError::Unavailable(_))), "{answer:?}");
}

#[test]
fn before_the_projector_has_ever_run_a_read_is_unavailable() {
    let read = Read::new();
    let answer = read.ask(read.queries.transaction(&Confinement::Everything, [1; 16]));
    assert!(matches!(answer, Err(QueryError::Unavailable(_))), "{answer:?}");
}
