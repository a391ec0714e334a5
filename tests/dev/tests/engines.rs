//! The real engines, started privately, stopped, killed and paused.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::os::unix::process::ExitStatusExt;

use ledger_dev::Stack;
use ledger_dev::ready::Ready;

fn engines(name: &str) -> Stack {
    Stack::options(name).engines_only().start().unwrap()
}

#[test]
fn both_engines_come_back_on_the_same_port_after_kill_9_and_after_a_stop() {
    let mut stack = engines("comeback");
    for server in stack.servers_mut() {
        let first = server.pid().unwrap();
        assert_eq!(server.kill().unwrap().unwrap().signal(), Some(9), "{}", server.name());
        assert!(!server.is_ready());
        server.start().unwrap();
        assert!(server.is_ready() && server.pid() != Some(first));
        server.stop().unwrap();
        assert!(!server.is_running());
        server.start().unwrap();
    }
}

#[test]
fn a_paused_server_lives_but_does_not_answer_until_it_is_resumed() {
    let mut stack = engines("pause");
    for server in stack.servers_mut() {
        server.pause().unwrap();
        assert!(server.is_running() && !server.is_ready(), "{}", server.name());
        server.resume().unwrap();
        server.wait_ready().unwrap();
    }
}

#[test]
fn a_paused_server_can_be_stopped() {
    let mut stack = engines("stop-paused");
    stack.mariadb.pause().unwrap();
    let status = stack.mariadb.stop().unwrap().unwrap();
    assert!(status.success(), "{status}");
}

#[test]
fn mariadb_lets_nobody_in_without_a_password() {
    let stack = engines("password");
    let address = stack.mariadb_admin_url();
    let (_, address) = address.split_once('@').unwrap();
    let (host, port) = address.split_once(':').unwrap();
    for user in ["root", "ledger", "admin", ""] {
        let mut client = std::process::Command::new("mariadb");
        client.args(["--no-defaults", "--protocol=tcp", "--execute=SELECT 1"]);
        client.args([format!("--host={host}"), format!("--port={port}"), format!("--user={user}")]);
        let said = client.output().unwrap();
        let error = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(!said.status.success() && error.contains("Access denied"), "{user}: {error}");
    }
}

#[test]
fn a_server_that_cannot_start_says_why_with_the_end_of_its_log() {
    let mut stack = engines("broken");
    stack.mariadb.stop().unwrap();
    stack.mariadb.recipe_mut().args.push("--no-such-setting=1".into());
    let error = stack.mariadb.start().unwrap_err().to_string();
    assert!(error.starts_with("MariaDB ended while starting"), "{error}");
    assert!(error.contains("unknown variable 'no-such-setting=1'"), "{error}");
}

#[test]
fn a_dropped_stack_leaves_neither_a_process_nor_a_folder() {
    let mut stack = engines("dropped");
    let folder = stack.folder().to_path_buf();
    let ready: Vec<Ready> = stack.servers_mut().iter().map(|s| s.recipe().ready.clone()).collect();
    assert!(ready.iter().all(Ready::is_ready) && folder.is_dir());
    drop(stack);
    assert!(!ready.iter().any(Ready::is_ready) && !folder.exists());
}
