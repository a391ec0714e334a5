//! Every .sql file of the projector is a statement that MariaDB accepts on the migrated schema.

use crate::support::TestDatabase;
use mysql_async::prelude::Queryable;
use std::path::{Path, PathBuf};

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

#[test]
fn every_sql_file_is_prepared_against_the_migrated_schema() {
    let db = TestDatabase::create();
    db.migrate();
    let mut files = Vec::new();
    sql_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() >= 16, "{files:?}");
    db.runtime.block_on(async {
        let mut conn = db.database.connect().await.unwrap();
        for file in files {
            let sql = std::fs::read_to_string(&file).unwrap();
            let prepared = conn.prep(sql).await;
            assert!(prepared.is_ok(), "{}: {}", file.display(), prepared.unwrap_err());
        }
    });
}

#[test]
fn migrations_run_twice_change_nothing() {
    let db = TestDatabase::create();
    db.migrate();
    let again = db.runtime.block_on(ledger_projector::migrate::migrate(&db.database)).unwrap();
    assert_eq!(again, Vec::<String>::new());
}

#[test]
fn a_migration_that_died_before_it_was_noted_is_run_again() {
    let db = TestDatabase::create();
    db.migrate();
    // DDL commits by itself: the table is there, the note of it is not.
    db.execute("DELETE FROM refinery_schema_history WHERE version = (SELECT MAX(version) FROM refinery_schema_history h)");
    db.migrate();
}

#[test]
fn two_processes_may_migrate_at_once() {
    let db = TestDatabase::create();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| db.migrate());
        }
    });
    let tables: Vec<String> = db.rows("SELECT name FROM refinery_schema_history");
    assert!(tables.len() >= 5);
}
