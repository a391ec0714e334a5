//! Payees: every closing is what was recorded of its day, every commission has arrived once, and nothing is left between partitions.

use std::collections::BTreeMap;

use ledger_domain::lines::Payee;
use ledger_domain::posting::{Account, Side, post_settlement};
use ledger_domain::settlement::SettlementEvent;

use super::Book;

/// One commission's steps, in words: earned, received, delivered.
type Steps = [Vec<String>; 3];

/// Findings in words; none when all is well.
pub fn payees(book: &Book) -> Vec<String> {
    let mut findings = book.wrong_closings.clone();
    for (of, [earned, received, delivered]) in &commissions(book) {
        let as_earned = earned.iter().zip(received).all(|(was, is)| is.starts_with(&format!("{was} at ")));
        if earned.len() != 1 || received.len() != 1 || received != delivered || !as_earned {
            findings
                .push(format!("{of:?}: earned {earned:?}, received {received:?}, delivered {delivered:?}"));
        }
    }
    let posted = book.settlements.iter().flat_map(|(_, event)| post_settlement(event).unwrap_or_default());
    let clearing: i64 = posted
        .filter(|entry| entry.account == Account::L32)
        .map(|entry| if entry.side == Side::Debit { entry.amount.minor() } else { -entry.amount.minor() })
        .sum();
    if clearing != 0 {
        findings.push(format!("{clearing} is left between the partitions"));
    }
    for (merchant, day) in book.unclosed.keys() {
        let payee = book.payees.get(&Payee::Merchant(*merchant));
        if payee.and_then(|payee| payee.last_closed).is_some_and(|last| last >= *day) {
            findings.push(format!("{merchant} sold on {day}, which was closed"));
        }
    }
    findings
}

/// By merchant, closing and payee.
fn commissions(book: &Book) -> BTreeMap<(String, u32, String), Steps> {
    let mut all: BTreeMap<(String, u32, String), Steps> = BTreeMap::new();
    for (position, event) in &book.settlements {
        let payee = event.payee().to_string();
        match event {
            SettlementEvent::MerchantClosed(data) => {
                for one in &data.commissions {
                    let of = (payee.clone(), data.number, one.payee.to_string());
                    let [earned, ..] = all.entry(of).or_default();
                    earned.push(one.amount.to_string());
                }
            }
            SettlementEvent::CommissionReceived(data) => {
                let of = (data.merchant_id.to_string(), data.closing, payee);
                let [_, received, _] = all.entry(of).or_default();
                received.push(format!("{} at {position}", data.amount));
            }
            SettlementEvent::CommissionDelivered(data) => {
                let of = (payee, data.closing, data.to.to_string());
                let [.., delivered] = all.entry(of).or_default();
                delivered.push(format!("{} at {}", data.amount, data.position));
            }
            _ => {}
        }
    }
    all
}
