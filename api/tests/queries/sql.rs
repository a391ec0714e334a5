//! Every query's file is a statement that MariaDB accepts on the migrated schema, by either day and in every scope.

use crate::support::TestDatabase;
use ledger_api::access::Confinement;
use ledger_api::queries::confine::{Rows, confine};
use ledger_domain::ids::{AgencyId, BranchId, MerchantId};
use mysql_async::prelude::Queryable;
use std::path::{Path, PathBuf};
use uuid::Uuid;

fn sql_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sql_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
}

/// The file as it is, and by the other day, each in every scope it can be confined to.
fn variants(sql: &str, rows: Option<Rows>) -> Vec<String> {
    let id = Uuid::now_v7();
    let scopes = [
        Confinement::Everything,
        Confinement::Agency(AgencyId::new(id)),
        Confinement::Branch(BranchId::new(id)),
        Confinement::Merchant(MerchantId::new(id)),
    ];
    let days = [
        sql.to_owned(),
        sql.replace("/*day*/ sold_date", "pay_out_date"),
        sql.replace("/*table*/ branch_sales_by_day", "branch_sales_by_hour").replace("/*hour*/ 0", "hour"),
        sql.replace("/*node*/ is_top = 1", "node_id = :node"),
    ];
    let mut all = days.to_vec();
    if let Some(rows) = rows {
        for day in &days {
            all.extend(scopes.iter().map(|scope| confine(day, rows, scope).unwrap().sql));
        }
    }
    all
}

/// Whose rows a query reads; None for those that know no scope.
fn rows_of(file: &Path) -> Option<Rows> {
    let sql = std::fs::read_to_string(file).unwrap();
    if !sql.contains("/*confined*/ TRUE") {
        return None;
    }
    match file.parent()?.file_name()?.to_str()? {
        "transactions" => Some(Rows::OfMerchants),
        "branch_sales" => Some(Rows::OfBranches),
        "settlements" => match file.file_stem()?.to_str()? {
            "entries" | "totals" => Some(Rows::OfPayees),
            _ => Some(Rows::OwnPayee),
        },
        other => panic!("whose rows are those of {other}?"),
    }
}

#[test]
fn every_sql_file_is_prepared_against_the_migrated_schema() {
    let db = TestDatabase::create();
    db.migrate();
    let mut files = Vec::new();
    sql_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() >= 7, "{files:?}");
    db.runtime.block_on(async {
        let mut conn = db.database.connect().await.unwrap();
        for file in files {
            for sql in variants(&std::fs::read_to_string(&file).unwrap(), rows_of(&file)) {
                let prepared = conn.prep(sql.clone()).await;
                assert!(prepared.is_ok(), "{}: {}\n{sql}", file.display(), prepared.unwrap_err());
            }
        }
    });
}

#[test]
fn every_list_of_somebodys_rows_is_confined() {
    let mut files = Vec::new();
    sql_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/queries"), &mut files);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/queries");
    let mut free: Vec<String> = files
        .iter()
        .filter(|file| rows_of(file).is_none())
        .map(|file| file.strip_prefix(&root).unwrap().display().to_string())
        .collect();
    free.sort();
    let reasons = [
        ("balances/by_account.sql", "operators alone ask"),
        ("balances/by_holder.sql", "operators alone ask"),
        ("checkpoints.sql", "nobody's rows"),
        (
            "payments/events.sql",
            "answered only where the merchant that the events name is the one that asks, or for an entry that it may see",
        ),
        ("payments/of_order.sql", "asks by merchant and order, never by order alone"),
        ("projections/list.sql", "nobody's rows"),
        ("settlements/standing_closings.sql", "asked for payees of entries that the caller may see"),
        ("settlements/standing_pay_outs.sql", "asked for payees of entries that the caller may see"),
        ("settlements/status_closed.sql", "asked for payees that the caller may see"),
        ("settlements/status_due.sql", "asked for payees that the caller may see"),
        ("settlements/status_sums.sql", "asked for payees that the caller may see"),
        ("transactions/events.sql", "read only for a payment whose rows the caller may see"),
    ];
    assert_eq!(free, reasons.map(|(file, _)| file));
}

#[test]
fn a_query_without_a_place_for_its_confinement_is_not_sent() {
    assert!(confine("SELECT 1 FROM transactions", Rows::OfMerchants, &Confinement::Everything).is_err());
    assert!(
        confine("/*confined*/ TRUE OR /*confined*/ TRUE", Rows::OfMerchants, &Confinement::Everything)
            .is_err()
    );
}
