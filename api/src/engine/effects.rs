//! Carries calls to acquirers on the async runtime and brings their answers back into the channel. It judges no answer.

use super::Input;
use crate::acquirers::Acquirers;
use crate::owner::{Call, CallId, Returned};
use crossbeam_channel::Sender;
use tokio::runtime::Handle;

/// The way to the acquirers.
#[derive(Clone)]
pub struct Effects {
    runtime: Handle,
    acquirers: Acquirers,
    inputs: Sender<Input>,
}

impl Effects {
    /// Calls run on `runtime`; answers go to `inputs`.
    pub const fn new(runtime: Handle, acquirers: Acquirers, inputs: Sender<Input>) -> Self {
        Self { runtime, acquirers, inputs }
    }

    /// Starts one call for the partition at `place`.
    pub fn start(&self, place: usize, id: CallId, call: Call) {
        let Self { acquirers, inputs, .. } = self.clone();
        self.runtime.spawn(async move {
            let returned = carry(&acquirers, call).await;
            drop(inputs.send(Input::Returned(place, id, returned)));
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
