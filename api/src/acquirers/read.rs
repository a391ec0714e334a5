//! From what was said to an outcome: pure, and the only place that decides what an acquirer's answer is worth.

use super::line::{Lost, Sent, Withheld};
use super::orders::{CancelOrder, NetCancelOrder};
use super::outcomes::{Approval, ApproveOutcome, CancelOutcome, Inquiry, NetCancelOutcome};
use super::wire::Said;
use ledger_domain::payment::{NotAttemptedCause, UnknownCause};

/// An answer that does not fit what was asked is none.
const UNREADABLE: UnknownCause = UnknownCause::UnreadableAnswer;
/// The acquirer's own word.
const REFUSED: NotAttemptedCause = NotAttemptedCause::AcquirerRefused;

/// The longest code, approval number or transaction that is believed, in bytes.
const LONGEST_NAME: usize = 64;
/// The longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 200;
/// The code of a request that the acquirer refused to take in: nothing was done and nothing is bound.
const INVALID_REQUEST: &str = "INVALID_REQUEST";

/// Of an approval.
pub fn approve(order_amount: i64, sent: Sent) -> ApproveOutcome {
    let said = match sent {
        Sent::Said(said) => said,
        Sent::Withheld(Withheld { cause, why }) => return ApproveOutcome::NotAttempted { cause, why },
        Sent::Lost(Lost { cause, why }) => return ApproveOutcome::Unknown { cause, why },
    };
    match said {
        Said::Approved { amount, .. } if amount != order_amount => ApproveOutcome::Unknown {
            cause: UNREADABLE,
            why: format!("approved {amount} instead of {order_amount}"),
        },
        Said::Approved { transaction, approve_no, approved_at_ms, issuer_code, .. } => {
            match approval(transaction, approve_no, approved_at_ms, issuer_code) {
                Ok(approval) => ApproveOutcome::Approved(approval),
                Err(why) => ApproveOutcome::Unknown { cause: UNREADABLE, why },
            }
        }
        Said::Declined { code, message } => match name(code) {
            Ok(code) => ApproveOutcome::Declined { code, message: tidy(&message) },
            Err(why) => ApproveOutcome::Unknown { cause: UNREADABLE, why },
        },
        Said::NotAttempted { code, message } => {
            ApproveOutcome::NotAttempted { cause: REFUSED, why: both(&code, &message) }
        }
        Said::Error { code, message } if code == INVALID_REQUEST => {
            ApproveOutcome::NotAttempted { cause: REFUSED, why: both(&code, &message) }
        }
        other => ApproveOutcome::Unknown { cause: UNREADABLE, why: unfit(&other) },
    }
}

/// Of a cancel.
pub fn cancel(order: &CancelOrder, sent: Sent) -> CancelOutcome {
    let said = match sent {
        Sent::Said(said) => said,
        Sent::Withheld(Withheld { cause, why }) if order.attempt <= 1 => {
            return CancelOutcome::NotAttempted { cause, why };
        }
        Sent::Withheld(Withheld { why, .. }) => {
            return CancelOutcome::Unknown { cause: UnknownCause::Timeout, why: retry_not_sent(&why) };
        }
        Sent::Lost(Lost { cause, why }) => return CancelOutcome::Unknown { cause, why },
    };
    match said {
        Said::Cancelled { amount, .. } if amount != order.amount_minor => CancelOutcome::Unknown {
            cause: UNREADABLE,
            why: format!("cancelled {amount} instead of {}", order.amount_minor),
        },
        Said::Cancelled { transaction, cancelled_at_ms, .. } => match name(transaction) {
            Ok(cancel_transaction) => CancelOutcome::Cancelled { cancel_transaction, cancelled_at_ms },
            Err(why) => CancelOutcome::Unknown { cause: UNREADABLE, why },
        },
        Said::Declined { code, message } => match name(code) {
            Ok(code) => CancelOutcome::Declined { code, message: tidy(&message) },
            Err(why) => CancelOutcome::Unknown { cause: UNREADABLE, why },
        },
        Said::NotAttempted { code, message } => {
            CancelOutcome::NotAttempted { cause: REFUSED, why: both(&code, &message) }
        }
        Said::Error { code, message } if code == INVALID_REQUEST && order.attempt <= 1 => {
            CancelOutcome::NotAttempted { cause: REFUSED, why: both(&code, &message) }
        }
        other => CancelOutcome::Unknown { cause: UNREADABLE, why: unfit(&other) },
    }
}

/// Of a net cancel. That nothing was found is final only where both the configuration and the answer promise a tombstone.
pub fn net_cancel(order: &NetCancelOrder, tombstones: bool, sent: Sent) -> NetCancelOutcome {
    let said = match sent {
        Sent::Said(said) => said,
        Sent::Withheld(Withheld { why, .. }) if order.attempt <= 1 => {
            return NetCancelOutcome::NotAttempted { why };
        }
        Sent::Withheld(Withheld { why, .. }) => {
            return NetCancelOutcome::Unknown { why: retry_not_sent(&why) };
        }
        Sent::Lost(Lost { why, .. }) => return NetCancelOutcome::Unknown { why },
    };
    match said {
        Said::NetCancelled { had_approved, tombstone, at_ms } => {
            if had_approved || (tombstone && tombstones) {
                NetCancelOutcome::NetCancelled { had_approved, at_ms }
            } else {
                NetCancelOutcome::NothingFound
            }
        }
        Said::NothingFound => NetCancelOutcome::NothingFound,
        Said::NotAttempted { code, message } if order.attempt <= 1 => {
            NetCancelOutcome::NotAttempted { why: both(&code, &message) }
        }
        other => NetCancelOutcome::Unknown { why: unfit(&other) },
    }
}

/// Of an inquiry.
pub fn inquire(tombstones: bool, sent: Sent) -> Inquiry {
    let said = match sent {
        Sent::Said(said) => said,
        Sent::Withheld(Withheld { why, .. }) | Sent::Lost(Lost { why, .. }) => {
            return Inquiry::Unknown { why };
        }
    };
    match said {
        Said::Approved { transaction, approve_no, approved_at_ms, issuer_code, .. } => {
            match approval(transaction, approve_no, approved_at_ms, issuer_code) {
                Ok(approval) => Inquiry::Approved(approval),
                Err(why) => Inquiry::Unknown { why },
            }
        }
        Said::Declined { code, message } => match name(code) {
            Ok(code) => Inquiry::Declined { code, message: tidy(&message) },
            Err(why) => Inquiry::Unknown { why },
        },
        Said::NotAttempted { code, message } => Inquiry::NotAttempted { why: both(&code, &message) },
        Said::Cancelled { transaction, cancelled_at_ms, .. } => match name(transaction) {
            Ok(cancel_transaction) => Inquiry::Cancelled { cancel_transaction, cancelled_at_ms },
            Err(why) => Inquiry::Unknown { why },
        },
        Said::NetCancelled { had_approved, tombstone, .. } => {
            if had_approved || (tombstone && tombstones) {
                Inquiry::NetCancelled { had_approved }
            } else {
                Inquiry::NotFound
            }
        }
        Said::InProgress => Inquiry::InProgress,
        Said::NotFound | Said::NothingFound => Inquiry::NotFound,
        Said::Error { .. } => Inquiry::Unknown { why: unfit(&said) },
    }
}

fn approval(
    transaction: String,
    approve_no: String,
    approved_at_ms: i64,
    issuer_code: Option<String>,
) -> Result<Approval, String> {
    Ok(Approval {
        acquirer_transaction: name(transaction)?,
        approve_no: name(approve_no)?,
        approved_at_ms,
        // Not worth losing an approval for.
        issuer_code: issuer_code.and_then(|code| name(code).ok()),
    })
}

/// A name goes into events as it is, so it must look like one.
fn name(text: String) -> Result<String, String> {
    let plain = (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if plain {
        Ok(text)
    } else {
        Err("a code or number in the answer is empty, too long or not plain text".into())
    }
}

/// A message goes into events too: short, on one line, and without anything that could be a card number.
fn tidy(text: &str) -> String {
    let line: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_MESSAGE).collect();
    hide_long_numbers(&line)
}

/// Masks every run of 12 or more digits, also when spaces, dots or hyphens stand between them.
fn hide_long_numbers(text: &str) -> String {
    let mut hidden: Vec<char> = text.chars().collect();
    let mut run: Vec<usize> = Vec::new();
    for at in 0..=hidden.len() {
        match hidden.get(at) {
            Some(c) if c.is_numeric() => run.push(at),
            Some(' ' | '-' | '.') if !run.is_empty() => {}
            _ => {
                if run.len() >= 12 {
                    run.iter().for_each(|digit| hidden[*digit] = '*');
                }
                run.clear();
            }
        }
    }
    hidden.into_iter().collect()
}

fn both(code: &str, message: &str) -> String {
    tidy(&format!("{code}: {message}"))
}

fn retry_not_sent(why: &str) -> String {
    format!("the retry was not sent ({why}), and what became of the earlier attempt is not known")
}

fn unfit(said: &Said) -> String {
    match said {
        Said::Error { code, message } => {
            tidy(&format!("the acquirer refused the request: {code}: {message}"))
        }
        _ => "the answer does not fit what was asked".into(),
    }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
