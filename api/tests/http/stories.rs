//! Payments in the states that answers tell of, made by the domain's own rules.

use ledger_api::ledger::{Answer, CommandResult, PaymentAt};
use ledger_domain::card::CardNumber;
use ledger_domain::contract::Method;
use ledger_domain::days::Moment;
use ledger_domain::ids::{CancelId, PaymentId};
use ledger_domain::money::{Amount, Currency};
use ledger_domain::payment::{
    AcquirerApproval, AcquirerCancel, ChangeMetadata, Facts, NotAttemptedCause, Payment, PaymentCommand,
    PaymentView, RequestCancel, RequestPayment, UnknownCause, decide, evolve,
};
use ledger_log::{PartitionId, Position};

use super::support::*;

pub fn payment_id() -> PaymentId {
    PaymentId::new(uuid(0xAA))
}

pub fn cancel_id() -> CancelId {
    CancelId::new(uuid(0xBB))
}

/// The payment of merchant 1 after its request and these commands.
pub fn story(world: &World, commands: &[PaymentCommand]) -> PaymentView {
    let now = Moment::from_ms(NOW_MS);
    let request = PaymentCommand::Request(RequestPayment {
        payment_id: payment_id(),
        merchant_id: merchant(1),
        order_id: "order-1".to_owned(),
        order_name: "커피".to_owned(),
        method: Method::Card,
        currency: Currency::Krw,
        amount: Amount::new(11_000).unwrap(),
        tax_free: None,
        vat: None,
        installment_months: 0,
        card: CardNumber::parse("4330123412341235").unwrap().masked(),
        not_after: Moment::from_ms(NOW_MS + 10_000),
    });
    let facts = Facts::for_sale(world.ledger.directory.sale_facts(merchant(1), now).unwrap());
    let mut state = Payment::default();
    let mut events = Vec::new();
    for (command, facts) in
        [(&request, facts)].into_iter().chain(commands.iter().map(|c| (c, Facts::for_outcome())))
    {
        let event = decide(&state, command, &facts, NOW_MS + 1).unwrap();
        state = evolve(state, &event).unwrap();
        events.push(event);
    }
    PaymentView::fold(&events).unwrap().unwrap()
}

pub fn approved() -> PaymentCommand {
    PaymentCommand::RecordApproval(AcquirerApproval {
        acquirer_transaction: "T1".to_owned(),
        approve_no: "30012345".to_owned(),
        approved_at: Moment::from_ms(NOW_MS),
        issuer_code: Some("41".to_owned()),
    })
}

pub fn declined() -> PaymentCommand {
    PaymentCommand::RecordDecline { code: "51".to_owned(), message: "한도초과".to_owned() }
}

pub fn not_attempted() -> PaymentCommand {
    PaymentCommand::RecordNotAttempted(NotAttemptedCause::Unreachable)
}

pub fn unknown() -> PaymentCommand {
    PaymentCommand::RecordUnknown(UnknownCause::Timeout)
}

pub fn cancel_wanted() -> PaymentCommand {
    PaymentCommand::RequestCancel(RequestCancel {
        cancel_id: cancel_id(),
        merchant_id: merchant(1),
        amount: Some(Amount::new(1_000).unwrap()),
        tax_free: None,
        reason: "변심".to_owned(),
        current_cancellable: None,
        not_after: Moment::from_ms(NOW_MS + 10_000),
    })
}

pub fn noted() -> PaymentCommand {
    PaymentCommand::ChangeMetadata(ChangeMetadata {
        merchant_id: merchant(1),
        set: [("campaign".to_owned(), "겨울".to_owned())].into(),
        removed: ["old".to_owned()].into(),
        not_after: Moment::from_ms(NOW_MS + 10_000),
    })
}

pub fn cancel_done() -> PaymentCommand {
    PaymentCommand::RecordCancel(AcquirerCancel {
        cancel_id: cancel_id(),
        acquirer_transaction: "C1".to_owned(),
        canceled_at: Moment::from_ms(NOW_MS),
    })
}

/// The payment as an answer shows it.
pub fn at(view: PaymentView, cancel: Option<CancelId>) -> PaymentAt {
    let position = Position { partition: PartitionId::new("ledger.payments", 3), seq: 1_042 };
    let command = ledger_api::http::command::identity::command_id(&merchant(1).to_string(), "key-1");
    let version = u32::try_from(view.version).unwrap();
    PaymentAt { view: view.into(), position, version, command, cancel }
}

pub fn recorded(payment: PaymentAt, replayed: bool) -> Answer {
    let (position, result) = (payment.position.clone(), CommandResult::Payment(Box::new(payment)));
    Answer::Recorded { position, replayed, result }
}
