//! A payee's stream: days that are closed, what is made good and kept back, and commissions on their way.

use ledger_domain::days::calendar::HolidayRule;
use ledger_domain::lines::{Node, Payee};
use ledger_domain::settlement::{
    Balances, Delivery, Offset, OffsetSource, PayeeTerms, ReserveRule, SettlementCommand, SettlementCycle,
    SettlementEvent, decide,
};

use crate::payees::{
    PayeeStory, adjustment, closed, daily, day, delivery, due_now, net, owing, reserve, reserved,
};
use crate::support::{agency_id, branch_id, merchant_id, paid_of, payment_id, sale_facts, won};

const CLOSE: fn(&str) -> SettlementCommand = |text| SettlementCommand::Close(day(text));

fn offset(closing: u32, amount: i64, out_of: OffsetSource) -> Offset {
    Offset { closing, amount: won(amount), out_of }
}

#[test]
fn a_day_is_closed_when_it_is_over_and_once() {
    let story = PayeeStory::merchant(daily()).sold(100_000);
    assert_eq!(story.refused(&CLOSE("2026-11-23")), "DAY_NOT_OVER");
    let story = story.to("2026-11-24");
    assert_eq!(story.refused(&CLOSE("2026-11-22")), "NOTHING_TO_CLOSE");
    let story = story.then(&CLOSE("2026-11-23"));
    assert_eq!(story.refused(&CLOSE("2026-11-23")), "NOTHING_TO_CLOSE");
}

#[test]
fn a_closing_fixes_the_sums_and_dates_the_pay_out() {
    let story = closed(daily());
    let SettlementEvent::MerchantClosed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.number, data.day, data.through), (1, day("2026-11-23"), 2));
    assert_eq!((data.sales, data.sales_amount), (1, net(100_000)));
    assert_eq!((data.cancels, data.cancels_amount), (1, net(50_000)));
    assert_eq!((data.fee_supply, data.fee_vat), (net(1_500), net(150)));
    let commissions: Vec<_> = data.commissions.iter().map(|one| (one.payee, one.amount)).collect();
    assert_eq!(commissions, [(Node::Agency(agency_id()), net(110)), (Node::Branch(branch_id()), net(275))]);
    assert_eq!((data.result.net, data.result.payable), (net(48_350), won(48_350)));
    assert_eq!((data.result.pay_out_date, data.result.terms), (day("2026-11-25"), daily()));
    assert_eq!(story.balances(), Balances { payable: net(48_350), ..Balances::default() });
}

#[test]
fn what_is_sold_after_the_closing_belongs_to_the_next_day() {
    let story = closed(daily());
    assert_eq!(story.open_day(), day("2026-11-24"));
    let story = story.sold(1_000).closed("2026-11-24");
    let SettlementEvent::MerchantClosed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.number, data.sales_amount, data.cancels), (2, net(1_000), 0));
}

#[test]
fn a_closing_lists_the_payments_whose_outcome_is_open() {
    let mut story = PayeeStory::merchant(daily()).sold(100_000);
    story.open = (vec![payment_id()], 101);
    let story = story.closed("2026-11-23");
    let SettlementEvent::MerchantClosed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((&data.open[..], data.open_count), (&[payment_id()][..], 101));
}

#[test]
fn a_negative_closing_pays_nothing_and_is_owed() {
    let story = owing(daily());
    let result = story.result();
    assert_eq!((result.net, result.receivable, result.payable), (net(-48_350), won(48_350), won(0)));
    assert_eq!(story.state.receivable, [(2, net(48_350))].into());
    assert_eq!(
        story.balances(),
        Balances { payable: net(48_350), receivable: net(48_350), ..Balances::default() }
    );
}

#[test]
fn a_day_on_which_as_much_went_back_as_was_sold_leaves_nothing() {
    let story = PayeeStory::merchant(reserved()).sold(100_000).cancelled(100_000).closed("2026-11-23");
    let SettlementEvent::MerchantClosed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.entries, data.commissions.len()), (2, 0));
    assert_eq!(
        (data.result.payable, data.result.receivable, data.result.reserve_until),
        (won(0), won(0), None)
    );
    assert!(due_now(&story).is_empty() && story.balances() == Balances::default());
}

#[test]
fn what_is_owed_is_made_good_out_of_later_closings_the_oldest_first() {
    let story = owing(daily()).to("2026-11-27").agreed(1, adjustment(-10_000)).closed("2026-11-27");
    assert_eq!(story.state.receivable, [(2, net(48_350)), (3, net(10_000))].into());
    // 50,000 sold are 48,350 for the merchant, 20,000 are 19,340.
    let story = story.sold(50_000).closed("2026-11-28");
    assert_eq!(story.result().offsets, [offset(2, 48_350, OffsetSource::Closing)]);
    assert_eq!((story.result().payable, story.state.receivable.len()), (won(0), 1));
    let story = story.sold(20_000).closed("2026-11-29");
    assert_eq!(story.result().offsets, [offset(3, 10_000, OffsetSource::Closing)]);
    assert_eq!(story.result().payable, won(9_340));
    assert!(story.state.receivable.is_empty());
}

#[test]
fn a_closing_makes_good_several_days_in_part() {
    let story = owing(daily()).to("2026-11-27").agreed(1, adjustment(-10_000)).closed("2026-11-27");
    let story = story.sold(55_000).closed("2026-11-28");
    let expected = [offset(2, 48_350, OffsetSource::Closing), offset(3, 4_835, OffsetSource::Closing)];
    assert_eq!(story.result().offsets, expected);
    assert_eq!(story.state.receivable, [(3, net(5_165))].into());
}

#[test]
fn what_a_closing_does_not_make_good_the_reserve_does_where_it_may() {
    let story = owing(reserved()).sold(48_000).closed("2026-11-27");
    let expected = [offset(2, 46_416, OffsetSource::Closing), offset(2, 1_934, OffsetSource::Reserve)];
    assert_eq!(story.result().offsets, expected);
    assert_eq!((story.result().payable, story.result().reserve_held), (won(0), won(0)));
    assert_eq!(story.state.reserve[&1].amount, net(566));
    assert!(story.state.receivable.is_empty());
}

#[test]
fn a_reserve_that_may_not_be_used_stays_whole() {
    let rule = ReserveRule { usable_for_offset: false, ..reserve(None) };
    let story = owing(PayeeTerms { reserve: Some(rule), ..daily() }).sold(48_000).closed("2026-11-27");
    assert_eq!(story.result().offsets, [offset(2, 46_416, OffsetSource::Closing)]);
    assert_eq!(story.state.reserve[&1].amount, net(2_500));
    assert_eq!(story.state.receivable, [(2, net(1_934))].into());
}

#[test]
fn the_reserve_is_used_the_oldest_part_first() {
    let story = PayeeStory::merchant(reserved()).sold(20_000).closed("2026-11-23");
    let story = story.sold(100_000).closed("2026-11-24");
    assert_eq!(
        story.state.reserve.values().map(|kept| kept.amount.minor()).collect::<Vec<_>>(),
        [1_000, 5_000]
    );
    let story = story.agreed(1, adjustment(-3_000)).closed("2026-11-25");
    assert_eq!(story.result().receivable, won(3_000));
    let story = story.agreed(2, adjustment(500)).closed("2026-11-26");
    let expected = [offset(3, 500, OffsetSource::Closing), offset(3, 2_500, OffsetSource::Reserve)];
    assert_eq!(story.result().offsets, expected);
    assert_eq!(
        story.state.reserve.iter().map(|(closing, kept)| (*closing, kept.amount)).collect::<Vec<_>>(),
        [(2, net(3_500))]
    );
}

#[test]
fn a_negative_closing_offsets_older_days_out_of_the_reserve() {
    let story = owing(reserved()).to("2026-11-27").agreed(1, adjustment(-1)).closed("2026-11-27");
    assert_eq!(story.result().offsets, [offset(2, 2_500, OffsetSource::Reserve)]);
    assert_eq!(story.state.receivable, [(2, net(45_850)), (3, net(1))].into());
    assert!(story.state.reserve.is_empty());
}

#[test]
fn a_reserve_is_kept_up_to_its_cap() {
    let capped = PayeeTerms { reserve: Some(reserve(Some(6_000))), ..daily() };
    let story = PayeeStory::merchant(capped).sold(100_000).closed("2026-11-23");
    assert_eq!((story.result().reserve_held, story.result().payable), (won(5_000), won(91_700)));
    assert_eq!(story.result().reserve_until, Some(day("2027-02-21")));
    let story = story.sold(100_000).closed("2026-11-24");
    assert_eq!((story.result().reserve_held, story.result().payable), (won(1_000), won(95_700)));
    let story = story.sold(100_000).closed("2026-11-25");
    assert_eq!((story.result().reserve_held, story.result().reserve_until), (won(0), None));
    // What is released makes room again.
    let story =
        story.to("2027-02-21").then(&SettlementCommand::ReserveDue(1)).sold(100_000).closed("2027-02-21");
    assert_eq!(story.result().reserve_held, won(5_000));
}

#[test]
fn no_more_is_kept_back_than_there_is() {
    let half = ReserveRule { rate: "0.5".parse().unwrap(), ..reserve(None) };
    let terms = PayeeTerms { reserve: Some(half), ..daily() };
    let story = PayeeStory::merchant(terms).sold(100_000).agreed(1, adjustment(-90_000)).closed("2026-11-23");
    assert_eq!((story.result().reserve_held, story.result().payable), (won(6_700), won(0)));
    assert_eq!(due_now(&story)[1..], ["2027-02-21 reserve/1"]);
}

#[test]
fn a_late_closing_is_not_paid_in_the_past() {
    let story = PayeeStory::merchant(daily()).sold(100_000);
    // Saturday 28 November: the next business day is the Monday.
    let story = story.to("2026-11-28").then(&CLOSE("2026-11-23"));
    assert_eq!(story.result().pay_out_date, day("2026-11-30"));
    assert_eq!(due_now(&story)[1..], ["2026-11-30 pay-out/2026-11-30/1"]);
}

#[test]
fn a_week_s_days_are_closed_one_by_one_and_paid_together() {
    let cycle = SettlementCycle::Weekly { ends_on: 7, lag_days: 3, holidays: HolidayRule::After };
    let story = PayeeStory::merchant(PayeeTerms { cycle, ..daily() });
    let story = story.sold(100_000).closed("2026-11-23").sold(100_000).closed("2026-11-24");
    let story = story.to("2026-11-29").sold(100_000).closed("2026-11-29");
    assert_eq!(story.state.payable, [(day("2026-12-02"), net(290_100))].into());
    let story = story.sold(100_000).closed("2026-11-30");
    assert_eq!(story.result().pay_out_date, day("2026-12-09"));
}

#[test]
fn a_sale_expects_its_pay_out_by_the_merchant_s_cycle() {
    let mut facts = sale_facts();
    facts.terms.settlement_cycle =
        Some(SettlementCycle::Weekly { ends_on: 7, lag_days: 3, holidays: HolidayRule::After });
    let story = paid_of(100_000, facts).cancelled(1, Some(50_000));
    for money in story.events.iter().filter_map(|event| event.money()) {
        assert_eq!(money.expected_pay_out_date, day("2026-12-02"));
    }
}

#[test]
fn each_commission_of_a_closing_is_delivered_once() {
    let story = closed(daily());
    let (agency, branch) = (Node::Agency(agency_id()), Node::Branch(branch_id()));
    assert!(due_now(&story).contains(&"1970-01-01 deliver/1".to_owned()));
    let delivered = |to, closing| {
        let position = "ledger.payments/5:118".to_owned();
        SettlementCommand::RecordDelivery { closing, to, position }
    };
    assert_eq!(story.refused(&delivered(branch, 2)), "NOTHING_TO_DELIVER");
    let story = story.then(&delivered(branch, 1));
    let SettlementEvent::CommissionDelivered(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.amount, data.closing, data.to), (net(275), 1, branch));
    assert_eq!(story.refused(&delivered(branch, 1)), "NOTHING_TO_DELIVER");
    assert!(due_now(&story).contains(&"1970-01-01 deliver/1".to_owned()));
    let story = story.then(&delivered(agency, 1));
    assert!(!due_now(&story).contains(&"1970-01-01 deliver/1".to_owned()));
    assert_eq!(story.refused(&delivered(agency, 1)), "NOTHING_TO_DELIVER");
}

#[test]
fn a_commission_goes_to_the_payee_it_is_for_under_one_name() {
    let story = PayeeStory::new(Payee::Node(Node::Agency(agency_id())), PayeeTerms::of_node());
    assert_eq!(story.refused(&delivery(1, 275)), "NOT_FOUND_PAYEE");
    assert_eq!(PayeeStory::merchant(daily()).refused(&delivery(1, 275)), "NOT_FOUND_PAYEE");
    let key = |closing, amount| match delivery(closing, amount) {
        SettlementCommand::Receive(delivery) => delivery.key(),
        other => panic!("{other:?}"),
    };
    assert_eq!(key(1, 275), format!("commission/{}/1/{}", merchant_id(), branch_id()));
    assert_eq!(key(1, 275), key(1, 999), "however often and by whomever it is sent");
    assert_ne!(key(1, 275), key(2, 275));
}

#[test]
fn a_branch_s_day_is_what_it_received_on_it() {
    let story = PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(7, 275)).then(&delivery(3, 1_100));
    assert_eq!(due_now(&story), ["2026-11-24 close/2026-11-23"]);
    assert_eq!(story.balances(), Balances { payable: net(1_375), ..Balances::default() });
    let story = story.closed("2026-11-23");
    let SettlementEvent::NodeClosed(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((data.number, data.entries, data.commissions), (1, 2, net(1_375)));
    assert_eq!((data.result.payable, data.result.pay_out_date), (won(1_375), day("2026-12-10")));
    assert_eq!(story.refused(&CLOSE("2026-11-23")), "NOTHING_TO_CLOSE");
    assert_eq!(due_now(&story), ["2026-12-10 pay-out/2026-12-10/1"]);
}

#[test]
fn a_branch_that_must_give_back_more_than_it_earned_owes_it() {
    let story = PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(1, -275)).closed("2026-11-23");
    assert_eq!(story.balances(), Balances { receivable: net(275), ..Balances::default() });
    let story = story.then(&delivery(2, 1_000)).closed("2026-11-24");
    assert_eq!(story.result().offsets, [offset(1, 275, OffsetSource::Closing)]);
    assert_eq!(story.balances(), Balances { payable: net(725), ..Balances::default() });
}

#[test]
fn what_a_branch_receives_belongs_to_a_day_that_is_open() {
    let mut story = PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(1, 100)).closed("2026-11-23");
    // The clock of the new leader is behind: still the 23rd there.
    story.now = day("2026-11-23").begins().ms();
    let story = story.then(&delivery(2, 200));
    assert_eq!(story.state.received.keys().collect::<Vec<_>>(), [&day("2026-11-24")]);
}

#[test]
fn a_delivery_is_not_decided_by_the_payee_s_own_state() {
    // That it is recorded at most once is its command's id, which the owner knows: see `Delivery::key`.
    let story = PayeeStory::branch(PayeeTerms::of_node()).then(&delivery(1, 275));
    let again = delivery(1, 275);
    assert!(decide(story.payee, &story.state, &again, &story.facts(&again), story.now).is_ok());
    let SettlementCommand::Receive(Delivery { closing_position, .. }) = again else { panic!() };
    let SettlementEvent::CommissionReceived(data) = story.last() else { panic!("{:?}", story.last()) };
    assert_eq!((&data.closing_position, data.merchant_id), (&closing_position, merchant_id()));
}
