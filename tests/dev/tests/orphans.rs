//! However `cargo dev` ends, nothing it started goes on.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use ledger_dev::sys::PidFd;
use ledger_dev::testing;

/// Processes below one, with the numbers that `ps` would show.
fn children(parent: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap();
    let lists = tasks.filter_map(|t| std::fs::read_to_string(t.unwrap().path().join("children")).ok());
    lists.flat_map(|l| l.split_whitespace().map(|n| n.parse().unwrap()).collect::<Vec<u32>>()).collect()
}

#[test]
fn kill_9_of_the_supervisor_ends_both_engines_and_the_command() {
    let folder = testing::folder("orphans");
    let mut with = Command::new(env!("CARGO_BIN_EXE_ledger-dev"))
        .args(["with", "--", "sh", "-c", "echo running; exec sleep 1000"])
        .env("LEDGER_DEV_DIR", &folder)
        .env_remove("LEDGER_TEST_DIR")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(with.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "running\n");
    let children: Vec<PidFd> = children(with.id()).into_iter().map(|pid| PidFd::open(pid).unwrap()).collect();
    assert_eq!(children.len(), 3, "Kafka, MariaDB, the command");
    with.kill().unwrap();
    with.wait().unwrap();
    for child in children {
        assert!(child.wait(Some(Duration::from_secs(10))), "a child still runs");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_commands_exit_code_is_ours_and_the_servers_folder_is_gone() {
    let folder = testing::folder("exit-code");
    let with = Command::new(env!("CARGO_BIN_EXE_ledger-dev"))
        .args(["with", "--", "sh", "-c", "test -d \"$LEDGER_TEST_DIR\" && exit 42"])
        .env("LEDGER_DEV_DIR", &folder)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(with.code(), Some(42));
    let left = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name());
    let tests = left.filter(|name| name.to_string_lossy().starts_with("test_")).count();
    assert_eq!(tests, 0);
    std::fs::remove_dir_all(folder).unwrap();
}
