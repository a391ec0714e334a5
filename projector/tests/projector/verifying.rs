//! `verify` finds what is wrong, and names it.

use crate::support::Fixture;
use crate::support::scenario::{MONDAY_MS, Shop};
use ledger_projector::verify::{Verified, VerifyError, verify};

/// Two partitions with sales, cancels and a decline, projected.
fn busy() -> Fixture {
    let fixture = Fixture::new(2);
    for partition in 0..2 {
        let (shop, at) = (Shop::new(), fixture.ledger.payments(partition));
        for order in 0..5 {
            let story = shop.paid(&format!("o-{order}"), 10_000 + order * 777, MONDAY_MS + order * 1_000);
            story.cancelled(Some(3_000)).append(&fixture.ledger, &at);
        }
        shop.request("declined", 5_000, MONDAY_MS).declined().append(&fixture.ledger, &at);
    }
    fixture.project();
    fixture
}

fn checked(fixture: &Fixture) -> Result<Verified, VerifyError> {
    verify(&fixture.context())
}

fn difference(fixture: &Fixture) -> String {
    match checked(fixture) {
        Err(VerifyError::Different(difference)) => difference.to_string(),
        other => panic!("no difference was found: {other:?}"),
    }
}

#[test]
fn tables_that_were_projected_equal_the_ledger() {
    let verified = checked(&busy()).unwrap();
    assert_eq!(verified.rows["transactions"], 22);
    assert_eq!(verified.rows["payment_events"], 44);
    // Once for the branch and once for its agency.
    assert_eq!(verified.rows["branch_sales_by_day"], 2 * 2);
    assert_eq!(verified.rows["branch_sales_by_hour"], 2 * 2);
    assert_eq!(verified.rows["branch_sale_rows"], 2 * 2 * 10);
    assert_eq!(verified.rows["settlement_entries"], 60);
    // Two branches and a merchant each, commissions of four nodes, their days, their hours, twelve payments; then the balances: two
    // partitions, two merchants, what is not closed of them and their nodes, fees, VAT and commissions of each partition, six accounts.
    assert_eq!(verified.totals, Some(2 + 2 + 4 + 4 + 4 + 12 + 2 + 2 + (2 + 4) + 2 * 3 + 6));
}

#[test]
fn one_won_too_much_is_found_in_every_table() {
    for (sql, table, column) in [
        (
            "UPDATE transactions SET amount = amount + 1 WHERE kind = 'CANCEL' ORDER BY id LIMIT 1",
            "transactions",
            "amount",
        ),
        (
            "UPDATE branch_sales_by_day SET net_amount = net_amount + 1 LIMIT 1",
            "branch_sales_by_day",
            "net_amount",
        ),
        (
            "UPDATE branch_sales_by_hour SET below_commission = below_commission + 1 LIMIT 1",
            "branch_sales_by_hour",
            "below_commission",
        ),
        (
            "UPDATE branch_sale_rows SET own_commission = own_commission - 1 LIMIT 1",
            "branch_sale_rows",
            "own_commission",
        ),
        (
            "UPDATE settlement_entries SET fee_vat = fee_vat + 1 WHERE payee_kind = 'AGENCY' LIMIT 1",
            "settlement_entries",
            "fee_vat",
        ),
    ] {
        let fixture = busy();
        fixture.db.execute(sql);
        let found = difference(&fixture);
        assert!(found.starts_with(&format!("{table}, partition")), "{found}");
        assert!(found.contains(&format!("{column} is ")), "{found}");
    }
}

#[test]
fn a_missing_row_and_a_strange_row_are_named() {
    let fixture = busy();
    fixture.db.execute("DELETE FROM settlement_entries ORDER BY partition_no, seq, entry_no LIMIT 1");
    let found = difference(&fixture);
    assert!(found.contains("entry_no=0: is missing"), "{found}");

    let fixture = busy();
    fixture.db.execute("UPDATE branch_sales_by_day SET day = '2026-11-24' ORDER BY partition_no LIMIT 1");
    let found = difference(&fixture);
    assert!(found.contains("is missing") || found.contains("does not follow"), "{found}");

    let fixture = busy();
    fixture.db.execute("UPDATE payment_events SET partition_no = 9 LIMIT 1");
    let found = difference(&fixture);
    assert!(found.contains("payment_events holds rows of partition 9"), "{found}");
}

#[test]
fn an_event_changed_by_one_byte_is_found() {
    let fixture = busy();
    fixture.db.execute(
        "UPDATE payment_events SET data = REPLACE(data, '10000', '10001') WHERE seq = 2 AND partition_no = 0",
    );
    let found = difference(&fixture);
    assert!(found.contains("data is ") && found.contains("10001"), "{found}");
}

#[test]
fn a_checkpoint_with_a_hash_of_its_own_is_found() {
    let fixture = busy();
    fixture.db.execute("UPDATE ledger_checkpoints SET hash = REPEAT(X'AB', 32) WHERE projection = 'branch_sales_by_day' AND seq > 20");
    let found = difference(&fixture);
    assert!(
        found.contains("branch_sales_by_day, checkpoint at") && found.contains("its hash is abab"),
        "{found}"
    );
}

#[test]
fn totals_are_compared_by_sql_that_knows_no_mapping() {
    let fixture = busy();
    let context = fixture.context();
    // Every table by itself is changed in the way that only a comparison with another table finds.
    for (sql, name) in [
        (
            "UPDATE branch_sales_by_day SET approval_amount = approval_amount + 1 WHERE is_top = 1 LIMIT 1",
            "transactions against branch sales",
        ),
        (
            "UPDATE branch_sales_by_hour SET net_amount = net_amount + 1 LIMIT 1",
            "branch sales of days against those of their hours",
        ),
        (
            "UPDATE branch_sale_rows SET own_commission = own_commission + 1 LIMIT 1",
            "branch sales of hours against the rows behind them",
        ),
        (
            "UPDATE settlement_entries SET pay_out_amount = pay_out_amount - 1 WHERE payee_kind = 'MERCHANT' LIMIT 1",
            "settlement entries",
        ),
        (
            "UPDATE settlement_entries SET pay_out_amount = pay_out_amount - 1 WHERE payee_kind = 'BRANCH' LIMIT 1",
            "commission entries",
        ),
        (
            "UPDATE transactions SET balance = balance + 1 WHERE kind = 'APPROVAL' AND result = 'DONE' LIMIT 1",
            "what is left of it",
        ),
    ] {
        let mut conn = context.connect().unwrap();
        use mysql_async::prelude::Queryable;
        let found = {
            context.runtime.block_on(conn.query_drop("START TRANSACTION")).unwrap();
            context.runtime.block_on(conn.query_drop(sql)).unwrap();
            ledger_projector::verify::totals::compare(&context, &mut conn).unwrap_err().to_string()
        };
        context.runtime.block_on(conn.query_drop("ROLLBACK")).unwrap();
        assert!(found.contains(name), "{sql}: {found}");
    }
}

#[test]
fn projections_at_different_places_are_each_compared_at_their_own() {
    let fixture = busy();
    let at = fixture.ledger.payments(0);
    // One table stays behind: as it was before the last payment.
    fixture
        .db
        .execute("CREATE TABLE kept AS SELECT * FROM ledger_checkpoints WHERE projection = 'payment_events'");
    Shop::new().paid("later", 9_000, MONDAY_MS).append(&fixture.ledger, &at);
    fixture.project();
    fixture.db.execute("DELETE e FROM payment_events e JOIN kept k ON k.partition_no = 0 AND e.partition_no = 0 AND k.topic LIKE '%payments' AND e.seq > k.seq");
    fixture.db.execute("DELETE FROM ledger_checkpoints WHERE projection = 'payment_events'");
    fixture.db.execute("INSERT INTO ledger_checkpoints SELECT * FROM kept");
    let verified = checked(&fixture).unwrap();
    assert_eq!(verified.rows["payment_events"], 44);
    assert_eq!(verified.rows["transactions"], 23);
    assert_eq!(verified.totals, None);
}
