//! What is unresolved is closed by two people with two keys and evidence, and by nothing else.

use ledger_domain::contract::SaleFacts;
use ledger_domain::days::Moment;
use ledger_domain::payment::{
    CancelStatus, Evidence, EvidenceKind, Failure, PaymentCommand, PaymentEvent, Resolution, Resolve,
    UnknownCause,
};

use crate::support::{
    NOW, Story, acquirer_cancel, approval, cancel, cancel_id, key_id, paid, requested, resolve, sale_facts,
    unknown, unresolved, won,
};

fn as_paid() -> Resolution {
    Resolution::Paid { approval: approval() }
}

fn code(story: &Story, command: &PaymentCommand) -> &'static str {
    story.clone().on(command).expect_err("the command is rejected").code()
}

fn cancel_unresolved() -> Story {
    paid()
        .then(&PaymentCommand::RequestCancel(cancel(1, Some(40_000))))
        .then(&PaymentCommand::RecordCancelUnknown { cancel_id: cancel_id(1), cause: UnknownCause::Timeout })
        .then(&PaymentCommand::GiveUpCancel(cancel_id(1)))
}

#[test]
fn one_key_proposes_and_another_confirms() {
    for (resolution, status) in
        [(as_paid(), "DONE"), (Resolution::NotPaid {}, "ABORTED"), (Resolution::Reversed {}, "CANCELED")]
    {
        let proposed = unresolved().then(&resolve(1, resolution.clone()));
        assert_eq!(proposed.status(), "UNRESOLVED");
        let resolved = proposed.then(&resolve(2, resolution));
        assert_eq!(resolved.status(), status);
        let PaymentEvent::Resolved(data) = resolved.last() else { panic!() };
        assert_eq!((data.proposed_by, data.confirmed_by), (key_id(1), key_id(2)));
        assert_ne!(data.proposal_evidence, data.confirmation_evidence);
        assert_eq!(resolved.last().money().is_some(), status == "DONE");
    }
}

#[test]
fn one_person_alone_cannot_resolve() {
    let proposed = unresolved().then(&resolve(1, as_paid()));
    assert_eq!(code(&proposed, &resolve(1, as_paid())), "RESOLUTION_NEEDS_ANOTHER_KEY");
    let PaymentEvent::Resolved(mut alone) = proposed.clone().then(&resolve(2, as_paid())).last().clone()
    else {
        panic!()
    };
    alone.confirmed_by = alone.proposed_by;
    assert!(proposed.forced(&PaymentEvent::Resolved(alone)).is_err());
}

#[test]
fn nobody_confirms_what_was_not_proposed() {
    let proposed = unresolved().then(&resolve(1, as_paid()));
    assert_eq!(code(&proposed, &resolve(2, Resolution::NotPaid {})), "RESOLUTION_DIFFERS");
    let confirmed = proposed.clone().then(&resolve(2, as_paid())).last().clone();
    assert!(unresolved().forced(&confirmed).is_err());
    let changed = proposed.then(&resolve(1, Resolution::NotPaid {}));
    assert_eq!(code(&changed, &resolve(2, as_paid())), "RESOLUTION_DIFFERS");
    assert_eq!(changed.then(&resolve(2, Resolution::NotPaid {})).status(), "ABORTED");
}

#[test]
fn only_what_is_unresolved_can_be_resolved() {
    for story in [requested(), unknown(), paid()] {
        assert_eq!(code(&story, &resolve(1, Resolution::NotPaid {})), "NOTHING_TO_RESOLVE");
    }
    assert_eq!(code(&Story::new(sale_facts()), &resolve(1, as_paid())), "NOT_FOUND_PAYMENT");
    let about_a_cancel = Resolution::CancelNotDone { cancel_id: cancel_id(1) };
    assert_eq!(code(&unresolved(), &resolve(1, about_a_cancel.clone())), "NOTHING_TO_RESOLVE");
    let pending = paid().then(&PaymentCommand::RequestCancel(cancel(1, None)));
    assert_eq!(code(&pending, &resolve(1, about_a_cancel)), "NOTHING_TO_RESOLVE");
}

#[test]
fn evidence_is_required_and_a_late_word_is_refused() {
    let word = |reference: &str, not_after| {
        PaymentCommand::Resolve(Resolve {
            by: key_id(1),
            resolution: as_paid(),
            evidence: Evidence { kind: EvidenceKind::AcquirerConsole, reference: reference.into() },
            not_after: Moment::from_ms(not_after),
        })
    };
    assert_eq!(code(&unresolved(), &word("", i64::MAX)), "INVALID_TEXT");
    assert_eq!(code(&unresolved(), &word(&"x".repeat(201), i64::MAX)), "INVALID_TEXT");
    assert_eq!(code(&unresolved(), &word("ok", NOW)), "COMMAND_EXPIRED");
}

#[test]
fn an_unresolved_cancel_is_resolved_in_the_same_way() {
    let took_place = Resolution::CancelDone { cancel: acquirer_cancel(1) };
    let story = cancel_unresolved().then(&resolve(1, took_place.clone())).then(&resolve(2, took_place));
    assert_eq!((story.status(), story.view().balance_amount), ("PARTIAL_CANCELED", won(60_000)));
    assert_eq!(story.last().money().unwrap().amount, won(40_000));
    assert_eq!(story.view().cancels[0].status, CancelStatus::Done);

    let did_not = Resolution::CancelNotDone { cancel_id: cancel_id(1) };
    let story = cancel_unresolved().then(&resolve(1, did_not.clone())).then(&resolve(2, did_not));
    assert_eq!((story.status(), story.last().money()), ("DONE", None));
    assert_eq!(story.view().cancels[0].failure, Some(Failure::ResolvedAsNotDone));
    assert!(story.clone().on(&PaymentCommand::RequestCancel(cancel(2, None))).is_ok());
}

#[test]
fn a_payment_resolved_as_paid_can_be_cancelled_like_any_other() {
    let story = unresolved().then(&resolve(1, as_paid())).then(&resolve(2, as_paid())).cancelled(1, None);
    assert_eq!(story.status(), "CANCELED");
}

#[test]
fn a_merchant_s_wish_that_came_to_nothing_is_shown_as_such() {
    let wished =
        unknown().then(&PaymentCommand::RequestCancel(cancel(1, None))).then(&PaymentCommand::GiveUp);
    assert_eq!(wished.view().cancels[0].status, CancelStatus::Unresolved);
    let done = wished.then(&resolve(1, as_paid())).then(&resolve(2, as_paid()));
    assert_eq!((done.status(), done.view().cancels[0].status), ("DONE", CancelStatus::Aborted));
}

#[test]
fn without_tombstones_a_payment_is_closed_by_people_only() {
    let facts = SaleFacts { tombstones: false, ..sale_facts() };
    let story = crate::support::requested_of(100_000, facts)
        .then(&PaymentCommand::RecordUnknown(UnknownCause::ConnectionLost))
        .then(&PaymentCommand::RequestNetCancel)
        .then(&PaymentCommand::RecordNetCancel { had_approval: false });
    assert_eq!(code(&story, &PaymentCommand::RecordNetCancel { had_approval: false }), "OUTCOME_NOT_AWAITED");
    let story = story.then(&resolve(1, Resolution::NotPaid {})).then(&resolve(2, Resolution::NotPaid {}));
    assert_eq!(story.status(), "ABORTED");
}
