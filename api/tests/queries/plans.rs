//! Every read of settlement finds its rows by a key: what MariaDB says it would do, asked over tables that are large enough to matter.

use crate::support::TestDatabase;
use ledger_api::access::Confinement;
use ledger_api::queries::confine::{Rows, confine};
use ledger_domain::ids::{AgencyId, BranchId, MerchantId};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Params, Row, Value, params};
use std::path::Path;
use uuid::Uuid;

/// Payees of each kind, days of each payee.
const PAYEES: u32 = 40;
const DAYS: u32 = 100;

/// The id of the payee of this number: the number in its last bytes.
fn id(number: u32) -> Uuid {
    Uuid::from_u128(number.into())
}

/// Rows as they would be after a hundred days, without a ledger behind them: plans need counts and values, not sums.
const ROWS: [&str; 7] = [
    "INSERT INTO settlement_closings
     SELECT 0, d.seq * 1000 + p.seq, IF(p.seq % 2 = 0, 'BRANCH', 'MERCHANT'), UNHEX(LPAD(HEX(p.seq), 32, '0')), d.seq,
            '2026-08-01' + INTERVAL d.seq DAY, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, NULL, 0, 1, '2026-08-03' + INTERVAL d.seq DAY,
            1, REPEAT('a', 32), NULL, 0, '{}', 1, '2026-08-01'
     FROM seq_1_to_40 p JOIN seq_1_to_100 d",
    "INSERT INTO settlement_commissions
     SELECT 0, d.seq * 1000 + p.seq, 0, UNHEX(LPAD(HEX(p.seq), 32, '0')), d.seq, '2026-08-01' + INTERVAL d.seq DAY, 'BRANCH',
            UNHEX(LPAD(HEX(p.seq + 1), 32, '0')), 1, NULL, NULL, NULL
     FROM seq_1_to_40 p JOIN seq_1_to_100 d",
    "INSERT INTO settlement_receipts
     SELECT 0, d.seq * 1000 + 500 + p.seq, 'BRANCH', UNHEX(LPAD(HEX(p.seq), 32, '0')), UNHEX(LPAD(HEX(p.seq + 1), 32, '0')), d.seq,
            'ledger.payments/0:1', 1, '2026-08-01' + INTERVAL d.seq DAY, '2026-08-01'
     FROM seq_1_to_40 p JOIN seq_1_to_100 d",
    "INSERT INTO settlement_pay_outs
     SELECT 0, UNHEX(LPAD(HEX(d.seq * 1000 + p.seq), 32, '0')), IF(p.seq % 2 = 0, 'BRANCH', 'MERCHANT'),
            UNHEX(LPAD(HEX(p.seq), 32, '0')), d.seq, '2026-08-03' + INTERVAL d.seq DAY, 1, 0, 0, 1,
            IF(d.seq = 100, 'PROPOSED', 'CONFIRMED'), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2026-08-01',
            '2026-08-01', d.seq * 1000 + 900 + p.seq, 1
     FROM seq_1_to_40 p JOIN seq_1_to_100 d",
    "INSERT INTO settlement_movements
     SELECT 0, d.seq * 1000 + 800 + p.seq, IF(p.seq % 2 = 0, 'BRANCH', 'MERCHANT'), UNHEX(LPAD(HEX(p.seq), 32, '0')), 'RELEASED', NULL,
            1, NULL, '2026-08-03' + INTERVAL d.seq DAY, '2026-08-01' + INTERVAL d.seq DAY, NULL, NULL, NULL, NULL, NULL, NULL,
            '2026-08-01'
     FROM seq_1_to_40 p JOIN seq_1_to_100 d",
    "INSERT INTO ledger_balances
     SELECT 0, a.account, CONCAT(IF(p.seq % 2 = 0, 'brn_', 'mer_'), LOWER(LPAD(HEX(p.seq), 32, '0')), a.rest),
            '2026-08-01' + INTERVAL d.seq DAY, 1, 1
     FROM (SELECT 'L10' AS account, '' AS rest UNION SELECT 'L11', '' UNION SELECT 'L31', '' UNION SELECT 'L30', '/mer_1') a
     JOIN seq_1_to_40 p JOIN seq_1_to_100 d",
    "INSERT INTO settlement_entries
     SELECT 0, d.seq * 1000 + p.seq, 0, 'MERCHANT', UNHEX(LPAD(HEX(p.seq), 32, '0')), 'SALE', UNHEX(LPAD(HEX(p.seq), 32, '0')),
            REPEAT('b', 16), REPEAT('c', 16), REPEAT('d', 16), REPEAT('d', 16), 'o', 'CARD', 'KRW', 1, 1, 0, 0, 0, 0, 1, '[]', 1,
            'sale/1', '2026-08-01' + INTERVAL d.seq DAY, '2026-08-03' + INTERVAL d.seq DAY, '2026-08-01'
     FROM seq_1_to_40 p JOIN seq_1_to_100 d",
];

fn filled() -> TestDatabase {
    let db = TestDatabase::create();
    db.migrate();
    for rows in ROWS {
        db.execute(rows);
    }
    db.execute(
        "ANALYZE TABLE settlement_closings, settlement_commissions, settlement_receipts, settlement_pay_outs,
             settlement_movements, ledger_balances, settlement_entries",
    );
    let rows: i64 = db.one("SELECT COUNT(*) FROM settlement_closings");
    assert_eq!(rows, i64::from(PAYEES * DAYS));
    db
}

fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/queries").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Whatever any of the queries asks for: a week of it, a page of fifty.
fn asked(scope: Value, payee: Option<(u32, &str)>, state: Option<&str>) -> Params {
    let bytes = |number: u32| Value::Bytes(id(number).as_bytes().to_vec());
    let digits = |number: u32| id(number).simple().to_string();
    params! {
        "scope" => scope,
        "from" => "2026-10-01",
        "to" => "2026-10-07",
        "date" => "2026-10-07",
        "before_day" => "2026-10-07",
        "before_partition" => i32::MAX,
        "before_seq" => i64::MAX,
        "before_entry" => i64::MAX,
        "payee_id" => payee.map_or(Value::NULL, |(number, _)| bytes(number)),
        "payee_kind" => payee.map(|(_, kind)| kind.to_owned()),
        "merchant_id" => Value::NULL,
        "payment_id" => Value::NULL,
        "state" => state.map(str::to_owned),
        "places" => "[[0, 50001], [0, 50003]]",
        "payees" => format!(r#"[["MERCHANT", "{}", "2026-11-10", 100901]]"#, digits(1)),
        "asked" => format!(r#"[["MERCHANT", "{0}", "{0}", "2026-10-01"], ["BRANCH", "{1}", "{0}", "2026-10-01"]]"#, digits(1), digits(2)),
        "holder" => Value::NULL,
        "after" => "",
        "after_day" => Value::NULL,
        "after_kind" => Value::NULL,
        "after_payee" => Value::NULL,
        "after_currency" => Value::NULL,
        "account" => "L10",
        "first" => format!("brn_{}", digits(2)),
        "last" => format!("brn_{}", digits(8)),
        "limit" => 51_u32,
    }
}

/// One table of a plan.
#[derive(Debug)]
struct Step {
    table: String,
    access: String,
    key: Option<String>,
    rows: u64,
    extra: String,
}

async fn plan(conn: &mut Conn, sql: &str, params: Params) -> Vec<Step> {
    let rows: Vec<Row> =
        conn.exec(format!("EXPLAIN {sql}"), params).await.unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let step = |mut row: Row| Step {
        table: row.take_opt::<Option<String>, _>("table").unwrap().unwrap().unwrap_or_default(),
        access: row.take_opt::<Option<String>, _>("type").unwrap().unwrap().unwrap_or_default(),
        key: row.take_opt("key").unwrap().unwrap(),
        rows: row.take_opt::<Option<u64>, _>("rows").unwrap().unwrap().unwrap_or_default(),
        extra: row.take_opt::<Option<String>, _>("Extra").unwrap().unwrap().unwrap_or_default(),
    };
    rows.into_iter().map(step).collect()
}

/// A table of ours that a query reads, by its name or by the name it has in the query.
fn is_table(step: &Step) -> bool {
    !step.table.starts_with('<') && !["", "asked", "payee", "place"].contains(&step.table.as_str())
}

/// Every scope, with the id of a payee that has rows.
fn scopes() -> [Confinement; 4] {
    [
        Confinement::Everything,
        Confinement::Agency(AgencyId::new(id(3))),
        Confinement::Branch(BranchId::new(id(2))),
        Confinement::Merchant(MerchantId::new(id(1))),
    ]
}

/// The plan of a query as this scope asks it.
async fn as_asked(
    conn: &mut Conn,
    name: &str,
    to: &Confinement,
    payee: Option<(u32, &str)>,
    state: Option<&str>,
) -> Vec<Step> {
    let rows = if name.ends_with("entries.sql") { Rows::OfPayees } else { Rows::OwnPayee };
    let (sql, scope) = match confine(&file(name), rows, to) {
        Ok(confined) => (confined.sql, confined.scope),
        Err(_) => (file(name), Value::NULL),
    };
    let steps = plan(conn, &sql, asked(scope, payee, state)).await;
    for step in steps.iter().filter(|step| is_table(step)) {
        assert!(step.key.is_some() && step.access != "ALL", "{name}, {to:?}: {step:?} of {steps:#?}");
    }
    steps
}

#[test]
fn every_read_of_settlement_finds_its_rows_by_a_key() {
    let db = filled();
    db.runtime.block_on(async {
        let mut conn = db.database.connect().await.unwrap();
        for name in [
            "settlements/commissions.sql",
            "settlements/status_payees.sql",
            "settlements/status_sums.sql",
            "settlements/status_closed.sql",
            "settlements/status_due.sql",
            "settlements/standing_closings.sql",
            "settlements/standing_pay_outs.sql",
            "balances/by_account.sql",
            "balances/by_holder.sql",
        ] {
            for to in scopes() {
                as_asked(&mut conn, name, &to, None, None).await;
            }
        }
        for name in ["balances/by_account.sql", "balances/by_holder.sql", "settlements/status_sums.sql"] {
            let steps = as_asked(&mut conn, name, &Confinement::Everything, None, None).await;
            assert!(steps[0].extra.contains("Using index"), "{name} reads no row: {steps:#?}");
        }
    });
}

#[test]
fn a_page_of_a_list_is_read_in_its_order_from_the_rows_of_its_period_alone() {
    let db = filled();
    let week = u64::from(PAYEES * 7);
    db.runtime.block_on(async {
        let mut conn = db.database.connect().await.unwrap();
        for name in [
            "settlements/entries.sql",
            "settlements/closings.sql",
            "settlements/receipts.sql",
            "settlements/pay_outs.sql",
        ] {
            for to in scopes() {
                let steps = as_asked(&mut conn, name, &to, None, None).await;
                let step = &steps[0];
                assert!(step.rows <= week, "{name}, {to:?}: {steps:#?}");
                // A payee's pay-outs of a year are few, and sorted.
                let one_payees = name.ends_with("pay_outs.sql") && to != Confinement::Everything;
                assert!(one_payees || !step.extra.contains("filesort"), "{name}, {to:?}: {steps:#?}");
            }
            let steps =
                as_asked(&mut conn, name, &Confinement::Everything, Some((1, "MERCHANT")), None).await;
            assert!(steps[0].rows <= 7, "{name} of one payee: {steps:#?}");
        }
        let name = "settlements/pay_outs.sql";
        let steps = as_asked(&mut conn, name, &Confinement::Everything, None, Some("PROPOSED")).await;
        assert_eq!(steps[0].key.as_deref(), Some("by_state"), "{steps:#?}");
    });
}
