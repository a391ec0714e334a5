//! The comparisons. Each finding is a sentence that names the payment, so that it can be looked up.

use super::{Account, Book, Memory, Operation, Undo};
use crate::honest::Ending;
use crate::load::{Deed, What};

/// What callers were told against the ledger: done is there exactly once, failed moved nothing, refused is not there.
pub fn against_callers(book: &Book, deeds: &[Deed]) -> Vec<String> {
    let mut findings: Vec<String> =
        book.doubled.iter().map(|command| format!("a command stands twice: {command}")).collect();
    findings.extend(deeds.iter().filter_map(|deed| finding(book, deed)));
    findings
}

fn finding(book: &Book, deed: &Deed) -> Option<String> {
    let key = format!("{}/{}", deed.merchant, deed.told.key);
    let records = book.keys.get(&key).map_or(&[][..], Vec::as_slice);
    let account = records.first().and_then(|keyed| book.payments.get(&keyed.payment));
    let undo = records.first().and_then(|keyed| account?.undos.get(keyed.cancel.as_ref()?));
    let wrong = match (deed.told.ending, account) {
        (Ending::Open, _) => Some("its caller never got a final answer"),
        (Ending::Refused, None) => None,
        (Ending::Refused, Some(_)) => Some("refused, but recorded"),
        (Ending::Done | Ending::Failed, None) => Some("answered, but not recorded"),
        (Ending::Done | Ending::Failed, Some(_)) if records.len() != 1 => Some("recorded more than once"),
        (Ending::Done, Some(account)) => done(deed, account, undo),
        (Ending::Failed, Some(account)) => failed(deed, account, undo),
    };
    wrong.map(|wrong| {
        let events = account.map(|account| &account.events);
        format!("{key} {:?}: {wrong}; told {:?}; ledger {records:?} {events:?}", deed.what, deed.told.answers)
    })
}

fn done(deed: &Deed, account: &Account, undo: Option<&Undo>) -> Option<&'static str> {
    match &deed.what {
        What::Pay { amount, .. } => {
            let right = account.approved == *amount && account.count("approved") == 1;
            (!right).then_some("done, but not approved once with that amount")
        }
        What::Cancel { amount, .. } => {
            let right = undo.is_some_and(|undo| undo.state == "done" && undo.amount == *amount);
            (!right).then_some("done, but no such cancel is done")
        }
    }
}

fn failed(deed: &Deed, account: &Account, undo: Option<&Undo>) -> Option<&'static str> {
    match &deed.what {
        What::Pay { .. } => (account.approved != 0).then_some("failed, but approved"),
        What::Cancel { .. } => {
            undo.is_some_and(|undo| undo.state == "done").then_some("failed, but the cancel is done")
        }
    }
}

/// The ledger against the acquirer's memory, both ways, to the won.
pub fn against_acquirer(book: &Book, memory: &Memory) -> Vec<String> {
    let mut findings = Vec::new();
    for (id, account) in &book.payments {
        let operation = memory.operations.get(&account.operation);
        let there = operation.map_or(0, |operation| operation.net_amount);
        if there != account.net() {
            let state = operation.map(|operation| &operation.state);
            findings.push(format!(
                "{id} {}: the ledger has {}, the acquirer {there} ({state:?}); {:?}",
                account.order_id,
                account.net(),
                account.events
            ));
        }
        findings.extend(account.undos.values().filter_map(|undo| undo_finding(id, undo, operation)));
    }
    let known: std::collections::HashSet<&str> =
        book.payments.values().map(|account| account.operation.as_str()).collect();
    let strangers = memory.operations.keys().filter(|operation| !known.contains(operation.as_str()));
    findings
        .extend(strangers.map(|operation| format!("{operation} is at the acquirer, but not in the ledger")));
    findings
}

fn undo_finding(payment: &str, undo: &Undo, operation: Option<&Operation>) -> Option<String> {
    let there = operation
        .and_then(|operation| operation.cancels.iter().find(|cancel| cancel.operation_id == undo.operation))
        .filter(|cancel| cancel.state == "cancelled")
        .map_or(0, |cancel| cancel.amount);
    let here = if undo.state == "done" { undo.amount } else { 0 };
    (here != there).then(|| {
        format!(
            "{payment}: cancel {} is {} with {here} here, {there} at the acquirer",
            undo.operation, undo.state
        )
    })
}
