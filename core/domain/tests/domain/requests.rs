//! What a request for an approval must be before money can move.

use ledger_domain::contract::SaleFacts;
use ledger_domain::days::Moment;
use ledger_domain::payment::{PaymentCommand, PaymentEvent, RequestPayment, Requested};
use ledger_domain::vat::TaxType;

use crate::support::{NOW, Story, merchant_id, paid, request, sale_facts, uuid, won};

fn ask(change: impl Fn(&mut RequestPayment)) -> Result<Requested, &'static str> {
    ask_on(sale_facts(), change)
}

fn ask_on(facts: SaleFacts, change: impl Fn(&mut RequestPayment)) -> Result<Requested, &'static str> {
    let mut wanted = request(100_000);
    change(&mut wanted);
    match Story::new(facts).on(&PaymentCommand::Request(wanted)) {
        Ok(PaymentEvent::Requested(data)) => Ok(data),
        Ok(other) => panic!("a request became {other:?}"),
        Err(rejection) => Err(rejection.code()),
    }
}

#[test]
fn a_request_keeps_everything_its_outcome_will_need() {
    let data = ask(|_| {}).unwrap();
    assert_eq!((data.sale_supply, data.sale_vat, data.sale_tax_free), (won(90_909), won(9_091), won(0)));
    assert_eq!(data.at, Moment::from_ms(NOW));
    assert_eq!(data.terms.contract_version, 1);
    assert_eq!(data.terms.acquirer.as_str(), "sandbox");
    let totals: Vec<_> = data.terms.lines.iter().map(|l| (l.rule_id.as_str(), l.total.minor())).collect();
    let branch = format!("commission/{}", data.terms.branch_path[1]);
    let agency = format!("commission/{}", data.terms.branch_path[0]);
    assert_eq!(
        totals,
        [("fee/CARD", 3_300), (branch.as_str(), 550), (agency.as_str(), 220), ("acquirer/sandbox", 2_000)]
    );
}

#[test]
fn the_same_request_at_the_same_time_is_the_same_event() {
    assert_eq!(ask(|_| {}), ask(|_| {}));
}

#[test]
fn amounts_that_cannot_be_paid_are_rejected_each_with_its_code() {
    for (amount, code) in [
        (0, "INVALID_AMOUNT"),
        (99, "BELOW_MINIMUM_AMOUNT"),
        (10_000_000_000, "EXCEED_MAX_AMOUNT"),
        (999_999_999_999, "EXCEED_MAX_AMOUNT"),
    ] {
        assert_eq!(ask(|r| r.amount = won(amount)).err(), Some(code), "{amount}");
    }
    assert!(ask(|r| r.amount = won(100)).is_ok() && ask(|r| r.amount = won(9_999_999_999)).is_ok());
}

#[test]
fn instalments_need_fifty_thousand_won_and_two_to_thirty_six_months() {
    for (amount, months, code) in [
        (50_000, 2, None),
        (50_000, 36, None),
        (49_999, 2, Some("INSTALLMENT_BELOW_MINIMUM")),
        (49_999, 0, None),
        (100_000, 1, Some("INVALID_CARD_INSTALLMENT_PLAN")),
        (100_000, 37, Some("INVALID_CARD_INSTALLMENT_PLAN")),
        (100, 255, Some("INVALID_CARD_INSTALLMENT_PLAN")),
    ] {
        let result = ask(|r| (r.amount, r.installment_months) = (won(amount), months));
        assert_eq!(result.err(), code, "{amount} in {months} months");
    }
}

#[test]
fn tax_free_part_and_vat_must_fit_the_amount_and_the_merchant() {
    assert_eq!(ask(|r| r.tax_free = Some(won(100_001))).err(), Some("TAX_FREE_EXCEEDS_AMOUNT"));
    assert_eq!(ask(|r| r.vat = Some(won(100_001))).err(), Some("VAT_EXCEEDS_TAXABLE"));
    let taxable = || SaleFacts { tax_type: TaxType::Taxable, ..sale_facts() };
    assert_eq!(ask_on(taxable(), |r| r.tax_free = Some(won(1))).err(), Some("TAX_FREE_NOT_ALLOWED"));
    let given = ask(|r| (r.tax_free, r.vat) = (Some(won(1_000)), Some(won(9_000)))).unwrap();
    assert_eq!(
        (given.sale_supply, given.sale_vat, given.sale_tax_free),
        (won(90_000), won(9_000), won(1_000))
    );
    assert!(given.vat_given);
}

#[test]
fn texts_are_bounded_so_that_kafka_never_refuses_a_record() {
    for bad in ["", "a b", "한글", &"x".repeat(65), "a\n", "a/b"] {
        assert_eq!(ask(|r| r.order_id = bad.into()).err(), Some("INVALID_TEXT"), "{bad:?}");
    }
    for bad in ["", "   ", "a\u{0}b", "a\nb", &"가".repeat(101)] {
        assert_eq!(ask(|r| r.order_name = bad.into()).err(), Some("INVALID_TEXT"), "{bad:?}");
    }
    assert!(ask(|r| (r.order_id, r.order_name) = ("x".repeat(64), "가".repeat(100))).is_ok());
}

#[test]
fn nothing_is_requested_after_its_not_after() {
    assert!(ask(|r| r.not_after = Moment::from_ms(NOW)).is_ok());
    assert_eq!(ask(|r| r.not_after = Moment::from_ms(NOW - 1)).err(), Some("COMMAND_EXPIRED"));
}

#[test]
fn a_request_without_the_merchant_s_own_facts_is_rejected() {
    let other = SaleFacts { merchant_id: ledger_domain::ids::MerchantId::new(uuid(99)), ..sale_facts() };
    assert_eq!(ask_on(other, |_| {}).err(), Some("NO_CONTRACT_IN_FORCE"));
    let mut without_card = sale_facts();
    without_card.terms.fees.clear();
    assert_eq!(ask_on(without_card, |_| {}).err(), Some("METHOD_NOT_CONTRACTED"));
}

#[test]
fn fees_that_leave_the_bounds_of_an_amount_are_rejected_before_money_moves() {
    let mut greedy = sale_facts();
    greedy.terms.fees[0].fixed = ledger_domain::money::Amount::MAX;
    assert_eq!(ask_on(greedy, |_| {}).err(), Some("AMOUNT_OUT_OF_RANGE"));
}

#[test]
fn a_payment_is_requested_once() {
    let again = paid().on(&PaymentCommand::Request(request(100_000)));
    assert_eq!(again.unwrap_err().code(), "PAYMENT_EXISTS");
    assert_eq!(paid().state.merchant_id(), Some(merchant_id()));
}
