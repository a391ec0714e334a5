//! Pay-outs from their day to the bank's answer, and what is withheld and released.

use ledger_domain::Rejection;
use ledger_domain::money::Net;
use ledger_domain::settlement::{
    Balances, Deed, PayOutStage, PayeeTerms, RETURN_DAYS, SettlementCommand, SettlementCycle, SettlementDue,
    SettlementEvent, Withholding, due,
};

use crate::payees::{
    PayeeStory, approved, bank_word, by, closed, confirm, confirmed, daily, day, delivery, due_now, net,
    owing, pay_out_id, person, propose, proposed, send, sent,
};
use crate::support::{key_id, won};

#[test]
fn what_is_due_is_proposed_on_its_day_under_the_command_s_id() {
    let story = closed(daily());
    let (_, due) =
        due(&story.state).into_iter().find(|(_, due)| matches!(due, SettlementDue::PayOut(..))).unwrap();
    let command = due.command().unwrap();
    assert_eq!(story.refused(&command), "DAY_NOT_OVER");
    let story = story.to("2026-11-25");
    let id = story.facts(&command).command;
    let story = story.then(&command);
    let SettlementEvent::PayOutProposed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.pay_out_id.uuid(), data.number, data.proposed_by), (id, 1, None));
    assert_eq!(
        (data.amount, data.transfer, data.pay_out_date),
        (won(48_350), won(48_350), day("2026-11-25"))
    );
    assert_eq!(story.refused(&command), "NOTHING_PAYABLE");
    assert_eq!(due_now(&story), ["1970-01-01 deliver/1"]);
}

/// What is due first of the pay-outs, done on its day.
fn paid_when_due(story: PayeeStory) -> PayeeStory {
    let (at, what) =
        due(&story.state).into_iter().find(|(_, due)| matches!(due, SettlementDue::PayOut(..))).unwrap();
    story.to(&at.seoul_day().to_string()).then(&what.command().unwrap())
}

#[test]
fn what_is_closed_after_the_day_s_pay_out_is_paid_by_another_one_of_that_day() {
    // D+1: Saturday, Sunday and Monday are all paid on Tuesday, and Monday is closed on that day only.
    let terms = PayeeTerms { cycle: SettlementCycle::Daily { business_days: 1 }, ..daily() };
    let story = PayeeStory::merchant(terms).to("2026-11-28").sold(100_000).closed("2026-11-28");
    let story = paid_when_due(story.to("2026-11-30").sold(10_000).to("2026-12-01"));
    let story = story.then(&SettlementCommand::Close(day("2026-11-30")));
    assert_eq!(story.result().pay_out_date, day("2026-12-01"));
    assert_eq!(due_now(&story).last().unwrap(), "2026-12-01 pay-out/2026-12-01/2");
    let story = paid_when_due(story);
    let amounts: Vec<_> =
        story.state.pay_outs.values().map(|pay_out| (pay_out.number, pay_out.amount)).collect();
    assert_eq!(amounts.len(), 2, "each under an id of its own");
    assert!(amounts.contains(&(1, won(96_700))) && amounts.contains(&(2, won(9_670))));
}

#[test]
fn what_was_due_as_a_pay_out_that_is_there_already_is_due_no_more() {
    let story = proposed();
    assert_eq!(story.refused(&SettlementCommand::PayOutDue(day("2026-11-25"), 1)), "NOTHING_PAYABLE");
    let story = story.sold(100_000).closed("2026-11-25").to("2026-11-27");
    assert_eq!(story.refused(&SettlementCommand::PayOutDue(day("2026-11-27"), 1)), "NOTHING_PAYABLE");
    assert!(story.decided(&SettlementCommand::PayOutDue(day("2026-11-27"), 2)).is_ok());
}

#[test]
fn a_pay_out_is_approved_by_one_key_and_released_by_another() {
    assert_eq!(approved().refused(&by(2, send(1))), "NEEDS_ANOTHER_KEY");
    let story = approved().then(&by(1, send(1)));
    let SettlementEvent::PayOutSent(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.released_by, data.amount, data.transfer), (key_id(1), won(48_350), won(48_350)));
    assert_eq!(story.balances(), Balances { in_transit: net(48_350), ..Balances::default() });
    let story = story.then(&by(2, confirm(1, "2026-11-25")));
    assert_eq!(story.balances(), Balances::default());
}

#[test]
fn a_pay_out_is_not_approved_by_the_key_that_proposed_it() {
    let yes = |key| by(key, Deed::ApprovePayOut(pay_out_id(1)));
    assert_eq!(proposed().refused(&yes(1)), "NEEDS_ANOTHER_KEY");
    assert!(proposed().decided(&yes(2)).is_ok());
    let story = paid_when_due(closed(daily()));
    let id = *story.state.pay_outs.keys().next().unwrap();
    assert!(story.decided(&by(1, Deed::ApprovePayOut(id))).is_ok(), "nobody proposed it");
}

#[test]
fn each_deed_waits_for_the_pay_out_s_stage() {
    const NOT: &str = "PAY_OUT_NOT_IN_STAGE";
    let deeds: [fn() -> Deed; 6] = [
        || Deed::ApprovePayOut(pay_out_id(1)),
        || Deed::RejectPayOut(pay_out_id(1), "계좌 확인".into()),
        || send(1),
        || confirm(1, "2026-11-25"),
        || Deed::FailPayOut(pay_out_id(1), bank_word()),
        || Deed::ReturnPayOut(pay_out_id(1), bank_word()),
    ];
    for (story, stage, expected) in [
        (proposed(), PayOutStage::Proposed, ["", "", NOT, NOT, NOT, NOT]),
        (approved(), PayOutStage::Approved, [NOT, "", "", NOT, NOT, NOT]),
        (sent(), PayOutStage::Sent, [NOT, NOT, NOT, "", "", NOT]),
        (confirmed(), PayOutStage::Confirmed, [NOT, NOT, NOT, NOT, NOT, ""]),
    ] {
        assert_eq!(story.state.pay_outs[&pay_out_id(1)].stage, stage);
        for (deed, expected) in deeds.iter().zip(expected) {
            let found = story.decided(&by(9, deed())).err();
            assert_eq!(found.as_ref().map_or("", Rejection::code), expected, "{stage}: {:?}", deed());
            assert!(found.is_none_or(|found| found == Rejection::PayOutNotInStage { stage }));
        }
    }
    for deed in deeds {
        assert_eq!(closed(daily()).refused(&by(9, deed())), "NOT_FOUND_PAY_OUT");
    }
}

#[test]
fn what_failed_came_back_or_was_rejected_waits_for_a_new_proposal() {
    let rejected =
        |story: PayeeStory| story.then(&by(2, Deed::RejectPayOut(pay_out_id(1), "계좌 확인".into())));
    let failed = sent().then(&by(3, Deed::FailPayOut(pay_out_id(1), bank_word())));
    let returned = confirmed().then(&by(3, Deed::ReturnPayOut(pay_out_id(1), bank_word())));
    for story in [rejected(proposed()), rejected(approved()), failed, returned] {
        assert_eq!(story.balances(), Balances { payable: net(48_350), ..Balances::default() });
        assert_eq!(due_now(&story), ["1970-01-01 deliver/1"], "nothing pays it by itself");
        assert_eq!(story.state.waiting, net(48_350));
        let again = story.then(&by(1, propose(2)));
        let SettlementEvent::PayOutProposed(data) = again.last() else { panic!("{:?}", again.last()) };
        assert_eq!((data.number, data.amount, data.proposed_by), (2, won(48_350), Some(key_id(1))));
        assert_eq!(again.state.waiting, Net::ZERO);
    }
}

#[test]
fn a_new_proposal_pays_what_waits_together_with_what_is_due() {
    let story = proposed().then(&by(2, Deed::RejectPayOut(pay_out_id(1), "계좌 확인".into())));
    let story = story.sold(100_000).closed("2026-11-25");
    assert_eq!(story.result().pay_out_date, day("2026-11-27"));
    let early = story.clone().then(&by(1, propose(2)));
    assert_eq!(early.state.pay_outs[&pay_out_id(2)].amount, won(48_350), "the rest is not due yet");
    let story = story.to("2026-11-27").then(&by(1, propose(2)));
    assert_eq!(story.state.pay_outs[&pay_out_id(2)].amount, won(48_350 + 96_700));
    assert_eq!(story.refused(&by(1, propose(3))), "NOTHING_PAYABLE");
    assert_eq!(
        story.sold(1_000).closed("2026-11-27").to("2026-12-01").refused(&by(1, propose(2))),
        "ALREADY_REGISTERED"
    );
}

#[test]
fn less_than_the_smallest_pay_out_waits_for_more() {
    let terms = PayeeTerms { minimum_pay_out: won(100_000), ..daily() };
    let story = closed(terms).sold(50_000).closed("2026-11-24");
    assert_eq!(story.state.payable.len(), 2);
    assert!(due_now(&story).iter().all(|due| !due.contains("pay-out")), "{:?}", due_now(&story));
    let story = story.sold(50_000).closed("2026-11-25").to("2026-11-26");
    let (_, due) =
        due(&story.state).into_iter().find(|(_, due)| matches!(due, SettlementDue::PayOut(..))).unwrap();
    let command = due.command().unwrap();
    assert_eq!(story.refused(&command), "DAY_NOT_OVER");
    let story = story.to("2026-11-27").then(&command);
    let SettlementEvent::PayOutProposed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.amount, data.pay_out_date), (won(3 * 48_350), day("2026-11-27")));
}

#[test]
fn a_person_may_pay_out_less_than_the_smallest_pay_out() {
    let story = closed(PayeeTerms { minimum_pay_out: won(100_000), ..daily() }).to("2026-11-25");
    assert_eq!(story.then(&by(1, propose(1))).state.pay_outs[&pay_out_id(1)].amount, won(48_350));
}

#[test]
fn tax_is_withheld_of_a_person_s_pay_out() {
    let story = PayeeStory::branch(person()).then(&delivery(1, 123_456)).closed("2026-11-23");
    let story = story.to("2026-12-10").then(&by(1, propose(1)));
    let SettlementEvent::PayOutProposed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!(data.withholding, Withholding { income_tax: won(3_700), local_tax: won(370) });
    assert_eq!((data.amount, data.transfer), (won(123_456), won(119_386)));
}

#[test]
fn a_pay_out_comes_back_within_sixty_days_and_is_then_forgotten() {
    let back = by(3, Deed::ReturnPayOut(pay_out_id(1), bank_word()));
    let story = confirmed().to("2027-01-23").sold(1_000).closed("2027-01-23");
    assert_eq!(day("2026-11-25").plus_days(RETURN_DAYS), day("2027-01-24"));
    assert!(story.decided(&back).is_ok(), "the 24th is the last day");
    let story = story.sold(1_000).closed("2027-01-24");
    assert_eq!(story.refused(&back), "NOT_FOUND_PAY_OUT");
    let unpaid = sent().to("2027-01-24").sold(1_000).closed("2027-01-24");
    assert!(
        unpaid.decided(&by(3, confirm(1, "2026-11-25"))).is_ok(),
        "the bank's answer may take as long as it likes"
    );
}

#[test]
fn a_payee_is_paid_nothing_where_nothing_is_due() {
    assert_eq!(PayeeStory::merchant(daily()).refused(&by(1, propose(1))), "NOTHING_PAYABLE");
    assert_eq!(closed(daily()).refused(&by(1, propose(1))), "NOTHING_PAYABLE", "it is due on the 25th");
    assert_eq!(
        owing(daily()).to("2026-11-27").then(&by(1, propose(1))).refused(&by(1, propose(2))),
        "NOTHING_PAYABLE"
    );
}

#[test]
fn a_part_or_all_of_what_is_payable_is_withheld_and_released() {
    let withhold = |amount: Option<i64>| by(1, Deed::Withhold(amount.map(won), "민원 확인".into()));
    let release = |amount: Option<i64>| by(2, Deed::Release(amount.map(won), "민원 종결".into()));
    let story = closed(daily());
    assert_eq!(story.refused(&release(None)), "NOTHING_PAYABLE");
    assert_eq!(story.refused(&withhold(Some(0))), "INVALID_AMOUNT");
    assert_eq!(
        story.decided(&withhold(Some(48_351))),
        Err(Rejection::ExceedsPayable { payable: won(48_350) })
    );
    let story = story.then(&withhold(Some(10_000)));
    assert_eq!(
        story.balances(),
        Balances { payable: net(38_350), withheld: net(10_000), ..Balances::default() }
    );
    assert_eq!(
        story.decided(&release(Some(10_001))),
        Err(Rejection::ExceedsPayable { payable: won(10_000) })
    );
    let story = story.then(&withhold(None));
    assert_eq!(story.balances(), Balances { withheld: net(48_350), ..Balances::default() });
    assert_eq!(story.refused(&withhold(None)), "NOTHING_PAYABLE");
    assert_eq!(due_now(&story), ["1970-01-01 deliver/1"]);
    let story = story.then(&release(Some(48_000)));
    let SettlementEvent::Released(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.amount, data.pay_out_date), (won(48_000), day("2026-11-25")));
    let story = story.to("2026-11-27").then(&release(None));
    let SettlementEvent::Released(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.amount, data.pay_out_date), (won(350), day("2026-11-30")), "the 27th is a Friday");
    assert_eq!(story.balances(), Balances { payable: net(48_350), ..Balances::default() });
}

#[test]
fn what_waits_is_withheld_first_and_then_what_is_due_first() {
    let story = proposed().then(&by(2, Deed::RejectPayOut(pay_out_id(1), "계좌 확인".into())));
    let story = story.sold(100_000).closed("2026-11-25").sold(100_000).closed("2026-11-26");
    let story = story.then(&by(1, Deed::Withhold(Some(won(48_350 + 96_700 + 1)), "민원".into())));
    assert_eq!(
        (story.state.waiting, story.state.payable),
        (Net::ZERO, [(day("2026-11-30"), net(96_699))].into())
    );
}
