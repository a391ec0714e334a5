//! A rebuild gives the same rows, takes the live table's place while a projector writes, and survives its own death.

use crate::support::Fixture;
use crate::support::scenario::{MONDAY_MS, Shop};
use crate::support::settled::settled;
use ledger_projector::projections::{self, ALL};
use ledger_projector::rebuild::rebuild;
use ledger_projector::verify::verify;

const FAST: u32 = 1_000_000;

fn filled(payments: i64) -> Fixture {
    let fixture = Fixture::new(2);
    let shop = Shop::new();
    for order in 0..payments {
        let at = fixture.ledger.payments(i32::try_from(order % 2).unwrap());
        shop.paid(&format!("o-{order}"), 10_000 + order, MONDAY_MS)
            .cancelled(Some(1_000))
            .append(&fixture.ledger, &at);
    }
    fixture.project();
    fixture
}

fn tables_beside(fixture: &Fixture) -> Vec<String> {
    fixture.db.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE '%\\_v_'")
}

#[test]
fn a_rebuilt_table_is_right_even_where_the_live_one_was_not() {
    let fixture = filled(6);
    fixture.db.execute("UPDATE transactions SET amount = amount + 1");
    fixture.db.execute("DELETE FROM payment_events LIMIT 3");
    fixture.db.execute("UPDATE branch_sales_by_day SET fee_vat = 0");
    fixture.db.execute("UPDATE settlement_entries SET sale_vat = 0");
    verify(&fixture.context()).unwrap_err();
    for projection in &ALL {
        let keys = |fixture: &Fixture| -> Vec<(String, String)> {
            fixture.db.rows(&format!(
                "SELECT index_name, column_name FROM information_schema.statistics
                 WHERE table_schema = DATABASE() AND table_name = '{}' ORDER BY index_name, seq_in_index",
                projection.name
            ))
        };
        let before = keys(&fixture);
        let done = rebuild(&fixture.context(), projection, FAST).unwrap();
        assert_eq!((done.old, done.new), (1, 2));
        assert_eq!(keys(&fixture), before);
    }
    verify(&fixture.context()).unwrap();
    assert_eq!(tables_beside(&fixture), Vec::<String>::new());
}

#[test]
fn a_payees_stream_is_rebuilt_row_by_row() {
    let fixture = Fixture::new(2);
    settled(&fixture.ledger, &Shop::new());
    fixture.project();
    fixture.db.execute("UPDATE settlement_pay_outs SET state = 'PROPOSED'");
    fixture.db.execute("UPDATE settlement_commissions SET delivered_seq = NULL");
    fixture.db.execute("DELETE FROM settlement_closings LIMIT 2");
    fixture.db.execute("UPDATE ledger_balances SET debit = 0, credit = 0");
    verify(&fixture.context()).unwrap_err();
    for projection in
        ALL.iter().filter(|one| one.name.starts_with("settlement_") || one.name == "ledger_balances")
    {
        rebuild(&fixture.context(), projection, FAST).unwrap();
    }
    assert!(verify(&fixture.context()).unwrap().totals.is_some());
}

#[test]
fn a_rebuild_under_a_running_projector_loses_and_doubles_nothing() {
    let fixture = filled(40);
    let projector = fixture.projector();
    let shop = Shop::new();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for order in 0..150 {
                let at = fixture.ledger.payments(order % 2);
                shop.paid(&format!("during-{order}"), 20_000, MONDAY_MS)
                    .cancelled(None)
                    .append(&fixture.ledger, &at);
            }
        });
        for name in ["branch_sales_by_day", "transactions", "branch_sales_by_day"] {
            rebuild(&fixture.context(), projections::named(name).unwrap(), FAST).unwrap();
        }
        writer.join().unwrap();
    });
    fixture.wait_until_projected();
    projector.stop().unwrap();
    let verified = verify(&fixture.context()).unwrap();
    assert_eq!(verified.rows["transactions"], 40 * 2 + 150 * 2);
    let versions: Vec<(String, u32)> =
        fixture.db.rows("SELECT DISTINCT projection, version FROM ledger_checkpoints ORDER BY projection");
    let version = |name: &str| versions.iter().find(|(projection, _)| projection == name).unwrap().1;
    assert_eq!(
        (version("branch_sales_by_day"), version("transactions"), version("payment_events")),
        (3, 2, 1)
    );
}

#[test]
fn a_rebuild_that_died_before_its_swap_leaves_the_live_table_in_use() {
    let fixture = filled(4);
    fixture.db.execute("CREATE TABLE transactions_v2 LIKE transactions");
    fixture.db.execute("INSERT INTO ledger_checkpoints SELECT projection, 2, topic, partition_no, log_offset, seq, hash, term, mapping, FALSE, updated_at FROM ledger_checkpoints WHERE projection = 'transactions'");
    fixture.db.execute(
        "UPDATE ledger_checkpoints SET retired = TRUE WHERE projection = 'transactions' AND version = 1",
    );
    Shop::new().paid("later", 9_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();
    verify(&fixture.context()).unwrap();
    rebuild(&fixture.context(), projections::named("transactions").unwrap(), FAST).unwrap();
    verify(&fixture.context()).unwrap();
}

#[test]
fn a_rebuild_that_died_after_its_swap_is_finished() {
    let fixture = filled(4);
    // As it is right after the RENAME: the old table aside, the new one live, both versions' checkpoints there.
    fixture.db.execute("CREATE TABLE transactions_v1 LIKE transactions");
    fixture.db.execute("INSERT INTO ledger_checkpoints SELECT projection, 2, topic, partition_no, log_offset, seq, hash, term, mapping, FALSE, updated_at FROM ledger_checkpoints WHERE projection = 'transactions'");
    fixture.db.execute(
        "UPDATE ledger_checkpoints SET retired = TRUE WHERE projection = 'transactions' AND version = 1",
    );
    Shop::new().paid("later", 9_000, MONDAY_MS).append(&fixture.ledger, &fixture.ledger.payments(0));
    fixture.project();
    verify(&fixture.context()).unwrap();
    assert_eq!(tables_beside(&fixture), Vec::<String>::new());
    let versions: Vec<u32> =
        fixture.db.rows("SELECT DISTINCT version FROM ledger_checkpoints WHERE projection = 'transactions'");
    assert_eq!(versions, vec![2]);
}

#[test]
fn what_was_never_projected_cannot_be_rebuilt() {
    let fixture = Fixture::new(1);
    fixture.db.migrate();
    let error = rebuild(&fixture.context(), projections::named("transactions").unwrap(), FAST).unwrap_err();
    assert!(error.to_string().contains("nothing to rebuild"), "{error}");
}
