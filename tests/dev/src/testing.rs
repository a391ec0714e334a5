//! For the tests of every package: the servers `cargo dev test` has started for them, unique names, folders.
//! A test that needs a server fails loudly without one; nothing is skipped silently.

use std::path::PathBuf;

use crate::secrets;

fn required(variable: &str) -> String {
    match std::env::var(variable) {
        Ok(value) if !value.is_empty() => value,
        #[expect(clippy::panic, reason = "a test without its server must fail, and say what to type")]
        _ => panic!(
            "{variable} is not set: this test needs real servers. Run `cargo dev test`, \
             or `cargo dev with -- cargo test …` to run it alone."
        ),
    }
}

/// The test run's Kafka, `127.0.0.1:PORT`. Panics when there is none.
pub fn kafka() -> String {
    required("LEDGER_TEST_KAFKA_BOOTSTRAP")
}

/// The test run's MariaDB, `mysql://user:password@127.0.0.1:PORT` without a database; the user may create any.
/// Panics when there is none.
pub fn mariadb() -> String {
    required("LEDGER_TEST_MARIADB_URL")
}

/// A binary of the product, as built for this test run. Panics when the run has none.
pub fn bin(name: &str) -> PathBuf {
    PathBuf::from(required("LEDGER_TEST_BIN_DIR")).join(name)
}

/// A name nobody else uses: `word_` and 12 letters or digits, fit for a topic and a database.
pub fn unique(word: &str) -> String {
    let id = secrets::random_id().unwrap_or_default().to_lowercase();
    let tail: String = id.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    // Without a random source the names of one process still differ from those of others.
    if tail.len() < 8 { format!("{word}_{}", std::process::id()) } else { format!("{word}_{tail}") }
}

/// A new empty folder under the system's temporary one; the caller removes it.
pub fn folder(word: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(unique(&format!("ledger-{word}")));
    #[expect(clippy::expect_used, reason = "a test without its folder must fail")]
    std::fs::create_dir_all(&folder).expect("create a temporary folder");
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unique_names_differ_and_fit_topics_and_databases() {
        let (a, b) = (unique("orders"), unique("orders"));
        assert_ne!(a, b);
        assert!(a.starts_with("orders_") && a.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    }

    #[test]
    fn a_missing_server_is_a_failure_that_says_what_to_type() {
        let said = std::panic::catch_unwind(|| required("LEDGER_TEST_NO_SUCH_VARIABLE")).unwrap_err();
        assert!(said.downcast_ref::<String>().unwrap().contains("cargo dev test"));
    }
}
