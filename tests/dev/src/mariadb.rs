//! The local stack's MariaDB: the system's `mariadbd` on a data folder and a port of its own.
//! It never touches a server or a configuration file of the machine (`--no-defaults`).

use std::path::Path;
use std::time::Duration;

use crate::engines::Engines;
use crate::ports::loopback;
use crate::ready::Ready;
use crate::server::{Recipe, Server};
use crate::{DevError, Paths, secrets, sys};

/// What the server is told beside its addresses; compose.yaml says the same, and a test compares the two.
pub const SETTINGS: &[(&str, &str)] = &[
    ("character-set-server", "utf8mb4"),
    ("collation-server", "utf8mb4_bin"),
    ("default-time-zone", "+00:00"),
    // A committed checkpoint is on the disk.
    ("innodb-flush-log-at-trx-commit", "1"),
    ("innodb-buffer-pool-size", "256M"),
    ("innodb-log-file-size", "48M"),
    ("local-infile", "0"),
    ("max-connections", "300"),
    ("skip-log-bin", ""),
    ("skip-name-resolve", ""),
];

/// `--name=value`, or `--name` where the value is empty.
pub fn argument((name, value): &(&str, &str)) -> String {
    if value.is_empty() { format!("--{name}") } else { format!("--{name}={value}") }
}

/// mariadbd refuses to run as root unless it is told so; this is a private server in a private folder.
pub fn as_this_user() -> Option<&'static str> {
    sys::is_root().then_some("--user=root")
}

/// Run at every start, before the first connection: the product's user owns databases that begin with `ledger`,
/// `admin` may create any (for tests), and the installation's root without a password goes.
fn accounts(password: &str) -> String {
    let mut sql = String::from(
        "CREATE DATABASE IF NOT EXISTS ledger CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;\n\
         DELETE FROM mysql.global_priv WHERE User = 'root';\nFLUSH PRIVILEGES;\n",
    );
    for user in ["ledger", "admin"] {
        sql.push_str(&format!(
            "CREATE USER IF NOT EXISTS '{user}'@'127.0.0.1' IDENTIFIED BY '{password}';\n"
        ));
        sql.push_str(&format!("ALTER USER '{user}'@'127.0.0.1' IDENTIFIED BY '{password}';\n"));
    }
    sql.push_str("GRANT ALL ON `ledger%`.* TO 'ledger'@'127.0.0.1';\n");
    sql.push_str("GRANT ALL ON *.* TO 'admin'@'127.0.0.1' WITH GRANT OPTION;\n");
    sql
}

/// A MariaDB whose data lie in `folder`, made from the initialised template if they are not there yet.
pub fn server(
    engines: &Engines,
    folder: &Path,
    log: &Path,
    port: u16,
    password: &str,
) -> Result<Server, DevError> {
    Paths::make(folder)?;
    let data = folder.join("data");
    if !data.is_dir() {
        engines.copy(&engines.mariadb, &data)?;
    }
    let init = folder.join("accounts.sql");
    secrets::write_private(&init, &accounts(password))?;
    let mut recipe =
        Recipe::new(engines.mariadbd(), folder, log.to_path_buf(), Ready::MariaDb(loopback(port)));
    let own = [
        "--no-defaults".to_owned(),
        format!("--datadir={}", data.display()),
        format!("--init-file={}", init.display()),
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        // Relative to the data folder: a socket's path may not be longer than 107 bytes, a checkout's may.
        "--socket=mariadb.sock".to_owned(),
        "--pid-file=mariadb.pid".to_owned(),
    ];
    recipe.args = own.into_iter().chain(SETTINGS.iter().map(argument)).map(Into::into).collect();
    recipe.args.extend(as_this_user().map(Into::into));
    recipe.stop_within = Duration::from_secs(30);
    Ok(Server::new("MariaDB", recipe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_without_a_value_is_a_plain_switch() {
        assert_eq!(argument(&("skip-log-bin", "")), "--skip-log-bin");
        assert_eq!(argument(&("max-connections", "300")), "--max-connections=300");
    }

    #[test]
    fn nobody_gets_in_without_the_password() {
        let sql = accounts("secret");
        assert!(sql.contains("DELETE FROM mysql.global_priv WHERE User = 'root'"));
        assert_eq!(sql.matches("IDENTIFIED BY 'secret'").count(), 4);
    }
}
