//! `GET /memory`: everything the sandbox knows, for a test to compare with the ledger. No card numbers: it has none.

use std::ops::Bound;

use serde::Serialize;

use super::entry::{ApproveFacts, Outcome};
use super::memory::{Approve, Memory};
use super::wire::Id;

/// One page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// By approve operation id, ascending.
    pub operations: Vec<Line>,
    /// Ask again with `after=` this; none at the end.
    pub next: Option<Id>,
}

/// The net state of one approve operation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    operation_id: Id,
    /// `approved`, `declined`, `notAttempted`, `netCancelled` (it had been approved) or `tombstone` (it had not).
    state: &'static str,
    #[serde(flatten)]
    request: Option<ApproveFacts>,
    code: Option<String>,
    approved_amount: i64,
    cancelled_amount: i64,
    net_cancelled_amount: i64,
    net_amount: i64,
    net_cancel_operation_id: Option<Id>,
    refused_late: bool,
    cancels: Vec<CancelLine>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CancelLine {
    operation_id: Id,
    state: &'static str,
    amount: i64,
    code: Option<String>,
}

/// Sums over everything.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Approve operations, tombstones included.
    pub operations: u64,
    /// Cards charged, undone since or not.
    pub approved: u64,
    /// Refused, finally.
    pub declined: u64,
    /// Never tried, finally.
    pub not_attempted: u64,
    /// Undone after an approval.
    pub net_cancelled: u64,
    /// Prevented before an approval.
    pub tombstones: u64,
    /// Arrived after their net cancel and refused.
    pub refused_late: u64,
    /// Cancels done.
    pub cancels: u64,
    /// Minor units of all currencies together.
    pub approved_amount: i64,
    /// Minor units.
    pub cancelled_amount: i64,
    /// Minor units.
    pub net_cancelled_amount: i64,
    /// Minor units that stand.
    pub net_amount: i64,
}

/// At most `limit` operations after an id.
pub fn page(memory: &Memory, after: Option<&str>, limit: usize) -> Page {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut range = memory.approves.range::<str, _>((from, Bound::Unbounded));
    let operations: Vec<Line> =
        range.by_ref().take(limit).map(|(id, known)| line(memory, id, known)).collect();
    let more = range.next().is_some();
    let next = operations.last().filter(|_| more).map(|line| line.operation_id.clone());
    Page { operations, next }
}

fn line(memory: &Memory, id: &Id, known: &Approve) -> Line {
    let outcome = known.outcome.as_ref().map(|(outcome, _)| outcome);
    Line {
        operation_id: id.clone(),
        state: state(known),
        request: known.request.clone(),
        code: outcome.and_then(code),
        approved_amount: known.approved(),
        cancelled_amount: known.cancelled,
        net_cancelled_amount: known.undone(),
        net_amount: known.net(),
        net_cancel_operation_id: known.net_cancel.as_ref().map(|n| n.operation.clone()),
        refused_late: known.refused_late,
        cancels: known.cancels.iter().filter_map(|id| cancel_line(memory, id)).collect(),
    }
}

fn state(known: &Approve) -> &'static str {
    match (&known.outcome, &known.net_cancel) {
        (Some((Outcome::Done, _)), Some(_)) => "netCancelled",
        (Some((Outcome::Done, _)), None) => "approved",
        (Some((Outcome::Declined(_), _)), _) => "declined",
        (Some((Outcome::NotAttempted(_), _)), _) => "notAttempted",
        (None, _) => "tombstone",
    }
}

fn cancel_line(memory: &Memory, id: &Id) -> Option<CancelLine> {
    let known = memory.cancels.get(id)?;
    let state = match known.outcome {
        Outcome::Done => "cancelled",
        Outcome::Declined(_) => "declined",
        Outcome::NotAttempted(_) => "notAttempted",
    };
    let code = code(&known.outcome);
    Some(CancelLine { operation_id: id.clone(), state, amount: known.request.amount, code })
}

fn code(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Done => None,
        Outcome::Declined(refusal) | Outcome::NotAttempted(refusal) => Some(refusal.code.clone()),
    }
}

/// Sums over the whole memory.
pub fn totals(memory: &Memory) -> Totals {
    let mut totals = Totals::default();
    for known in memory.approves.values() {
        totals.operations += 1;
        totals.approved += u64::from(known.had_approved());
        totals.declined += u64::from(state(known) == "declined");
        totals.not_attempted += u64::from(state(known) == "notAttempted");
        totals.net_cancelled += u64::from(state(known) == "netCancelled");
        totals.tombstones += u64::from(state(known) == "tombstone");
        totals.refused_late += u64::from(known.refused_late);
        totals.approved_amount += known.approved();
        totals.cancelled_amount += known.cancelled;
        totals.net_cancelled_amount += known.undone();
        totals.net_amount += known.net();
    }
    totals.cancels = memory.cancels.values().map(|cancel| u64::from(cancel.outcome == Outcome::Done)).sum();
    totals
}
