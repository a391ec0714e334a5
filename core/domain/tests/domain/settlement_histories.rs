//! The second guard of a payee's stream: `evolve` refuses every history that `decide` could not have written.

use ledger_domain::lines::Node;
use ledger_domain::settlement::{Deed, PayeeTerms, SettlementCommand, SettlementEvent, Wish, evolve};

use crate::payees::{
    PayeeStory, adjustment, approved, bank_word, by, closed, confirm, confirmed, daily, day, delivery, net,
    owing, pay_out_id, person, proposal, proposal_id, propose, proposed, reserved, send, sent,
};
use crate::support::{branch_id, key_id, won};

fn why(story: &PayeeStory, event: &SettlementEvent) -> &'static str {
    let impossible = evolve(story.state.clone(), event).unwrap_err();
    assert_eq!((impossible.state, impossible.event), ("SETTLEMENT", event.type_name()));
    impossible.why
}

/// What `evolve` says of the event that the command becomes here, after one change to it.
macro_rules! changed {
    ($story:expr, $command:expr, $kind:ident, $data:ident => $change:expr) => {{
        let story = $story;
        match story.decided(&$command).unwrap() {
            SettlementEvent::$kind(mut $data) => {
                assert!(evolve(story.state.clone(), &SettlementEvent::$kind($data.clone())).is_ok());
                $change;
                why(&story, &SettlementEvent::$kind($data))
            }
            other => panic!("{other:?}"),
        }
    }};
}

fn fail() -> SettlementCommand {
    by(3, Deed::FailPayOut(pay_out_id(1), bank_word()))
}

fn come_back() -> SettlementCommand {
    by(3, Deed::ReturnPayOut(pay_out_id(1), bank_word()))
}

fn delivered() -> SettlementCommand {
    let position = "ledger.payments/5:118".to_owned();
    SettlementCommand::RecordDelivery { closing: 1, to: Node::Branch(branch_id()), position }
}

fn agree() -> SettlementCommand {
    by(2, Deed::Confirm(proposal_id(1)))
}

/// Closed and with something to close.
fn open() -> PayeeStory {
    closed(reserved()).sold(100_000).agreed(1, adjustment(-350)).to("2026-11-25")
}

fn close() -> SettlementCommand {
    SettlementCommand::Close(day("2026-11-24"))
}

/// A branch with a commission that is not closed.
fn received() -> PayeeStory {
    PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(1, 275)).to("2026-11-24")
}

#[test]
fn what_begins_or_ends_something_cannot_happen_twice_in_a_row() {
    let reject = by(2, Deed::RejectPayOut(pay_out_id(1), "계좌 확인".into()));
    let stories = [
        closed(reserved()),
        owing(reserved()),
        received().then(&SettlementCommand::Close(day("2026-11-23"))),
        closed(daily()).then(&delivered()),
        proposed(),
        approved(),
        proposed().then(&reject),
        sent(),
        confirmed(),
        sent().then(&fail()),
        confirmed().then(&come_back()),
        PayeeStory::merchant(daily()).then(&by(1, proposal(1, adjustment(1)))),
        PayeeStory::merchant(daily()).agreed(1, adjustment(1)),
        owing(daily()).agreed(1, Wish::WriteOff { closing: 2 }),
        closed(reserved()).agreed(1, Wish::ReserveRelease { closing: 1 }),
        closed(reserved()).to("2027-02-21").then(&SettlementCommand::ReserveDue(1)),
        closed(daily()).then(&by(1, Deed::Withhold(None, "민원".into()))),
    ];
    for story in stories {
        why(&story, story.last());
    }
}

#[test]
fn a_closing_s_numbers_are_those_of_its_day() {
    const SUMS: &str = "its sums do not make up its net";
    const PARTS: &str = "its parts do not make up its net";
    for (found, expected) in [
        (
            changed!(open(), close(), MerchantClosed, data => data.number += 1),
            "closings are numbered without gaps",
        ),
        (
            changed!(open(), close(), MerchantClosed, data => data.adjustments = net(0)),
            "its adjustments are not those of the day",
        ),
        (changed!(open(), close(), MerchantClosed, data => data.fee_vat = net(301)), SUMS),
        (changed!(open(), close(), MerchantClosed, data => data.result.net = net(1)), SUMS),
        (changed!(open(), close(), MerchantClosed, data => data.result.payable = won(1)), PARTS),
        (changed!(open(), close(), MerchantClosed, data => data.result.receivable = won(1)), PARTS),
    ] {
        assert_eq!(found, expected);
    }
    let close = SettlementCommand::Close(day("2026-11-23"));
    let not_received = "it is not what was received on the day";
    assert_eq!(changed!(received(), close, NodeClosed, data => data.commissions = net(274)), not_received);
    assert_eq!(changed!(received(), close, NodeClosed, data => data.entries_hash.0[0] ^= 1), not_received);
    assert_eq!(changed!(received(), close, NodeClosed, data => data.day = data.day.next()), not_received);
}

#[test]
fn an_offset_makes_good_what_is_owed_out_of_what_is_there() {
    let story = || owing(reserved()).sold(48_000).to("2026-11-28");
    let close = SettlementCommand::Close(day("2026-11-27"));
    let nobody = changed!(story(), close, MerchantClosed, data => data.result.offsets[0].closing = 1);
    assert_eq!(nobody, "no such receivable");
    let more = changed!(story(), close, MerchantClosed, data => data.result.offsets[1].amount = won(1_935));
    assert_eq!(more, "more than is owed");
    let kept = changed!(story(), close, MerchantClosed, data => data.result.reserve_until = Some(data.day));
    assert_eq!(kept, "something of nothing is kept back");
}

#[test]
fn a_commission_is_delivered_in_full() {
    let other = changed!(closed(daily()), delivered(), CommissionDelivered, data => data.amount = net(274));
    assert_eq!(other, "it is not what was to be delivered");
    let nobody = changed!(closed(daily()), delivered(), CommissionDelivered, data => data.closing = 2);
    assert_eq!(nobody, "nothing of it is undelivered");
}

#[test]
fn a_pay_out_keeps_its_amounts_from_its_proposal_to_its_end() {
    const OTHER: &str = "it is not the pay-out's amount";
    let due = || closed(daily()).to("2026-11-25");
    let person =
        || PayeeStory::branch(person()).then(&delivery(1, 1_000_000)).closed("2026-11-23").to("2026-12-10");
    for (found, expected) in [
        (
            changed!(due(), by(1, propose(1)), PayOutProposed, data => data.number = 2),
            "pay-outs are numbered without gaps",
        ),
        (
            changed!(due(), by(1, propose(1)), PayOutProposed, data => {
                (data.amount, data.transfer) = (won(1), won(1));
            }),
            "it is not what is due",
        ),
        (
            changed!(person(), by(1, propose(1)), PayOutProposed, data => data.transfer = data.amount),
            "its parts do not make up its amount",
        ),
        (changed!(approved(), by(3, send(1)), PayOutSent, data => data.transfer = won(1)), OTHER),
        (
            changed!(approved(), by(3, send(1)), PayOutSent, data => data.released_by = key_id(2)),
            "it takes two keys",
        ),
        (
            changed!(sent(), by(3, confirm(1, "2026-11-25")), PayOutConfirmed, data => data.transfer = won(1)),
            OTHER,
        ),
        (changed!(sent(), fail(), PayOutFailed, data => data.amount = won(1)), OTHER),
        (
            changed!(confirmed(), come_back(), PayOutReturned, data => data.withholding.local_tax = won(1)),
            OTHER,
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn two_people_decide_what_one_of_them_proposed() {
    let adjusting = || PayeeStory::merchant(daily()).then(&by(1, proposal(1, adjustment(-350))));
    let late = || closed(daily()).then(&by(1, proposal(1, adjustment(-350))));
    let owed = || owing(reserved()).then(&by(1, proposal(1, Wish::WriteOff { closing: 2 })));
    let kept = || closed(reserved()).then(&by(1, proposal(1, Wish::ReserveRelease { closing: 1 })));
    for (found, expected) in [
        (
            changed!(adjusting(), agree(), Adjusted, data => data.amount = net(350)),
            "it is not what was proposed",
        ),
        (
            changed!(adjusting(), agree(), Adjusted, data => data.decided.proposed_by = key_id(2)),
            "somebody else proposed it",
        ),
        (
            changed!(adjusting(), agree(), Adjusted, data => data.decided.confirmed_by = key_id(1)),
            "it takes two keys",
        ),
        (
            changed!(adjusting(), agree(), Adjusted, data => data.decided.proposal_id = proposal_id(2)),
            "nobody proposed it",
        ),
        (changed!(late(), agree(), Adjusted, data => data.day = day("2026-11-23")), "its day is closed"),
        (changed!(owed(), agree(), WrittenOff, data => data.amount = won(48_349)), "it is not what is owed"),
        (
            changed!(kept(), agree(), ReserveReleased, data => data.amount = won(2_499)),
            "it is not what is kept back",
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn no_more_is_withheld_or_released_than_there_is() {
    let withhold = by(1, Deed::Withhold(None, "민원".into()));
    let release = by(1, Deed::Release(None, "종결".into()));
    let more = changed!(closed(daily()), withhold, Withheld, data => data.amount = won(48_351));
    assert_eq!(more, "more than is payable");
    let story = closed(daily()).then(&withhold);
    assert_eq!(
        changed!(story, release, Released, data => data.amount = won(48_351)),
        "more than was withheld"
    );
}
