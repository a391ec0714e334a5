//! Architecture, section 3, "Talking to an acquirer": what may follow what.

use ledger_domain::contract::SaleFacts;
use ledger_domain::payment::{
    NetCancelWish, NotAttemptedCause, PaymentCommand, PaymentEvent, UnknownCause, UnresolvedCause,
};

use crate::support::{
    NOW, Story, acquirer_cancel, approval, cancel, cancel_id, net_cancelling, paid, requested, requested_of,
    sale_facts, unknown, unresolved,
};

fn approve() -> PaymentCommand {
    PaymentCommand::RecordApproval(approval())
}

fn decline() -> PaymentCommand {
    PaymentCommand::RecordDecline { code: "3095".into(), message: "정지된 카드".into() }
}

fn not_attempted() -> PaymentCommand {
    PaymentCommand::RecordNotAttempted(NotAttemptedCause::Unreachable)
}

fn no_answer() -> PaymentCommand {
    PaymentCommand::RecordUnknown(UnknownCause::Timeout)
}

fn net_cancelled(had_approval: bool) -> PaymentCommand {
    PaymentCommand::RecordNetCancel { had_approval }
}

fn code(mut story: Story, command: &PaymentCommand) -> &'static str {
    story.on(command).expect_err("the command is rejected").code()
}

fn aborted() -> Story {
    requested().then(&decline())
}

fn net_canceled() -> Story {
    net_cancelling().then(&net_cancelled(true))
}

fn fully_canceled() -> Story {
    paid().cancelled(1, None)
}

/// One line a case: from which state, on which command, to which status or rejection.
#[test]
fn every_outcome_in_every_state_leads_where_the_rules_say() {
    type State = (&'static str, fn() -> Story);
    let states: [State; 8] = [
        ("requested", requested),
        ("unknown", unknown),
        ("net cancelling", net_cancelling),
        ("unresolved", unresolved),
        ("paid", paid),
        ("aborted", aborted),
        ("net-cancelled", net_canceled),
        ("cancelled", fully_canceled),
    ];
    const NO: &str = "OUTCOME_NOT_AWAITED";
    let table: [(&str, PaymentCommand, [&str; 8]); 8] = [
        ("approval", approve(), ["DONE", "DONE", "UNKNOWN", "UNRESOLVED", NO, "ABORTED", "CANCELED", NO]),
        ("decline", decline(), ["ABORTED", "ABORTED", "ABORTED", NO, NO, NO, NO, NO]),
        ("not attempted", not_attempted(), ["ABORTED", "ABORTED", "ABORTED", NO, NO, NO, NO, NO]),
        ("no answer", no_answer(), ["UNKNOWN", NO, NO, NO, NO, NO, NO, NO]),
        ("time to undo", PaymentCommand::RequestNetCancel, [NO, "UNKNOWN", NO, NO, NO, NO, NO, NO]),
        ("reversed", net_cancelled(true), [NO, NO, "CANCELED", NO, NO, NO, NO, NO]),
        ("nothing to undo", net_cancelled(false), [NO, NO, "ABORTED", NO, NO, NO, NO, NO]),
        ("deadline", PaymentCommand::GiveUp, [NO, "UNRESOLVED", "UNRESOLVED", NO, NO, NO, NO, NO]),
    ];
    for (name, command, expected) in table {
        for ((state, make), expected) in states.iter().zip(expected) {
            let mut story = make();
            let found = match story.on(&command) {
                Ok(_) => story.status(),
                Err(rejection) => rejection.code(),
            };
            assert_eq!(found, expected, "{name} when {state}");
        }
    }
}

#[test]
fn nothing_can_be_recorded_of_a_payment_that_was_never_requested() {
    for command in [
        approve(),
        decline(),
        no_answer(),
        PaymentCommand::GiveUp,
        PaymentCommand::RequestCancel(cancel(1, None)),
    ] {
        assert_eq!(code(Story::new(sale_facts()), &command), "NOT_FOUND_PAYMENT");
    }
}

#[test]
fn an_approval_after_a_net_cancel_was_requested_is_evidence_and_moves_no_money() {
    for before in [net_cancelling(), unresolved(), net_canceled(), aborted()] {
        let status = before.status();
        let after = before.then(&approve());
        assert!(matches!(after.last(), PaymentEvent::LateApprovalSeen(_)));
        assert_eq!((after.status(), after.last().money()), (status, None));
        assert!(after.view().late_approval);
        assert_eq!(code(after, &approve()), "OUTCOME_NOT_AWAITED", "it is recorded once");
    }
}

#[test]
fn evolve_refuses_an_approved_after_a_net_cancel_was_requested() {
    let approved = paid().last().clone();
    let impossible = net_cancelling().forced(&approved).unwrap_err();
    assert_eq!((impossible.state, impossible.event), ("UNKNOWN", "ledger.payment.approved.v1"));
}

#[test]
fn without_a_tombstone_nothing_found_leaves_the_payment_unresolved() {
    let facts = SaleFacts { tombstones: false, ..sale_facts() };
    let story = requested_of(100_000, facts).then(&no_answer()).then(&PaymentCommand::RequestNetCancel);
    let found_nothing = story.clone().then(&net_cancelled(false));
    assert_eq!(found_nothing.status(), "UNRESOLVED");
    let PaymentEvent::Unresolved(data) = found_nothing.last() else { panic!("{:?}", found_nothing.last()) };
    assert_eq!(data.cause, UnresolvedCause::NoTombstone);
    assert_eq!(story.then(&net_cancelled(true)).status(), "CANCELED");
}

#[test]
fn nothing_to_undo_after_a_late_approval_is_a_contradiction_for_people() {
    let story = net_cancelling().then(&approve()).then(&net_cancelled(false));
    let PaymentEvent::Unresolved(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!(data.cause, UnresolvedCause::Contradiction);
    assert_eq!(net_cancelling().then(&approve()).then(&net_cancelled(true)).status(), "CANCELED");
    assert_eq!(code(net_cancelling().then(&approve()), &decline()), "OUTCOME_NOT_AWAITED");
}

#[test]
fn a_merchant_s_cancel_of_an_unknown_payment_is_the_wish_for_its_net_cancel() {
    let story = unknown().then(&PaymentCommand::RequestCancel(cancel(7, None)));
    let PaymentEvent::NetCancelRequested(data) = story.last() else { panic!("{:?}", story.last()) };
    let wish = NetCancelWish::Merchant { cancel_id: cancel_id(7), reason: "고객 변심".into() };
    assert_eq!(data.wish, wish);
    assert_eq!(code(story, &PaymentCommand::RequestCancel(cancel(8, None))), "NET_CANCEL_IN_PROGRESS");
    assert!(unknown().on(&PaymentCommand::RequestCancel(cancel(7, Some(100_000)))).is_ok());
    let part = PaymentCommand::RequestCancel(cancel(7, Some(1)));
    assert_eq!(code(unknown(), &part), "PAYMENT_OUTCOME_UNKNOWN");
    let mut guarded = cancel(7, None);
    guarded.current_cancellable = Some(crate::support::won(1));
    assert_eq!(code(unknown(), &PaymentCommand::RequestCancel(guarded)), "BALANCE_CHANGED");
}

#[test]
fn a_cancel_of_a_payment_without_money_says_why_not() {
    let wish = PaymentCommand::RequestCancel(cancel(1, None));
    for (story, expected) in [
        (requested(), "PAYMENT_IN_PROGRESS"),
        (unresolved(), "PAYMENT_UNRESOLVED"),
        (aborted(), "NOT_CANCELABLE_PAYMENT"),
        (net_canceled(), "ALREADY_CANCELED_PAYMENT"),
        (fully_canceled(), "ALREADY_CANCELED_PAYMENT"),
    ] {
        assert_eq!(code(story, &wish), expected);
    }
}

#[test]
fn every_call_has_an_operation_id_of_its_own_that_follows_from_its_ids() {
    let mut ids = Vec::new();
    for event in unknown().then(&PaymentCommand::RequestNetCancel).events {
        match event {
            PaymentEvent::Requested(data) => ids.push(data.operation_id),
            PaymentEvent::NetCancelRequested(data) => ids.push(data.operation_id),
            _ => {}
        }
    }
    for n in [1, 2] {
        let story = paid().then(&PaymentCommand::RequestCancel(cancel(n, Some(1_000))));
        let PaymentEvent::CancelRequested(data) = story.last() else { panic!() };
        ids.push(data.operation_id);
    }
    let mut distinct = ids.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!((ids.len(), distinct.len()), (4, 4));
    assert!(ids.iter().all(|id| id.uuid().get_version_num() == 8));
}

#[test]
fn an_acquirer_s_texts_are_cut_and_never_refused() {
    let long = "가\u{0}".repeat(10_000);
    let mut wordy = approval();
    (wordy.acquirer_transaction, wordy.approve_no) = (long.clone(), long.clone());
    let story = requested().then(&PaymentCommand::RecordApproval(wordy));
    let PaymentEvent::Approved(data) = story.last() else { panic!() };
    assert_eq!(data.approval.approve_no.chars().count(), 64);
    assert!(!data.approval.approve_no.contains('\u{0}'));
    let story = requested().then(&PaymentCommand::RecordDecline { code: long.clone(), message: long });
    let PaymentEvent::Declined(data) = story.last() else { panic!() };
    assert_eq!((data.code.chars().count(), data.message.chars().count()), (64, 200));
}

#[test]
fn an_outcome_carries_no_not_after_and_is_recorded_however_late() {
    let mut story = requested();
    story.now = NOW + 1_000_000_000;
    assert!(story.on(&approve()).is_ok());
    let mut story = paid().then(&PaymentCommand::RequestCancel(cancel(1, None)));
    story.now += 1_000_000_000;
    assert!(story.on(&PaymentCommand::RecordCancel(acquirer_cancel(1))).is_ok());
}
