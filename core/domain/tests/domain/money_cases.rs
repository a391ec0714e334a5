//! `schemas/money-cases.json`: what decide, the calendar and the posting policies make of each case is what was worked out apart from them.

use std::collections::BTreeSet;

use ledger_domain::contract::{AcquirerRoute, CommissionRule, ContractTerms, FeeReturn, FeeRule, SaleFacts};
use ledger_domain::days::calendar::Calendar;
use ledger_domain::days::{Day, Moment};
use ledger_domain::lines::{LineType, Node, Party, VatMode};
use ledger_domain::money::{Amount, Rate, Rounding};
use ledger_domain::payment::{Movement, PaymentCommand, PaymentEvent, RequestCancel, RequestPayment};
use ledger_domain::posting::{Holder, Side, post};
use ledger_domain::vat::TaxType;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::support::{
    Story, acquirer_cancel, agency_id, approval, branch_id, cancel, request, sale_facts, won,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "about")]
    _about: String,
    rules: Vec<String>,
    postings: Vec<String>,
    cases: Vec<Case>,
    pay_out_dates: Vec<PayOut>,
    /// See `closing_cases`.
    #[serde(rename = "closings")]
    _closings: IgnoredAny,
    #[serde(rename = "withholdings")]
    _withholdings: IgnoredAny,
    #[serde(rename = "cyclePayOutDates")]
    _cycle_pay_out_dates: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    why: String,
    tax_type: TaxType,
    contract: Contract,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Contract {
    fees: Vec<FeeRule>,
    commissions: Vec<Commission>,
    acquirer_cost_rate: Rate,
    settlement_cycle_days: u8,
    fee_return: FeeReturn,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Commission {
    payee: String,
    rate: Rate,
    vat_mode: VatMode,
    rounding: Rounding,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Step {
    day: Day,
    approve: Option<Approve>,
    cancel: Option<Cancel>,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Approve {
    amount: Amount,
    tax_free_amount: Option<Amount>,
    vat: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Cancel {
    cancel_amount: Option<Amount>,
    tax_free_amount: Option<Amount>,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    amount: i64,
    sale_supply_amount: i64,
    sale_vat: i64,
    sale_tax_free_amount: i64,
    lines: Vec<ExpectedLine>,
    merchant_is_owed: i64,
    pay_out_date: Day,
    entries: BTreeSet<ExpectedEntry>,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct ExpectedLine {
    rule: String,
    base: i64,
    supply: i64,
    vat: i64,
    total: i64,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(deny_unknown_fields)]
struct ExpectedEntry {
    account: String,
    of: Option<String>,
    side: String,
    amount: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PayOut {
    why: String,
    sold_date: Day,
    business_days: u8,
    calendar: String,
    pay_out_date: Day,
}

fn document() -> Document {
    serde_json::from_str(include_str!("../../../../schemas/money-cases.json")).unwrap()
}

/// Ten in the morning of that day in Seoul, Unix ms.
fn at(day: Day) -> i64 {
    let at: Moment = format!("{day}T01:00:00.000Z").parse().unwrap();
    at.ms()
}

fn facts(case: &Case) -> SaleFacts {
    let payee = |name: &str| match name {
        "branch" => Node::Branch(branch_id()),
        "agency" => Node::Agency(agency_id()),
        other => panic!("no payee {other}"),
    };
    let contract = &case.contract;
    let commissions = contract.commissions.iter().map(|rule| CommissionRule {
        payee: payee(&rule.payee),
        rate: rule.rate,
        vat_mode: rule.vat_mode,
        rounding: rule.rounding,
    });
    let terms = ContractTerms {
        fees: contract.fees.clone(),
        commissions: commissions.collect(),
        settlement_cycle_days: contract.settlement_cycle_days,
        acquirer: AcquirerRoute { id: "sandbox".parse().unwrap(), cost_rate: contract.acquirer_cost_rate },
        minimum_amount: won(1),
        fee_return: contract.fee_return,
        settlement_cycle: None,
        reserve: None,
        minimum_pay_out: None,
    };
    terms.check().unwrap();
    SaleFacts { tax_type: case.tax_type, terms, ..sale_facts() }
}

fn word(holder: &Holder) -> Option<String> {
    match holder {
        Holder::Commission(Node::Branch(_), _) => Some("branch".to_owned()),
        Holder::Commission(Node::Agency(_), _) => Some("agency".to_owned()),
        Holder::None
        | Holder::Acquirer(_)
        | Holder::Merchant(_)
        | Holder::Fee(_)
        | Holder::Payee(_)
        | Holder::Bank(_)
        | Holder::Adjustment => None,
    }
}

fn rule(party: &Party, kind: LineType) -> &'static str {
    match (kind, party) {
        (LineType::Fee, _) => "fee",
        (LineType::AcquirerCost, _) => "acquirer",
        (LineType::Commission, Party::Node(Node::Branch(_))) => "branch",
        (LineType::Commission, _) => "agency",
    }
}

fn found(event: &PaymentEvent) -> Expected {
    let money: &Movement = event.money().unwrap();
    let lines = money.lines.iter().map(|line| ExpectedLine {
        rule: rule(&line.payee, line.kind).to_owned(),
        base: line.base.minor(),
        supply: line.supply.minor(),
        vat: line.vat.minor(),
        total: line.total.minor(),
    });
    let lines: Vec<ExpectedLine> = lines.collect();
    let entries = post(event).unwrap().into_iter().map(|entry| ExpectedEntry {
        account: entry.account.code().to_owned(),
        of: word(&entry.holder),
        side: if entry.side == Side::Debit { "DEBIT" } else { "CREDIT" }.to_owned(),
        amount: entry.amount.minor(),
    });
    let fee: i64 = lines.iter().filter(|line| line.rule == "fee").map(|line| line.total).sum();
    let owed = money.amount.minor() - fee;
    let is_cancel = event.cancel_id().is_some();
    Expected {
        amount: money.amount.minor(),
        sale_supply_amount: money.sale_supply.minor(),
        sale_vat: money.sale_vat.minor(),
        sale_tax_free_amount: money.sale_tax_free.minor(),
        merchant_is_owed: if is_cancel { -owed } else { owed },
        pay_out_date: money.expected_pay_out_date,
        entries: entries.collect(),
        lines,
    }
}

fn play(story: &mut Story, number: u128, step: &Step) -> PaymentEvent {
    story.now = at(step.day);
    if let Some(approve) = &step.approve {
        let Approve { amount, tax_free_amount: tax_free, vat } = *approve;
        let not_after = Moment::from_ms(story.now + 30_000);
        let wish = RequestPayment { amount, tax_free, vat, not_after, ..request(1) };
        story.on(&PaymentCommand::Request(wish)).unwrap();
        return story.on(&PaymentCommand::RecordApproval(approval())).unwrap();
    }
    let Cancel { cancel_amount: amount, tax_free_amount: tax_free } = step.cancel.as_ref().unwrap();
    let wish = RequestCancel { amount: *amount, tax_free: *tax_free, ..cancel(number, None) };
    story.on(&PaymentCommand::RequestCancel(wish)).unwrap();
    story.on(&PaymentCommand::RecordCancel(acquirer_cancel(number))).unwrap()
}

#[test]
fn every_worked_case_comes_out_to_the_won() {
    let document = document();
    assert!(document.cases.len() >= 30 && !document.rules.is_empty() && !document.postings.is_empty());
    for case in &document.cases {
        let mut story = Story::new(facts(case));
        for (number, step) in (0..).zip(&case.steps) {
            let event = play(&mut story, number, step);
            assert_eq!(found(&event), step.expected, "{}, step {number}: {}", case.name, case.why);
        }
    }
}

#[test]
fn what_was_cancelled_to_nothing_has_given_back_every_won() {
    for case in document().cases.iter().filter(|case| case.contract.fee_return == FeeReturn::Yes) {
        let (sale, cancels) = case.steps.split_first().unwrap();
        let sum = |of: fn(&Expected) -> i64| cancels.iter().map(|step| of(&step.expected)).sum::<i64>();
        if sum(|cancel| cancel.amount) == sale.expected.amount {
            assert_eq!(
                sum(|cancel| cancel.merchant_is_owed),
                -sale.expected.merchant_is_owed,
                "{}",
                case.name
            );
            assert_eq!(sum(|cancel| cancel.sale_vat), sale.expected.sale_vat, "{}", case.name);
        }
    }
}

#[test]
fn every_dated_example_is_paid_out_on_its_day() {
    let document = document();
    assert!(document.pay_out_dates.len() >= 12);
    for PayOut { why, sold_date, business_days, calendar, pay_out_date } in document.pay_out_dates {
        let calendar = Calendar::find(&calendar).unwrap();
        assert_eq!(calendar.business_days_on(sold_date, business_days), pay_out_date, "{why}");
    }
}
