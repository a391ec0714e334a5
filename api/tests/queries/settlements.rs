//! Totals by day and the entries behind them.

use crate::support::scenario::{MONDAY_MS, Shop, Story};
use crate::{Read, scopes};
use ledger_api::access::Confinement;
use ledger_api::queries::settlements::{
    DateType, EntryCursor, ListEntries, SettlementEntry, SettlementTotal, SumSettlements, TotalCursor,
};
use ledger_domain::days::Day;
use ledger_domain::lines::{Node, Payee};

const DAY_MS: i64 = 86_400_000;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn totals(read: &Read, to: Confinement, by: DateType) -> Vec<SettlementTotal> {
    let sum = SumSettlements {
        by,
        from: day("2026-11-01"),
        to: day("2026-12-31"),
        payee: None,
        limit: 1_000,
        after: None,
    };
    read.ask(read.queries.settlements(&to, sum)).unwrap().rows
}

fn every_entry() -> ListEntries {
    ListEntries {
        by: DateType::Sold,
        from: day("2026-11-01"),
        to: day("2026-12-31"),
        payee: None,
        merchant_id: None,
        payment_id: None,
        limit: 1_000,
        after: None,
    }
}

fn entries(read: &Read, to: Confinement, list: ListEntries) -> Vec<SettlementEntry> {
    read.ask(read.queries.settlement_entries(&to, list)).unwrap().rows
}

/// A shop that sold on Monday and cancelled a part on Tuesday; another agency's shop that sold on Monday.
fn two_days() -> (Read, Shop, Story) {
    let read = Read::new();
    let ledger = &read.fixture.ledger;
    let shop = Shop::new();
    let story = shop.paid("a", 100_000, MONDAY_MS).later(DAY_MS).cancelled(Some(40_000));
    story.append(ledger, &ledger.payments(0));
    Shop::new().paid("b", 10_000, MONDAY_MS).append(ledger, &ledger.payments(1));
    read.fixture.project();
    (read, shop, story)
}

#[test]
fn totals_by_day_sold_and_by_day_paid_out() {
    let (read, shop, _) = two_days();
    let of = |by: DateType| -> Vec<(String, i64, i64, i64)> {
        let rows = totals(&read, Confinement::Merchant(shop.merchant), by);
        rows.iter()
            .map(|row| (row.date.to_string(), row.amount, row.cancel_amount, row.pay_out_amount))
            .collect()
    };
    let row = |date: &str, amount, cancelled, pay_out| (date.to_owned(), amount, cancelled, pay_out);
    // D+2 in business days.
    assert_eq!(
        of(DateType::Sold),
        [row("2026-11-24", 0, 40_000, -38_680), row("2026-11-23", 100_000, 0, 96_700)]
    );
    assert_eq!(
        of(DateType::PaidOut),
        [row("2026-11-26", 0, 40_000, -38_680), row("2026-11-25", 100_000, 0, 96_700)]
    );
}

#[test]
fn each_scope_sees_who_is_paid_at_or_below_it() {
    let (read, shop, _) = two_days();
    let payees = |to: Confinement| -> Vec<String> {
        let mut kinds: Vec<String> =
            totals(&read, to, DateType::Sold).into_iter().map(|row| row.payee_type).collect();
        kinds.sort();
        kinds.dedup();
        kinds
    };
    let [all, agency, branch, merchant] = scopes(&shop);
    assert_eq!(totals(&read, all, DateType::Sold).len(), 6 + 3);
    assert_eq!(totals(&read, agency, DateType::Sold).len(), 6);
    assert_eq!(payees(agency), ["AGENCY", "BRANCH", "MERCHANT"]);
    assert_eq!(payees(branch), ["BRANCH", "MERCHANT"]);
    assert_eq!(payees(merchant), ["MERCHANT"]);
    for scope in scopes(&Shop::new()).into_iter().skip(1) {
        assert_eq!(totals(&read, scope, DateType::PaidOut), []);
        assert_eq!(entries(&read, scope, every_entry()), []);
    }
}

#[test]
fn an_entry_says_how_its_pay_out_came_about() {
    let (read, shop, story) = two_days();
    let found = entries(&read, Confinement::Merchant(shop.merchant), every_entry());
    assert_eq!(found.len(), 2);
    let (cancel, sale) = (&found[0], &found[1]);
    assert_eq!((sale.kind.as_str(), cancel.kind.as_str()), ("SALE", "CANCEL"));
    assert_eq!((sale.amount, sale.sale_supply_amount, sale.sale_vat), (100_000, 90_909, 9_091));
    assert_eq!((sale.fee_supply_amount, sale.fee_vat, sale.pay_out_amount), (3_000, 300, 96_700));
    assert_eq!((cancel.amount, cancel.fee_supply_amount, cancel.fee_vat), (-40_000, -1_200, -120));
    assert_eq!(sale.transaction_id, story.id.to_string());
    assert_eq!(cancel.transaction_id, story.events[2].cancel_id().unwrap().to_string());
    let fees = sale.fees.as_array().unwrap();
    assert_eq!(
        (fees.len(), &fees[0]["type"], &fees[0]["rate"], &fees[0]["total"]),
        (1, &"FEE".into(), &"0.03".into(), &3_300.into())
    );
    assert_eq!((sale.contract_version, sale.posting_policy.as_str()), (1, "sale/1"));
    assert_eq!((sale.sold_date, sale.expected_pay_out_date), (day("2026-11-23"), day("2026-11-25")));
}

#[test]
fn filters_of_entries() {
    let (read, shop, story) = two_days();
    let count = |list: ListEntries| entries(&read, Confinement::Everything, list).len();
    assert_eq!(count(every_entry()), 9);
    assert_eq!(count(ListEntries { merchant_id: Some(shop.merchant), ..every_entry() }), 6);
    assert_eq!(
        count(ListEntries { payee: Some(Payee::Node(Node::Branch(shop.branch))), ..every_entry() }),
        2
    );
    assert_eq!(count(ListEntries { payment_id: Some(story.id), ..every_entry() }), 6);
    assert_eq!(count(ListEntries { to: day("2026-11-23"), ..every_entry() }), 6);
    assert_eq!(count(ListEntries { by: DateType::PaidOut, from: day("2026-11-26"), ..every_entry() }), 3);
}

#[test]
fn pages_of_totals_and_entries_hold_everything_once() {
    let (read, ..) = two_days();
    let to = Confinement::Everything;
    for by in [DateType::Sold, DateType::PaidOut] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let list = ListEntries { by, limit: 2, after, ..every_entry() };
            let page = read.ask(read.queries.settlement_entries(&to, list)).unwrap();
            seen.extend(page.rows);
            let Some(next) = page.next else { break };
            after = Some(EntryCursor::parse(by, &next).unwrap());
        }
        assert_eq!(seen, entries(&read, to, ListEntries { by, ..every_entry() }));

        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (from, until) = (day("2026-11-01"), day("2026-12-31"));
            let sum = SumSettlements { by, from, to: until, payee: None, limit: 2, after };
            let page = read.ask(read.queries.settlements(&to, sum)).unwrap();
            seen.extend(page.rows);
            let Some(next) = page.next else { break };
            after = Some(TotalCursor::parse(by, &next).unwrap());
        }
        assert_eq!(seen, totals(&read, to, by));
    }
}
