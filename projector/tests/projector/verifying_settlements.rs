//! `verify` compares closings, commissions, receipts, pay-outs and balances with one another, and names what does not come out even.

use crate::support::Fixture;
use crate::support::scenario::Shop;
use crate::support::settled::{Week, settled};
use ledger_projector::verify::{VerifyError, totals, verify};
use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};

/// A week in which everything happens, projected.
fn week(fixture: &Fixture) -> Week<'_> {
    let week = settled(&fixture.ledger, &Shop::new());
    fixture.project();
    week
}

/// What the comparisons say after this, which is then undone.
fn said(fixture: &Fixture, damage: &[&str]) -> Result<u64, VerifyError> {
    let context = fixture.context();
    let mut conn = context.connect().unwrap();
    context.runtime.block_on(conn.query_drop("START TRANSACTION")).unwrap();
    for sql in damage {
        context.runtime.block_on(conn.query_drop(*sql)).unwrap();
        let changed = conn.affected_rows();
        assert!(changed > 0, "it changes nothing: {sql}");
    }
    let said = totals::compare(&context, &mut conn);
    context.runtime.block_on(conn.query_drop("ROLLBACK")).unwrap();
    said
}

fn found(fixture: &Fixture, damage: &[&str]) -> String {
    match said(fixture, damage) {
        Err(error) => error.to_string(),
        Ok(groups) => panic!("{groups} groups came out even after {damage:?}"),
    }
}

#[test]
fn a_week_in_which_everything_happens_comes_out_even() {
    let fixture = Fixture::new(2);
    week(&fixture);
    let verified = verify(&fixture.context()).unwrap();
    assert_eq!(verified.rows["settlement_closings"], 5 + 3 + 2);
    assert_eq!(verified.rows["settlement_commissions"], 5 * 2);
    assert_eq!(verified.rows["settlement_receipts"], 4 + 1);
    assert_eq!(verified.rows["settlement_pay_outs"], 5 + 1 + 1);
    assert_eq!(verified.rows["settlement_movements"], 10 + 2);
    assert!(verified.totals.is_some());
}

#[test]
fn one_won_too_much_is_found_in_every_table_of_a_stream() {
    let fixture = Fixture::new(2);
    week(&fixture);
    for (sql, undo, table, column) in [
        (
            "UPDATE settlement_closings SET offset_reserve = offset_reserve + 1 WHERE number = 3",
            "UPDATE settlement_closings SET offset_reserve = offset_reserve - 1 WHERE number = 3",
            "settlement_closings",
            "offset_reserve",
        ),
        (
            "UPDATE settlement_commissions SET amount = amount + 1 WHERE closing = 3",
            "UPDATE settlement_commissions SET amount = amount - 1 WHERE closing = 3",
            "settlement_commissions",
            "amount",
        ),
        (
            "UPDATE settlement_receipts SET amount = amount + 1 WHERE closing = 4",
            "UPDATE settlement_receipts SET amount = amount - 1 WHERE closing = 4",
            "settlement_receipts",
            "amount",
        ),
        (
            "UPDATE settlement_pay_outs SET state = 'CONFIRMED' WHERE state = 'SENT' AND payee_kind = 'MERCHANT'",
            "UPDATE settlement_pay_outs SET state = 'SENT' WHERE bank_account IS NULL AND state = 'CONFIRMED'",
            "settlement_pay_outs",
            "state",
        ),
        (
            "UPDATE settlement_movements SET amount = amount + 1 WHERE kind = 'WRITTEN_OFF'",
            "UPDATE settlement_movements SET amount = amount - 1 WHERE kind = 'WRITTEN_OFF'",
            "settlement_movements",
            "amount",
        ),
        (
            "UPDATE ledger_balances SET credit = credit + 1 WHERE account = 'L12'",
            "UPDATE ledger_balances SET credit = credit - 1 WHERE account = 'L12'",
            "ledger_balances",
            "credit",
        ),
    ] {
        fixture.db.execute(sql);
        let found = match verify(&fixture.context()) {
            Err(VerifyError::Different(difference)) => difference.to_string(),
            other => panic!("{sql}: no difference was found: {other:?}"),
        };
        assert!(found.starts_with(&format!("{table}, partition")), "{found}");
        assert!(found.contains(&format!("{column} is ")), "{found}");
        fixture.db.execute(undo);
    }
    verify(&fixture.context()).unwrap();
}

#[test]
fn each_comparison_names_the_table_that_does_not_come_out_even() {
    let fixture = Fixture::new(2);
    week(&fixture);
    let merchant = "payee_kind = 'MERCHANT'";
    let cases: &[(&[&str], &str, &str)] = &[
        (
            &[&format!("UPDATE settlement_closings SET fee_vat = fee_vat + 1 WHERE {merchant} AND number = 1")],
            "merchants' closings against settlement entries",
            "fee_vat=1",
        ),
        (
            &[&format!("UPDATE settlement_closings SET cancel_count = 0 WHERE {merchant} AND number = 2")],
            "merchants' closings against settlement entries",
            "cancels=-1",
        ),
        (
            &[&format!("UPDATE settlement_closings SET through_seq = through_seq + 1 WHERE {merchant} AND number = 1")],
            "merchants' closings against settlement entries",
            "through_seq=1",
        ),
        (
            &[&format!(
                "INSERT INTO settlement_closings SELECT 1, seq + 1000, payee_kind, payee_id, number, day, sale_count, sale_amount,
                     cancel_count, cancel_amount, fee_supply, fee_vat, commission_amount, adjustments, net, offset_amount,
                     offset_reserve, reserve_held, reserve_until, receivable, payable, pay_out_date, entries, entries_hash,
                     through_seq, open_count, terms, terms_version, closed_at
                 FROM settlement_closings WHERE {merchant} AND number = 4"
            )],
            "merchants' closings against settlement entries",
            "sales=1",
        ),
        (
            &["UPDATE settlement_movements SET amount = amount - 100 WHERE kind = 'ADJUSTED' AND amount = 1000"],
            "closings against adjustments",
            "adjusted=100",
        ),
        (
            &["UPDATE settlement_closings SET payable = payable + 7 WHERE number = 1 AND payee_kind = 'BRANCH'"],
            "closings against adjustments and what they leave",
            "left_over=-7",
        ),
        (
            &["UPDATE settlement_commissions SET amount = amount - 5 WHERE closing = 3 AND node_kind = 'AGENCY'"],
            "commissions of closings against commission entries",
            "earned=-5",
        ),
        (
            &["DELETE FROM settlement_receipts WHERE closing = 4"],
            "commissions against receipts",
            "receipt_missing=1",
        ),
        (
            &["UPDATE settlement_receipts SET amount = amount + 3 WHERE closing = 2"],
            "commissions against receipts",
            "amount=-3",
        ),
        (
            &["INSERT INTO settlement_receipts SELECT partition_no, seq + 1000, payee_kind, payee_id, merchant_id, closing,
                   closing_position, amount, day, received_at FROM settlement_receipts WHERE closing = 5"],
            "commissions against receipts",
            "doubled=1",
        ),
        (
            &["UPDATE settlement_receipts SET seq = seq + 1000 WHERE closing = 4"],
            "commissions against receipts",
            "receipt_elsewhere=1",
        ),
        (
            &["UPDATE settlement_receipts SET closing_position = REPLACE(closing_position, ':', ':1') WHERE closing = 4"],
            "commissions against receipts",
            "closing_elsewhere=1",
        ),
        (
            // A receipt of a closing that never was.
            &["UPDATE settlement_receipts SET closing = 77 WHERE closing = 1 AND payee_kind = 'AGENCY'"],
            "commissions against receipts",
            "commission_missing=1",
        ),
        (
            &["UPDATE ledger_balances SET credit = credit + 9 WHERE account = 'L32' AND partition_no = 0 LIMIT 1"],
            "delivery clearing",
            "clearing=9",
        ),
        (
            &["UPDATE settlement_closings SET commission_amount = commission_amount + 1, net = net + 1, payable = payable + 1
               WHERE payee_kind = 'AGENCY' AND number = 1"],
            "branches' and agencies' closings against receipts",
            "received=1",
        ),
        (
            &["UPDATE settlement_closings SET entries = 0 WHERE payee_kind = 'BRANCH' AND number = 1"],
            "branches' and agencies' closings against receipts",
            "entries=-1",
        ),
        (
            &["UPDATE ledger_balances SET debit = debit + 1 WHERE account = 'A10' LIMIT 1"],
            "debits against credits",
            "uneven=1",
        ),
        (
            &["UPDATE settlement_pay_outs SET state = 'REJECTED' WHERE state = 'CONFIRMED' AND payee_kind = 'BRANCH'"],
            "balances of payees against unpaid entries",
            "owed=-660",
        ),
        (
            // The tax of what is with the bank is owed to somebody else.
            &["UPDATE settlement_pay_outs SET income_tax = 0 WHERE payee_kind = 'AGENCY'"],
            "balances of payees against unpaid entries",
            "owed=-3000",
        ),
        (
            // Moved from one account of the merchant to another.
            &["UPDATE ledger_balances SET account = 'L12' WHERE account = 'L10' AND day = '2026-11-30'"],
            "balances of what is not closed against entries",
            "unclosed=-",
        ),
        (
            &["UPDATE ledger_balances SET account = 'L20' WHERE account = 'L12'"],
            "balances of accounts against the tables",
            "balance=-3010",
        ),
        (
            &["UPDATE ledger_balances SET holder = 'bank/elsewhere' WHERE account = 'A20' AND partition_no = 1"],
            "balances of accounts against the tables",
            "balance=",
        ),
        (
            // Both stay what the other one is: only their sides are wrong.
            &["UPDATE ledger_balances SET credit = credit + IF(account = 'A10', 999999999, 0),
                   debit = debit + IF(account = 'E10', 999999999, 0)
               WHERE account IN ('A10', 'E10') AND day = '2026-11-23'"],
            "balances against the sides of their accounts",
            "on_the_wrong_side=-",
        ),
    ];
    for (damage, name, what) in cases {
        let found = found(&fixture, damage);
        assert!(found.contains(&format!("totals, {name}")) && found.contains(what), "{damage:?}: {found}");
    }
}

/// Whether one comparison alone comes out even after this, which is then undone.
fn is_even(fixture: &Fixture, name: &str, damage: &[&str]) -> bool {
    let (_, sql) = totals::COMPARISONS.into_iter().find(|(known, _)| *known == name).unwrap();
    let context = fixture.context();
    let mut conn = context.connect().unwrap();
    context.runtime.block_on(async {
        conn.query_drop("START TRANSACTION").await.unwrap();
        for sql in damage {
            conn.query_drop(*sql).await.unwrap();
            assert!(conn.affected_rows() > 0, "it changes nothing: {sql}");
        }
        let groups: Vec<Row> = conn.exec(sql, ()).await.unwrap();
        conn.query_drop("ROLLBACK").await.unwrap();
        assert!(!groups.is_empty());
        groups.into_iter().all(|group| group.unwrap().iter().skip(4).all(|sum| *sum == Value::Int(0)))
    })
}

#[test]
fn what_is_under_way_between_two_partitions_is_no_difference() {
    let fixture = Fixture::new(2);
    week(&fixture);
    let name = "commissions against receipts";
    let at = |sql: &str| -> i64 { fixture.db.one(sql) };
    let receipt = at("SELECT seq FROM settlement_receipts WHERE closing = 5");
    let closing = at("SELECT seq FROM settlement_closings WHERE payee_kind = 'MERCHANT' AND number = 5");
    let stands = |partition: i32, seq: i64| {
        format!(
            "UPDATE ledger_checkpoints SET seq = {seq} WHERE partition_no = {partition} AND topic LIKE '%payments'"
        )
    };
    assert!(is_even(&fixture, name, &[&stands(0, closing)]));
    // The delivery is recorded; the partition in which it arrived is projected up to just before it.
    let received = "DELETE FROM settlement_receipts WHERE closing = 5";
    assert!(is_even(&fixture, name, &[received, &stands(1, receipt - 1)]));
    assert!(!is_even(&fixture, name, &[received]));
    // It has arrived; the partition of the closing is projected up to just before that.
    let closed = "DELETE FROM settlement_commissions WHERE closing = 5";
    assert!(is_even(&fixture, name, &[closed, &stands(0, closing - 1)]));
    assert!(!is_even(&fixture, name, &[closed, &stands(0, closing)]));
}
