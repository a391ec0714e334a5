//! A retry, however late, gets the first answer again; after a 504 it gets what is true now.

use ledger_domain::payment::{
    Answer, CancelStatus, Failure, PaymentCommand, PaymentStatus, PaymentView, UnknownCause, answer,
};

use crate::support::{
    Story, acquirer_cancel, approval, cancel, cancel_id, net_cancelling, paid, requested, resolve, unknown,
    won,
};

/// The answer to the command behind event `intent`, and what it shows.
fn told(story: &Story, intent: usize) -> (Answer, PaymentView) {
    let answer = answer(&story.events, intent).unwrap();
    let length = match answer {
        Answer::Final { length } => length,
        Answer::Open | Answer::Unknown | Answer::Since => story.events.len(),
    };
    (answer, PaymentView::fold(&story.events[..length]).unwrap().unwrap())
}

#[test]
fn the_first_answer_is_repeated_after_everything_else_that_happened() {
    let story = paid().cancelled(1, Some(40_000)).cancelled(2, None);
    let (first, view) = told(&story, 0);
    assert_eq!(
        (first, view.status, view.balance_amount),
        (Answer::Final { length: 2 }, PaymentStatus::Done, won(100_000))
    );
    let (second, view) = told(&story, 2);
    assert_eq!((second, view.balance_amount), (Answer::Final { length: 4 }, won(60_000)));
    assert_eq!(view.cancels.len(), 1);
    assert_eq!(told(&story, 4).0, Answer::Final { length: 6 });
}

#[test]
fn a_decline_is_an_answer_that_binds() {
    let story =
        requested().then(&PaymentCommand::RecordDecline { code: "3095".into(), message: "no".into() });
    let (answer, view) = told(&story, 0);
    assert_eq!((answer, view.status), (Answer::Final { length: 2 }, PaymentStatus::Aborted));
    assert_eq!(view.failure, Some(Failure::Declined { code: "3095".into(), message: "no".into() }));
}

#[test]
fn a_command_still_under_way_is_open_and_one_without_an_answer_unknown() {
    assert_eq!(told(&requested(), 0).0, Answer::Open);
    assert_eq!(told(&unknown(), 0).0, Answer::Unknown);
    assert_eq!(told(&net_cancelling(), 0).0, Answer::Unknown);
    assert_eq!(answer(&requested().events, 1), None);
}

#[test]
fn after_unknown_the_answer_is_what_is_true_now() {
    let story = unknown().then(&PaymentCommand::RecordApproval(approval())).cancelled(1, Some(40_000));
    let (answer, view) = told(&story, 0);
    assert_eq!((answer, view.balance_amount), (Answer::Since, won(60_000)));
}

#[test]
fn an_unanswered_cancel_is_unknown_until_it_has_an_outcome() {
    let story = paid()
        .then(&PaymentCommand::RequestCancel(cancel(1, None)))
        .then(&PaymentCommand::RecordCancelUnknown { cancel_id: cancel_id(1), cause: UnknownCause::Timeout });
    assert_eq!(told(&story, 2).0, Answer::Unknown);
    assert_eq!(told(&story.then(&PaymentCommand::RecordCancel(acquirer_cancel(1))), 2).0, Answer::Since);
}

#[test]
fn one_cancel_s_outcome_does_not_answer_another() {
    let story = paid()
        .then(&PaymentCommand::RequestCancel(cancel(1, Some(10))))
        .then(&PaymentCommand::RequestCancel(cancel(2, Some(20))))
        .then(&PaymentCommand::RecordCancel(acquirer_cancel(2)));
    assert_eq!((told(&story, 2).0, told(&story, 3).0), (Answer::Open, Answer::Final { length: 5 }));
}

#[test]
fn a_merchant_s_wish_for_a_net_cancel_is_answered_by_its_outcome() {
    let wished = unknown().then(&PaymentCommand::RequestCancel(cancel(1, None)));
    assert_eq!(told(&wished, 2).0, Answer::Open);
    let undone = wished.clone().then(&PaymentCommand::RecordNetCancel { had_approval: true });
    let (answer, view) = told(&undone, 2);
    assert_eq!((answer, view.status), (Answer::Final { length: 4 }, PaymentStatus::Canceled));
    assert_eq!(view.cancels[0].status, CancelStatus::Done);
    assert_eq!(view.failure, Some(Failure::NetCancelled));
    assert_eq!(told(&wished.then(&PaymentCommand::GiveUp), 2).0, Answer::Unknown);
}

#[test]
fn a_proposal_and_its_confirmation_are_answers_to_themselves() {
    let not_paid = ledger_domain::payment::Resolution::NotPaid {};
    let story = net_cancelling()
        .then(&PaymentCommand::GiveUp)
        .then(&resolve(1, not_paid.clone()))
        .then(&resolve(2, not_paid));
    assert_eq!(told(&story, 4).0, Answer::Final { length: 5 });
    assert_eq!(told(&story, 5).0, Answer::Final { length: 6 });
    assert_eq!(told(&story, 0).0, Answer::Since);
}

#[test]
fn a_view_shows_what_is_left_and_how_it_splits() {
    let view = paid().cancelled(1, Some(50_000)).view();
    assert_eq!((view.total_amount, view.balance_amount), (won(100_000), won(50_000)));
    assert_eq!((view.split.supply, view.split.vat), (won(45_455), won(4_545)));
    assert_eq!(view.split.amount().unwrap(), view.balance_amount);
    assert_eq!((view.approve_no.as_deref(), view.version), (Some("00012345"), 4));
    assert_eq!(view.card_number.as_str(), "411111******1111");
}

#[test]
fn a_view_of_a_stream_that_does_not_begin_with_its_request_is_an_error() {
    assert!(PaymentView::fold(&paid().events[1..]).is_err());
    assert_eq!(PaymentView::fold(&[]), Ok(None));
}
