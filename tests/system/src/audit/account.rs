//! One payment as its events tell it, folded without the product's own `evolve`.

use std::collections::BTreeMap;

use ledger_domain::payment::PaymentEvent;

/// One payment.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// `mer_…`
    pub merchant: String,
    /// The merchant's order.
    pub order_id: String,
    /// What was asked for.
    pub amount: i64,
    /// The approval's id at the acquirer.
    pub operation: String,
    /// The short names of its events, in order.
    pub events: Vec<&'static str>,
    /// What was charged; 0 unless approved (or resolved as paid).
    pub approved: i64,
    /// What was cancelled since.
    pub cancelled: i64,
    /// Its cancels.
    pub undos: BTreeMap<String, Undo>,
}

/// One cancel.
#[derive(Clone, Debug, Default)]
pub struct Undo {
    /// Its id at the acquirer.
    pub operation: String,
    /// Won.
    pub amount: i64,
    /// `requested`, `done`, `declined`, `unknown`, `unresolved`.
    pub state: &'static str,
}

impl Account {
    /// Takes one event in.
    pub fn take(&mut self, event: &PaymentEvent) {
        let name = event.type_name();
        let short = name.strip_prefix("ledger.payment.").unwrap_or(name);
        self.events.push(short.strip_suffix(".v1").unwrap_or(short));
        match event {
            PaymentEvent::Requested(data) => {
                self.merchant = data.merchant_id.to_string();
                data.order_id.clone_into(&mut self.order_id);
                self.amount = data.amount.minor();
                self.operation = data.operation_id.to_string();
            }
            PaymentEvent::Approved(data) => self.approved += data.money.amount.minor(),
            PaymentEvent::CancelRequested(data) => {
                let (operation, amount) = (data.operation_id.to_string(), data.amount.minor());
                let undo = Undo { operation, amount, state: "requested" };
                self.undos.insert(data.cancel_id.to_string(), undo);
            }
            PaymentEvent::Cancelled(data) => {
                self.cancelled += data.money.amount.minor();
                self.mark(&data.cancel.cancel_id.to_string(), "done");
            }
            PaymentEvent::CancelDeclined(data) => self.mark(&data.cancel_id.to_string(), "declined"),
            PaymentEvent::CancelUnknown(data) => self.mark(&data.cancel_id.to_string(), "unknown"),
            PaymentEvent::CancelUnresolved(data) => self.mark(&data.cancel_id.to_string(), "unresolved"),
            PaymentEvent::Resolved(data) => self.take_resolved(data),
            PaymentEvent::Declined(_)
            | PaymentEvent::NotAttempted(_)
            | PaymentEvent::ApprovalUnknown(_)
            | PaymentEvent::NetCancelRequested(_)
            | PaymentEvent::NetCancelled(_)
            | PaymentEvent::LateApprovalSeen(_)
            | PaymentEvent::Unresolved(_)
            | PaymentEvent::ResolutionProposed(_)
            | PaymentEvent::MetadataChanged(_) => {}
        }
    }

    fn take_resolved(&mut self, data: &ledger_domain::payment::Resolved) {
        let moved = data.money.as_ref().map_or(0, |money| money.amount.minor());
        match data.resolution.cancel_id() {
            Some(cancel) => {
                self.cancelled += moved;
                self.mark(&cancel.to_string(), if moved > 0 { "done" } else { "declined" });
            }
            None => self.approved += moved,
        }
    }

    fn mark(&mut self, cancel: &str, state: &'static str) {
        self.undos.entry(cancel.to_owned()).or_default().state = state;
    }

    /// How often such an event occurred.
    pub fn count(&self, event: &str) -> usize {
        self.events.iter().filter(|known| **known == event).count()
    }

    /// What the buyer has paid in the end.
    pub fn net(&self) -> i64 {
        self.approved - self.cancelled
    }

    /// Whether some intent of it still waits for its outcome.
    pub fn is_open(&self) -> bool {
        let ended = ["approved", "declined", "not-attempted", "net-cancelled", "resolved"];
        let approval_open = !ended.iter().any(|event| self.count(event) > 0);
        approval_open || self.undos.values().any(|undo| undo.state != "done" && undo.state != "declined")
    }
}
