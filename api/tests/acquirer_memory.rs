//! Whatever is asked in whatever order: the file read back is the memory, at the end and after every line of it,
//! and no card is ever charged less than nothing or after its net cancel.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking, its helpers too"
)]

mod acquirer_support;

use acquirer_support::Folder;
use futures::executor::block_on;
use ledger_api::sandbox::bank::{Bank, Told};
use ledger_api::sandbox::decide::transaction;
use ledger_api::sandbox::entry::ApproveFacts;
use ledger_api::sandbox::journal;
use ledger_api::sandbox::magic::Verdict;
use ledger_api::sandbox::memory::Memory;
use ledger_api::sandbox::wire::{Answer, CancelFacts, NetCancelFacts};
use proptest::prelude::*;

/// One request; the numbers choose from small sets, so that operations meet each other.
#[derive(Clone, Copy, Debug)]
enum Step {
    Approve { id: u8, amount: u8, verdict: u8 },
    Hold { id: u8, amount: u8 },
    Deliver { id: u8 },
    Cancel { id: u8, of: u8, amount: u8 },
    NetCancel { id: u8, of: u8, amount: u8 },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let (id, of, amount) = (0u8..5, 0u8..5, 1u8..3);
    prop_oneof![
        6 => (id.clone(), amount.clone(), 0u8..5).prop_map(|(id, amount, verdict)| Step::Approve { id, amount, verdict }),
        2 => (id.clone(), amount.clone()).prop_map(|(id, amount)| Step::Hold { id, amount }),
        1 => id.clone().prop_map(|id| Step::Deliver { id }),
        6 => (0u8..12, of.clone(), amount.clone()).prop_map(|(id, of, amount)| Step::Cancel { id, of, amount }),
        3 => (0u8..7, of, amount).prop_map(|(id, of, amount)| Step::NetCancel { id, of, amount }),
        1 => Just(Step::Restart),
    ]
}

fn approve_facts(amount: u8) -> ApproveFacts {
    ApproveFacts {
        payment_id: "pay".into(),
        merchant_id: "mer".into(),
        order_id: "order".into(),
        amount: i64::from(amount) * 100,
        currency: "KRW".into(),
        installment_months: 0,
        card: "411111******1111".into(),
    }
}

/// Cancels begin with c, net cancels with n; but some of their ids are those of approvals, which must be refused.
fn name(letter: char, id: u8) -> String {
    if id == 6 { "a0".into() } else { format!("{letter}{id}") }
}

fn perform(bank: &Bank, step: Step) -> Option<Told> {
    match step {
        Step::Approve { id, amount, verdict } => {
            let verdict = match verdict {
                0 => Verdict::Decline("CODE", "message"),
                1 => Verdict::NotAttempt,
                _ => Verdict::Do,
            };
            Some(bank.approve(&name('a', id), approve_facts(amount), verdict))
        }
        Step::Hold { id, amount } => {
            drop(bank.hold(&name('a', id), approve_facts(amount), Verdict::Do));
            None
        }
        Step::Deliver { id } => {
            bank.deliver(&name('a', id));
            None
        }
        Step::Cancel { id, of, amount } => {
            let approve_operation_id = name('a', of);
            let facts = CancelFacts {
                transaction: transaction(&approve_operation_id),
                approve_operation_id,
                order_id: "order".into(),
                amount: i64::from(amount) * 60,
                currency: "KRW".into(),
            };
            Some(bank.cancel(&name('c', id), facts, Verdict::Do))
        }
        Step::NetCancel { id, of, amount } => {
            let facts = NetCancelFacts {
                approve_operation_id: name('a', of),
                order_id: "order".into(),
                amount: i64::from(amount) * 100,
                currency: "KRW".into(),
            };
            Some(bank.net_cancel(&name('n', id), facts))
        }
        Step::Restart => None,
    }
}

fn memory(bank: &Bank) -> Memory {
    let (memory, lines) = bank.read(Clone::clone);
    block_on(bank.on_disk_at(lines)).unwrap();
    memory
}

fn check_money(before: &Memory, after: &Memory) {
    for (id, known) in &after.approves {
        assert!((0..=known.approved()).contains(&known.net()), "{id}: {known:?}");
        if known.net_cancel.is_some() {
            assert_eq!(known.net(), 0, "{id}: nothing stands after a net cancel");
        }
        let closed = before.approves.get(id).is_some_and(|earlier| earlier.net_cancel.is_some());
        if closed {
            assert_eq!(
                known.had_approved(),
                before.approves[id].had_approved(),
                "{id}: approved after its net cancel"
            );
        }
    }
}

fn replayed(folder: &Folder) -> Memory {
    journal::replay(&folder.file(), &std::fs::read(folder.file()).unwrap()).unwrap()
}

/// The memories that a file's first line, first two lines … give.
fn after_each_line(folder: &Folder) -> Vec<Memory> {
    let bytes = std::fs::read(folder.file()).unwrap();
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.map(|end| journal::replay(&folder.file(), &bytes[..end]).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_file_read_back_is_the_memory_whatever_was_asked(
        steps in prop::collection::vec(step(), 1..60),
        tombstones: bool,
    ) {
        let folder = Folder::new();
        let mut bank = Bank::open(&folder.file(), tombstones, 0).unwrap();
        let mut seen = vec![Memory::default()];
        for step in steps {
            if let Step::Restart = step {
                let before = memory(&bank);
                drop(bank);
                bank = Bank::open(&folder.file(), tombstones, 0).unwrap();
                prop_assert_eq!(bank.read(Clone::clone).0, before);
            }
            let impossible = |told: &Told| matches!(&told.answer, Answer::Error { code, .. } if code == "IMPOSSIBLE");
            let told = perform(&bank, step);
            prop_assert!(!told.as_ref().is_some_and(impossible), "{:?}", told);
            let now = memory(&bank);
            check_money(&seen[seen.len() - 1], &now);
            seen.push(now);
        }
        prop_assert_eq!(&replayed(&folder), &seen[seen.len() - 1]);
        // Requests that were delivered together make several lines at once; every other memory must appear line by line.
        let lines = after_each_line(&folder);
        for memory in &seen[1..] {
            prop_assert!(*memory == Memory::default() || lines.contains(memory));
        }
    }

    #[test]
    fn the_same_request_again_is_answered_the_same_and_writes_nothing(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let folder = Folder::new();
        let bank = Bank::open(&folder.file(), true, 0).unwrap();
        for step in steps {
            let first = perform(&bank, step).map(|told| told.answer);
            let written = bank.read(|_| ()).1;
            let second = perform(&bank, step).map(|told| told.answer);
            prop_assert_eq!(&first, &second);
            prop_assert_eq!(bank.read(|_| ()).1, written);
        }
    }
}
