//! `cargo dev up` with the real product: what it leaves in `env`, how it restarts, how it ends.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use ledger_dev::envfile::{self, Variables};
use ledger_dev::ready::http_get;
use ledger_dev::sys::PidFd;
use ledger_dev::testing;

/// A place for `cargo dev`, as another checkout would be.
struct Place(PathBuf);

impl Place {
    fn new(word: &str) -> Place {
        // The product must have been built: this panics, saying what to type, when it was not.
        assert!(testing::bin("ledger-api").is_file());
        Place(testing::folder(word))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger-dev"));
        command.args(args).env("LEDGER_DEV_DIR", &self.0).stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> String {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let said = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(status.success(), "cargo dev {args:?}: {status}: {said}");
        said
    }

    fn env(&self) -> Variables {
        envfile::read(&self.0.join("env")).unwrap()
    }

    /// The supervisor and its servers, by name.
    fn processes(&self) -> Vec<(String, u32)> {
        let text = std::fs::read(self.0.join("state.json")).unwrap();
        let state: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let number = |v: &serde_json::Value| u32::try_from(v["pid"].as_u64().unwrap_or(0)).unwrap();
        let servers = state["servers"].as_array().unwrap().iter();
        let named = servers.map(|s| (s["name"].as_str().unwrap().to_owned(), number(s)));
        std::iter::once(("supervisor".to_owned(), number(&state))).chain(named).collect()
    }

    fn pid(&self, name: &str) -> u32 {
        self.processes().into_iter().find(|(n, _)| n == name).unwrap().1
    }

    fn handles(&self) -> Vec<(String, PidFd)> {
        self.processes().into_iter().map(|(name, pid)| (name, PidFd::open(pid).unwrap())).collect()
    }
}

fn all_end(handles: &[(String, PidFd)]) {
    for (name, process) in handles {
        assert!(process.wait(Some(Duration::from_secs(20))), "{name} still runs");
    }
}

fn until(what: &str, seen: impl Fn() -> bool) {
    let begun = Instant::now();
    while !seen() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

fn is_ready(url: &str) -> bool {
    let address = url.strip_prefix("http://").unwrap().parse().unwrap();
    http_get(address, "/health/ready").is_ok_and(|(status, _)| status == 200)
}

fn remove(folder: &Path) {
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_detached_stack_serves_restarts_what_dies_keeps_its_data_and_leaves_nothing_behind() {
    let place = Place::new("up");
    place.run(&["up", "--empty", "--detach", "--no-build"]);
    let env = place.env();
    let names: Vec<&str> = env.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "LEDGER_ACQUIRER_URL",
            "LEDGER_API_URL",
            "LEDGER_API_URLS",
            "LEDGER_BRANCH_KEY",
            "LEDGER_CARD_KEY",
            "LEDGER_CARD_KEY_ID",
            "LEDGER_KAFKA_BOOTSTRAP",
            "LEDGER_MARIADB_URL",
            "LEDGER_MERCHANT_ID",
            "LEDGER_MERCHANT_KEY",
            "LEDGER_OPERATOR_KEY",
        ]
    );
    let mode = std::fs::metadata(place.0.join("env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(is_ready(&env["LEDGER_API_URL"]));
    let sealed = place.run(&["seal", "--order-id", "o-1", "--idempotency-key", "k-1"]);
    assert!(sealed.contains(&env["LEDGER_CARD_KEY_ID"]), "{sealed}");
    assert!(place.run(&["up"]).starts_with("It runs already."));

    let api = place.pid("api");
    PidFd::open(api).unwrap().signal(libc::SIGKILL).unwrap();
    until("the api is started again", || ![0, api].contains(&place.pid("api")));
    until("it serves again", || is_ready(&env["LEDGER_API_URL"]));
    assert!(place.run(&["status"]).contains("restarted 1×"));

    let handles = place.handles();
    place.run(&["down"]);
    all_end(&handles);
    assert!(!place.command(&["status"]).output().unwrap().status.success());

    // Another start has the same ports, keys and data, now with three processes of which each serves; then the supervisor is killed.
    place.run(&["up", "--api", "3", "--detach", "--no-build"]);
    let mut three = place.env();
    let urls = three.insert("LEDGER_API_URLS".to_owned(), env["LEDGER_API_URLS"].clone()).unwrap();
    assert_eq!(three, env);
    let urls: Vec<&str> = urls.split(',').collect();
    assert_eq!((urls.len(), urls[0]), (3, env["LEDGER_API_URL"].as_str()));
    // A process that comes later takes its share, and while a partition moves the others say that it does.
    until("all three are ready", || urls.iter().all(|url| is_ready(url)));
    let handles = place.handles();
    assert_eq!(handles.len(), 8);
    PidFd::open(place.pid("supervisor")).unwrap().signal(libc::SIGKILL).unwrap();
    all_end(&handles);

    place.run(&["reset"]);
    assert!(!place.0.join("data").exists() && !place.0.join("env").exists());
    remove(&place.0);
}

#[test]
fn ctrl_c_ends_everything_in_order_and_without_an_error() {
    let place = Place::new("ctrl-c");
    let mut up = place.command(&["up", "--empty", "--no-build"]);
    let mut up = up.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(up.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "It serves."), "it never served");
    let handles = place.handles();
    PidFd::open(up.id()).unwrap().signal(libc::SIGINT).unwrap();
    let status = up.wait().unwrap();
    assert!(status.success(), "{status}");
    all_end(&handles);
    let log = std::fs::read_to_string(place.0.join("logs/kafka.log")).unwrap();
    assert!(log.contains("App info kafka.server for 1 unregistered"), "Kafka was not stopped in order");
    remove(&place.0);
}
