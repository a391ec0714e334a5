//! The port to the acquirers (원천사): asks them over HTTP and says honestly what came of it. "Not attempted" only where that is
//! certain; once a byte may have left and no well-formed answer about the operation came back, the outcome is unknown.
//! It retries nothing and remembers nothing: intents, retries and deadlines are the owner's.

mod body;
mod line;
mod orders;
mod outcomes;
mod read;
mod settings;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use ledger_domain::ids::OperationId;
use ledger_domain::payment::NotAttemptedCause;

pub use orders::{ApproveOrder, CancelOrder, NetCancelOrder};
pub use outcomes::{Approval, ApproveOutcome, CancelOutcome, Inquiry, NetCancelOutcome};
pub use settings::{AcquirerConfigError, AcquirerSettings};

use line::{Line, Lost, Outgoing, Sent, Withheld};

/// The time, Unix milliseconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// All acquirers, by id. A clone shares their connections; use them from one runtime, which those connections live on.
#[derive(Clone)]
pub struct Acquirers {
    lines: Arc<BTreeMap<String, Line>>,
}

impl Acquirers {
    /// Makes a client for each. Errors: an id that comes twice, or a client that cannot be made.
    pub fn new(all: Vec<AcquirerSettings>, clock: Clock) -> Result<Acquirers, AcquirerConfigError> {
        // Whoever installed a provider first keeps it; there is only this one in the workspace.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut lines = BTreeMap::new();
        for settings in all {
            let id = settings.id.clone();
            if lines.insert(id.clone(), Line::new(settings, clock.clone())?).is_some() {
                return Err(AcquirerConfigError::Twice(id));
            }
        }
        Ok(Acquirers { lines: Arc::new(lines) })
    }

    /// Whether an acquirer of this id is configured.
    pub fn is_known(&self, acquirer: &str) -> bool {
        self.lines.contains_key(acquirer)
    }

    /// Whether a net cancel there prevents an approval that arrives later; false for one that is not known.
    pub fn tombstones(&self, acquirer: &str) -> bool {
        self.lines.get(acquirer).is_some_and(|line| line.settings.tombstones)
    }

    /// Charges a card, once.
    pub async fn approve(&self, acquirer: &str, order: ApproveOrder) -> ApproveOutcome {
        let (operation, amount, send_before_ms) = (order.operation, order.amount_minor, order.send_before_ms);
        let body = wire::approve(&order);
        // Wiped here: from now on the card is only in the body, which is wiped once it is written.
        drop(order);
        read::approve(amount, self.send(acquirer, "/approve", operation, body, send_before_ms).await)
    }

    /// Gives back all or part of an approval.
    pub async fn cancel(&self, acquirer: &str, order: CancelOrder) -> CancelOutcome {
        let body = wire::cancel(&order);
        let sent = self.send(acquirer, "/cancel", order.operation, body, order.send_before_ms).await;
        read::cancel(&order, sent)
    }

    /// Undoes an approval whose answer never arrived.
    pub async fn net_cancel(&self, acquirer: &str, order: NetCancelOrder) -> NetCancelOutcome {
        let body = wire::net_cancel(&order);
        let sent = self.send(acquirer, "/net-cancel", order.operation, body, order.send_before_ms).await;
        read::net_cancel(&order, self.tombstones(acquirer), sent)
    }

    /// Asks what became of an operation.
    pub async fn inquire(&self, acquirer: &str, operation: &OperationId) -> Inquiry {
        let operation = *operation;
        let begun = Instant::now();
        let sent = match self.lines.get(acquirer) {
            Some(line) => line.ask(operation).await,
            None => Sent::Withheld(not_configured(acquirer)),
        };
        note(acquirer, "/operations", operation, &sent, begun);
        read::inquire(self.tombstones(acquirer), sent)
    }

    async fn send(
        &self,
        acquirer: &str,
        path: &'static str,
        operation: OperationId,
        body: Result<wire::Buffer, serde_json::Error>,
        send_before_ms: i64,
    ) -> Sent {
        let begun = Instant::now();
        let sent = match (self.lines.get(acquirer), body) {
            (None, _) => Sent::Withheld(not_configured(acquirer)),
            // Nothing in an order can have no JSON form; if it had, it would not have left.
            (Some(_), Err(_)) => Sent::Withheld(Withheld {
                cause: NotAttemptedCause::Unreachable,
                why: "the order could not be written as JSON".into(),
            }),
            (Some(line), Ok(body)) => line.send(Outgoing { path, operation, body, send_before_ms }).await,
        };
        note(acquirer, path, operation, &sent, begun);
        sent
    }
}

fn not_configured(acquirer: &str) -> Withheld {
    let why = format!("no acquirer {acquirer} is configured here");
    Withheld { cause: NotAttemptedCause::NotConfigured, why }
}

/// Logs what went wrong and counts everything; neither holds more than ids.
fn note(acquirer: &str, path: &'static str, operation: OperationId, sent: &Sent, begun: Instant) {
    let result = match sent {
        Sent::Said(_) => "answered",
        Sent::Withheld(Withheld { cause, why }) => {
            tracing::warn!(acquirer, path, %operation, ?cause, why, "nothing was sent to the acquirer");
            "not_sent"
        }
        Sent::Lost(Lost { cause, why }) => {
            tracing::warn!(acquirer, path, %operation, ?cause, why, "no answer from the acquirer");
            "lost"
        }
    };
    let labels =
        [("acquirer", acquirer.to_owned()), ("path", path.to_owned()), ("result", result.to_owned())];
    metrics::histogram!("ledger_acquirer_call_seconds", &labels).record(begun.elapsed());
}

#[cfg(test)]
mod tests;
