//! Architecture section 4, "Idempotency and unknown answers", one rule a test, through the real owner and writer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test's helpers meet unexpectedly fails the test"
)]

mod owner_support;

use ledger_api::acquirers::{Approval, ApproveOutcome, CancelOutcome, Inquiry, NetCancelOutcome};
use ledger_api::envelope::CardProblem;
use ledger_api::ledger::{Answer, ClientCommand, CommandScope, CommandView, Submission};
use ledger_api::owner::{Call, Found, Gate, Query, Returned};
use ledger_domain::Rejection;
use ledger_domain::days::Moment;
use ledger_domain::ids::KeyId;
use ledger_domain::payment::{
    CancelStatus, Evidence, EvidenceKind, Failure, NotAttemptedCause, PaymentStatus, Resolution, Resolve,
    UnknownCause,
};
use ledger_domain::recorded::Actor;
use owner_support::desk::{Desk, by, cancel, key_in, note, recorded};
use owner_support::directory::{START_MS, merchant, view_of};
use uuid::Uuid;

fn approves(_: &Call) -> Returned {
    Returned::Approve(ApproveOutcome::Approved(approval()))
}

fn approval() -> Approval {
    Approval {
        acquirer_transaction: "t-1".to_owned(),
        approve_no: "00123456".to_owned(),
        approved_at_ms: owner_support::directory::START_MS,
        issuer_code: None,
    }
}

fn declines(_: &Call) -> Returned {
    Returned::Approve(ApproveOutcome::Declined { code: "51".to_owned(), message: "no".to_owned() })
}

fn is_silent(call: &Call) -> Returned {
    let (cause, why) = (UnknownCause::Timeout, "timeout".to_owned());
    match call {
        Call::Approve(..) => Returned::Approve(ApproveOutcome::Unknown { cause, why }),
        Call::Inquire(..) => Returned::Inquire(Inquiry::Unknown { why }),
        Call::NetCancel(..) => Returned::NetCancel(NetCancelOutcome::Unknown { why }),
        Call::Cancel(..) => Returned::Cancel(CancelOutcome::Unknown { cause, why }),
    }
}

fn cancels(_: &Call) -> Returned {
    let cancel_transaction = "c-1".to_owned();
    Returned::Cancel(CancelOutcome::Cancelled {
        cancel_transaction,
        cancelled_at_ms: owner_support::directory::START_MS,
    })
}

#[test]
fn an_identical_retry_gets_the_first_answer_again_whatever_happened_since() {
    let mut desk = Desk::open(true);
    let wish = key_in(1, "A", 50_000);
    let reply = desk.submit(&wish);
    assert_eq!(desk.answer(reply), None, "answered before the acquirer was");
    desk.acquirer_says(approves);
    let (first, replayed) = recorded(desk.answer(reply).unwrap());
    assert!(!replayed && first.view.status == PaymentStatus::Done);
    let reply = desk.submit(&cancel(2, &first, Some(20_000)));
    desk.acquirer_says(cancels);
    let (after, _) = recorded(desk.answer(reply).unwrap());
    assert_eq!(after.view.status, PaymentStatus::PartialCanceled);
    for keep_store in [true, false] {
        desk.restart(keep_store);
        let (again, replayed) = recorded(desk.told(&wish));
        assert!(replayed);
        assert_eq!(again, first);
    }
}

#[test]
fn a_key_with_another_body_is_refused_for_ever() {
    let mut desk = Desk::open(true);
    desk.submit(&key_in(1, "A", 50_000));
    assert_eq!(desk.told(&key_in(1, "A", 50_001)), Answer::KeyReused);
    desk.acquirer_says(declines);
    desk.pass(40 * 24 * 3_600_000);
    assert_eq!(desk.told(&key_in(1, "B", 50_000)), Answer::KeyReused);
}

#[test]
fn while_the_first_request_runs_an_identical_one_is_told_so() {
    let mut desk = Desk::open(true);
    let wish = key_in(1, "A", 50_000);
    let first = desk.submission(&wish);
    let first = desk.hand_in(first);
    // The first is not even accepted yet.
    let second = desk.submission(&wish);
    let second = desk.submit_as_is(second);
    assert_eq!(desk.answer(second), Some(Answer::StillRunning));
    assert_eq!(desk.told(&wish), Answer::StillRunning);
    desk.acquirer_says(approves);
    recorded(desk.answer(first).unwrap());
    assert!(recorded(desk.told(&wish)).1);
}

#[test]
fn a_rejection_binds_nothing_and_the_key_is_decided_afresh() {
    let mut desk = Desk::open(true);
    let rejected = desk.told(&key_in(1, "A", 50));
    assert!(matches!(rejected, Answer::Rejected(Rejection::BelowMinimum { .. })), "{rejected:?}");
    let reply = desk.submit(&key_in(1, "A", 50_000));
    desk.acquirer_says(approves);
    assert!(!recorded(desk.answer(reply).unwrap()).1);
}

#[test]
fn a_decline_and_a_not_attempted_bind_the_key() {
    for (number, answer) in [declines as fn(&Call) -> Returned, |_: &Call| {
        let (cause, why) = (NotAttemptedCause::SendBeforePassed, "too late".to_owned());
        Returned::Approve(ApproveOutcome::NotAttempted { cause, why })
    }]
    .into_iter()
    .enumerate()
    {
        let mut desk = Desk::open(true);
        let wish = key_in(1, "A", 50_000);
        let reply = desk.submit(&wish);
        desk.acquirer_says(answer);
        let (first, _) = recorded(desk.answer(reply).unwrap());
        assert_eq!(first.view.status, PaymentStatus::Aborted);
        assert_eq!(matches!(first.view.failure, Some(Failure::Declined { .. })), number == 0);
        assert_eq!(recorded(desk.told(&wish)), (first, true));
        assert!(desk.calls.is_empty(), "a retry must not ask the acquirer");
    }
}

#[test]
fn the_key_is_looked_up_before_the_card_is_judged() {
    let mut desk = Desk::open(true);
    let with = |mut submission: Submission| {
        submission.card = Some(Err(CardProblem::Stale));
        submission
    };
    let wish = key_in(1, "A", 50_000);
    let stale = with(desk.submission(&wish));
    let reply = desk.submit_as_is(stale);
    assert_eq!(desk.answer(reply), Some(Answer::CardProblem(CardProblem::Stale)));
    let reply = desk.submit(&wish);
    desk.acquirer_says(approves);
    let (first, _) = recorded(desk.answer(reply).unwrap());
    let stale = with(desk.submission(&wish));
    let reply = desk.submit_as_is(stale);
    assert_eq!(recorded(desk.answer(reply).unwrap()), (first, true));
}

#[test]
fn a_command_that_comes_after_its_not_after_is_rejected() {
    let mut desk = Desk::open(true);
    let submission = desk.submission(&key_in(1, "A", 50_000));
    desk.now_ms = submission.not_after_ms + 1;
    let reply = desk.submit_as_is(submission);
    assert_eq!(desk.answer(reply), Some(Answer::Rejected(Rejection::TooLate)));
    assert!(desk.calls.is_empty());
}

#[test]
fn after_a_504_a_retry_gets_what_is_true_now() {
    let mut desk = Desk::open(true);
    let wish = key_in(1, "A", 50_000);
    let reply = desk.submit(&wish);
    desk.acquirer_says(is_silent);
    assert_eq!(desk.answer(reply), Some(Answer::Unknown));
    assert_eq!(desk.told(&wish), Answer::Unknown);
    desk.pass(300);
    desk.acquirer_says(|call| {
        assert!(matches!(call, Call::Inquire(..)), "an approve call is never made twice: {call:?}");
        Returned::Inquire(Inquiry::NotFound)
    });
    assert_eq!(desk.told(&wish), Answer::Unknown, "not found is no answer");
    desk.pass(2_100);
    let net_cancel = desk.calls.iter().position(|(_, call)| matches!(call, Call::NetCancel(..))).unwrap();
    desk.calls.drain(..net_cancel);
    desk.acquirer_says(|_| {
        Returned::NetCancel(NetCancelOutcome::NetCancelled { had_approved: false, at_ms: 1 })
    });
    let (now, replayed) = recorded(desk.told(&wish));
    assert!(replayed);
    assert_eq!(
        (now.view.status, now.view.failure.clone()),
        (PaymentStatus::Aborted, Some(Failure::NetCancelled))
    );
}

#[test]
fn an_approval_found_by_inquiry_before_the_net_cancel_counts() {
    let mut desk = Desk::open(true);
    let wish = key_in(1, "A", 50_000);
    desk.submit(&wish);
    desk.acquirer_says(is_silent);
    desk.pass(300);
    desk.acquirer_says(|_| Returned::Inquire(Inquiry::Approved(approval())));
    assert_eq!(recorded(desk.told(&wish)).0.view.status, PaymentStatus::Done);
    desk.pass(60_000);
    assert!(desk.calls.is_empty());
}

#[test]
fn an_approval_that_comes_after_the_net_cancel_is_evidence_and_never_done() {
    let mut desk = Desk::open(true);
    let wish = key_in(1, "A", 50_000);
    let reply = desk.submit(&wish);
    desk.pass(3_100);
    assert_eq!(desk.answer(reply), Some(Answer::Unknown), "the approval counts as unanswered");
    desk.pass(2_100);
    assert!(matches!(desk.calls[..], [(_, Call::Approve(..)), (_, Call::NetCancel(..))]), "{:?}", desk.calls);
    desk.acquirer_says_to(1, |_| {
        Returned::NetCancel(NetCancelOutcome::NetCancelled { had_approved: true, at_ms: 1 })
    });
    desk.acquirer_says(approves);
    let (now, _) = recorded(desk.told(&wish));
    assert_eq!((now.view.status, now.view.late_approval), (PaymentStatus::Canceled, true));
}

#[test]
fn after_a_restart_an_open_approval_is_inquired_about_and_never_sent_again() {
    for keep_store in [true, false] {
        let mut desk = Desk::open(true);
        let wish = key_in(1, "A", 50_000);
        desk.submit(&wish);
        desk.restart(keep_store);
        assert_eq!(desk.told(&wish), Answer::StillRunning);
        desk.acquirer_says(|call| {
            assert!(matches!(call, Call::Inquire(..)), "{call:?}");
            Returned::Inquire(Inquiry::Approved(approval()))
        });
        assert!(recorded(desk.told(&wish)).1);
    }
}

#[test]
fn an_order_id_is_held_by_a_live_payment_and_free_after_one_without_money() {
    let mut desk = Desk::open(true);
    desk.submit(&key_in(1, "A", 50_000));
    desk.acquirer_says(declines);
    let reply = desk.submit(&key_in(2, "A", 50_000));
    let rejected = desk.told(&key_in(3, "A", 50_000));
    assert!(matches!(rejected, Answer::Rejected(Rejection::DuplicateOrderId { .. })), "{rejected:?}");
    desk.acquirer_says(approves);
    let (paid, _) = recorded(desk.answer(reply).unwrap());
    let Found::Order(Some(order)) = desk.find(Query::Order(merchant(1), "A".to_owned())) else {
        panic!("no order")
    };
    assert_eq!(order.live.as_ref().map(|live| live.view.payment_id), Some(paid.view.payment_id));
    let statuses: Vec<_> = order.attempts.iter().map(|one| one.view.status).collect();
    assert_eq!(statuses, [PaymentStatus::Aborted, PaymentStatus::Done]);
    assert_eq!(desk.find(Query::Order(merchant(2), "A".to_owned())), Found::Order(None));
}

#[test]
fn another_merchants_payment_is_not_there() {
    let mut desk = Desk::open(true);
    let reply = desk.submit(&key_in(1, "A", 50_000));
    desk.acquirer_says(approves);
    let (paid, _) = recorded(desk.answer(reply).unwrap());
    let id = paid.view.payment_id;
    assert_eq!(desk.find(Query::Payment(id, merchant(2))), Found::Payment(None));
    let stolen = desk.told(&by(cancel(2, &paid, None), merchant(2)));
    assert_eq!(stolen, Answer::Rejected(Rejection::PaymentNotFound));
    assert!(matches!(desk.find(Query::Payment(id, merchant(1))), Found::Payment(Some(_))));
}

#[test]
fn a_command_is_found_by_its_id_running_and_done_and_only_by_whom_it_concerns() {
    let mut desk = Desk::open(true);
    let wish = key_in(1, "A", 50_000);
    let mine = Query::Command(wish.command_id(), CommandScope::Merchant(merchant(1)));
    let theirs = Query::Command(wish.command_id(), CommandScope::Merchant(merchant(2)));
    assert_eq!(desk.find(mine.clone()), Found::Command(CommandView::NothingRecorded));
    desk.submit(&wish);
    assert!(matches!(desk.find(mine.clone()), Found::Command(CommandView::Running { .. })));
    assert_eq!(desk.find(theirs.clone()), Found::Command(CommandView::NothingRecorded));
    desk.acquirer_says(approves);
    assert!(matches!(desk.find(mine), Found::Command(CommandView::Done { .. })));
    assert_eq!(desk.find(theirs), Found::Command(CommandView::NothingRecorded));
}

#[test]
fn a_caller_that_is_gone_changes_nothing() {
    let mut desk = Desk::open(true);
    let submission = desk.submission(&key_in(1, "A", 50_000));
    let deadline_ms = submission.deadline_ms;
    let reply = desk.submit_as_is(submission);
    desk.now_ms = deadline_ms;
    desk.turn();
    assert_eq!(desk.answer(reply), Some(Answer::Unknown));
    desk.acquirer_says(approves);
    assert!(desk.told(&key_in(1, "A", 50_000)) != Answer::StillRunning);
}

#[test]
fn a_closed_gate_refuses_clients_and_lets_outcomes_and_replays_through() {
    let mut desk = Desk::open(true);
    let reply = desk.submit(&key_in(1, "A", 50_000));
    desk.gate = Gate { closed: Some("the clock is off".to_owned()), timers_stopped: true, ..Gate::default() };
    assert!(matches!(desk.told(&key_in(2, "B", 50_000)), Answer::NotReady { .. }));
    desk.acquirer_says(approves);
    recorded(desk.answer(reply).unwrap());
    // What is recorded can be said again: it needs neither the log nor a decision.
    let (_, replayed) = recorded(desk.told(&key_in(1, "A", 50_000)));
    assert!(replayed);
}

#[test]
fn without_a_reign_commands_are_refused_at_once_and_nothing_of_them_is_recorded() {
    let mut desk = Desk::not_leading();
    let wish = key_in(1, "A", 50_000);
    assert!(matches!(desk.told(&wish), Answer::NotReady { .. }));
    desk.process.writer.lead();
    desk.settle();
    let query = Query::Command(wish.command_id(), CommandScope::Operator);
    assert_eq!(desk.find(query), Found::Command(CommandView::NothingRecorded));
}

#[test]
fn a_log_that_takes_nothing_leaves_the_handed_over_unknown_and_the_waiting_not_ready() {
    let mut desk = Desk::open(true);
    desk.sim.chaos.drop = 1_000;
    let first = desk.submit(&key_in(1, "A", 50_000));
    let submission = desk.submission(&key_in(2, "B", 50_000));
    let second = desk.hand_in(submission);
    for _ in 0..40 {
        desk.pass(1_000);
    }
    let (first, second) = (desk.answer(first).unwrap(), desk.answer(second).unwrap());
    assert!(matches!(first, Answer::Unknown | Answer::NotReady { .. }), "{first:?}");
    assert!(matches!(second, Answer::Unknown | Answer::NotReady { .. }), "{second:?}");
    desk.sim.chaos.drop = 0;
    for _ in 0..5 {
        desk.pass(1_000);
    }
    for (key, told) in [(1, first), (2, second)] {
        let command = key_in(key, "A", 1).command_id();
        let found = desk.find(Query::Command(command, CommandScope::Operator));
        let nothing = found == Found::Command(CommandView::NothingRecorded);
        assert!(nothing || told == Answer::Unknown, "told {told:?}, found {found:?}");
    }
}

#[test]
fn a_cancel_without_an_answer_keeps_its_amount_and_is_repeated_under_its_id() {
    let mut desk = Desk::open(true);
    let reply = desk.submit(&key_in(1, "A", 50_000));
    desk.acquirer_says(approves);
    let (paid, _) = recorded(desk.answer(reply).unwrap());
    let wish = cancel(2, &paid, Some(30_000));
    let reply = desk.submit(&wish);
    let Some((_, Call::Cancel(_, order))) = desk.calls.first() else { panic!("no cancel call") };
    let (operation, attempt) = (order.operation, order.attempt);
    assert_eq!(attempt, 1);
    desk.acquirer_says(is_silent);
    assert_eq!(desk.answer(reply), Some(Answer::Unknown));
    let too_much = desk.told(&cancel(3, &paid, Some(30_000)));
    assert!(matches!(too_much, Answer::Rejected(Rejection::ExceedsCancelable { .. })), "{too_much:?}");
    desk.pass(1_000);
    desk.acquirer_says(|call| {
        let Call::Cancel(_, order) = call else { panic!("{call:?}") };
        assert_eq!((order.operation, order.attempt), (operation, 2));
        cancels(call)
    });
    let (done, _) = recorded(desk.told(&wish));
    assert_eq!(done.view.balance_amount.minor(), 20_000);
    assert_eq!(done.view.cancels.last().map(|cancel| cancel.status), Some(CancelStatus::Done));
    assert_eq!(done.cancel, done.view.cancels.last().map(|cancel| cancel.cancel_id));
}

#[test]
fn without_tombstones_nothing_found_never_closes_a_payment_and_two_people_do() {
    let mut desk = Desk::open(false);
    let wish = key_in(1, "A", 50_000);
    desk.submit(&wish);
    desk.acquirer_says(is_silent);
    for _ in 0..30 {
        desk.pass(1_000);
        while !desk.calls.is_empty() {
            desk.acquirer_says(|call| match call {
                Call::NetCancel(..) => Returned::NetCancel(NetCancelOutcome::NothingFound),
                other => is_silent(other),
            });
        }
    }
    let Found::Order(Some(order)) = desk.find(Query::Order(merchant(1), "A".to_owned())) else {
        panic!("no order")
    };
    let live = order.live.expect("an unresolved payment holds its order id");
    assert_eq!(live.view.status, PaymentStatus::Unresolved);
    assert!(matches!(
        desk.told(&key_in(2, "A", 50_000)),
        Answer::Rejected(Rejection::DuplicateOrderId { .. })
    ));
    for (person, status) in [(1, PaymentStatus::Unresolved), (2, PaymentStatus::Aborted)] {
        let mut submission = desk.submission(&key_in(10 + person, "-", 1));
        let by = KeyId::new(Uuid::from_u128(u128::from(person)));
        submission.caller = Actor::Key(by);
        submission.card = None;
        let evidence = Evidence { kind: EvidenceKind::AcquirerConsole, reference: "row 17".to_owned() };
        let resolution = Resolution::NotPaid {};
        let not_after = Moment::from_ms(0);
        submission.command =
            ClientCommand::Resolve(live.view.payment_id, Resolve { by, resolution, evidence, not_after });
        let reply = desk.submit_as_is(submission);
        assert_eq!(recorded(desk.answer(reply).unwrap()).0.view.status, status);
    }
}

/// Memory holds only the last events of a payment; what is asked about earlier ones must be answered all the same.
#[test]
fn over_a_long_life_every_retry_gets_its_first_answer_also_with_much_in_flight() {
    let mut desk = Desk::open(true);
    let wish = key_in(1, "A", 50_000);
    let reply = desk.submit(&wish);
    desk.acquirer_says(approves);
    let (paid, _) = recorded(desk.answer(reply).unwrap());
    let mut firsts = vec![(wish, paid.clone())];
    for round in 0..4 {
        let wishes: Vec<_> =
            (0..45).map(|n| 2 + round * 45 + n).map(|key| note(key, &paid, &format!("no. {key}"))).collect();
        let replies: Vec<_> = wishes
            .iter()
            .map(|wish| {
                let submission = desk.submission(wish);
                desk.hand_in(submission)
            })
            .collect();
        desk.settle();
        for (wish, reply) in wishes.into_iter().zip(replies) {
            let (first, replayed) = recorded(desk.answer(reply).expect("an answer"));
            assert!(!replayed);
            firsts.push((wish, first));
        }
        for (wish, first) in &firsts {
            let (again, replayed) = recorded(desk.told(wish));
            assert!(replayed);
            assert_eq!(&again, first);
        }
    }
    let Found::Payment(Some(now)) = desk.find(Query::Payment(paid.view.payment_id, merchant(1))) else {
        panic!("no payment")
    };
    assert_eq!((now.version, now.view.version), (182, 182));
    desk.restart(false);
    for (wish, first) in &firsts {
        assert_eq!(&recorded(desk.told(wish)).0, first);
    }
}

#[test]
fn a_contract_recorded_by_a_clock_that_is_ahead_is_waited_for_and_not_denied() {
    let mut desk = Desk::open(true);
    desk.process.directory = view_of(true, START_MS + 300);
    let reply = desk.submit(&key_in(1, "order-1", 10_000));
    assert_eq!((desk.answer(reply), desk.calls.len()), (None, 0));
    desk.pass(300);
    assert_eq!((desk.answer(reply), desk.calls.len()), (None, 1), "the payment was requested");
}

#[test]
fn a_directory_that_is_ahead_by_more_than_clocks_are_keeps_nobody_waiting() {
    let mut desk = Desk::open(true);
    desk.process.directory = view_of(true, START_MS + 60_000);
    assert_eq!(desk.told(&key_in(1, "order-1", 10_000)), Answer::Rejected(Rejection::NoContract));
}
