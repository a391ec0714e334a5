//! Cancels: reservations, parts, the difference rule, and what returns of fees.

use ledger_domain::contract::{FeeReturn, SaleFacts};
use ledger_domain::days::Moment;
use ledger_domain::lines::LineType;
use ledger_domain::money::Amount;
use ledger_domain::payment::{
    CancelStatus, MAX_CANCELS, Movement, NotAttemptedCause, PaymentCommand, PaymentEvent, RequestCancel,
    RequestPayment, UnknownCause,
};
use ledger_domain::vat::TaxType;

use crate::support::{
    NOW, Story, acquirer_cancel, approval, cancel, cancel_id, paid, paid_of, request, sale_facts, uuid, won,
};

fn wish(n: u128, amount: Option<i64>, tax_free: Option<i64>) -> PaymentCommand {
    PaymentCommand::RequestCancel(RequestCancel { tax_free: tax_free.map(won), ..cancel(n, amount) })
}

fn done(n: u128) -> PaymentCommand {
    PaymentCommand::RecordCancel(acquirer_cancel(n))
}

fn code(story: &Story, command: &PaymentCommand) -> &'static str {
    story.clone().on(command).expect_err("the command is rejected").code()
}

fn paid_with(facts: SaleFacts, change: impl Fn(&mut RequestPayment)) -> Story {
    let mut wanted = request(100_000);
    change(&mut wanted);
    Story::new(facts).then(&PaymentCommand::Request(wanted)).then(&PaymentCommand::RecordApproval(approval()))
}

/// 70,000 taxable, 30,000 tax-free.
fn mixed() -> Story {
    paid_with(sale_facts(), |r| r.tax_free = Some(won(30_000)))
}

fn money(story: &Story) -> Movement {
    story.last().money().expect("money moved").clone()
}

fn total(money: &Movement, kind: LineType) -> Option<i64> {
    let mut lines = money.lines.iter().filter(|line| line.kind == kind).peekable();
    lines.peek()?;
    Some(lines.map(|line| line.total.minor()).sum())
}

#[test]
fn a_full_cancel_takes_everything_and_closes_the_payment() {
    let story = paid().cancelled(1, None);
    assert_eq!(story.status(), "CANCELED");
    let (sale, back) = (story.events[1].money().unwrap(), money(&story));
    assert_eq!((back.amount, back.split()), (sale.amount, sale.split()));
    assert_eq!(
        back.lines.iter().map(|l| (l.supply, l.vat, l.total)).collect::<Vec<_>>(),
        sale.lines.iter().map(|l| (l.supply, l.vat, l.total)).collect::<Vec<_>>()
    );
    assert_eq!(story.view().balance_amount, Amount::ZERO);
}

#[test]
fn a_hundred_thousand_cancelled_in_halves_ends_every_component_at_nothing() {
    let first = paid().cancelled(1, Some(50_000));
    assert_eq!((first.status(), money(&first).sale_vat), ("PARTIAL_CANCELED", won(4_546)));
    assert_eq!(total(&money(&first), LineType::Fee), Some(1_650));
    assert_eq!(first.view().balance_amount, won(50_000));
    let second = first.cancelled(2, Some(50_000));
    assert_eq!((second.status(), money(&second).sale_vat), ("CANCELED", won(4_545)));
    assert_eq!(total(&money(&second), LineType::Fee), Some(1_650));
}

#[test]
fn a_pending_cancel_reserves_its_amount_and_several_may_be_pending() {
    let story = paid().then(&wish(1, Some(60_000), None)).then(&wish(2, Some(30_000), None));
    assert_eq!(story.status(), "DONE");
    assert_eq!(code(&story, &wish(3, Some(10_001), None)), "NOT_CANCELABLE_AMOUNT");
    let all = story.clone().then(&wish(3, None, None));
    let PaymentEvent::CancelRequested(data) = all.last() else { panic!() };
    assert_eq!(data.amount, won(10_000));
    assert_eq!(code(&all, &wish(4, None, None)), "CANCEL_IN_PROGRESS");
    // Outcomes in another order than the requests; each takes its own amount.
    let end = all.then(&done(2)).then(&done(3)).then(&done(1));
    assert_eq!(end.status(), "CANCELED");
    let vat: i64 = end.events.iter().skip(2).filter_map(|e| e.money()).map(|m| m.sale_vat.minor()).sum();
    assert_eq!(vat, 9_091);
}

#[test]
fn a_declined_or_unsent_cancel_frees_its_amount_and_an_unanswered_one_does_not() {
    let pending = paid().then(&wish(1, None, None));
    let declined = PaymentCommand::RecordCancelDecline {
        cancel_id: cancel_id(1),
        code: "2015".into(),
        message: "기취소".into(),
    };
    let unsent = PaymentCommand::RecordCancelNotAttempted {
        cancel_id: cancel_id(1),
        cause: NotAttemptedCause::Unreachable,
    };
    let unanswered =
        PaymentCommand::RecordCancelUnknown { cancel_id: cancel_id(1), cause: UnknownCause::Timeout };
    for refusal in [&declined, &unsent] {
        let story = pending.clone().then(refusal);
        assert_eq!((story.status(), story.view().cancels[0].status), ("DONE", CancelStatus::Aborted));
        assert!(story.clone().on(&wish(2, None, None)).is_ok());
        assert_eq!(code(&story, &wish(1, None, None)), "CANCEL_EXISTS");
        assert_eq!(code(&story, &done(1)), "CANCEL_NOT_PENDING");
    }
    let unknown = pending.then(&unanswered);
    assert_eq!(unknown.view().cancels[0].status, CancelStatus::Unknown);
    assert_eq!(code(&unknown, &wish(2, None, None)), "CANCEL_IN_PROGRESS");
    assert_eq!(code(&unknown, &unanswered), "CANCEL_NOT_PENDING");
    let unresolved = unknown.clone().then(&PaymentCommand::GiveUpCancel(cancel_id(1)));
    assert_eq!(unresolved.view().cancels[0].status, CancelStatus::Unresolved);
    assert_eq!(code(&unresolved, &wish(2, None, None)), "CANCEL_IN_PROGRESS");
    assert_eq!(code(&unresolved, &done(1)), "CANCEL_NOT_PENDING");
    assert_eq!(unknown.then(&done(1)).status(), "CANCELED");
}

#[test]
fn a_partial_cancel_is_taxable_unless_it_says_otherwise_and_exceeds_neither_part() {
    let story = mixed();
    assert_eq!(code(&story, &wish(1, Some(70_001), None)), "NOT_CANCELABLE_TAXABLE_AMOUNT");
    assert_eq!(code(&story, &wish(1, Some(50_000), Some(30_001))), "NOT_CANCELABLE_TAX_FREE_AMOUNT");
    assert_eq!(code(&story, &wish(1, Some(10), Some(11))), "TAX_FREE_EXCEEDS_AMOUNT");
    assert_eq!(code(&story, &wish(1, None, Some(0))), "NOT_CANCELABLE_TAXABLE_AMOUNT");
    let taxable = story.clone().cancelled(1, Some(70_000));
    assert_eq!(money(&taxable).sale_tax_free, Amount::ZERO);
    assert_eq!(taxable.status(), "PARTIAL_CANCELED");
    let rest = taxable.cancelled(2, None);
    assert_eq!((money(&rest).sale_tax_free, rest.status()), (won(30_000), "CANCELED"));
    let both = story.then(&wish(1, Some(50_000), Some(20_000))).then(&done(1));
    assert_eq!(money(&both).sale_tax_free, won(20_000));
}

#[test]
fn the_whole_of_what_is_left_takes_the_rest_of_both_parts_even_if_named_as_an_amount() {
    let story = mixed().then(&wish(1, Some(100_000), None)).then(&done(1));
    assert_eq!((money(&story).sale_tax_free, story.status()), (won(30_000), "CANCELED"));
}

#[test]
fn of_an_exempt_merchant_s_payment_everything_cancelled_is_tax_free() {
    let story =
        paid_with(SaleFacts { tax_type: TaxType::Exempt, ..sale_facts() }, |_| {}).cancelled(1, Some(40_000));
    assert_eq!((money(&story).sale_tax_free, money(&story).sale_vat), (won(40_000), Amount::ZERO));
}

#[test]
fn a_given_vat_returns_in_proportion_and_ends_at_nothing() {
    let story = paid_with(sale_facts(), |r| r.vat = Some(won(7))).cancelled(1, Some(33_333));
    assert_eq!(money(&story).sale_vat, won(2));
    let story = story.cancelled(2, Some(33_333));
    let second = money(&story).sale_vat.minor();
    let last = money(&story.cancelled(3, None)).sale_vat.minor();
    assert_eq!(2 + second + last, 7);
}

#[test]
fn the_guard_refuses_a_balance_that_has_changed() {
    let guarded = |n, expected| {
        let mut wanted = cancel(n, Some(1_000));
        wanted.current_cancellable = Some(won(expected));
        PaymentCommand::RequestCancel(wanted)
    };
    let story = paid().then(&guarded(1, 100_000));
    assert_eq!(code(&story, &guarded(2, 100_000)), "BALANCE_CHANGED");
    assert!(story.then(&guarded(2, 99_000)).on(&done(2)).is_ok());
}

#[test]
fn a_cancel_of_nothing_too_late_by_another_merchant_or_with_a_bad_reason_is_rejected() {
    assert_eq!(code(&paid(), &wish(1, Some(0), None)), "INVALID_AMOUNT");
    assert_eq!(code(&paid(), &wish(1, Some(100_001), None)), "NOT_CANCELABLE_AMOUNT");
    let change = |change: fn(&mut RequestCancel)| {
        let mut wanted = cancel(1, None);
        change(&mut wanted);
        code(&paid(), &PaymentCommand::RequestCancel(wanted))
    };
    assert_eq!(change(|c| c.not_after = Moment::from_ms(NOW)), "COMMAND_EXPIRED");
    assert_eq!(change(|c| c.merchant_id = ledger_domain::ids::MerchantId::new(uuid(9))), "NOT_FOUND_PAYMENT");
    assert_eq!(change(|c| c.reason = "가".repeat(201)), "INVALID_TEXT");
}

#[test]
fn a_payment_can_be_cancelled_five_hundred_times_and_no_more() {
    let mut story = paid();
    for n in 0..u128::from(MAX_CANCELS) {
        story = story.cancelled(n, Some(100));
    }
    assert_eq!(code(&story, &wish(501, Some(100), None)), "TOO_MANY_CANCELS");
}

#[test]
fn fees_are_kept_where_the_contract_keeps_them_and_the_acquirer_s_cost_returns() {
    let mut facts = sale_facts();
    facts.terms.fee_return = FeeReturn::No;
    let back = money(&paid_of(100_000, facts).cancelled(1, Some(50_000)));
    assert_eq!(total(&back, LineType::Fee), None);
    assert_eq!(total(&back, LineType::Commission), None);
    assert_eq!(total(&back, LineType::AcquirerCost), Some(1_000));
}

#[test]
fn fees_return_on_the_same_settlement_day_only_where_the_contract_says_so() {
    let mut facts = sale_facts();
    facts.terms.fee_return = FeeReturn::SameDay;
    let today = paid_of(100_000, facts).cancelled(1, Some(50_000));
    assert_eq!(total(&money(&today), LineType::Fee), Some(1_650));
    let mut tomorrow = today;
    tomorrow.now += 24 * 60 * 60 * 1000;
    let tomorrow = tomorrow.cancelled(2, None);
    assert_eq!(total(&money(&tomorrow), LineType::Fee), None);
    assert_eq!(total(&money(&tomorrow), LineType::AcquirerCost), Some(1_000));
}

#[test]
fn fixed_and_minimum_parts_return_only_with_the_last_won() {
    let mut facts = sale_facts();
    (facts.terms.fees[0].fixed, facts.terms.fees[0].min) = (won(100), Some(won(2_000)));
    let story = paid_of(100_000, facts);
    let sold = story.last().money().unwrap();
    assert_eq!(total(sold, LineType::Fee), Some(3_410));
    // 3,100 falls to the minimum of 2,000 when less than 63,334 is left; then nothing more returns until the end.
    let first = story.cancelled(1, Some(90_000));
    assert_eq!(total(&money(&first), LineType::Fee), Some(1_210));
    let second = first.cancelled(2, Some(9_999));
    assert_eq!(total(&money(&second), LineType::Fee), Some(0));
    let last = second.cancelled(3, Some(1));
    assert_eq!((total(&money(&last), LineType::Fee), last.status()), (Some(2_200), "CANCELED"));
}

#[test]
fn a_cancel_carries_the_approval_s_path_contract_and_its_own_dates() {
    let mut story = paid();
    story.now += 24 * 60 * 60 * 1000;
    story.facts.sale = None;
    let story = story.cancelled(1, Some(1_000));
    let (sale, back) = (story.events[1].money().unwrap().clone(), money(&story));
    assert_eq!((back.branch_path, back.contract_version), (sale.branch_path, sale.contract_version));
    assert_eq!(
        (sale.sold_date.to_string(), sale.expected_pay_out_date.to_string()),
        ("2026-11-23".into(), "2026-11-25".into())
    );
    assert_eq!(
        (back.sold_date.to_string(), back.expected_pay_out_date.to_string()),
        ("2026-11-24".into(), "2026-11-26".into())
    );
    assert_eq!(back.calendar_version, "kr-2");
}

#[test]
fn an_outcome_after_a_closed_day_belongs_to_the_next_one() {
    let mut story = crate::support::requested();
    story.facts.earliest_sold_date = Some("2026-11-27".parse().unwrap());
    let story = story.then(&PaymentCommand::RecordApproval(approval()));
    let money = money(&story);
    assert_eq!(
        (money.sold_date.to_string(), money.expected_pay_out_date.to_string()),
        ("2026-11-27".into(), "2026-12-01".into())
    );
}
