//! The second guard: `evolve` refuses every history that `decide` could not have written, and names both.

use ledger_domain::ids::{MerchantId, OperationId, PaymentId};
use ledger_domain::payment::{Payment, PaymentCommand, PaymentEvent, UnknownCause, evolve, replay};

use crate::support::{
    Story, acquirer_cancel, approval, cancel, cancel_id, net_cancelling, paid, requested, resolve, unknown,
    unresolved, uuid, won,
};

fn why(story: &Story, event: &PaymentEvent) -> &'static str {
    story.forced(event).unwrap_err().why
}

/// One story for every state and stage there is.
fn every_story() -> Vec<Story> {
    let wish = PaymentCommand::RequestCancel(cancel(1, Some(1_000)));
    let no_answer =
        PaymentCommand::RecordCancelUnknown { cancel_id: cancel_id(1), cause: UnknownCause::Timeout };
    let not_paid = ledger_domain::payment::Resolution::NotPaid {};
    let late = PaymentCommand::RecordApproval(approval());
    vec![
        requested(),
        unknown(),
        net_cancelling(),
        net_cancelling().then(&late),
        net_cancelling().then(&PaymentCommand::RecordNetCancel { had_approval: true }),
        net_cancelling().then(&PaymentCommand::RecordNetCancel { had_approval: false }),
        unresolved(),
        unresolved().then(&resolve(1, not_paid.clone())).then(&resolve(2, not_paid)),
        paid(),
        paid().then(&wish),
        paid().then(&wish).then(&no_answer),
        paid().then(&wish).then(&no_answer).then(&PaymentCommand::GiveUpCancel(cancel_id(1))),
        paid().cancelled(1, Some(1_000)),
        paid().cancelled(1, None),
        requested().then(&PaymentCommand::RecordDecline { code: String::new(), message: String::new() }),
        requested().then(&PaymentCommand::RecordNotAttempted(
            ledger_domain::payment::NotAttemptedCause::NotConfigured,
        )),
    ]
}

#[test]
fn no_event_can_happen_twice_in_a_row() {
    for story in every_story() {
        let impossible = story.forced(story.last()).unwrap_err();
        assert_eq!((impossible.state, impossible.event), (story.status(), story.last().type_name()));
    }
}

#[test]
fn no_stream_survives_the_exchange_of_two_neighbours_or_the_loss_of_its_request() {
    for story in every_story() {
        assert!(story.events.len() == 1 || replay(&story.events[1..]).is_err());
        for place in 0..story.events.len() - 1 {
            let mut exchanged = story.events.clone();
            exchanged.swap(place, place + 1);
            assert!(replay(&exchanged).is_err(), "with events {place} exchanged: {exchanged:#?}");
        }
    }
}

#[test]
fn an_event_of_another_payment_or_merchant_is_not_taken_in() {
    let PaymentEvent::Approved(data) = paid().last().clone() else { panic!() };
    let mut other = data.clone();
    other.payment_id = PaymentId::new(uuid(404));
    assert_eq!(why(&requested(), &PaymentEvent::Approved(other)), "another payment's event");
    let mut other = data;
    other.merchant_id = MerchantId::new(uuid(404));
    assert_eq!(why(&requested(), &PaymentEvent::Approved(other)), "another merchant's payment");
}

#[test]
fn amounts_that_do_not_fit_are_not_taken_in() {
    let PaymentEvent::Requested(mut data) = requested().last().clone() else { panic!() };
    data.sale_vat = won(1);
    assert!(evolve(Payment::Ready, &PaymentEvent::Requested(data)).is_err());

    let PaymentEvent::Approved(mut data) = paid().last().clone() else { panic!() };
    data.money.amount = won(99_999);
    assert_eq!(why(&requested(), &PaymentEvent::Approved(data)), "more or less moved than was asked for");

    let pending = paid().then(&PaymentCommand::RequestCancel(cancel(1, Some(1_000))));
    let done = pending.clone().then(&PaymentCommand::RecordCancel(acquirer_cancel(1)));
    let PaymentEvent::Cancelled(mut data) = done.last().clone() else { panic!() };
    data.money.amount = won(1_001);
    assert_eq!(why(&pending, &PaymentEvent::Cancelled(data)), "more or less moved back than was reserved");

    let PaymentEvent::CancelRequested(mut data) = pending.last().clone() else { panic!() };
    data.amount = won(100_001);
    assert_eq!(why(&paid(), &PaymentEvent::CancelRequested(data)), "more is reserved than is left");
}

#[test]
fn an_operation_id_that_is_not_the_operation_s_own_is_not_taken_in() {
    let wrong = OperationId::new(uuid(1));
    let PaymentEvent::Requested(mut data) = requested().last().clone() else { panic!() };
    data.operation_id = wrong;
    assert!(evolve(Payment::Ready, &PaymentEvent::Requested(data)).is_err());
    let PaymentEvent::NetCancelRequested(mut data) = net_cancelling().last().clone() else { panic!() };
    data.operation_id = wrong;
    assert_eq!(why(&unknown(), &PaymentEvent::NetCancelRequested(data)), "not the net cancel's operation id");
    let pending = paid().then(&PaymentCommand::RequestCancel(cancel(1, None)));
    let PaymentEvent::CancelRequested(mut data) = pending.last().clone() else { panic!() };
    data.operation_id = wrong;
    assert_eq!(why(&paid(), &PaymentEvent::CancelRequested(data)), "the cancel's ids are not its own");
}
