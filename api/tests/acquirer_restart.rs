//! What the sandbox acquirer knows after `kill -9`, and what it does with a file that is not whole.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking, its helpers too"
)]

mod acquirer_support;

use std::io::Write;

use acquirer_support::*;
use ledger_api::acquirers::*;

#[tokio::test]
async fn everything_that_was_answered_is_known_after_a_kill() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let order = approval("order", 10_000);
    let (operation, copy) = (order.operation, again(&order));
    let approval_before = approved(&port, order).await;
    let cancel = cancel_of("order", operation, &approval_before, 4_000);
    let cancelled = port.cancel("sandbox", cancel.clone()).await;
    let prevented = approval("prevented", 5_000);
    let net_cancel = net_cancel_of(&prevented);
    let prevention = port.net_cancel("sandbox", net_cancel.clone()).await;
    let (memory, totals) = (sandbox.get("/memory").await, sandbox.get("/memory/totals").await);
    sandbox.kill();

    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    assert_eq!(sandbox.get("/memory").await, memory);
    assert_eq!(sandbox.get("/memory/totals").await, totals);
    assert_eq!(approved(&port, copy).await, approval_before);
    assert_eq!(port.cancel("sandbox", cancel).await, cancelled);
    assert_eq!(port.net_cancel("sandbox", net_cancel).await, prevention);
    let late = port.approve("sandbox", prevented).await;
    assert!(matches!(&late, ApproveOutcome::Declined { code, .. } if code == "NET_CANCELED"), "{late:?}");
    assert_eq!(sandbox.get("/memory/totals").await["netAmount"], 6_000);
}

#[tokio::test]
async fn a_kill_in_the_middle_of_the_work_loses_no_answer() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port_with("timeout-ms=5000");
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let (port, order) = (port.clone(), approval("order", 1_000));
            let operation = order.operation;
            tokio::spawn(async move { (operation, port.approve("sandbox", order).await) })
        })
        .collect();
    while sandbox.get("/health").await["lines"] == 0 {}
    sandbox.kill();
    let sandbox = Sandbox::start(&folder, &[]);
    let port = sandbox.port();
    let mut answered = 0;
    for call in calls {
        let (operation, outcome) = call.await.unwrap();
        if let ApproveOutcome::Approved(approval) = outcome {
            answered += 1;
            assert_eq!(port.inquire("sandbox", &operation).await, Inquiry::Approved(approval));
        }
    }
    assert!(answered <= sandbox.get("/memory/totals").await["approved"].as_u64().unwrap());
}

#[tokio::test]
async fn a_last_line_that_was_cut_off_is_dropped_and_the_rest_is_kept() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    approved(&sandbox.port(), approval("order", 1_000)).await;
    let memory = sandbox.get("/memory").await;
    sandbox.kill();
    let mut file = std::fs::OpenOptions::new().append(true).open(folder.file()).unwrap();
    file.write_all(b"{\"operation\":\"op_half").unwrap();

    let sandbox = Sandbox::start(&folder, &[]);
    assert_eq!(sandbox.get("/memory").await, memory);
    approved(&sandbox.port(), approval("order", 2_000)).await;
    sandbox.kill();
    let sandbox = Sandbox::start(&folder, &[]);
    assert_eq!(sandbox.get("/memory/totals").await["approvedAmount"], 3_000);
}

#[tokio::test]
async fn a_damaged_line_in_the_middle_and_an_impossible_one_are_refused() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, &[]);
    approved(&sandbox.port(), approval("order", 1_000)).await;
    sandbox.kill();
    let line = std::fs::read_to_string(folder.file()).unwrap();
    for (damaged, names) in [(format!("rubbish\n{line}"), "line 1"), (format!("{line}{line}"), "line 2")] {
        std::fs::write(folder.file(), damaged).unwrap();
        let output = Sandbox::command(&folder, &[]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(names), "{said}");
    }
}

#[tokio::test]
async fn a_second_process_on_the_same_file_is_refused() {
    let folder = Folder::new();
    let first = Sandbox::start(&folder, &[]);
    let output = Sandbox::command(&folder, &[]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("another running sandbox"));
    approved(&first.port(), approval("order", 1_000)).await;
}
