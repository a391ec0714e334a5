//! What takes two people, and what holds for every command of a payee's stream.

use ledger_domain::days::Moment;
use ledger_domain::lines::Node;
use ledger_domain::money::Amount;
use ledger_domain::settlement::{
    Balances, Deed, MAX_PROPOSALS, Operation, PayeeTerms, ReserveRule, SettlementCommand, SettlementDue,
    SettlementEvent, Wish, due,
};

use crate::payees::{
    PayeeStory, adjustment, approved, bank_word, branch, by, closed, daily, day, delivery, due_now, merchant,
    net, owing, pay_out_id, proposal, proposal_id, propose, proposed, reserve, reserved, sent,
};
use crate::support::{branch_id, key_id, merchant_id, won};

#[test]
fn an_adjustment_takes_two_keys_and_counts_in_the_next_closing() {
    let story = PayeeStory::merchant(daily()).then(&by(1, proposal(1, adjustment(-350))));
    let yes = |key| by(key, Deed::Confirm(proposal_id(1)));
    assert_eq!(story.refused(&yes(1)), "NEEDS_ANOTHER_KEY");
    let story = story.then(&yes(2));
    let SettlementEvent::Adjusted(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.amount, data.day), (net(-350), day("2026-11-23")));
    assert_eq!((data.decided.proposed_by, data.decided.confirmed_by), (key_id(1), key_id(2)));
    assert_eq!(data.decided.document, "2026-11/adjustment-17.pdf");
    assert_eq!(story.refused(&yes(2)), "NOT_FOUND_PROPOSAL");
    assert_eq!(due_now(&story), ["2026-11-24 close/2026-11-23"]);
    let story = story.agreed(2, adjustment(100)).sold(1_000).closed("2026-11-23");
    let SettlementEvent::MerchantClosed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.adjustments, data.result.net), (net(-250), net(967 - 250)));
    assert!(story.state.adjusted.is_empty());
}

#[test]
fn an_adjustment_belongs_to_a_day_that_is_open() {
    let mut story = closed(daily());
    story.now = day("2026-11-23").begins().ms();
    let story = story.agreed(1, adjustment(1));
    assert_eq!(story.state.adjusted, [(day("2026-11-24"), net(1))].into());
}

#[test]
fn what_is_proposed_must_be_possible() {
    let story = owing(reserved());
    for (wish, expected) in [
        (adjustment(0), "INVALID_AMOUNT"),
        (adjustment(Amount::MAX.minor() + 1), "AMOUNT_OUT_OF_RANGE"),
        (adjustment(-Amount::MAX.minor() - 1), "AMOUNT_OUT_OF_RANGE"),
        (Wish::WriteOff { closing: 1 }, "NOT_FOUND_CLOSING"),
        (Wish::ReserveRelease { closing: 2 }, "NOT_FOUND_CLOSING"),
    ] {
        assert_eq!(story.refused(&by(1, proposal(1, wish.clone()))), expected, "{wish:?}");
    }
    let story = story.then(&by(1, proposal(1, Wish::WriteOff { closing: 2 })));
    assert_eq!(story.refused(&by(2, proposal(1, adjustment(1)))), "ALREADY_REGISTERED");
    assert_eq!(story.refused(&by(2, Deed::Confirm(proposal_id(2)))), "NOT_FOUND_PROPOSAL");
}

#[test]
fn only_so_many_proposals_wait() {
    let all = u128::try_from(MAX_PROPOSALS).unwrap();
    let story = (0..all)
        .fold(PayeeStory::merchant(daily()), |story, n| story.then(&by(1, proposal(n, adjustment(1)))));
    assert_eq!(story.refused(&by(1, proposal(all, adjustment(1)))), "TOO_MANY_PROPOSALS");
    let story = story.then(&by(2, Deed::Confirm(proposal_id(0))));
    assert!(story.decided(&by(1, proposal(all, adjustment(1)))).is_ok());
}

#[test]
fn a_proposal_about_what_is_settled_meanwhile_waits_no_more() {
    let write_off = || proposal(1, Wish::WriteOff { closing: 2 });
    let made_good = owing(daily()).then(&by(1, write_off())).sold(100_000).closed("2026-11-27");
    let written_off = owing(daily()).then(&by(1, write_off())).agreed(2, Wish::WriteOff { closing: 2 });
    let early = || proposal(1, Wish::ReserveRelease { closing: 1 });
    let released = closed(reserved()).then(&by(1, early())).agreed(2, Wish::ReserveRelease { closing: 1 });
    let used = owing(reserved()).then(&by(1, early())).sold(1_000).closed("2026-11-27");
    for story in [made_good, written_off, released, used] {
        assert!(story.state.proposals.is_empty(), "{:?}", story.state.proposals);
        assert_eq!(story.refused(&by(2, Deed::Confirm(proposal_id(1)))), "NOT_FOUND_PROPOSAL");
    }
    let left = owing(daily()).then(&by(1, write_off())).sold(20_000).closed("2026-11-27");
    assert!(left.decided(&by(2, Deed::Confirm(proposal_id(1)))).is_ok(), "something is still owed");
}

#[test]
fn a_write_off_gives_up_what_is_left_of_one_closing() {
    let story = owing(daily()).sold(20_000).closed("2026-11-27");
    assert_eq!(story.state.receivable, [(2, net(48_350 - 19_340))].into());
    let story = story.agreed(1, Wish::WriteOff { closing: 2 });
    let SettlementEvent::WrittenOff(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.closing, data.amount), (2, won(29_010)));
    assert!(story.state.receivable.is_empty());
    assert_eq!(story.refused(&by(1, proposal(2, Wish::WriteOff { closing: 2 }))), "NOT_FOUND_CLOSING");
}

#[test]
fn a_reserve_is_released_on_its_day_or_by_two_people_before() {
    let story = closed(reserved());
    assert!(due_now(&story).contains(&"2027-02-21 reserve/1".to_owned()));
    assert_eq!(story.refused(&SettlementCommand::ReserveDue(1)), "DAY_NOT_OVER");
    assert_eq!(story.refused(&SettlementCommand::ReserveDue(2)), "NOT_FOUND_CLOSING");
    let early = story.clone().agreed(1, Wish::ReserveRelease { closing: 1 });
    let SettlementEvent::ReserveReleased(data) = early.last() else { panic!("{:?}", early.last()) };
    assert_eq!(
        (data.amount, data.pay_out_date, data.decided.is_some()),
        (won(2_500), day("2026-11-25"), true)
    );
    assert_eq!(early.balances(), Balances { payable: net(48_350), ..Balances::default() });
    // 21 February 2027 is a Sunday.
    let story = story.to("2027-02-21").then(&SettlementCommand::ReserveDue(1));
    let SettlementEvent::ReserveReleased(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.amount, data.pay_out_date, &data.decided), (won(2_500), day("2027-02-22"), &None));
    assert_eq!(story.refused(&SettlementCommand::ReserveDue(1)), "NOT_FOUND_CLOSING");
}

#[test]
fn a_reserve_is_not_released_by_its_day_while_something_is_owed_that_it_may_make_good() {
    let story = owing(reserved()).to("2027-02-22");
    assert!(due_now(&story).iter().all(|due| !due.contains("reserve")), "{:?}", due_now(&story));
    assert_eq!(story.refused(&SettlementCommand::ReserveDue(1)), "NOTHING_PAYABLE");
    // Two people may, and the next closing uses it.
    assert!(story.clone().agreed(1, Wish::ReserveRelease { closing: 1 }).state.reserve.is_empty());
    let story = story.agreed(1, adjustment(1)).closed("2027-02-22");
    assert_eq!(story.state.receivable, [(2, net(48_350 - 1 - 2_500))].into());
    assert!(story.state.reserve.is_empty());
    // What may not be used is released.
    let rule = ReserveRule { usable_for_offset: false, ..reserve(None) };
    let story = owing(PayeeTerms { reserve: Some(rule), ..daily() }).to("2027-02-22");
    assert!(due_now(&story).contains(&"2027-02-21 reserve/1".to_owned()));
    assert!(story.decided(&SettlementCommand::ReserveDue(1)).is_ok());
}

#[test]
fn an_operator_s_command_is_refused_after_its_not_after() {
    let story = closed(daily());
    let late = Operation {
        by: key_id(1),
        not_after: Moment::from_ms(story.now - 1),
        deed: Deed::Withhold(None, "민원".into()),
    };
    assert_eq!(story.refused(&SettlementCommand::Operate(late.clone())), "COMMAND_EXPIRED");
    let still = Operation { not_after: Moment::from_ms(story.now), ..late };
    assert!(story.decided(&SettlementCommand::Operate(still)).is_ok());
}

#[test]
fn free_texts_are_bounded_and_a_bank_s_words_are_cut() {
    let long = || "가".repeat(201);
    let with = |reason: String, document: String| Deed::Propose {
        proposal_id: proposal_id(1),
        wish: adjustment(1),
        reason,
        document,
    };
    let at_bank = |bank_account: String, bank_reference: String| Deed::ConfirmPayOut {
        pay_out_id: pay_out_id(1),
        bank_account,
        bank_reference,
        paid_on: day("2026-11-25"),
    };
    for (story, deed) in [
        (closed(daily()), Deed::Withhold(None, long())),
        (closed(daily()), Deed::Withhold(None, " ".into())),
        (closed(daily()), Deed::Release(None, "줄\n바꿈".into())),
        (closed(daily()), with(long(), "1".into())),
        (closed(daily()), with("a".into(), String::new())),
        (proposed(), Deed::RejectPayOut(pay_out_id(1), long())),
        (approved(), Deed::SendPayOut(pay_out_id(1), long())),
        (sent(), at_bank("a".repeat(65), "1".into())),
        (sent(), at_bank("a".into(), String::new())),
    ] {
        assert_eq!(story.refused(&by(9, deed.clone())), "INVALID_TEXT", "{deed:?}");
    }
    let mut word = bank_word();
    (word.code, word.message) = ("가".repeat(65), format!("a\n{}", long()));
    let story = sent().then(&by(3, Deed::FailPayOut(pay_out_id(1), word)));
    let SettlementEvent::PayOutFailed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.code.chars().count(), data.message.chars().count()), (64, 200));
    assert!(data.message.starts_with("a 가"));
}

#[test]
fn the_ledger_s_own_commands_have_keys_of_their_own_and_others_none() {
    let to = Node::Branch(branch_id());
    let own = [
        (SettlementCommand::Close(day("2026-11-23")), "close/2026-11-23".to_owned()),
        (SettlementCommand::PayOutDue(day("2026-11-25"), 3), "pay-out/2026-11-25/3".to_owned()),
        (SettlementCommand::ReserveDue(7), "reserve/7".to_owned()),
        (
            SettlementCommand::RecordDelivery { closing: 7, to, position: "ledger.payments/5:118".into() },
            format!("delivered/7/{to}"),
        ),
    ];
    for (command, expected) in own {
        assert_eq!(command.internal_key(merchant()), Some(format!("{}/{expected}", merchant_id())));
    }
    assert_eq!(delivery(1, 275).internal_key(branch()), None);
    assert_eq!(by(1, propose(1)).internal_key(merchant()), None);
}

#[test]
fn what_is_due_is_written_as_text_and_read_back() {
    let story = closed(reserved()).agreed(1, adjustment(1));
    assert_eq!(
        due_now(&story),
        [
            "1970-01-01 deliver/1",
            "2026-11-25 close/2026-11-24",
            "2026-11-25 pay-out/2026-11-25/1",
            "2027-02-21 reserve/1"
        ]
    );
    for (_, due) in due(&story.state) {
        assert_eq!(due.to_string().parse(), Ok(due));
        assert_eq!(due.command().is_none(), matches!(due, SettlementDue::Deliver(_)));
    }
    for text in [
        "",
        "close",
        "close/",
        "close/2026-11-31",
        "pay-out/x",
        "pay-out/2026-11-25",
        "pay-out/2026-11-25/",
        "pay-out/2026-11-31/1",
        "reserve/-1",
        "deliver/",
        "other/1",
    ] {
        assert!(text.parse::<SettlementDue>().is_err(), "{text}");
    }
}
