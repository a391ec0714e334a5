//! Which events answer a client's command, so that an identical retry, however late, gets the first answer again
//! (architecture, section 4), and one after a 504 gets what is true now.

use super::event::{NetCancelWish, PaymentEvent};
use crate::ids::CancelId;

/// How far a command's answer has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// No outcome yet: 409 to a retry, or wait.
    Open,
    /// No outcome, and the first caller was told so: answer with what is true now.
    Unknown,
    /// Answered by the stream's first `length` events: fold these.
    Final {
        /// How many.
        length: usize,
    },
    /// The first caller was told "unknown"; there is an outcome since: answer with what is true now.
    Since,
}

/// The answer to the client's command that the event at `intent` recorded. `None` if there is no such event.
pub fn answer(events: &[PaymentEvent], intent: usize) -> Option<Answer> {
    let first = events.get(intent)?;
    let mut unknown = false;
    for (index, event) in events.iter().enumerate().skip(intent) {
        match settles(first, event) {
            Step::Nothing => {}
            Step::Unknown => unknown = true,
            Step::Outcome if unknown => return Some(Answer::Since),
            Step::Outcome => return Some(Answer::Final { length: index + 1 }),
        }
    }
    Some(if unknown { Answer::Unknown } else { Answer::Open })
}

enum Step {
    Nothing,
    Unknown,
    Outcome,
}

/// What an event is to the command behind `intent`.
fn settles(intent: &PaymentEvent, event: &PaymentEvent) -> Step {
    match intent {
        PaymentEvent::Requested(_) => approval(event),
        PaymentEvent::NetCancelRequested(data) => match data.wish {
            NetCancelWish::Merchant { .. } => net_cancel(event),
            NetCancelWish::Deadline {} => Step::Outcome,
        },
        PaymentEvent::CancelRequested(data) => cancel(data.cancel_id, event),
        // Every other event is the whole answer to its own command.
        PaymentEvent::Approved(_)
        | PaymentEvent::Declined(_)
        | PaymentEvent::NotAttempted(_)
        | PaymentEvent::ApprovalUnknown(_)
        | PaymentEvent::NetCancelled(_)
        | PaymentEvent::LateApprovalSeen(_)
        | PaymentEvent::Unresolved(_)
        | PaymentEvent::ResolutionProposed(_)
        | PaymentEvent::Resolved(_)
        | PaymentEvent::Cancelled(_)
        | PaymentEvent::CancelDeclined(_)
        | PaymentEvent::CancelUnknown(_)
        | PaymentEvent::CancelUnresolved(_)
        | PaymentEvent::MetadataChanged(_) => Step::Outcome,
    }
}

fn approval(event: &PaymentEvent) -> Step {
    match event {
        PaymentEvent::Approved(_)
        | PaymentEvent::Declined(_)
        | PaymentEvent::NotAttempted(_)
        | PaymentEvent::NetCancelled(_) => Step::Outcome,
        PaymentEvent::Resolved(data) if data.resolution.cancel_id().is_none() => Step::Outcome,
        PaymentEvent::ApprovalUnknown(_) => Step::Unknown,
        PaymentEvent::Requested(_)
        | PaymentEvent::NetCancelRequested(_)
        | PaymentEvent::LateApprovalSeen(_)
        | PaymentEvent::Unresolved(_)
        | PaymentEvent::ResolutionProposed(_)
        | PaymentEvent::Resolved(_)
        | PaymentEvent::CancelRequested(_)
        | PaymentEvent::Cancelled(_)
        | PaymentEvent::CancelDeclined(_)
        | PaymentEvent::CancelUnknown(_)
        | PaymentEvent::CancelUnresolved(_)
        | PaymentEvent::MetadataChanged(_) => Step::Nothing,
    }
}

/// As for an approval, except that the wish came when the outcome was unknown already.
fn net_cancel(event: &PaymentEvent) -> Step {
    match event {
        PaymentEvent::Unresolved(_) => Step::Unknown,
        other => approval(other),
    }
}

fn cancel(cancel_id: CancelId, event: &PaymentEvent) -> Step {
    if event.cancel_id() != Some(cancel_id) {
        return Step::Nothing;
    }
    match event {
        PaymentEvent::Cancelled(_) | PaymentEvent::CancelDeclined(_) | PaymentEvent::Resolved(_) => {
            Step::Outcome
        }
        PaymentEvent::CancelUnknown(_) | PaymentEvent::CancelUnresolved(_) => Step::Unknown,
        PaymentEvent::Requested(_)
        | PaymentEvent::Approved(_)
        | PaymentEvent::Declined(_)
        | PaymentEvent::NotAttempted(_)
        | PaymentEvent::ApprovalUnknown(_)
        | PaymentEvent::NetCancelRequested(_)
        | PaymentEvent::NetCancelled(_)
        | PaymentEvent::LateApprovalSeen(_)
        | PaymentEvent::Unresolved(_)
        | PaymentEvent::ResolutionProposed(_)
        | PaymentEvent::CancelRequested(_)
        | PaymentEvent::MetadataChanged(_) => Step::Nothing,
    }
}
