//! Carries calls to acquirers and deliveries to other owners on the async runtime and brings their answers back into the channel. It
//! judges no answer.

use super::{Courier, Input, now_ms};
use crate::acquirers::Acquirers;
use crate::ledger::{Answer, Ledger, Submission};
use crate::owner::{Call, CallId, DeliveryId, Returned};
use crossbeam_channel::Sender;
use ledger_domain::settlement::Delivery;
use tokio::runtime::Handle;

/// The way to the acquirers and to other owners.
#[derive(Clone)]
pub struct Effects {
    runtime: Handle,
    acquirers: Acquirers,
    inputs: Sender<Input>,
    ledger: Ledger,
    courier: Option<Courier>,
}

impl Effects {
    /// Calls run on `runtime`; answers go to `inputs`.
    pub const fn new(
        runtime: Handle,
        acquirers: Acquirers,
        inputs: Sender<Input>,
        ledger: Ledger,
        courier: Option<Courier>,
    ) -> Self {
        Self { runtime, acquirers, inputs, ledger, courier }
    }

    /// Starts one call for the partition at `place`.
    pub fn start(&self, place: usize, id: CallId, call: Call) {
        let Self { acquirers, inputs, .. } = self.clone();
        self.runtime.spawn(async move {
            let returned = carry(&acquirers, call).await;
            drop(inputs.send(Input::Returned(place, id, returned)));
        });
    }

    /// Brings one commission to its payee's owner, for the partition at `place`.
    pub fn deliver(&self, place: usize, id: DeliveryId, delivery: Delivery) {
        let Self { inputs, ledger, courier, .. } = self.clone();
        self.runtime.spawn(async move {
            let position = bring(&ledger, courier, delivery).await;
            drop(inputs.send(Input::Delivered(place, id, position)));
        });
    }
}

async fn carry(acquirers: &Acquirers, call: Call) -> Returned {
    match call {
        Call::Approve(acquirer, order) => Returned::Approve(acquirers.approve(&acquirer, *order).await),
        Call::Inquire(acquirer, operation) => {
            Returned::Inquire(acquirers.inquire(&acquirer, &operation).await)
        }
        Call::NetCancel(acquirer, order) => Returned::NetCancel(acquirers.net_cancel(&acquirer, order).await),
        Call::Cancel(acquirer, order) => Returned::Cancel(acquirers.cancel(&acquirer, order).await),
    }
}

/// The position of its record, where it is known to be recorded. Whatever else comes of it, it is sent again under the same id.
async fn bring(ledger: &Ledger, courier: Option<Courier>, delivery: Delivery) -> Option<String> {
    let about = delivery.key();
    match ledger.submit(Submission::of_delivery(delivery.clone(), now_ms())).await {
        Answer::Recorded { position, .. } => Some(position.to_string()),
        Answer::Elsewhere { to: Some(to) } => {
            let Courier(bring) = courier?;
            bring(to, delivery).await
        }
        Answer::Elsewhere { to: None } | Answer::NotReady { .. } | Answer::StillRunning | Answer::Unknown => {
            None
        }
        refused @ (Answer::Rejected(_) | Answer::KeyReused | Answer::CardProblem(_)) => {
            tracing::error!(target: "engine", about, ?refused, "a commission cannot be delivered; it is tried again");
            None
        }
    }
}
