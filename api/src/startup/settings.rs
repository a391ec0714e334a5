//! The api's own settings, read once. Every variable has its unit and default here and a line in the README.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ledger_log::Mode;
use ledger_log::kafka::KafkaSettings;
use ledger_runtime::{ConfigError, DatabaseSettings, Isolation, Secret, Vars};

use crate::acquirers::AcquirerSettings;
use crate::engine::{DiskGuard, STANDBYS};

/// So many records are read from the log in two to three seconds: a snapshot of them would hardly be there sooner.
const SNAPSHOT_MIN_RECORDS: u64 = 50_000;

/// What `ledger-api` is told by its environment.
pub struct Settings {
    /// `LEDGER_LISTEN`, default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `LEDGER_ADDRESS`, where other processes of this ledger reach this one, default `http://` and `LEDGER_LISTEN`; required
    /// where that is every address of the machine.
    pub address: String,
    /// `LEDGER_KAFKA_BOOTSTRAP`, and `LEDGER_TOPIC_PREFIX`, default `ledger`.
    pub kafka: KafkaSettings,
    /// `LEDGER_PAYMENT_PARTITIONS`, default 4; counts only where the topic is made.
    pub payments_partitions: i32,
    /// `LEDGER_REQUESTS_MAX`, requests under way at a time, default 4,096; what comes beyond that is answered 503 at once.
    pub most_under_way: usize,
    /// `LEDGER_STANDBYS`, how many processes beside the leader follow a partition, default 2.
    pub standbys: usize,
    /// `LEDGER_DISK_PATH`, anything on the file system that holds the broker's data, and `LEDGER_DISK_FREE_MIN_MIB`, default
    /// 1,024: with less than that free, no new payment is taken. Without a path the space is not watched.
    pub disk_guard: Option<DiskGuard>,
    /// `LEDGER_STORE_DIR`, default `ledger-store`.
    pub store_dir: PathBuf,
    /// `LEDGER_SNAPSHOT_DIR`, a folder with snapshots, default none: where there is no store, the newest of them becomes it.
    pub snapshot_dir: Option<PathBuf>,
    /// `LEDGER_SNAPSHOT_MIN_RECORDS`, records, default 50,000: a ledger with fewer is read, not asked another process for.
    pub snapshot_min_records: u64,
    /// `LEDGER_MASTER_KEY_FILE`; there is no default.
    pub master_key_file: PathBuf,
    /// `LEDGER_MODE`, `test` or `live`; there is no default.
    pub mode: Mode,
    /// `LEDGER_TEST_CLOCK_AHEAD`, seconds, default 0: so far the clock of a test system is put forward, so that what waits for a date
    /// comes; every process of the ledger needs the same.
    pub clock_ahead: Duration,
    /// `LEDGER_ACQUIRERS`, default none.
    pub acquirers: Vec<AcquirerSettings>,
    /// `LEDGER_MARIADB_URL` and its like: the tables that are read. MariaDB may be down.
    pub database: DatabaseSettings,
    /// `LEDGER_FIRST_OPERATOR_KEY`; used only while the directory has no key.
    pub first_operator_key: Option<Secret>,
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// The variable that is missing or wrong.
    pub fn read(vars: &Vars) -> Result<Self, ConfigError> {
        let mode = mode(vars)?;
        let bootstrap = vars.required("LEDGER_KAFKA_BOOTSTRAP", "host:port of Kafka")?;
        let acquirers = vars.text("LEDGER_ACQUIRERS", "")?;
        let acquirers = AcquirerSettings::parse_list(&acquirers)
            .map_err(|error| ConfigError::new("LEDGER_ACQUIRERS", error.to_string()))?;
        let listen: SocketAddr = (vars.text("LEDGER_LISTEN", "127.0.0.1:8080")?)
            .parse()
            .map_err(|_| ConfigError::new("LEDGER_LISTEN", "is not ADDRESS:PORT"))?;
        Ok(Self {
            address: own_address(vars, listen)?,
            listen,
            kafka: KafkaSettings::new(&bootstrap, &vars.text("LEDGER_TOPIC_PREFIX", "ledger")?),
            payments_partitions: vars.number("LEDGER_PAYMENT_PARTITIONS", "partitions", 4, 1..=1_000)?,
            most_under_way: vars.number("LEDGER_REQUESTS_MAX", "requests", 4_096, 2..=1_000_000)?,
            standbys: vars.number("LEDGER_STANDBYS", "processes", STANDBYS, 0..=1_000)?,
            disk_guard: disk_guard(vars)?,
            store_dir: PathBuf::from(vars.text("LEDGER_STORE_DIR", "ledger-store")?),
            snapshot_dir: vars.optional("LEDGER_SNAPSHOT_DIR")?.map(PathBuf::from),
            snapshot_min_records: vars.number(
                "LEDGER_SNAPSHOT_MIN_RECORDS",
                "records",
                SNAPSHOT_MIN_RECORDS,
                0..=u64::MAX,
            )?,
            master_key_file: vars
                .path("LEDGER_MASTER_KEY_FILE", "a file with 32 bytes in base64, closed to others")?,
            database: DatabaseSettings::read(vars, Isolation::RepeatableRead)?,
            first_operator_key: first_operator_key(vars, mode)?,
            clock_ahead: clock_ahead(vars, mode)?,
            mode,
            acquirers,
        })
    }
}

/// Ten years at most; a live system's clock is what it is.
fn clock_ahead(vars: &Vars, mode: Mode) -> Result<Duration, ConfigError> {
    const NAME: &str = "LEDGER_TEST_CLOCK_AHEAD";
    let seconds = vars.number(NAME, "seconds", 0, 0..=315_360_000)?;
    match (mode, seconds) {
        (Mode::Live, 1..) => Err(ConfigError::new(NAME, "is for test systems".to_owned())),
        (Mode::Live | Mode::Test, seconds) => Ok(Duration::from_secs(seconds)),
    }
}

fn disk_guard(vars: &Vars) -> Result<Option<DiskGuard>, ConfigError> {
    let free_mib: u64 = vars.number("LEDGER_DISK_FREE_MIN_MIB", "MiB", 1_024, 1..=1_000_000_000)?;
    let Some(path) = vars.optional("LEDGER_DISK_PATH")? else { return Ok(None) };
    let guard = DiskGuard { path: path.into(), free_min: free_mib.saturating_mul(1024 * 1024) };
    guard.free().map_err(|error| ConfigError::new("LEDGER_DISK_PATH", format!("cannot be used: {error}")))?;
    Ok(Some(guard))
}

/// Nobody reaches another machine at `0.0.0.0`.
fn own_address(vars: &Vars, listen: SocketAddr) -> Result<String, ConfigError> {
    if listen.ip().is_unspecified() {
        let told =
            vars.required("LEDGER_ADDRESS", "http://HOST:PORT where other processes reach this one")?;
        return address(&told);
    }
    address(&vars.text("LEDGER_ADDRESS", &format!("http://{listen}"))?)
}

/// The beginning of a URL: requests of other processes are appended to it.
pub fn address(text: &str) -> Result<String, ConfigError> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_host = rest.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']));
    is_host
        .then(|| text.to_owned())
        .ok_or_else(|| ConfigError::new("LEDGER_ADDRESS", "is not http://HOST:PORT or https://HOST:PORT"))
}

fn mode(vars: &Vars) -> Result<Mode, ConfigError> {
    vars.required("LEDGER_MODE", "test or live")?;
    vars.choice("LEDGER_MODE", Mode::Test, &[("test", Mode::Test), ("live", Mode::Live)])
}

/// An operator's key of this mode, long enough not to be guessed.
fn first_operator_key(vars: &Vars, mode: Mode) -> Result<Option<Secret>, ConfigError> {
    const NAME: &str = "LEDGER_FIRST_OPERATOR_KEY";
    let Some(text) = vars.optional(NAME)? else { return Ok(None) };
    let prefix = match mode {
        Mode::Test => "test_op_",
        Mode::Live => "live_op_",
    };
    let long_enough = text.strip_prefix(prefix).is_some_and(|secret| secret.len() >= 32);
    if long_enough && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Some(Secret::new(text)));
    }
    Err(ConfigError::new(NAME, format!("is not {prefix} and at least 32 characters of secret")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> Result<Settings, ConfigError> {
        let mut pairs = vec![
            ("LEDGER_KAFKA_BOOTSTRAP", "127.0.0.1:9092"),
            ("LEDGER_MARIADB_URL", "mysql://u:p@127.0.0.1:3306/ledger"),
            ("LEDGER_MASTER_KEY_FILE", "/nowhere"),
            ("LEDGER_MODE", "test"),
        ];
        pairs.retain(|(known, _)| *known != name);
        pairs.push((name, value));
        Settings::read(&Vars::from_pairs(pairs))
    }

    #[test]
    fn whoever_listens_on_every_address_says_where_it_is_reached() {
        assert_eq!(
            read("LEDGER_LISTEN", "127.0.0.1:9").map(|all| all.address).ok().as_deref(),
            Some("http://127.0.0.1:9")
        );
        let unsaid = read("LEDGER_LISTEN", "0.0.0.0:8080").err().map(|error| error.variable);
        assert_eq!(unsaid.as_deref(), Some("LEDGER_ADDRESS"));
    }

    #[test]
    fn what_must_be_said_has_no_default_and_what_is_wrong_is_named() {
        for (name, value) in [
            ("LEDGER_MODE", ""),
            ("LEDGER_MODE", "prod"),
            ("LEDGER_MASTER_KEY_FILE", ""),
            ("LEDGER_KAFKA_BOOTSTRAP", ""),
            ("LEDGER_MARIADB_URL", "mysql://u:p@127.0.0.1:3306"),
            ("LEDGER_LISTEN", "8080"),
            ("LEDGER_ADDRESS", "127.0.0.1:8080"),
            ("LEDGER_ADDRESS", "http://a/b"),
            ("LEDGER_PAYMENT_PARTITIONS", "0"),
            ("LEDGER_REQUESTS_MAX", "1"),
            ("LEDGER_STANDBYS", "-1"),
            ("LEDGER_DISK_PATH", "/no/such/path"),
            ("LEDGER_DISK_FREE_MIN_MIB", "much"),
            ("LEDGER_SNAPSHOT_MIN_RECORDS", "-1"),
            ("LEDGER_ACQUIRERS", "sandbox"),
            ("LEDGER_FIRST_OPERATOR_KEY", "test_op_short"),
            ("LEDGER_FIRST_OPERATOR_KEY", "live_op_0123456789012345678901234567890123456789"),
        ] {
            assert_eq!(read(name, value).err().map(|error| error.variable).as_deref(), Some(name), "{value}");
        }
        assert!(
            read("LEDGER_FIRST_OPERATOR_KEY", "test_op_0123456789012345678901234567890123456789").is_ok()
        );
    }
}
