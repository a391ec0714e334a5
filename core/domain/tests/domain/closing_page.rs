//! `schemas/closing.md`: its worked closings are what the code makes of them, and so are the samples of closings.

use ledger_domain::days::Day;
use ledger_domain::directory::Digest;
use ledger_domain::settlement::{Offset, OffsetSource, PayeeTerms, SettlementEvent, Totals, chain};
use serde::Deserialize;
use serde_json::Value;

use crate::payees::{PayeeStory, adjustment, delivery, net};
use crate::schemas::{sample, samples};
use crate::support::won;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Worked {
    terms: PayeeTerms,
    merchant: Vec<Closing>,
    branch: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Closing {
    day: Day,
    entries: Vec<Entry>,
    adjustments: i64,
    net: i64,
    offsets: Vec<Offset>,
    reserve_held: i64,
    reserve_until: Option<Day>,
    receivable: i64,
    payable: i64,
    pay_out_date: Day,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    number: u64,
    amount: Option<i64>,
    fee_supply: Option<i64>,
    fee_vat: Option<i64>,
    net: i64,
    hash: Digest,
}

fn worked() -> Worked {
    let page = include_str!("../../../../schemas/closing.md");
    let block = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    serde_json::from_str(block).unwrap()
}

/// The sums of a merchant's entries, as the page says.
fn totals(entries: &[Entry]) -> Totals {
    let mut totals = Totals::default();
    for entry in entries {
        let amount = entry.amount.unwrap();
        let (count, sum) = match amount < 0 {
            false => (&mut totals.sales, &mut totals.sales_amount),
            true => (&mut totals.cancels, &mut totals.cancels_amount),
        };
        *count += 1;
        *sum = sum.plus(net(amount.abs())).unwrap();
        totals.fee_supply = totals.fee_supply.plus(net(entry.fee_supply.unwrap())).unwrap();
        totals.fee_vat = totals.fee_vat.plus(net(entry.fee_vat.unwrap())).unwrap();
        totals.entries_hash = chain(totals.entries_hash, entry.number, net(entry.net));
        totals.through = entry.number;
        assert_eq!(totals.entries_hash, entry.hash, "entry {}", entry.number);
    }
    totals
}

#[test]
fn the_worked_closings_of_a_merchant_come_out_to_the_won() {
    let worked = worked();
    let mut story = PayeeStory::merchant(worked.terms);
    for (number, closing) in (1..).zip(&worked.merchant) {
        story = story.to(&closing.day.to_string());
        if closing.adjustments != 0 {
            story = story.agreed(1, adjustment(closing.adjustments));
        }
        story.totals.insert(closing.day, totals(&closing.entries));
        story = story.closed(&closing.day.to_string());
        let SettlementEvent::MerchantClosed(data) = story.last() else { panic!("{:?}", story.last()) };
        assert_eq!((data.number, data.day), (number, closing.day));
        assert_eq!(Some(&data.entries_hash), closing.entries.last().map(|entry| &entry.hash));
        let result = story.result();
        assert_eq!((result.net, &result.offsets), (net(closing.net), &closing.offsets), "{}", closing.day);
        assert_eq!(result.reserve_held, won(closing.reserve_held));
        assert_eq!(result.reserve_until, closing.reserve_until);
        assert_eq!(result.receivable, won(closing.receivable));
        assert_eq!(result.payable, won(closing.payable));
        assert_eq!(result.pay_out_date, closing.pay_out_date);
    }
}

#[test]
fn of_a_branch_the_number_hashed_is_the_merchant_s_closing() {
    let entries = worked().branch;
    let mut story = PayeeStory::branch(PayeeTerms::of_node());
    for entry in &entries {
        story = story.then(&delivery(u32::try_from(entry.number).unwrap(), entry.net));
        let received = story.state.received.values().next().unwrap();
        assert_eq!(received.hash, entry.hash);
    }
    story = story.closed("2026-11-23");
    let SettlementEvent::NodeClosed(data) = story.last() else { panic!("{:?}", story.last()) };
    let sum: i64 = entries.iter().map(|entry| entry.net).sum();
    assert_eq!((data.entries_hash, data.commissions), (entries.last().unwrap().hash, net(sum)));
}

#[test]
fn the_sums_of_every_closing_among_the_samples_are_right() {
    let of = |value: &Value, key: &str| value[key].as_i64().unwrap();
    for name in ["ledger.settlement.merchant-closed.v1", "ledger.settlement.node-closed.v1"] {
        for file in samples(name) {
            let value: Value = serde_json::from_slice(&sample(name, &file).1).unwrap();
            let result = &value["result"];
            let earned = match value.get("salesAmount") {
                None => of(&value, "commissions"),
                Some(_) => {
                    let sold = of(&value, "salesAmount") - of(&value, "cancelsAmount");
                    sold - of(&value, "feeSupply") - of(&value, "feeVat")
                }
            };
            assert_eq!(of(result, "net"), earned + of(&value, "adjustments"), "{name}/{file}");
            let offsets: Vec<Offset> = serde_json::from_value(result["offsets"].clone()).unwrap();
            let out = offsets.iter().filter(|offset| offset.out_of == OffsetSource::Closing);
            let out: i64 = out.map(|offset| offset.amount.minor()).sum();
            let split = out + of(result, "reserveHeld") + of(result, "payable");
            assert_eq!(of(result, "net") + of(result, "receivable"), split, "{name}/{file}");
            assert!(of(result, "receivable") == 0 || of(result, "net") < 0, "{name}/{file}");
        }
    }
}
