//! A payee's days through the real owner and writer: a day is closed when it is over, commissions reach those who earned exactly once,
//! and what is due is proposed on its day, whoever leads the partition then.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test's helpers meet unexpectedly fails the test"
)]

mod owner_support;

use ledger_api::acquirers::{Approval, ApproveOutcome, CancelOutcome};
use ledger_api::ledger::{Answer, ClientCommand, CommandResult, PaymentAt, Submission};
use ledger_api::owner::{Call, Returned};
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{KeyId, PayOutId};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::recorded::{self, Actor};
use ledger_domain::settlement::{Deed, Operation, SettlementCommand, SettlementEvent, chain, close_at};
use ledger_domain::{Event, Rejection};
use ledger_log::{Position, Reader, Verdict};
use owner_support::desk::{Desk, cancel, key_in, recorded as payment};
use owner_support::directory::{START_MS, merchant, paying_commissions};
use owner_support::process::DEPTH;
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn open() -> Desk {
    let mut desk = Desk::open(true);
    desk.process.directory = paying_commissions(START_MS - 10_000);
    desk
}

fn answered(call: &Call) -> Returned {
    match call {
        Call::Approve(..) => Returned::Approve(ApproveOutcome::Approved(Approval {
            acquirer_transaction: "t-1".to_owned(),
            approve_no: "00123456".to_owned(),
            approved_at_ms: START_MS,
            issuer_code: None,
        })),
        Call::Cancel(..) => Returned::Cancel(CancelOutcome::Cancelled {
            cancel_transaction: "c-1".to_owned(),
            cancelled_at_ms: START_MS,
        }),
        Call::Inquire(..) | Call::NetCancel(..) => panic!("nothing is unknown here: {call:?}"),
    }
}

fn pay(desk: &mut Desk, key: u64, amount: i64) -> PaymentAt {
    let reply = desk.submit(&key_in(key, &format!("order-{key}"), amount));
    desk.acquirer_says(answered);
    payment(desk.answer(reply).unwrap()).0
}

fn take_back(desk: &mut Desk, key: u64, of: &PaymentAt, amount: i64) {
    let reply = desk.submit(&cancel(key, of, Some(amount)));
    desk.acquirer_says(answered);
    payment(desk.answer(reply).unwrap());
}

/// Every settlement event of the partition, with its position.
fn settled(desk: &Desk) -> Vec<(Position, SettlementEvent)> {
    let mut reader = Reader::new(desk.sim.at().clone(), DEPTH);
    let mut found = Vec::new();
    for raw in (0..desk.sim.high()).filter_map(|offset| desk.sim.raw(offset)) {
        let Verdict::Accepted(accepted) = reader.judge(raw).unwrap() else { continue };
        let record = accepted.record;
        if record.is_fence() {
            continue;
        }
        let (event, _) = recorded::read(&record.payload.headers, &record.payload.value).unwrap();
        if let Event::Settlement(event) = event {
            found.push((Position { partition: desk.sim.at().clone(), seq: record.seq }, event));
        }
    }
    found
}

fn names(desk: &Desk) -> Vec<&'static str> {
    let short = |name: &'static str| {
        name.strip_prefix("ledger.settlement.").and_then(|name| name.strip_suffix(".v1")).unwrap_or(name)
    };
    settled(desk).iter().map(|(_, event)| short(event.type_name())).collect()
}

fn today(desk: &Desk) -> Day {
    Moment::from_ms(desk.now_ms).seoul_day()
}

fn to_midnight(desk: &mut Desk) {
    let end = close_at(today(desk)).ms();
    desk.pass(end - desk.now_ms - 1);
    let before = names(desk).len();
    desk.pass(0);
    assert_eq!(names(desk).len(), before, "the day is not over yet");
    desk.pass(100);
    // What has just been closed is to be delivered.
    desk.pass(100);
}

/// Brings what is on its way to its payee, who is here too, and says so.
fn deliver(desk: &mut Desk) -> usize {
    let deliveries = std::mem::take(&mut desk.deliveries);
    for (id, delivery) in &deliveries {
        let reply = desk.submit_as_is(Submission::of_delivery(delivery.clone(), desk.now_ms));
        let Some(Answer::Recorded { position, .. }) = desk.answer(reply) else { panic!("not recorded") };
        let now_ms = desk.now_ms;
        desk.process.owner.delivered(*id, Some(position.to_string()), now_ms);
        desk.settle();
    }
    deliveries.len()
}

fn operate(desk: &mut Desk, payee: Payee, by: u128, deed: Deed) -> Result<SettlementEvent, Rejection> {
    let key = KeyId::new(Uuid::from_u128(by));
    let operation = Operation { by: key, not_after: Moment::from_ms(0), deed };
    let mut submission = desk.submission(&key_in(0, "order", 1));
    let number = desk.sim.high();
    submission.command_id =
        ledger_domain::ids::CommandId::from_digest([u8::try_from(number % 251).unwrap(); 32]);
    submission.idempotency_key = format!("operator-{number}");
    submission.caller = Actor::Key(key);
    submission.command = ClientCommand::Settlement(payee, Box::new(SettlementCommand::Operate(operation)));
    submission.card = None;
    let reply = desk.submit_as_is(submission);
    match desk.answer(reply) {
        Some(Answer::Recorded { result: CommandResult::Settlement(event), .. }) => Ok(*event),
        Some(Answer::Rejected(rejection)) => Err(rejection),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_day_is_closed_when_it_is_over_and_what_comes_later_belongs_to_the_next() {
    let mut desk = open();
    let (first, day) = (pay(&mut desk, 1, 100_000), today(&desk));
    take_back(&mut desk, 2, &first, 50_000);
    to_midnight(&mut desk);
    take_back(&mut desk, 3, &first, 50_000);
    let events = settled(&desk);
    let [(_, SettlementEvent::MerchantClosed(closed))] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((closed.number, closed.day, closed.entries, closed.open_count), (1, day, 2, 0));
    // 100,000 and 50,000 back, each with its fee of 3 % and VAT on top.
    assert_eq!((closed.sales_amount.minor(), closed.cancels_amount.minor()), (100_000, 50_000));
    assert_eq!((closed.fee_supply.minor(), closed.fee_vat.minor()), (1_500, 150));
    assert_eq!((closed.result.net.minor(), closed.result.payable.minor()), (48_350, 48_350));
    assert_eq!(closed.result.pay_out_date.to_string(), "2026-11-20");
    let zero = ledger_domain::directory::Digest([0; 32]);
    let net = |minor| ledger_domain::money::Net::new(minor).unwrap();
    let hash = chain(chain(zero, 3, net(96_700)), closed.through, net(-48_350));
    assert_eq!((closed.entries_hash, closed.through), (hash, 5));
    to_midnight(&mut desk);
    let closings = settled(&desk).into_iter().filter_map(|(_, event)| match event {
        SettlementEvent::MerchantClosed(data) => Some(data),
        _ => None,
    });
    let second = closings.last().unwrap();
    assert_eq!((second.number, second.day, second.entries), (2, day.next(), 1));
    assert_eq!((second.result.receivable.minor(), second.result.payable.minor()), (48_350, 0));
}

#[test]
fn commissions_arrive_once_however_often_they_are_sent_and_whoever_leads() {
    let mut desk = open();
    pay(&mut desk, 1, 100_000);
    to_midnight(&mut desk);
    assert_eq!(desk.deliveries.len(), 2);
    // The first is recorded with its payee, and nobody hears of it.
    let (_, delivery) = desk.deliveries[0].clone();
    let reply = desk.submit_as_is(Submission::of_delivery(delivery, desk.now_ms));
    assert!(matches!(desk.answer(reply), Some(Answer::Recorded { replayed: false, .. })));
    desk.restart(false);
    desk.pass(100);
    assert_eq!(deliver(&mut desk), 2, "a new owner finds out what is undelivered");
    desk.restart(true);
    desk.pass(120_000);
    assert_eq!((desk.deliveries.len(), deliver(&mut desk)), (0, 0));
    let count = |name| names(&desk).iter().filter(|one| **one == name).count();
    assert_eq!((count("commission-received"), count("commission-delivered")), (2, 2));
    let mut sum = 0;
    for (position, event) in settled(&desk) {
        match event {
            SettlementEvent::CommissionReceived(data) => sum += data.amount.minor(),
            SettlementEvent::CommissionDelivered(data) => {
                assert!(settled(&desk).iter().any(|(at, _)| at.to_string() == data.position), "{position}");
                sum -= data.amount.minor();
            }
            _ => {}
        }
    }
    assert_eq!(sum, 0);
    // What they received is closed when that day is over.
    to_midnight(&mut desk);
    let nodes = settled(&desk).into_iter().filter_map(|(_, event)| match event {
        SettlementEvent::NodeClosed(data) => Some((data.payee, data.result.payable.minor())),
        _ => None,
    });
    let paid: std::collections::BTreeMap<String, i64> =
        nodes.map(|(payee, amount)| (payee.to_string()[..4].to_owned(), amount)).collect();
    assert_eq!(paid, [("agn_".to_owned(), 220), ("brn_".to_owned(), 550)].into());
}

#[test]
fn what_is_due_is_proposed_on_its_day_and_paid_by_two_people() {
    let mut desk = open();
    pay(&mut desk, 1, 100_000);
    to_midnight(&mut desk);
    let payee = Payee::Merchant(merchant(1));
    assert!(!names(&desk).contains(&"pay-out-proposed"));
    // Sold on Wednesday the 18th: D+2 is Friday.
    to_midnight(&mut desk);
    let proposed = settled(&desk).into_iter().find_map(|(_, event)| match event {
        SettlementEvent::PayOutProposed(data) => Some(data),
        _ => None,
    });
    let proposed = proposed.unwrap();
    assert_eq!(
        (proposed.amount.minor(), proposed.transfer.minor(), proposed.proposed_by),
        (96_700, 96_700, None)
    );
    let id = proposed.pay_out_id;
    let send = || Deed::SendPayOut(id, "batch-1".to_owned());
    assert!(matches!(operate(&mut desk, payee, 7, send()), Err(Rejection::PayOutNotInStage { .. })));
    operate(&mut desk, payee, 7, Deed::ApprovePayOut(id)).unwrap();
    assert_eq!(operate(&mut desk, payee, 7, send()), Err(Rejection::NeedsAnotherKey));
    operate(&mut desk, payee, 8, send()).unwrap();
    let confirm = Deed::ConfirmPayOut {
        pay_out_id: id,
        bank_account: "main".to_owned(),
        bank_reference: "r-1".to_owned(),
        paid_on: today(&desk),
    };
    operate(&mut desk, payee, 9, confirm).unwrap();
    let unknown = PayOutId::new(Uuid::from_u128(1));
    assert_eq!(operate(&mut desk, payee, 7, Deed::ApprovePayOut(unknown)), Err(Rejection::PayOutNotFound));
    let nobody = Payee::Node(Node::Branch(ledger_domain::ids::BranchId::new(Uuid::from_u128(99))));
    assert_eq!(operate(&mut desk, nobody, 7, Deed::ApprovePayOut(id)), Err(Rejection::PayeeNotFound));
}

#[test]
fn the_store_that_the_log_gives_back_is_the_one_that_was_lost() {
    let mut desk = open();
    let first = pay(&mut desk, 1, 100_000);
    take_back(&mut desk, 2, &first, 30_000);
    to_midnight(&mut desk);
    deliver(&mut desk);
    pay(&mut desk, 3, 70_000);
    to_midnight(&mut desk);
    deliver(&mut desk);
    desk.pass(DAY_MS);
    let before = desk.process.store.clone();
    let timers = |desk: &Desk| desk.process.owner.next_ms();
    let next = timers(&desk);
    desk.restart(false);
    let seq = |store: &ledger_api::store::Memory| {
        use ledger_api::owner::rows::{self, CursorRow};
        rows::read(store, &rows::cursor_key(), CursorRow::decode).unwrap().map(|row| row.cursor.seq)
    };
    assert!(seq(&desk.process.store) > seq(&before), "a new reign has a fence of its own");
    let without_cursor = |store: &ledger_api::store::Memory| {
        let mut store = store.clone();
        store.apply([(ledger_api::owner::rows::cursor_key(), None)].into());
        store
    };
    assert_eq!(without_cursor(&desk.process.store), without_cursor(&before));
    assert_eq!(next.is_some(), timers(&desk).is_some());
}
