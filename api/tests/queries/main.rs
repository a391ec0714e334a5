//! Reads through the api what the projector wrote: a real Kafka, a real MariaDB, and events the domain decided.
//! `LEDGER_TEST_KAFKA_BOOTSTRAP` and `LEDGER_TEST_MARIADB_URL` say where.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy knows test functions, not their helpers"
)]

mod branch_sales;
mod http;
mod payees;
mod plans;
mod positions;
mod projections;
mod settlements;
mod sql;
mod transactions;

#[path = "../http/support.rs"]
#[allow(dead_code, reason = "the tests of HTTP use the rest of it")]
mod http_support;
#[path = "../../../projector/tests/support/mod.rs"]
#[allow(dead_code, reason = "the projector's tests use the rest of it")]
mod support;

use ledger_api::access::Confinement;
use ledger_api::queries::Queries;
use ledger_runtime::{Database, DatabaseSettings, Isolation};
use support::Fixture;
use support::scenario::Shop;

/// A projected ledger and the queries over it.
struct Read {
    fixture: Fixture,
    queries: Queries,
}

impl Read {
    /// Two partitions, empty.
    fn new() -> Read {
        let fixture = Fixture::new(2);
        let queries = queries_at(&fixture, &fixture.db.url);
        Read { fixture, queries }
    }

    /// Waits for an answer of the queries.
    fn ask<T>(&self, question: impl Future<Output = T>) -> T {
        self.fixture.db.runtime.block_on(question)
    }
}

/// Queries over another address.
fn queries_at(fixture: &Fixture, url: &str) -> Queries {
    let _entered = fixture.db.runtime.enter();
    Queries::new(Database::start(&DatabaseSettings::new(url, Isolation::RepeatableRead)).unwrap())
}

/// Everyone who may ask about this shop, from the widest to the narrowest.
fn scopes(shop: &Shop) -> [Confinement; 4] {
    [
        Confinement::Everything,
        Confinement::Agency(shop.agency),
        Confinement::Branch(shop.branch),
        Confinement::Merchant(shop.merchant),
    ]
}
