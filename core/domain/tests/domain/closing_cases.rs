//! The closings, withholdings and dated cycles of `schemas/money-cases.json`, worked out apart from the program.

use std::collections::BTreeSet;

use ledger_domain::days::Day;
use ledger_domain::days::calendar::Calendar;
use ledger_domain::money::Amount;
use ledger_domain::posting::{Side, post_settlement};
use ledger_domain::settlement::{
    Offset, PayeeTax, PayeeTerms, SettlementCycle, SettlementEvent, Totals, Withholding,
};
use serde::Deserialize;

use crate::payees::{PayeeStory, adjustment, delivery, net};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    closings: Vec<Case>,
    withholdings: Vec<Withheld>,
    cycle_pay_out_dates: Vec<Dated>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Case {
    name: String,
    why: String,
    payee: PayeeKind,
    terms: PayeeTerms,
    days: Vec<Closed>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum PayeeKind {
    Merchant,
    Branch,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Closed {
    day: Day,
    #[serde(default)]
    sold: Vec<Sold>,
    #[serde(default)]
    received: Vec<i64>,
    adjustment: Option<i64>,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sold {
    amount: i64,
    fee_supply: i64,
    fee_vat: i64,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expected {
    net: i64,
    offsets: Vec<Offset>,
    reserve_held: i64,
    reserve_until: Option<Day>,
    receivable: i64,
    payable: i64,
    pay_out_date: Day,
    owed_afterwards: i64,
    kept_afterwards: i64,
    entries: BTreeSet<ExpectedEntry>,
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(deny_unknown_fields)]
struct ExpectedEntry {
    account: String,
    side: String,
    amount: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Withheld {
    why: String,
    amount: Amount,
    income_tax: Amount,
    local_tax: Amount,
    transfer: Amount,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Dated {
    why: String,
    sold_date: Day,
    cycle: SettlementCycle,
    calendar: String,
    pay_out_date: Day,
}

fn document() -> Document {
    serde_json::from_str(include_str!("../../../../schemas/money-cases.json")).unwrap()
}

fn totals(sold: &[Sold]) -> Totals {
    let sum = |of: fn(&Sold) -> i64| net(sold.iter().map(of).sum());
    let count = |of: fn(&Sold) -> bool| u32::try_from(sold.iter().filter(|sold| of(sold)).count()).unwrap();
    Totals {
        sales: count(|sold| sold.amount > 0),
        sales_amount: sum(|sold| sold.amount.max(0)),
        cancels: count(|sold| sold.amount < 0),
        cancels_amount: sum(|sold| (-sold.amount).max(0)),
        fee_supply: sum(|sold| sold.fee_supply),
        fee_vat: sum(|sold| sold.fee_vat),
        ..Totals::default()
    }
}

fn found(story: &PayeeStory) -> Expected {
    let (result, balances) = (story.result(), story.balances());
    let entries = post_settlement(story.last()).unwrap().into_iter().map(|entry| ExpectedEntry {
        account: entry.account.code().to_owned(),
        side: if entry.side == Side::Debit { "DEBIT" } else { "CREDIT" }.to_owned(),
        amount: entry.amount.minor(),
    });
    Expected {
        net: result.net.minor(),
        offsets: result.offsets.clone(),
        reserve_held: result.reserve_held.minor(),
        reserve_until: result.reserve_until,
        receivable: result.receivable.minor(),
        payable: result.payable.minor(),
        pay_out_date: result.pay_out_date,
        owed_afterwards: balances.receivable.minor(),
        kept_afterwards: balances.reserve.minor(),
        entries: entries.collect(),
    }
}

#[test]
fn every_worked_closing_comes_out_to_the_won() {
    let document = document();
    assert!(document.closings.len() >= 8);
    for case in &document.closings {
        let mut story = match case.payee {
            PayeeKind::Merchant => PayeeStory::merchant(case.terms),
            PayeeKind::Branch => PayeeStory::branch(case.terms),
        };
        for (number, closed) in (0..).zip(&case.days) {
            let day = closed.day.to_string();
            story = story.to(&day);
            if !closed.sold.is_empty() {
                story.totals.insert(closed.day, totals(&closed.sold));
            }
            for (closing, minor) in (1..).zip(&closed.received) {
                story = story.then(&delivery(closing, *minor));
            }
            if let Some(minor) = closed.adjustment {
                story = story.agreed(number, adjustment(minor));
            }
            story = story.closed(&day);
            assert_eq!(found(&story), closed.expected, "{}, {day}: {}", case.name, case.why);
        }
        let closings = story.events.iter().filter(|event| {
            matches!(event, SettlementEvent::MerchantClosed(_) | SettlementEvent::NodeClosed(_))
        });
        assert_eq!(closings.count(), case.days.len());
    }
}

#[test]
fn every_worked_withholding_comes_out_to_the_won() {
    for Withheld { why, amount, income_tax, local_tax, transfer } in document().withholdings {
        let withheld = PayeeTax::Person.withheld(amount).unwrap();
        assert_eq!(withheld, Withholding { income_tax, local_tax }, "{why}");
        assert_eq!(amount.minus(withheld.total().unwrap()), Ok(transfer), "{why}");
    }
}

#[test]
fn every_dated_cycle_is_paid_out_on_its_day() {
    let document = document();
    assert!(document.cycle_pay_out_dates.len() >= 12);
    for Dated { why, sold_date, cycle, calendar, pay_out_date } in document.cycle_pay_out_dates {
        cycle.check().unwrap();
        assert_eq!(cycle.pay_out_date(Calendar::find(&calendar).unwrap(), sold_date), pay_out_date, "{why}");
    }
}
