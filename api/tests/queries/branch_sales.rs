//! Totals by branch and period.

use crate::support::scenario::{MONDAY_MS, Shop};
use crate::{Read, scopes};
use ledger_api::access::Confinement;
use ledger_api::queries::branch_sales::{BranchSales, BranchSalesCursor, Bucket, SumBranchSales};
use ledger_domain::days::Day;

const DAY_MS: i64 = 86_400_000;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn november(bucket: Bucket) -> SumBranchSales {
    SumBranchSales {
        from: day("2026-11-01"),
        to: day("2026-12-31"),
        bucket,
        branch_id: None,
        agency_id: None,
        method: None,
        limit: 1_000,
        after: None,
    }
}

fn sums(read: &Read, to: Confinement, sum: SumBranchSales) -> Vec<BranchSales> {
    read.ask(read.queries.branch_sales(&to, sum)).unwrap().rows
}

/// One branch with a merchant in each partition, two days in November and one in December; another agency's branch.
fn two_branches() -> (Read, Shop, Shop) {
    let read = Read::new();
    let ledger = &read.fixture.ledger;
    let shop = Shop::new();
    let (sibling, other) = (Shop::under(shop.branch, shop.agency), Shop::new());
    shop.paid("a", 100_000, MONDAY_MS).cancelled(Some(30_000)).append(ledger, &ledger.payments(0));
    sibling.paid("b", 50_000, MONDAY_MS).append(ledger, &ledger.payments(1));
    sibling.paid("c", 7_000, MONDAY_MS + DAY_MS).append(ledger, &ledger.payments(1));
    shop.paid("d", 1_000, MONDAY_MS + 10 * DAY_MS).append(ledger, &ledger.payments(0));
    other.paid("e", 20_000, MONDAY_MS).append(ledger, &ledger.payments(1));
    read.fixture.project();
    (read, shop, other)
}

#[test]
fn days_months_and_totals_sum_over_all_partitions() {
    let (read, shop, _) = two_branches();
    let net = |bucket: Bucket| -> Vec<(String, i64, i64)> {
        let rows = sums(&read, Confinement::Branch(shop.branch), november(bucket));
        rows.iter().map(|row| (row.since.to_string(), row.approval_count, row.net_amount)).collect()
    };
    let row = |since: &str, count, amount| (since.to_owned(), count, amount);
    assert_eq!(
        net(Bucket::Day),
        [row("2026-11-23", 2, 120_000), row("2026-11-24", 1, 7_000), row("2026-12-03", 1, 1_000)]
    );
    assert_eq!(net(Bucket::Month), [row("2026-11-01", 3, 127_000), row("2026-12-01", 1, 1_000)]);
    assert_eq!(net(Bucket::Total), [row("2026-11-01", 4, 128_000)]);
}

#[test]
fn a_total_has_every_part_of_it() {
    let (read, shop, _) = two_branches();
    let only = SumBranchSales { to: day("2026-11-23"), ..november(Bucket::Total) };
    let found = sums(&read, Confinement::Agency(shop.agency), only);
    let expected = BranchSales {
        branch_id: shop.branch,
        agency_id: shop.agency,
        currency: "KRW".to_owned(),
        since: day("2026-11-01"),
        approval_count: 2,
        approval_amount: 150_000,
        cancel_count: 1,
        cancel_amount: 30_000,
        net_amount: 120_000,
        fee_supply_amount: 3_600,
        fee_vat: 360,
        branch_commission: 660,
        agency_commission: Some(264),
    };
    assert_eq!(found, [expected]);
}

#[test]
fn each_scope_sees_its_own_branches_and_no_branch_its_agencys_share() {
    let (read, shop, other) = two_branches();
    let branches = |to: Confinement| -> Vec<_> {
        sums(&read, to, november(Bucket::Total)).iter().map(|row| row.branch_id).collect()
    };
    let [all, agency, branch, merchant] = scopes(&shop);
    assert_eq!(branches(all).len(), 2);
    assert_eq!(branches(agency), [shop.branch]);
    assert_eq!(branches(branch), [shop.branch]);
    assert_eq!(branches(merchant), []);
    assert_eq!(branches(Confinement::Agency(other.agency)), [other.branch]);
    let of_branch = sums(&read, Confinement::Branch(shop.branch), november(Bucket::Total));
    assert_eq!(of_branch[0].agency_commission, None);
}

#[test]
fn filters_and_pages_hold_every_group_once() {
    let (read, shop, other) = two_branches();
    let filtered = SumBranchSales { branch_id: Some(other.branch), ..november(Bucket::Day) };
    assert_eq!(sums(&read, Confinement::Everything, filtered).len(), 1);
    let filtered = SumBranchSales { agency_id: Some(shop.agency), ..november(Bucket::Day) };
    assert_eq!(sums(&read, Confinement::Everything, filtered).len(), 3);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = SumBranchSales { limit: 1, after, ..november(Bucket::Day) };
        let page = read.ask(read.queries.branch_sales(&Confinement::Everything, page)).unwrap();
        seen.extend(page.rows);
        let Some(next) = page.next else { break };
        after = Some(BranchSalesCursor::parse(&next).unwrap());
    }
    assert_eq!(seen, sums(&read, Confinement::Everything, november(Bucket::Day)));
    assert_eq!(seen.len(), 4);
}
