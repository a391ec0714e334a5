//! What a payee's stream leaves in the tables, to the won.

use crate::support::Fixture;
use crate::support::scenario::{MONDAY_MS, Shop};
use crate::support::settled::settled;
use crate::support::settlement::Stream;
use ledger_domain::lines::Node;

/// A sale of 100,000 of which half is cancelled, closed with its commission delivered to the branch: the example of money.md 5.
fn example(fixture: &Fixture, shop: &Shop) {
    let mut merchant = Stream::of_shop(&fixture.ledger, 0, shop);
    let mut branch = Stream::of_node(&fixture.ledger, 1, Node::Branch(shop.branch));
    merchant.sold(&shop.paid("a", 100_000, MONDAY_MS).cancelled(Some(50_000)));
    merchant.close("2026-11-23");
    merchant.deliver(1, &mut branch);
    branch.close("2026-11-24");
    merchant.until("2026-11-25").paid();
    fixture.project();
}

#[test]
fn the_chart_of_accounts_after_the_example() {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    example(&fixture, &shop);
    let (merchant, branch, agency) = (shop.merchant, shop.branch, shop.agency);
    // Credits less debits, and the days on which something was posted.
    let found: Vec<(String, String, i64, i64)> = fixture.db.rows(
        "SELECT account, holder, CAST(SUM(credit - debit) AS SIGNED), COUNT(DISTINCT day) FROM ledger_balances
         GROUP BY account, holder ORDER BY account, holder",
    );
    let row = |account: &str, holder: String, minor, days| (account.to_owned(), holder, minor, days);
    assert_eq!(
        found,
        vec![
            row("A10", "acquirer/sandbox".to_owned(), -49_000, 1),
            row("A20", "bank/국민 110".to_owned(), 45_850, 1),
            row("A40", String::new(), -35, 1),
            row("E10", String::new(), -1_000, 1),
            row("E20", String::new(), -350, 1),
            row("L10", merchant.to_string(), 0, 2),
            row("L11", merchant.to_string(), 0, 2),
            row("L13", merchant.to_string(), 2_500, 1),
            row("L20", merchant.to_string(), 0, 1),
            row("L30", format!("{agency}/{merchant}"), 0, 2),
            row("L30", format!("{branch}/{merchant}"), 0, 2),
            row("L31", branch.to_string(), 275, 1),
            row("L32", String::new(), 110, 1),
            row("L40", String::new(), 150, 1),
            row("R10", "FEE".to_owned(), 1_500, 1),
        ]
    );
}

#[test]
fn a_closing_is_a_row_on_each_side() {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    example(&fixture, &shop);
    type Row = (i32, String, i64, String, i64, i64, i64, i64, i64);
    let found: Vec<Row> = fixture.db.rows(
        "SELECT partition_no, payee_kind, number, CAST(day AS CHAR), sale_amount, cancel_amount, commission_amount, net, payable
         FROM settlement_closings ORDER BY partition_no",
    );
    let day = |text: &str| text.to_owned();
    assert_eq!(
        found,
        vec![
            (0, "MERCHANT".to_owned(), 1, day("2026-11-23"), 100_000, 50_000, 0, 48_350, 45_850),
            (1, "BRANCH".to_owned(), 1, day("2026-11-24"), 0, 0, 275, 275, 275),
        ]
    );
    type Rest = (i64, i64, i64, Option<i64>, String, String, i64, String);
    let rest: Rest = fixture.db.one(
        "SELECT fee_supply, fee_vat, reserve_held, through_seq, CAST(reserve_until AS CHAR), CAST(pay_out_date AS CHAR),
                terms_version, JSON_VALUE(terms, '$.cycle.kind')
         FROM settlement_closings WHERE payee_kind = 'MERCHANT'",
    );
    assert_eq!(
        rest,
        (1_500, 150, 2_500, Some(5), day("2026-12-23"), day("2026-11-25"), 1, "DAILY".to_owned())
    );
}

#[test]
fn a_commission_says_where_its_receipt_stands_once_it_has_arrived() {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    example(&fixture, &shop);
    let found: Vec<(String, i64, Option<String>, bool)> = fixture.db.rows(
        "SELECT node_kind, amount, delivered_position, delivered_at IS NOT NULL FROM settlement_commissions ORDER BY amount DESC",
    );
    let receipt = format!("{}:2", fixture.ledger.payments(1));
    assert_eq!(
        found,
        vec![("BRANCH".to_owned(), 275, Some(receipt), true), ("AGENCY".to_owned(), 110, None, false)]
    );
    let received: (i32, i64, String, i64, String) = fixture.db.one(
        "SELECT partition_no, closing, closing_position, amount, CAST(day AS CHAR) FROM settlement_receipts",
    );
    let closing = format!("{}:6", fixture.ledger.payments(0));
    assert_eq!(received, (1, 1, closing, 275, "2026-11-24".to_owned()));
}

#[test]
fn what_has_not_arrived_is_continued_from_an_earlier_batch() {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    let mut merchant = Stream::of_shop(&fixture.ledger, 0, &shop);
    let mut branch = Stream::of_node(&fixture.ledger, 1, Node::Branch(shop.branch));
    merchant.sold(&shop.paid("a", 100_000, MONDAY_MS));
    merchant.close("2026-11-23");
    let proposed = merchant.until("2026-11-25").propose();
    fixture.project();
    merchant.deliver(1, &mut branch);
    merchant.approve(proposed);
    fixture.project();
    merchant.release_to_bank(proposed);
    merchant.confirm(proposed);
    fixture.project();
    let arrived: i64 =
        fixture.db.one("SELECT COUNT(*) FROM settlement_commissions WHERE delivered_seq IS NOT NULL");
    assert_eq!(arrived, 1);
    let state: (String, String, i64) =
        fixture.db.one("SELECT state, batch, CAST(last_seq AS SIGNED) FROM settlement_pay_outs");
    let last = i64::try_from(fixture.ledger.seq(&fixture.ledger.payments(0))).unwrap();
    assert_eq!(state, ("CONFIRMED".to_owned(), "batch-1".to_owned(), last));
}

#[test]
fn every_state_of_a_pay_out_is_told_with_who_brought_it_there() {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    settled(&fixture.ledger, &shop);
    fixture.project();
    type Row = (i64, String, i64, i64, bool, bool, bool, Option<String>, Option<String>);
    let of_payee = |kind: &str| -> Vec<Row> {
        fixture.db.rows(&format!(
            "SELECT number, state, amount, transfer, approved_by IS NOT NULL, released_by IS NOT NULL, rejected_by IS NOT NULL,
                    code, message
             FROM settlement_pay_outs WHERE payee_kind = '{kind}' ORDER BY number"
        ))
    };
    let (code, message) = (Some("E12".to_owned()), Some("계좌 없음".to_owned()));
    let rejected = Some("계좌 확인".to_owned());
    let row = |number, state: &str, minor, people: (bool, bool, bool), code, message| {
        (number, state.to_owned(), minor, minor, people.0, people.1, people.2, code, message)
    };
    let both = (true, true, false);
    assert_eq!(
        of_payee("MERCHANT"),
        vec![
            row(1, "CONFIRMED", 110_040, both, None, None),
            row(2, "REJECTED", 33_000, (false, false, true), None, rejected),
            row(3, "RETURNED", 33_000, both, code.clone(), message.clone()),
            row(4, "FAILED", 33_000, both, code, message),
            row(5, "SENT", 33_000, both, None, None),
        ]
    );
    let taxed: (i64, i64, i64, i64) = fixture.db.one(
        "SELECT amount, income_tax, local_tax, transfer FROM settlement_pay_outs WHERE payee_kind = 'AGENCY'",
    );
    assert_eq!(taxed, (100_264, 3_000, 300, 96_964));
}

#[test]
fn what_people_decided_is_a_movement_with_their_keys() {
    let fixture = Fixture::new(2);
    settled(&fixture.ledger, &Shop::new());
    fixture.project();
    type Row = (String, Option<String>, i64, Option<i64>, Option<String>, String, bool, bool, bool);
    let found: Vec<Row> = fixture.db.rows(
        "SELECT kind, wish, amount, closing, CAST(pay_out_date AS CHAR), CAST(day AS CHAR), done_by IS NOT NULL,
                proposed_by IS NOT NULL, confirmed_by IS NOT NULL
         FROM settlement_movements WHERE payee_kind = 'MERCHANT' ORDER BY seq",
    );
    let row =
        |kind: &str, wish: Option<&str>, minor, closing, paid: Option<&str>, date: &str, people: &str| {
            let (wish, paid) = (wish.map(str::to_owned), paid.map(str::to_owned));
            let who = ["alone", "proposed", "both"].map(|word| word == people);
            let (alone, proposed, both) = (who[0], who[1] || who[2], who[2]);
            (kind.to_owned(), wish, minor, closing, paid, date.to_owned(), alone, proposed, both)
        };
    let (monday, friday) = (Some("2026-11-30"), "2026-11-27");
    assert_eq!(
        found,
        vec![
            row("PROPOSED", Some("ADJUSTMENT"), 1_000, None, None, "2026-11-25", "proposed"),
            row("ADJUSTED", None, 1_000, None, None, "2026-11-25", "both"),
            row("WITHHELD", None, -4_010, None, None, friday, "alone"),
            row("RELEASED", None, 1_000, None, monday, friday, "alone"),
            row("PROPOSED", Some("RESERVE_RELEASE"), 0, Some(4), None, friday, "proposed"),
            row("RESERVE_RELEASED", None, 2_000, Some(4), monday, friday, "both"),
            row("PROPOSED", Some("WRITE_OFF"), 0, Some(5), None, "2026-11-28", "proposed"),
            row("WRITTEN_OFF", None, 48_350, Some(5), None, "2026-11-28", "both"),
            row("PROPOSED", Some("ADJUSTMENT"), -500, None, None, "2026-11-30", "proposed"),
            row("ADJUSTED", None, -500, None, None, "2026-11-30", "both"),
        ]
    );
}

#[test]
fn a_negative_day_is_made_good_by_later_ones_and_by_the_reserve() {
    let fixture = Fixture::new(2);
    settled(&fixture.ledger, &Shop::new());
    fixture.project();
    type Row = (i64, i64, i64, i64, i64, i64, i64, i64);
    let found: Vec<Row> = fixture.db.rows(
        "SELECT number, net, adjustments, receivable, offset_amount, offset_reserve, reserve_held, payable
         FROM settlement_closings WHERE payee_kind = 'MERCHANT' ORDER BY number",
    );
    assert_eq!(
        found,
        vec![
            (1, 116_040, 0, 0, 0, 0, 6_000, 110_040),
            (2, -67_690, 0, 67_690, 0, 0, 0, 0),
            (3, 59_020, 1_000, 0, 59_020, 6_000, 0, 0),
            (4, 38_680, 0, 0, 2_670, 0, 2_000, 34_010),
            (5, -48_350, 0, 48_350, 0, 0, 0, 0),
        ]
    );
}

#[test]
fn the_tables_and_the_state_of_the_domain_say_the_same() {
    let fixture = Fixture::new(2);
    let week = settled(&fixture.ledger, &Shop::new());
    fixture.project();
    for stream in [&week.merchant, &week.branch, &week.agency] {
        let told = stream.state.balances(stream.payee).unwrap();
        let balance = |account: &str, sign: &str| -> i64 {
            fixture.db.one(&format!(
                "SELECT CAST({sign} COALESCE(SUM(credit - debit), 0) AS SIGNED) FROM ledger_balances
                 WHERE account = '{account}' AND holder = '{}'",
                stream.payee
            ))
        };
        let tax: i64 = fixture.db.one(&format!(
            "SELECT CAST(COALESCE(SUM(income_tax + local_tax), 0) AS SIGNED) FROM settlement_pay_outs
             WHERE state = 'SENT' AND HEX(payee_id) = '{}'",
            hex::encode_upper(stream.payee.as_bytes())
        ));
        let payable = balance("L11", "") + balance("L31", "");
        assert_eq!(payable, told.payable.minor(), "{}", stream.payee);
        assert_eq!(balance("L12", ""), told.withheld.minor(), "{}", stream.payee);
        assert_eq!(balance("L13", ""), told.reserve.minor(), "{}", stream.payee);
        assert_eq!(balance("L20", "") + tax, told.in_transit.minor(), "{}", stream.payee);
        assert_eq!(balance("A30", "-"), told.receivable.minor(), "{}", stream.payee);
    }
}

#[test]
fn a_delivery_of_what_is_not_on_its_way_stops_the_commissions_alone() {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    let mut merchant = Stream::of_shop(&fixture.ledger, 0, &shop);
    let mut branch = Stream::of_node(&fixture.ledger, 1, Node::Branch(shop.branch));
    merchant.sold(&shop.paid("a", 100_000, MONDAY_MS));
    merchant.close("2026-11-23");
    merchant.deliver(1, &mut branch);
    // The same delivery once more, which no owner would record.
    let again = merchant.events.last().unwrap().clone();
    let record = crate::support::scenario::recorded(ledger_domain::Event::Settlement(again));
    fixture.ledger.append(&fixture.ledger.payments(0), vec![record]);
    let projector = fixture.projector();
    crate::support::until("the others are at the end", || {
        fixture.is_projected("ledger_balances").then_some(())
    });
    let stopped = || -> Vec<(String, String)> {
        fixture.db.rows("SELECT projection, why FROM ledger_projection_stops")
    };
    let told = crate::support::until("it stops", || Some(stopped()).filter(|stopped| !stopped.is_empty()));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "settlement_commissions");
    assert!(told[0].1.contains("no such commission is on its way"), "{told:?}");
    projector.stop().unwrap_err();
}
