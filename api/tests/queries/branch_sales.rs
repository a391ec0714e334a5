//! Totals of branches and agencies, and the rows behind them.

use crate::support::scenario::{MONDAY_MS, Shop};
use crate::{Read, scopes};
use ledger_api::access::Confinement;
use ledger_api::queries::branch_sales::by_branch::{BranchSales, BranchSalesCursor, SumBranchSales};
use ledger_api::queries::branch_sales::of_node::{NodeSales, NodeSalesCursor, SumNodeSales};
use ledger_api::queries::branch_sales::rows::{ListSaleRows, SaleRow, SaleRowCursor, SaleRowsSum};
use ledger_api::queries::branch_sales::{Bucket, Sales};
use ledger_domain::contract::CommissionRule;
use ledger_domain::days::Day;
use ledger_domain::ids::BranchId;
use ledger_domain::lines::Node;
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn winter(bucket: Bucket) -> SumBranchSales {
    SumBranchSales {
        from: day("2026-11-01"),
        to: day("2026-12-31"),
        bucket,
        node: None,
        above: None,
        method: None,
        limit: 1_000,
        after: None,
    }
}

fn sums(read: &Read, to: Confinement, sum: SumBranchSales) -> Vec<BranchSales> {
    read.ask(read.queries.branch_sales(&to, sum)).unwrap().rows
}

fn of_node(read: &Read, to: Confinement, node: Node, bucket: Bucket) -> Vec<NodeSales> {
    let (from, until) = (day("2026-11-01"), day("2026-12-31"));
    let sum = SumNodeSales { node, from, to: until, bucket, method: None, limit: 1_000, after: None };
    read.ask(read.queries.node_sales(&to, sum)).unwrap().rows
}

fn rows(read: &Read, to: Confinement, node: Node, limit: u16) -> (Vec<SaleRow>, Vec<SaleRowsSum>) {
    let (from, until) = (day("2026-11-01"), day("2026-12-31"));
    let (mut seen, mut after, mut all) = (Vec::new(), None, None);
    loop {
        let list = ListSaleRows { node, from, to: until, method: None, limit, after };
        let (page, sums) = read.ask(read.queries.sale_rows(&to, list)).unwrap();
        assert_eq!(sums.is_some(), all.is_none(), "the sums come with the first page");
        all = all.or(sums);
        seen.extend(page.rows);
        let Some(next) = page.next else { return (seen, all.unwrap()) };
        after = Some(SaleRowCursor::parse(&next).unwrap());
    }
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

/// A merchant under a branch under `middle` under `shop`'s agency; the one in the middle earns 0.1 %.
fn below(shop: &Shop, middle: BranchId) -> Shop {
    let mut deep = Shop::under(BranchId::new(Uuid::now_v7()), shop.agency);
    deep.facts.branch_path.insert(1, Node::Branch(middle));
    let rule = deep.facts.terms.commissions[0].clone();
    let rate = "0.001".parse().unwrap();
    deep.facts.terms.commissions.push(CommissionRule { payee: Node::Branch(middle), rate, ..rule });
    deep
}

#[test]
fn hours_days_weeks_months_and_totals_sum_over_all_partitions() {
    let (read, shop, _) = two_branches();
    let net = |bucket: Bucket| -> Vec<(String, i64, i64)> {
        let rows = sums(&read, Confinement::Branch(shop.branch), winter(bucket));
        rows.iter().map(|row| (row.since.clone(), row.sales.approval_count, row.sales.net_amount)).collect()
    };
    let row = |since: &str, count, amount| (since.to_owned(), count, amount);
    let days = [row("2026-11-23", 2, 120_000), row("2026-11-24", 1, 7_000), row("2026-12-03", 1, 1_000)];
    assert_eq!(net(Bucket::Day), days);
    assert_eq!(net(Bucket::Week), [row("2026-11-23", 3, 127_000), row("2026-11-30", 1, 1_000)]);
    assert_eq!(net(Bucket::Month), [row("2026-11-01", 3, 127_000), row("2026-12-01", 1, 1_000)]);
    assert_eq!(net(Bucket::Total), [row("2026-11-01", 4, 128_000)]);
    let hours = days.map(|(day, count, amount)| (format!("{day}T12:00:00+09:00"), count, amount));
    assert_eq!(net(Bucket::Hour), hours);
}

#[test]
fn an_hour_is_one_in_seoul() {
    let read = Read::new();
    let ledger = &read.fixture.ledger;
    let shop = Shop::new();
    // 03:00 UTC is noon; eleven hours and fifty-nine minutes later a quarter of an hour is left of the day.
    for (order, later) in [("noon", 0), ("late", 11 * HOUR_MS + 59 * 60_000), ("next", 12 * HOUR_MS)] {
        shop.paid(order, 10_000, MONDAY_MS + later).append(ledger, &ledger.payments(0));
    }
    read.fixture.project();
    let rows = of_node(&read, Confinement::Everything, Node::Branch(shop.branch), Bucket::Hour);
    let since: Vec<&str> = rows.iter().map(|row| row.since.as_str()).collect();
    assert_eq!(
        since,
        ["2026-11-23T12:00:00+09:00", "2026-11-23T23:00:00+09:00", "2026-11-24T00:00:00+09:00"]
    );
}

#[test]
fn a_total_has_every_part_of_it() {
    let (read, shop, _) = two_branches();
    let only = SumBranchSales { to: day("2026-11-23"), ..winter(Bucket::Total) };
    let found = sums(&read, Confinement::Agency(shop.agency), only);
    let expected = Sales {
        approval_count: 2,
        approval_amount: 150_000,
        cancel_count: 1,
        cancel_amount: 30_000,
        net_amount: 120_000,
        fee_supply_amount: 3_600,
        fee_vat: 360,
        commission: 264,
        commission_below: 660,
    };
    let row = &found[0];
    assert_eq!((found.len(), row.branch_id, row.agency_id), (1, shop.branch, shop.agency));
    assert_eq!((row.currency.as_str(), row.since.as_str(), &row.sales), ("KRW", "2026-11-01", &expected));
}

#[test]
fn each_scope_sees_its_own_branches_and_no_branch_its_agencys_share() {
    let (read, shop, other) = two_branches();
    let branches = |to: Confinement| -> Vec<_> {
        sums(&read, to, winter(Bucket::Total)).iter().map(|row| row.branch_id).collect()
    };
    let [all, agency, branch, merchant] = scopes(&shop);
    assert_eq!(branches(all).len(), 2);
    assert_eq!(branches(agency), [shop.branch]);
    assert_eq!(branches(branch), [shop.branch]);
    assert_eq!(branches(merchant), []);
    assert_eq!(branches(Confinement::Agency(other.agency)), [other.branch]);
    let of_branch = sums(&read, branch, winter(Bucket::Total));
    // 0.5 % and VAT on top, of 70,000, 50,000, 7,000 and 1,000: its own; what the agency earns is nowhere in the answer.
    let own = 385 + 275 + 38 + 5;
    assert_eq!((of_branch[0].sales.commission, of_branch[0].sales.commission_below), (own, 0));
    // Nobody sees another's by asking for it, nor what is above.
    for (to, node) in [
        (branch, Node::Agency(shop.agency)),
        (branch, Node::Branch(other.branch)),
        (agency, Node::Branch(other.branch)),
        (agency, Node::Agency(other.agency)),
        (merchant, Node::Branch(shop.branch)),
    ] {
        let asked = SumBranchSales { node: Some(node), ..winter(Bucket::Total) };
        assert_eq!(sums(&read, to, asked), [], "{to:?} asks for {node}");
        assert_eq!(of_node(&read, to, node, Bucket::Hour), [], "{to:?} asks for {node}");
        assert_eq!(rows(&read, to, node, 10), (vec![], vec![]), "{to:?} asks for {node}");
    }
}

#[test]
fn a_subtree_of_any_depth_is_as_it_was_at_the_sale() {
    let read = Read::new();
    let ledger = &read.fixture.ledger;
    let shop = Shop::new();
    let deep = below(&shop, shop.branch);
    // The same branch, later under another one in the middle.
    let mut moved = deep.clone();
    let elsewhere = BranchId::new(Uuid::now_v7());
    moved.facts.branch_path[1] = Node::Branch(elsewhere);
    moved.facts.terms.commissions[2].payee = Node::Branch(elsewhere);
    let before = deep.paid("before", 100_000, MONDAY_MS);
    before.append(ledger, &ledger.payments(0));
    moved.paid("after", 20_000, MONDAY_MS + 1_000).append(ledger, &ledger.payments(0));
    shop.paid("own", 3_000, MONDAY_MS).append(ledger, &ledger.payments(1));
    read.fixture.project();
    let net = |to: Confinement, node: Node| -> (i64, i64, i64) {
        let found = of_node(&read, to, node, Bucket::Total);
        let sales = &found.first().unwrap().sales;
        (sales.net_amount, sales.commission, sales.commission_below)
    };
    let all = Confinement::Everything;
    // 0.2 % of 123,000; 0.5 % of 100,000, 20,000 and 3,000; 0.1 % of 100,000 and of 20,000; VAT on each.
    assert_eq!(net(all, Node::Agency(shop.agency)), (123_000, 220 + 44 + 6, 550 + 110 + 16 + 110 + 22));
    assert_eq!(net(all, Node::Branch(shop.branch)), (103_000, 110 + 16, 550));
    assert_eq!(net(all, Node::Branch(elsewhere)), (20_000, 22, 110));
    assert_eq!(net(all, Node::Branch(deep.branch)), (120_000, 660, 0));
    // The one in the middle sees of the branch what was sold under it, and not what was sold since.
    assert_eq!(net(Confinement::Branch(shop.branch), Node::Branch(deep.branch)), (100_000, 550, 0));
    assert_eq!(net(Confinement::Branch(elsewhere), Node::Branch(deep.branch)), (20_000, 110, 0));
    let (seen, sum) = rows(&read, Confinement::Branch(shop.branch), Node::Branch(shop.branch), 1);
    assert_eq!(seen.iter().map(|row| row.amount).sum::<i64>(), 103_000);
    assert_eq!(sum[0].sales.net_amount, 103_000);
    let both = SumBranchSales {
        node: Some(Node::Branch(deep.branch)),
        above: Some(Node::Branch(elsewhere)),
        ..winter(Bucket::Total)
    };
    assert_eq!(sums(&read, all, both)[0].sales.net_amount, 20_000);
}

#[test]
fn the_rows_behind_a_total_add_up_to_it() {
    let (read, shop, other) = two_branches();
    for (to, node) in [
        (Confinement::Everything, Node::Agency(shop.agency)),
        (Confinement::Agency(shop.agency), Node::Branch(shop.branch)),
        (Confinement::Branch(other.branch), Node::Branch(other.branch)),
    ] {
        let total = of_node(&read, to, node, Bucket::Total).remove(0).sales;
        let (seen, sums) = rows(&read, to, node, 2);
        assert_eq!(sums, [SaleRowsSum { currency: "KRW".to_owned(), sales: total.clone() }]);
        let sum = |of: fn(&SaleRow) -> i64| seen.iter().map(of).sum::<i64>();
        let count = |kind: &str| i64::try_from(seen.iter().filter(|row| row.kind == kind).count()).unwrap();
        assert_eq!(
            (count("APPROVAL"), count("CANCEL"), sum(|row| row.amount)),
            (total.approval_count, total.cancel_count, total.net_amount)
        );
        assert_eq!(
            (sum(|row| row.fee_supply_amount), sum(|row| row.fee_vat)),
            (total.fee_supply_amount, total.fee_vat)
        );
        assert_eq!(
            (sum(|row| row.commission), sum(|row| row.commission_below)),
            (total.commission, total.commission_below)
        );
        let days: Vec<Day> = seen.iter().map(|row| row.sold_date).collect();
        assert!(days.is_sorted_by(|one, next| one >= next), "{days:?}");
    }
}

#[test]
fn filters_and_pages_hold_every_group_once() {
    let (read, shop, other) = two_branches();
    let all = Confinement::Everything;
    let filtered = SumBranchSales { node: Some(Node::Branch(other.branch)), ..winter(Bucket::Day) };
    assert_eq!(sums(&read, all, filtered).len(), 1);
    let filtered = SumBranchSales { node: Some(Node::Agency(shop.agency)), ..winter(Bucket::Day) };
    assert_eq!(sums(&read, all, filtered).len(), 3);
    for bucket in [Bucket::Hour, Bucket::Day] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = SumBranchSales { limit: 1, after, ..winter(bucket) };
            let page = read.ask(read.queries.branch_sales(&all, page)).unwrap();
            seen.extend(page.rows);
            let Some(next) = page.next else { break };
            after = Some(BranchSalesCursor::parse(&next).unwrap());
        }
        assert_eq!(seen, sums(&read, all, winter(bucket)));
        assert_eq!(seen.len(), 4);
        let node = Node::Agency(shop.agency);
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (from, to) = (day("2026-11-01"), day("2026-12-31"));
            let page = SumNodeSales { node, from, to, bucket, method: None, limit: 1, after };
            let page = read.ask(read.queries.node_sales(&all, page)).unwrap();
            seen.extend(page.rows);
            let Some(next) = page.next else { break };
            after = Some(NodeSalesCursor::parse(&next).unwrap());
        }
        assert_eq!(seen, of_node(&read, all, node, bucket));
        assert_eq!(seen.len(), 3);
    }
}
