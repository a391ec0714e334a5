//! The rows of money.md 5 that concern settlement, to the won of its example.

use ledger_domain::directory::Digest;
use ledger_domain::lines::Node;
use ledger_domain::posting::{Account, Entry, Holder, Side, post_settlement};
use ledger_domain::settlement::{Deed, PayeeTerms, SettlementCommand, SettlementEvent, Wish};

use crate::payees::{
    PayeeStory, adjustment, bank_word, branch, by, closed, confirm, daily, delivery, merchant, owing,
    pay_out_id, person, proposal, propose, reserved, send,
};
use crate::support::{agency_id, branch_id, merchant_id, won};

type Amounts = Vec<(&'static str, i64)>;

/// Entries as in the table: `(account, amount)` of each side, in the order of the chart.
fn table(event: &SettlementEvent) -> (Amounts, Amounts) {
    let entries = post_settlement(event).unwrap();
    let side = |side| {
        let of_side = entries.iter().filter(move |entry: &&Entry| entry.side == side);
        of_side.map(|entry| (entry.account.code(), entry.amount.minor())).collect()
    };
    (side(Side::Debit), side(Side::Credit))
}

fn one(debit: (&'static str, i64), credit: (&'static str, i64)) -> (Amounts, Amounts) {
    (vec![debit], vec![credit])
}

/// The example, proposed on its pay-out day, approved and sent.
fn sent() -> PayeeStory {
    closed(reserved())
        .to("2026-11-25")
        .then(&by(1, propose(1)))
        .then(&by(2, Deed::ApprovePayOut(pay_out_id(1))))
        .then(&by(3, send(1)))
}

/// A branch that received a million, closed, sent.
fn sent_to(terms: PayeeTerms) -> PayeeStory {
    PayeeStory::branch(terms)
        .then(&delivery(1, 1_000_000))
        .closed("2026-11-23")
        .to("2026-12-10")
        .then(&by(1, propose(1)))
        .then(&by(2, Deed::ApprovePayOut(pay_out_id(1))))
        .then(&by(3, send(1)))
}

#[test]
fn close_with_a_reserve_held_and_the_commission_s_merchant_side() {
    let (debit, credit) = table(closed(reserved()).last());
    assert_eq!(debit, [("L10", 48_350), ("L30", 110), ("L30", 275)]);
    assert_eq!(credit, [("L11", 45_850), ("L13", 2_500), ("L32", 385)]);
}

#[test]
fn close_s_commission_on_the_payee_s_side() {
    let story = PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(1, 275));
    assert_eq!(table(story.last()), one(("L32", 275), ("L31", 275)));
    let back = story.then(&delivery(2, -275));
    assert_eq!(table(back.last()), one(("L31", 275), ("L32", 275)));
}

#[test]
fn a_branch_s_closing_moves_nothing_where_it_is_owed_something() {
    let story = PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(1, 275)).closed("2026-11-23");
    assert_eq!(table(story.last()), (vec![], vec![]));
}

#[test]
fn pay_out_sent_and_confirmed() {
    assert_eq!(table(sent().last()), one(("L11", 45_850), ("L20", 45_850)));
    assert_eq!(
        table(sent().then(&by(3, confirm(1, "2026-11-25"))).last()),
        one(("L20", 45_850), ("A20", 45_850))
    );
}

#[test]
fn pay_out_failed_and_returned_after_confirmation() {
    let failed = sent().then(&by(3, Deed::FailPayOut(pay_out_id(1), bank_word())));
    assert_eq!(table(failed.last()), one(("L20", 45_850), ("L11", 45_850)));
    let returned = sent()
        .then(&by(3, confirm(1, "2026-11-25")))
        .then(&by(3, Deed::ReturnPayOut(pay_out_id(1), bank_word())));
    assert_eq!(table(returned.last()), one(("A20", 45_850), ("L11", 45_850)));
}

#[test]
fn a_branch_s_pay_out_comes_from_the_commission_payable() {
    let terms = PayeeTerms::of_node();
    assert_eq!(table(sent_to(terms).last()), one(("L31", 1_000_000), ("L20", 1_000_000)));
    let failed = sent_to(terms).then(&by(3, Deed::FailPayOut(pay_out_id(1), bank_word())));
    assert_eq!(table(failed.last()), one(("L20", 1_000_000), ("L31", 1_000_000)));
}

#[test]
fn a_person_without_registration_is_paid_less_the_tax_withheld() {
    let (debit, credit) = table(sent_to(person()).last());
    assert_eq!(debit, [("L31", 1_000_000)]);
    assert_eq!(credit, [("L20", 967_000), ("L41", 33_000)]);
    let confirmed = sent_to(person()).then(&by(3, confirm(1, "2026-11-25")));
    assert_eq!(table(confirmed.last()), one(("L20", 967_000), ("A20", 967_000)));
    // What was not paid, or came back, was not to be taxed.
    let (debit, credit) =
        table(sent_to(person()).then(&by(3, Deed::FailPayOut(pay_out_id(1), bank_word()))).last());
    assert_eq!((debit, credit), (vec![("L20", 967_000), ("L41", 33_000)], vec![("L31", 1_000_000)]));
    let (debit, credit) =
        table(confirmed.then(&by(3, Deed::ReturnPayOut(pay_out_id(1), bank_word()))).last());
    assert_eq!((debit, credit), (vec![("A20", 967_000), ("L41", 33_000)], vec![("L31", 1_000_000)]));
}

#[test]
fn negative_close_and_its_commission() {
    let (debit, credit) = table(owing(daily()).last());
    assert_eq!(debit, [("A30", 48_350), ("L32", 385)]);
    assert_eq!(credit, [("L10", 48_350), ("L30", 110), ("L30", 275)]);
}

#[test]
fn negative_close_of_a_branch() {
    let story = PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(1, -275)).closed("2026-11-23");
    assert_eq!(table(story.last()), one(("A30", 275), ("L31", 275)));
    let later = story.then(&delivery(2, 1_000)).closed("2026-11-24");
    assert_eq!(table(later.last()), one(("L31", 275), ("A30", 275)));
}

#[test]
fn offset_later_out_of_the_closing() {
    let (debit, credit) = table(owing(daily()).sold(100_000).closed("2026-11-27").last());
    assert_eq!(debit, [("L10", 96_700), ("L30", 220), ("L30", 550)]);
    assert_eq!(credit, [("A30", 48_350), ("L11", 48_350), ("L32", 770)]);
}

#[test]
fn offset_out_of_the_reserve() {
    // 48,000 sold is 46,416 for the merchant; 1,934 are still owed, and the reserve has 2,500.
    let (debit, credit) = table(owing(reserved()).sold(48_000).closed("2026-11-27").last());
    assert_eq!(debit, [("L10", 46_416), ("L13", 1_934), ("L30", 105), ("L30", 264)]);
    assert_eq!(credit, [("A30", 48_350), ("L32", 369)]);
}

#[test]
fn write_off() {
    let story = owing(daily()).agreed(1, Wish::WriteOff { closing: 2 });
    assert_eq!(table(story.last()), one(("E30", 48_350), ("A30", 48_350)));
}

#[test]
fn reserve_released_on_its_day_and_by_two_people_before() {
    let due = closed(reserved()).to("2027-02-21").then(&SettlementCommand::ReserveDue(1));
    let early = closed(reserved()).agreed(1, Wish::ReserveRelease { closing: 1 });
    for story in [due, early] {
        assert_eq!(table(story.last()), one(("L13", 2_500), ("L11", 2_500)));
    }
}

#[test]
fn withheld_and_released() {
    let withheld = closed(reserved()).then(&by(1, Deed::Withhold(Some(won(10_000)), "민원".into())));
    assert_eq!(table(withheld.last()), one(("L11", 10_000), ("L12", 10_000)));
    let released = withheld.then(&by(1, Deed::Release(None, "종결".into())));
    assert_eq!(table(released.last()), one(("L12", 10_000), ("L11", 10_000)));
    let branch = PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(1, 275)).closed("2026-11-23");
    let withheld = branch.then(&by(1, Deed::Withhold(None, "민원".into())));
    assert_eq!(table(withheld.last()), one(("L31", 275), ("L12", 275)));
}

#[test]
fn adjustments_both_ways() {
    for (story, unclosed) in
        [(PayeeStory::merchant(daily()), "L10"), (PayeeStory::branch(PayeeTerms::of_node()), "L31")]
    {
        let favour = story.clone().agreed(1, adjustment(5_000));
        assert_eq!(table(favour.last()), one(("E30", 5_000), (unclosed, 5_000)));
        let burden = story.agreed(1, adjustment(-350));
        assert_eq!(table(burden.last()), one((unclosed, 350), ("R10", 350)));
    }
}

#[test]
fn what_only_waits_for_somebody_posts_nothing() {
    let story = sent();
    let waits = story.events.iter().filter(|event| {
        matches!(event, SettlementEvent::PayOutProposed(_) | SettlementEvent::PayOutApproved(_))
    });
    assert_eq!(waits.map(table).collect::<Vec<_>>(), vec![(vec![], vec![]); 2]);
    let proposed = PayeeStory::merchant(daily()).then(&by(1, proposal(1, adjustment(1))));
    assert_eq!(table(proposed.last()), (vec![], vec![]));
}

#[test]
fn each_sub_ledger_entry_names_its_holder() {
    let holders = |story: &PayeeStory| -> Vec<_> {
        let entries = post_settlement(story.last()).unwrap();
        entries.into_iter().map(|entry| (entry.account, entry.holder)).collect()
    };
    assert_eq!(
        holders(&closed(reserved())),
        [
            (Account::L10, Holder::Merchant(merchant_id())),
            (Account::L11, Holder::Payee(merchant())),
            (Account::L13, Holder::Payee(merchant())),
            (Account::L30, Holder::Commission(Node::Agency(agency_id()), merchant_id())),
            (Account::L30, Holder::Commission(Node::Branch(branch_id()), merchant_id())),
            (Account::L32, Holder::None),
        ]
    );
    assert_eq!(
        holders(&sent_to(person())),
        [
            (Account::L20, Holder::Payee(branch())),
            (Account::L31, Holder::Payee(branch())),
            (Account::L41, Holder::None),
        ]
    );
    let bank = (Account::A20, Holder::Bank("settlement-1".into()));
    assert_eq!(
        holders(&sent().then(&by(3, confirm(1, "2026-11-25")))),
        [bank, (Account::L20, Holder::Payee(merchant()))]
    );
    let burden = PayeeStory::merchant(daily()).agreed(1, adjustment(-350));
    assert!(holders(&burden).contains(&(Account::R10, Holder::Adjustment)));
}

#[test]
fn a_closing_of_an_adjustment_alone_has_no_entries() {
    let story = PayeeStory::merchant(daily()).agreed(1, adjustment(5_000)).closed("2026-11-23");
    assert_eq!(table(story.last()), one(("L10", 5_000), ("L11", 5_000)));
    let SettlementEvent::MerchantClosed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.entries, data.through, data.entries_hash), (0, 0, Digest([0; 32])));
}
