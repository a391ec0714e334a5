//! What the sandbox acquirer remembers, read from `GET /memory`: the other side's books.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::client::Client;
use crate::failure::{Done, During};

/// Everything, by the approval's operation id.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Approvals, with what came of them.
    pub operations: BTreeMap<String, Operation>,
}

/// One approval.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// The operation.
    pub operation_id: String,
    /// `approved`, `declined`, `notAttempted`, `netCancelled`, `tombstone`.
    pub state: String,
    /// The payment it is for, if it ever arrived.
    pub payment_id: Option<String>,
    /// The merchant's order, if it ever arrived.
    pub order_id: Option<String>,
    /// Won charged.
    pub approved_amount: i64,
    /// Won that stand.
    pub net_amount: i64,
    /// Arrived after its net cancel and was refused.
    pub refused_late: bool,
    /// Its cancels.
    pub cancels: Vec<OperationCancel>,
}

/// One cancel.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationCancel {
    /// The operation.
    pub operation_id: String,
    /// `cancelled`, `declined`, `notAttempted`.
    pub state: String,
    /// Won.
    pub amount: i64,
}

#[derive(Deserialize)]
struct Page {
    operations: Vec<Operation>,
    next: Option<String>,
}

impl Memory {
    /// Reads all of it.
    ///
    /// # Errors
    /// The acquirer does not answer.
    pub async fn read(url: &str) -> Done<Memory> {
        let mut client = Client::anonymous(url);
        let mut memory = Memory::default();
        let mut after = String::new();
        loop {
            let page = client.get(&format!("/memory?limit=10000{after}")).await?.ok()?;
            let page: Page =
                serde_json::from_value(page.body).during(|| "the acquirer's memory".to_owned())?;
            for operation in page.operations {
                memory.operations.insert(operation.operation_id.clone(), operation);
            }
            let Some(next) = page.next else { return Ok(memory) };
            after = format!("&after={next}");
        }
    }

    /// The approvals of an order that ever arrived.
    pub fn of_order(&self, order_id: &str) -> Vec<&Operation> {
        self.operations.values().filter(|operation| operation.order_id.as_deref() == Some(order_id)).collect()
    }
}
