//! The list and one transaction.

use crate::support::scenario::{MONDAY_MS, Shop};
use crate::{Read, scopes};
use ledger_api::access::Confinement;
use ledger_api::queries::transactions::{ListTransactions, Transaction, TransactionCursor};
use ledger_domain::days::Moment;
use std::collections::BTreeSet;

fn everything() -> ListTransactions {
    ListTransactions {
        from: Moment::from_ms(MONDAY_MS - 86_400_000),
        until: Moment::from_ms(MONDAY_MS + 86_400_000),
        status: None,
        method: None,
        order_id: None,
        branch_id: None,
        amount_min: None,
        amount_max: None,
        limit: 1_000,
        after: None,
    }
}

fn orders(rows: &[Transaction]) -> Vec<(&str, i64)> {
    rows.iter().map(|row| (row.order_id.as_str(), row.amount)).collect()
}

/// Orders a (paid, partly cancelled), b (declined), c (paid) of one shop, d (paid) of another branch.
fn four_orders() -> (Read, Shop, Shop) {
    let read = Read::new();
    let (shop, other) = (Shop::new(), Shop::new());
    let ledger = &read.fixture.ledger;
    shop.paid("a", 100_000, MONDAY_MS)
        .later(5_000)
        .cancelled(Some(30_000))
        .append(ledger, &ledger.payments(0));
    shop.request("b", 20_000, MONDAY_MS + 60_000).declined().append(ledger, &ledger.payments(0));
    shop.paid("c", 50_000, MONDAY_MS + 120_000).append(ledger, &ledger.payments(0));
    other.paid("d", 10_000, MONDAY_MS + 180_000).append(ledger, &ledger.payments(1));
    read.fixture.project();
    (read, shop, other)
}

fn list(read: &Read, to: Confinement, list: ListTransactions) -> Vec<Transaction> {
    read.ask(read.queries.transactions(&to, list)).unwrap().rows
}

#[test]
fn newest_comes_first_and_each_scope_sees_its_own() {
    let (read, shop, other) = four_orders();
    let all = [("d", 10_000), ("c", 50_000), ("b", 0), ("a", -30_000), ("a", 100_000)];
    assert_eq!(orders(&list(&read, Confinement::Everything, everything())), all);
    for scope in scopes(&shop).into_iter().skip(1) {
        assert_eq!(orders(&list(&read, scope, everything())), all[1..], "{scope:?}");
    }
    for scope in scopes(&other).into_iter().skip(1) {
        assert_eq!(orders(&list(&read, scope, everything())), all[..1], "{scope:?}");
    }
    for scope in scopes(&Shop::new()).into_iter().skip(1) {
        assert_eq!(list(&read, scope, everything()), Vec::new(), "{scope:?}");
    }
}

#[test]
fn each_filter_keeps_what_it_says() {
    let (read, shop, _) = four_orders();
    let found = |filter: ListTransactions| -> Vec<(String, i64)> {
        let rows = list(&read, Confinement::Everything, filter);
        orders(&rows).into_iter().map(|(order, amount)| (order.to_owned(), amount)).collect()
    };
    let some = |pairs: &[(&str, i64)]| -> Vec<(String, i64)> {
        pairs.iter().map(|(order, amount)| ((*order).to_owned(), *amount)).collect()
    };
    let status = |status: &str| ListTransactions { status: Some(status.to_owned()), ..everything() };
    assert_eq!(found(status("ABORTED")), some(&[("b", 0)]));
    assert_eq!(found(status("PARTIAL_CANCELED")), some(&[("a", -30_000)]));
    let order = ListTransactions { order_id: Some("c".to_owned()), ..everything() };
    assert_eq!(found(order), some(&[("c", 50_000)]));
    let amounts = ListTransactions { amount_min: Some(20_000), amount_max: Some(50_000), ..everything() };
    assert_eq!(found(amounts), some(&[("c", 50_000), ("b", 0), ("a", -30_000)]));
    let branch = ListTransactions { branch_id: Some(shop.branch), ..everything() };
    assert_eq!(found(branch).len(), 4);
    let method = ListTransactions { method: Some("TRANSFER".to_owned()), ..everything() };
    assert_eq!(found(method), some(&[]));
    // Approved one second after the request: the end is exclusive, the beginning inclusive.
    let c = Moment::from_ms(MONDAY_MS + 121_000);
    let d = Moment::from_ms(MONDAY_MS + 181_000);
    assert_eq!(found(ListTransactions { from: c, until: d, ..everything() }), some(&[("c", 50_000)]));
}

#[test]
fn pages_hold_every_row_once_while_rows_are_inserted() {
    let read = Read::new();
    let (shop, ledger) = (Shop::new(), &read.fixture.ledger);
    for order in 0..10 {
        // Three of them in the same millisecond: the id decides.
        let at_ms = MONDAY_MS + (order / 3) * 1_000;
        shop.paid(&format!("o-{order}"), 10_000, at_ms).append(ledger, &ledger.payments(0));
    }
    read.fixture.project();
    let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = ListTransactions { limit: 3, after, ..everything() };
        let page = read.ask(read.queries.transactions(&Confinement::Merchant(shop.merchant), page)).unwrap();
        assert!(page.rows.len() <= 3);
        seen.extend(page.rows.iter().map(|row| row.order_id.clone()));
        pages += 1;
        // A newer one comes in between every two pages.
        shop.paid(&format!("new-{pages}"), 10_000, MONDAY_MS + 60_000).append(ledger, &ledger.payments(0));
        read.fixture.project();
        let Some(next) = page.next else { break };
        after = Some(TransactionCursor::parse(&next).unwrap());
    }
    assert_eq!(pages, 4);
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (10, 10), "{seen:?}");
}

#[test]
fn one_transaction_has_its_rows_and_its_events() {
    let read = Read::new();
    let (shop, ledger) = (Shop::new(), &read.fixture.ledger);
    let story = shop.paid("a", 100_000, MONDAY_MS).cancelled(Some(30_000));
    story.append(ledger, &ledger.payments(1));
    read.fixture.project();

    let of = |to: &Confinement, id: [u8; 16]| read.ask(read.queries.transaction(to, id)).unwrap();
    for scope in scopes(&shop) {
        let found = of(&scope, *story.id.as_bytes()).unwrap();
        assert_eq!(orders(&found.rows), [("a", 100_000), ("a", -30_000)]);
        assert_eq!(found.rows[0].balance_amount, 70_000);
        let kinds: Vec<&str> = found.events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(
            kinds,
            ["requested", "approved", "cancel-requested", "cancelled"]
                .map(|kind| format!("ledger.payment.{kind}.v1"))
        );
        assert_eq!(found.events[0].position, format!("{}:2", ledger.payments(1)));
        let lines = found.events[1].data["money"]["lines"].as_array().unwrap().len();
        let expected = match scope {
            Confinement::Everything => 4,
            Confinement::Agency(_) => 3,
            Confinement::Branch(_) => 2,
            Confinement::Merchant(_) => 1,
        };
        assert_eq!(lines, expected, "{scope:?}");
        assert_eq!(found.through.to_string(), position_of(&read));
    }
    let cancel = story.events[2].cancel_id().unwrap();
    assert_eq!(of(&Confinement::Merchant(shop.merchant), *cancel.as_bytes()).unwrap().rows.len(), 2);
    for scope in scopes(&Shop::new()).into_iter().skip(1) {
        assert_eq!(of(&scope, *story.id.as_bytes()), None);
        assert_eq!(of(&scope, *cancel.as_bytes()), None);
    }
    assert_eq!(of(&Confinement::Everything, [7; 16]), None);
}

/// Every partition's head, as an answer spells it.
fn position_of(read: &Read) -> String {
    let heads = read.fixture.ledger.heads();
    heads.iter().map(|(at, seq)| format!("{at}:{seq}")).collect::<Vec<_>>().join(",")
}

#[test]
fn the_answer_says_how_far_the_table_had_got() {
    let (read, ..) = four_orders();
    let page = read.ask(read.queries.transactions(&Confinement::Everything, everything())).unwrap();
    assert_eq!(page.through.to_string(), position_of(&read));
}
