//! One record of the ledger as a line: for a person, or as JSON for a program.

use ledger_domain::Event;
use ledger_domain::days::Moment;
use ledger_domain::payment::{MovementKind, PaymentEvent};
use ledger_domain::recorded::Meta;
use ledger_log::{Accepted, Genesis, PartitionId};
use serde_json::{Value, json};

/// What a record holds.
pub enum Content {
    /// The first record of a partition, or the beginning of a reign.
    Fence,
    /// An event with who and why.
    Event(Box<(Event, Meta)>),
}

/// The line for a person.
pub fn text(at: &PartitionId, accepted: &Accepted, content: &Content) -> String {
    let seq = accepted.record.seq;
    match content {
        Content::Fence => {
            let what = fence_name(accepted);
            format!(
                "{at}:{seq}  {}  {what}  {}",
                time(accepted),
                String::from_utf8_lossy(&accepted.record.payload.value)
            )
        }
        Content::Event(both) => {
            let (event, meta) = both.as_ref();
            let name = event.type_name().trim_start_matches("ledger.").trim_end_matches(".v1");
            let said = said(event).map(|said| format!("  {said}")).unwrap_or_default();
            format!("{at}:{seq}  {}  {name}  {}{said}  by {}", event.at(), event.subject(), meta.actor)
        }
    }
}

/// The line for a program.
pub fn json(at: &PartitionId, accepted: &Accepted, content: &Content) -> Value {
    let record = &accepted.record;
    let value: Value = serde_json::from_slice(&record.payload.value).unwrap_or(Value::Null);
    let mut line = json!({
        "position": format!("{at}:{}", record.seq),
        "offset": accepted.offset,
        "term": record.term,
        "prev": record.prev.to_string(),
        "hash": accepted.hash.to_string(),
        "type": fence_name(accepted),
        "data": value,
    });
    if let (Content::Event(both), Value::Object(members)) = (content, &mut line) {
        let (event, meta) = both.as_ref();
        members.insert("type".to_owned(), event.type_name().into());
        members.insert("time".to_owned(), event.at().to_string().into());
        members.insert("subject".to_owned(), event.subject().into());
        members.insert("actor".to_owned(), meta.actor.to_string().into());
        members.insert("command".to_owned(), meta.command.to_string().into());
        let optional = [
            ("idempotencyKey", &meta.idempotency_key),
            ("fingerprint", &meta.fingerprint),
            ("request", &meta.request_id),
            ("cause", &meta.cause),
            ("directory", &meta.directory),
        ];
        for (name, text) in optional {
            if let Some(text) = text {
                members.insert(name.to_owned(), text.clone().into());
            }
        }
    }
    line
}

fn fence_name(accepted: &Accepted) -> &'static str {
    if Genesis::read(&accepted.record.payload).is_ok() { "genesis" } else { "fence" }
}

fn time(accepted: &Accepted) -> Moment {
    Moment::from_ms(accepted.timestamp_ms)
}

/// The part of an event a person looks for first: order, amount, reason.
fn said(event: &Event) -> Option<String> {
    let Event::Payment(event) = event else { return None };
    if let Some(money) = event.money() {
        let sign = match money.posting_policy.kind() {
            MovementKind::Sale => "+",
            MovementKind::Cancel => "-",
        };
        return Some(format!(
            "{sign}{} KRW, order {}, sold {}",
            money.amount, money.order_id, money.sold_date
        ));
    }
    match event {
        PaymentEvent::Requested(data) => Some(format!(
            "{} asks {} KRW, order {}, card {}",
            data.merchant_id, data.amount, data.order_id, data.card
        )),
        PaymentEvent::Declined(data) => Some(format!("{} {}", data.code, data.message)),
        PaymentEvent::CancelRequested(data) => {
            Some(format!("{} asks {} KRW back: {}", data.cancel_id, data.amount, data.reason))
        }
        PaymentEvent::MetadataChanged(data) => {
            Some(format!("notes {} key(s), removes {}", data.set.len(), data.removed.len()))
        }
        PaymentEvent::NetCancelled(data) => Some(format!("had been approved: {}", data.had_approval)),
        PaymentEvent::Approved(_)
        | PaymentEvent::NotAttempted(_)
        | PaymentEvent::ApprovalUnknown(_)
        | PaymentEvent::NetCancelRequested(_)
        | PaymentEvent::LateApprovalSeen(_)
        | PaymentEvent::Unresolved(_)
        | PaymentEvent::ResolutionProposed(_)
        | PaymentEvent::Resolved(_)
        | PaymentEvent::Cancelled(_)
        | PaymentEvent::CancelDeclined(_)
        | PaymentEvent::CancelUnknown(_)
        | PaymentEvent::CancelUnresolved(_) => event.cancel_id().map(|cancel| cancel.to_string()),
    }
}
