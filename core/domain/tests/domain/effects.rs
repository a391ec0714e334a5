//! What follows from events outside the ledger, and what is due when.

use ledger_domain::ids::OperationId;
use ledger_domain::payment::effects::{
    Alarm, Due, DueKind, Effect, Timing, due, effects, open_calls, retry_delay_ms,
};
use ledger_domain::payment::{PaymentCommand, UnknownCause};

use crate::support::{
    NOW, Story, acquirer_cancel, approval, cancel, cancel_id, net_cancelling, paid, payment_id, requested,
    unknown, unresolved, won,
};

fn follows(story: &Story) -> Vec<Effect> {
    effects(&story.state, story.last(), &Timing::default())
}

/// A name and an operation for each effect: enough to tell what is asked of whom.
fn brief(effects: &[Effect]) -> Vec<(&'static str, Option<OperationId>)> {
    let one = |effect: &Effect| match effect {
        Effect::Approve(call) => ("approve", Some(call.head.operation_id)),
        Effect::Inquire(call) => ("inquire", Some(call.head.operation_id)),
        Effect::NetCancel(call) => ("net cancel", Some(call.head.operation_id)),
        Effect::Cancel(call) => ("cancel", Some(call.head.operation_id)),
        Effect::Alarm(Alarm::Unresolved { .. }) => ("alarm: unresolved", None),
        Effect::Alarm(Alarm::LateApproval { .. }) => ("alarm: late approval", None),
    };
    effects.iter().map(one).collect()
}

fn wish(n: u128, amount: Option<i64>) -> PaymentCommand {
    PaymentCommand::RequestCancel(cancel(n, amount))
}

#[test]
fn each_event_is_followed_by_the_call_it_was_the_intent_of() {
    let (approve, net) = (OperationId::approval(payment_id()), OperationId::net_cancel(payment_id()));
    assert_eq!(brief(&follows(&requested())), [("approve", Some(approve))]);
    assert_eq!(brief(&follows(&unknown())), [("inquire", Some(approve))]);
    assert_eq!(brief(&follows(&net_cancelling())), [("net cancel", Some(net))]);
    assert_eq!(brief(&follows(&unresolved())), [("alarm: unresolved", None)]);
    assert_eq!(brief(&follows(&paid())), []);
    let late = net_cancelling().then(&PaymentCommand::RecordApproval(approval()));
    assert_eq!(brief(&follows(&late)), [("alarm: late approval", None)]);
    let two = paid().then(&wish(1, Some(1_000))).then(&wish(2, Some(2_000)));
    assert_eq!(brief(&follows(&two)), [("cancel", Some(OperationId::cancel(cancel_id(2))))]);
}

#[test]
fn after_a_restart_everything_open_is_asked_again_and_no_approval_is_sent_twice() {
    let (approve, net) = (OperationId::approval(payment_id()), OperationId::net_cancel(payment_id()));
    assert_eq!(brief(&open_calls(&requested().state)), [("inquire", Some(approve))]);
    assert_eq!(brief(&open_calls(&unknown().state)), [("inquire", Some(approve))]);
    assert_eq!(brief(&open_calls(&net_cancelling().state)), [("net cancel", Some(net))]);
    assert_eq!(brief(&open_calls(&unresolved().state)), []);
    let three = paid()
        .then(&wish(1, Some(1_000)))
        .then(&wish(2, Some(2_000)))
        .then(&wish(3, Some(3_000)))
        .then(&PaymentCommand::RecordCancelUnknown { cancel_id: cancel_id(2), cause: UnknownCause::Timeout })
        .then(&PaymentCommand::GiveUpCancel(cancel_id(3)));
    let cancels = [1, 2].map(|n| ("cancel", Some(OperationId::cancel(cancel_id(n)))));
    assert_eq!(brief(&open_calls(&three.state)), cancels);
}

#[test]
fn an_approve_call_names_all_the_acquirer_needs_and_when_it_is_too_late_to_send() {
    let [Effect::Approve(call)] = &follows(&requested())[..] else { panic!() };
    assert_eq!((call.amount, call.vat, call.installment_months), (won(100_000), won(9_091), 0));
    assert_eq!(call.head.acquirer.as_str(), "sandbox");
    assert_eq!(call.send_before.ms(), NOW + 10_000);
}

#[test]
fn a_cancel_call_names_the_approval_and_whether_anything_is_left() {
    let whole = |amount| {
        let [Effect::Cancel(call)] = &follows(&paid().then(&wish(1, amount)))[..] else { panic!() };
        assert_eq!(call.acquirer_transaction, "tx-1");
        call.whole
    };
    assert_eq!([whole(None), whole(Some(100_000)), whole(Some(99_999))], [true, true, false]);
}

#[test]
fn whatever_waits_for_a_date_is_due_once_and_its_command_is_accepted_then() {
    let timing = Timing::default();
    let pending = paid().then(&wish(1, None));
    let unanswered = pending
        .clone()
        .then(&PaymentCommand::RecordCancelUnknown { cancel_id: cancel_id(1), cause: UnknownCause::Timeout });
    for (story, kind, after_ms) in [
        (requested(), DueKind::ApprovalAnswer, timing.approval_answer_ms),
        (unknown(), DueKind::Inquiry, timing.inquiry_ms),
        (net_cancelling(), DueKind::NetCancel, timing.net_cancel_ms),
        (pending, DueKind::CancelAnswer(cancel_id(1)), timing.cancel_answer_ms),
        (unanswered, DueKind::CancelRetry(cancel_id(1)), timing.cancel_retry_ms),
    ] {
        let entries = due(&story.state, &timing);
        let at = ledger_domain::days::Moment::from_ms(story.last().at().ms() + after_ms);
        assert_eq!(entries, [Due { at, kind }]);
        let mut later = story.then(&kind.command());
        assert!(due(&later.state, &timing).iter().all(|entry| entry.kind != kind), "{kind:?} is due twice");
        assert!(later.on(&kind.command()).is_err(), "{kind:?} was accepted twice");
    }
}

#[test]
fn nothing_is_due_of_a_payment_that_waits_for_nothing() {
    let closed = paid().cancelled(1, None);
    for story in [unresolved(), paid(), closed] {
        assert_eq!(due(&story.state, &Timing::default()), []);
        assert_eq!(open_calls(&story.state), []);
    }
}

#[test]
fn an_internal_command_has_a_key_of_its_own_and_a_client_s_has_none() {
    let id = payment_id();
    let commands = [
        PaymentCommand::RecordApproval(approval()),
        PaymentCommand::RecordUnknown(UnknownCause::Timeout),
        PaymentCommand::RequestNetCancel,
        PaymentCommand::GiveUp,
        PaymentCommand::RecordCancel(acquirer_cancel(1)),
        PaymentCommand::RecordCancel(acquirer_cancel(2)),
        PaymentCommand::GiveUpCancel(cancel_id(1)),
    ];
    let mut keys: Vec<_> = commands.iter().map(|command| command.internal_key(id).unwrap()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), commands.len());
    assert_eq!(wish(1, None).internal_key(id), None);
}

#[test]
fn repetitions_wait_longer_and_longer_up_to_five_minutes() {
    let waits: Vec<_> = [1, 2, 3, 9, 10, 1_000].into_iter().map(retry_delay_ms).collect();
    assert_eq!(waits, [1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
}
