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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Keyed;
    use crate::honest::Told;

    fn book(approved: i64, events: Vec<&'static str>) -> Book {
        let operation = "op_1".to_owned();
        let account = Account { amount: 1_000, approved, events, operation, ..Account::default() };
        let keyed = Keyed { position: "p:2".to_owned(), payment: "pay_1".to_owned(), cancel: None };
        Book {
            payments: [("pay_1".to_owned(), account)].into(),
            keys: [("mer_1/k".to_owned(), vec![keyed])].into(),
            ..Book::default()
        }
    }

    fn deed(key: &str, ending: Ending) -> Deed {
        let told = Told {
            key: key.to_owned(),
            command: String::new(),
            ending,
            answers: Vec::new(),
            last: None,
            took: std::time::Duration::ZERO,
            slowest: std::time::Duration::ZERO,
        };
        let what = What::Pay { order_id: "o".to_owned(), amount: 1_000 };
        Deed { merchant: "mer_1".to_owned(), what, told }
    }

    fn memory(net_amount: i64) -> Memory {
        let operation = Operation {
            operation_id: "op_1".to_owned(),
            state: "approved".to_owned(),
            payment_id: None,
            order_id: None,
            approved_amount: 1_000,
            net_amount,
            refused_late: false,
            cancels: Vec::new(),
        };
        Memory { operations: [("op_1".to_owned(), operation)].into() }
    }

    #[test]
    fn what_agrees_is_no_finding_and_every_lie_is_one() {
        let approved = book(1_000, vec!["requested", "approved"]);
        let declined = book(0, vec!["requested", "declined"]);
        let mut twice = approved.clone();
        twice.keys.values_mut().for_each(|keyed| keyed.extend(keyed.clone()));
        for (book, key, ending, findings) in [
            (&approved, "k", Ending::Done, 0),
            (&declined, "k", Ending::Failed, 0),
            (&approved, "other", Ending::Refused, 0),
            (&approved, "k", Ending::Failed, 1),
            (&approved, "k", Ending::Refused, 1),
            (&approved, "k", Ending::Open, 1),
            (&approved, "other", Ending::Done, 1),
            (&declined, "k", Ending::Done, 1),
            (&twice, "k", Ending::Done, 1),
        ] {
            let found = against_callers(book, &[deed(key, ending)]);
            assert_eq!(found.len(), findings, "{key} {ending:?}: {found:?}");
        }
    }

    #[test]
    fn a_won_that_only_one_side_has_is_found_from_both_sides() {
        let approved = book(1_000, vec!["requested", "approved"]);
        assert!(against_acquirer(&approved, &memory(1_000)).is_empty());
        assert_eq!(against_acquirer(&approved, &memory(999)).len(), 1);
        assert_eq!(against_acquirer(&approved, &Memory::default()).len(), 1);
        assert_eq!(against_acquirer(&Book::default(), &memory(1_000)).len(), 1);
    }
}
