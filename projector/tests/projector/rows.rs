//! What a payment that was approved and partly cancelled leaves in every table, to the won.

use crate::support::Fixture;
use crate::support::scenario::{MONDAY_MS, Shop};

type Sums = (i64, i64, i64, i64, i64, i64);
/// Kind, status, result, requested amount, amount, supply, VAT, balance.
type Transaction = (String, String, String, i64, i64, i64, i64, i64);

#[test]
fn an_approval_and_two_partial_cancels_are_three_transactions() {
    let fixture = Fixture::new(1);
    let shop = Shop::new();
    let story = shop.paid("order-1", 100_000, MONDAY_MS).cancelled(Some(50_000)).cancelled(None);
    story.append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();

    let rows: Vec<Transaction> = fixture.db.rows(
        "SELECT kind, status, result, requested_amount, amount, supply, vat, balance FROM transactions
         ORDER BY occurred_at, id",
    );
    let row = |kind: &str, status: &str, requested, amount, supply, vat, balance| {
        (kind.to_owned(), status.to_owned(), "DONE".to_owned(), requested, amount, supply, vat, balance)
    };
    // money.md 1: 100,000 cancelled 50,000 twice has VAT 9,091, then 4,546 and 4,545 go back.
    assert_eq!(
        rows,
        vec![
            row("APPROVAL", "DONE", 100_000, 100_000, 90_909, 9_091, 0),
            row("CANCEL", "PARTIAL_CANCELED", 50_000, -50_000, -45_454, -4_546, 50_000),
            row("CANCEL", "CANCELED", 50_000, -50_000, -45_455, -4_545, 0),
        ]
    );
}

#[test]
fn the_days_of_a_sale_are_days_in_seoul() {
    let fixture = Fixture::new(1);
    // 15:30 UTC on Monday is Tuesday in Seoul.
    let late = MONDAY_MS + 12 * 3_600_000 + 1_800_000;
    Shop::new().paid("order-1", 10_000, late).append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();
    let days: (String, String, String) = fixture.db.one(
        "SELECT DATE_FORMAT(occurred_at, '%Y-%m-%d %H:%i:%s.%f'), CAST(sold_date AS CHAR), CAST(pay_out_date AS CHAR)
         FROM transactions",
    );
    assert_eq!(
        days,
        ("2026-11-23 15:30:01.000000".to_owned(), "2026-11-24".to_owned(), "2026-11-26".to_owned())
    );
}

#[test]
fn branch_sales_are_sums_per_partition_day_and_method() {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    let other = Shop::under(shop.branch, shop.agency);
    shop.paid("a", 100_000, MONDAY_MS)
        .cancelled(Some(30_000))
        .append(&fixture.ledger, &fixture.ledger.payments(0));
    shop.paid("b", 50_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(0));
    shop.request("c", 70_000, MONDAY_MS).declined().append(&fixture.ledger, &fixture.ledger.payments(0));
    other.paid("d", 10_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(1));
    fixture.project();

    let per_partition: Vec<(i32, i64, i64, i64, i64)> = fixture.db.rows(
        "SELECT partition_no, approval_count, approval_amount, cancel_count, cancel_amount FROM branch_sales_by_day
         WHERE is_top = 1 ORDER BY partition_no",
    );
    assert_eq!(per_partition, vec![(0, 2, 150_000, 1, 30_000), (1, 1, 10_000, 0, 0)]);

    let total: Sums = fixture.db.one(
        "SELECT CAST(SUM(net_amount) AS SIGNED), CAST(SUM(fee_supply) AS SIGNED), CAST(SUM(fee_vat) AS SIGNED),
                CAST(SUM(below_commission) AS SIGNED), CAST(SUM(own_commission) AS SIGNED),
                CAST(COUNT(DISTINCT branch_id) AS SIGNED)
         FROM branch_sales_by_day WHERE is_top = 1",
    );
    // 3 % of 130,000; VAT on top; 0.5 % and 0.2 % with their VAT.
    assert_eq!(total, (130_000, 3_900, 390, 715, 286, 1));
}

#[test]
fn every_payee_has_an_entry_for_every_movement() {
    let fixture = Fixture::new(1);
    let shop = Shop::new();
    shop.paid("a", 100_000, MONDAY_MS)
        .cancelled(Some(40_000))
        .append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();
    let entries: Vec<(String, String, i64, i64, i64, i64)> = fixture.db.rows(
        "SELECT payee_kind, kind, amount, fee_supply, fee_vat, pay_out_amount FROM settlement_entries
         ORDER BY seq, entry_no",
    );
    let entry = |payee: &str, kind: &str, amount, supply, vat, pay_out| {
        (payee.to_owned(), kind.to_owned(), amount, supply, vat, pay_out)
    };
    assert_eq!(
        entries,
        vec![
            entry("MERCHANT", "SALE", 100_000, 3_000, 300, 96_700),
            entry("BRANCH", "COMMISSION", 100_000, 500, 50, 550),
            entry("AGENCY", "COMMISSION", 100_000, 200, 20, 220),
            entry("MERCHANT", "CANCEL", -40_000, -1_200, -120, -38_680),
            entry("BRANCH", "COMMISSION_RETURN", -40_000, -200, -20, -220),
            entry("AGENCY", "COMMISSION_RETURN", -40_000, -80, -8, -88),
        ]
    );
}

#[test]
fn events_are_kept_byte_for_byte() {
    let fixture = Fixture::new(1);
    let story = Shop::new().paid("a", 100_000, MONDAY_MS);
    story.append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();
    let kept: Vec<(i64, Vec<u8>)> = fixture.db.rows("SELECT seq, data FROM payment_events ORDER BY seq");
    // The genesis is seq 1.
    let wanted: Vec<(i64, Vec<u8>)> =
        (2..).zip(story.records().into_iter().map(|(_, value)| value)).collect();
    assert_eq!(kept, wanted);
}
