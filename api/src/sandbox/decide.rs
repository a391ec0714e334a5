//! What the sandbox acquirer answers, and what it must remember first: a pure function of its memory and of the request.
//! Every operation is bound to its id: the same request gets the same answer, another one under the same id an error.

use super::entry::{ApproveFacts, Entry, Happened, Outcome, Refusal};
use super::magic::Verdict;
use super::memory::{Approve, Memory};
use super::wire::{Answer, CancelFacts, Id, NetCancelFacts};

/// The code of an approval that arrived after its net cancel.
pub const NET_CANCELED: &str = "NET_CANCELED";

/// Either something to remember, after which `Memory` knows the answer, or an answer that changes nothing.
pub enum Decision {
    /// Write this down, then ask the memory.
    Record(Entry),
    /// Nothing new.
    Answer(Answer),
}

/// An approve request.
pub fn approve(
    memory: &Memory,
    operation: &Id,
    request: ApproveFacts,
    verdict: Verdict,
    at_ms: i64,
) -> Decision {
    if request.amount <= 0 || !is_id(operation) {
        return invalid("amount must be above zero, ids 1 to 64 visible ASCII characters");
    }
    if memory.cancels.contains_key(operation) || memory.net_cancels.contains_key(operation) {
        return reused();
    }
    let operation = operation.clone();
    let Some(known) = memory.approves.get(&operation) else {
        return record(operation, at_ms, Happened::Approve(request, verdict.into()));
    };
    match &known.request {
        Some(first) if *first != request => reused(),
        Some(_) => Decision::Answer(approve_answer(memory, &operation)),
        None => record(operation, at_ms, Happened::LateApproveRefused(request)),
    }
}

/// A cancel of an approved operation.
pub fn cancel(
    memory: &Memory,
    operation: &Id,
    request: CancelFacts,
    verdict: Verdict,
    at_ms: i64,
) -> Decision {
    if request.amount <= 0 || !is_id(operation) {
        return invalid("amount must be above zero, ids 1 to 64 visible ASCII characters");
    }
    if memory.approves.contains_key(operation) || memory.net_cancels.contains_key(operation) {
        return reused();
    }
    if let Some(first) = memory.cancels.get(operation) {
        return if first.request == request {
            Decision::Answer(cancel_answer(memory, operation))
        } else {
            reused()
        };
    }
    let outcome = match uncancellable(memory, &request) {
        Some((code, message)) => Outcome::Declined(Refusal::new(code, message)),
        None => verdict.into(),
    };
    record(operation.clone(), at_ms, Happened::Cancel(request, outcome))
}

fn uncancellable(memory: &Memory, request: &CancelFacts) -> Option<(&'static str, &'static str)> {
    let approved = memory.approves.get(&request.approve_operation_id).filter(|a| a.had_approved());
    let Some(known) = approved else {
        return Some(("NOT_FOUND_PAYMENT", "no approval under this operation"));
    };
    let facts = known.request.as_ref().map(|r| (r.order_id.as_str(), r.currency.as_str()));
    let same = request.transaction == transaction(&request.approve_operation_id)
        && facts == Some((request.order_id.as_str(), request.currency.as_str()));
    if !same {
        Some(("NOT_FOUND_PAYMENT", "transaction, order or currency do not match the approval"))
    } else if known.net() == 0 {
        Some(("ALREADY_CANCELED_PAYMENT", "nothing is left to cancel"))
    } else if request.amount > known.net() {
        Some(("NOT_CANCELABLE_AMOUNT", "more than is left"))
    } else {
        None
    }
}

/// A net cancel; `tombstones` says whether one of an unknown operation prevents its later arrival.
pub fn net_cancel(
    memory: &Memory,
    operation: &Id,
    request: NetCancelFacts,
    tombstones: bool,
    at_ms: i64,
) -> Decision {
    if !is_id(operation)
        || !is_id(&request.approve_operation_id)
        || *operation == request.approve_operation_id
    {
        return invalid("ids are 1 to 64 visible ASCII characters, and every operation has its own");
    }
    if memory.approves.contains_key(operation) || memory.cancels.contains_key(operation) {
        return reused();
    }
    if let Some(first) = memory.net_cancels.get(operation) {
        return if *first == request {
            Decision::Answer(net_cancel_answer(memory, &request.approve_operation_id))
        } else {
            reused()
        };
    }
    if memory.cancels.contains_key(&request.approve_operation_id) {
        return mismatch();
    }
    let operation = operation.clone();
    match memory.approves.get(&request.approve_operation_id) {
        // A second net cancel finds nothing left to undo, whatever it repeats.
        Some(known) if known.net_cancel.is_some() => {
            Decision::Answer(net_cancel_answer(memory, &request.approve_operation_id))
        }
        Some(known) if !matches(known, &request) => mismatch(),
        None if !tombstones => record(operation, at_ms, Happened::NetCancelFoundNothing(request)),
        Some(_) | None => record(operation, at_ms, Happened::NetCancel(request)),
    }
}

fn matches(known: &Approve, request: &NetCancelFacts) -> bool {
    known.request.as_ref().is_none_or(|first| {
        first.order_id == request.order_id
            && first.amount == request.amount
            && first.currency == request.currency
    })
}

/// The answer to an approve request whose operation is known.
pub fn approve_answer(memory: &Memory, operation: &Id) -> Answer {
    let Some(known) = memory.approves.get(operation) else { return Answer::NotFound };
    // Whatever it was before: it does not stand any more, and a caller must not believe that it does.
    if known.net_cancel.is_some() && (known.had_approved() || known.outcome.is_none()) {
        return Answer::Declined {
            code: NET_CANCELED.into(),
            message: "the operation was net cancelled".into(),
        };
    }
    standing(known, operation)
}

fn standing(known: &Approve, operation: &Id) -> Answer {
    match (&known.outcome, &known.request) {
        (Some((Outcome::Done, at_ms)), Some(request)) => Answer::Approved {
            transaction: transaction(operation),
            approve_no: approve_no(operation),
            approved_at_ms: *at_ms,
            amount: request.amount,
            cancelled_amount: known.cancelled,
            issuer_code: issuer(&request.card).into(),
        },
        (Some((outcome, _)), _) => refusal(outcome),
        (None, _) => Answer::NotFound,
    }
}

fn refusal(outcome: &Outcome) -> Answer {
    match outcome.clone() {
        Outcome::Done => Answer::NotFound,
        Outcome::Declined(Refusal { code, message }) => Answer::Declined { code, message },
        Outcome::NotAttempted(Refusal { code, message }) => Answer::NotAttempted { code, message },
    }
}

/// The answer to a cancel request whose operation is known.
pub fn cancel_answer(memory: &Memory, operation: &Id) -> Answer {
    let Some(known) = memory.cancels.get(operation) else { return Answer::NotFound };
    match &known.outcome {
        Outcome::Done => Answer::Cancelled {
            transaction: transaction(operation),
            cancelled_at_ms: known.at_ms,
            amount: known.request.amount,
            remaining: known.remaining,
        },
        Outcome::Declined(_) | Outcome::NotAttempted(_) => refusal(&known.outcome),
    }
}

/// The answer to a net cancel of this approve operation.
pub fn net_cancel_answer(memory: &Memory, approve_operation: &Id) -> Answer {
    let known = memory.approves.get(approve_operation);
    match known.and_then(|a| a.net_cancel.as_ref().map(|n| (a, n))) {
        Some((approve, net_cancel)) => Answer::NetCancelled {
            had_approved: approve.had_approved(),
            tombstone: true,
            at_ms: net_cancel.at_ms,
        },
        None => Answer::NothingFound,
    }
}

/// The answer to an inquiry about any operation, from memory alone.
pub fn inquire(memory: &Memory, operation: &Id) -> Answer {
    if memory.cancels.contains_key(operation) {
        return cancel_answer(memory, operation);
    }
    if let Some(request) = memory.net_cancels.get(operation) {
        return net_cancel_answer(memory, &request.approve_operation_id);
    }
    match memory.approves.get(operation) {
        Some(known) if known.net_cancel.is_some() => net_cancel_answer(memory, operation),
        Some(known) => standing(known, operation),
        None => Answer::NotFound,
    }
}

/// The acquirer's transaction of an operation.
pub fn transaction(operation: &Id) -> String {
    format!("sbt_{}", hex::encode(digest(operation).get(..12).unwrap_or_default()))
}

fn approve_no(operation: &Id) -> String {
    let number = digest(operation).iter().skip(12).take(4).fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    format!("{:08}", number % 100_000_000)
}

fn digest(operation: &Id) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, operation.as_bytes()).as_ref().to_vec()
}

/// Who issued a card, by its first digit: the two-character codes Korean merchants know.
fn issuer(masked: &str) -> &'static str {
    match masked.as_bytes().first() {
        Some(b'3') => "15",
        Some(b'4') => "41",
        Some(b'5') => "11",
        Some(b'6') => "61",
        Some(b'9') => "31",
        _ => "91",
    }
}

fn record(operation: Id, at_ms: i64, happened: Happened) -> Decision {
    Decision::Record(Entry { operation, at_ms, happened })
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

fn invalid(why: &str) -> Decision {
    Decision::Answer(Answer::error("INVALID_REQUEST", why))
}

fn reused() -> Decision {
    Decision::Answer(Answer::error("OPERATION_REUSED", "another request came under this operation id"))
}

fn mismatch() -> Decision {
    Decision::Answer(Answer::error("MISMATCH", "the net cancel does not repeat what the approval asked for"))
}
