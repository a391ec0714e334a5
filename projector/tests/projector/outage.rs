//! MariaDB goes away in the middle of whatever the projector does, and comes back: nothing is lost or doubled.

use crate::support::proxy::Proxy;
use crate::support::scenario::{MONDAY_MS, Shop};
use crate::support::{Fixture, until};
use ledger_projector::context::Context;
use ledger_projector::db::Database;
use ledger_projector::verify::verify;

/// The fixture's context by way of a proxy.
fn through_proxy(fixture: &Fixture) -> (Proxy, Context) {
    let (login, rest) = fixture.db.url.rsplit_once('@').unwrap();
    let (target, database) = rest.split_once('/').unwrap();
    let proxy = Proxy::to(target);
    let database = Database::from_url(&format!("{login}@{}/{database}", proxy.address));
    (proxy, Context { database, ..fixture.context() })
}

#[test]
fn a_projector_waits_for_mariadb_and_goes_on_where_it_was() {
    let fixture = Fixture::new(1);
    let (proxy, context) = through_proxy(&fixture);
    let shop = Shop::new();
    let projector = fixture.projector_with(context);
    shop.paid("before", 10_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.wait_until_projected();
    proxy.cut();
    shop.paid("during", 10_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(0));
    proxy.mend();
    fixture.wait_until_projected();
    projector.stop().unwrap();
    assert_eq!(verify(&fixture.context()).unwrap().rows["transactions"], 2);
}

#[test]
fn a_transaction_whose_answer_is_lost_is_written_exactly_once() {
    let fixture = Fixture::new(1);
    let (proxy, context) = through_proxy(&fixture);
    let shop = Shop::new();
    let projector = fixture.projector_with(context);
    fixture.wait_until_projected();
    let mut orders = 0;
    // Wherever the line breaks: before, within and after a transaction, the commit's answer included.
    for bytes in (0..1_000).step_by(23) {
        proxy.break_after(bytes);
        until("the line is broken and mended", || {
            orders += 1;
            let story = shop.paid(&format!("o-{orders}"), 10_000, MONDAY_MS).cancelled(Some(4_000));
            story.append(&fixture.ledger, &fixture.ledger.payments(0));
            fixture.wait_until_projected();
            proxy.was_broken().then_some(())
        });
    }
    projector.stop().unwrap();
    assert_eq!(verify(&fixture.context()).unwrap().rows["transactions"], 2 * orders);
}
