//! The rows behind the sums: every movement once for every node of its path, in the order in which they are listed. Only added.

use super::{Seen, hour, seen};
use crate::entry::{CannotProject, Entry};
use crate::projections::cells::{bytes, day, instant, text};
use crate::projections::money::{currency, transaction_id};
use crate::projections::{Cells, Fold, Projection, Statement};
use ledger_domain::payment::{Movement, MovementKind, PaymentEvent};
use mysql_async::Value;
use std::collections::BTreeMap;
use time::Date;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "branch_sale_rows",
    mapping: 1,
    columns: &[
        "node_id",
        "sold_date",
        "transaction_id",
        "partition_no",
        "path",
        "branch_id",
        "agency_id",
        "kind",
        "hour",
        "payment_id",
        "merchant_id",
        "order_id",
        "method",
        "currency",
        "net_amount",
        "fee_supply",
        "fee_vat",
        "own_commission",
        "below_commission",
        "occurred_at",
    ],
    key: 3,
    select: include_str!("rows_select.sql"),
    load: None,
    fold: || Box::new(RowsFold::default()),
};

/// The rows of one batch.
#[derive(Debug, Default)]
struct RowsFold {
    rows: BTreeMap<([u8; 16], Date, [u8; 16]), Cells>,
}

impl Fold for RowsFold {
    fn apply(&mut self, entry: &Entry) -> Result<(), CannotProject> {
        let Some((event, money)) = entry.moved() else { return Ok(()) };
        let transaction = transaction_id(event);
        for seen in seen(money).map_err(|why| entry.cannot(&why))? {
            let key = (seen.node, money.sold_date.date(), transaction);
            self.rows.insert(key, cells(entry.at.partition, event, money, &transaction, &seen));
        }
        Ok(())
    }

    fn statements(&self) -> Vec<Statement> {
        vec![Statement { sql: include_str!("rows_insert.sql"), rows: self.rows().collect() }]
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Cells> + '_> {
        Box::new(self.rows.values().cloned())
    }
}

fn cells(
    partition: i32,
    event: &PaymentEvent,
    money: &Movement,
    transaction: &[u8; 16],
    seen: &Seen,
) -> Cells {
    let kind = match money.posting_policy.kind() {
        MovementKind::Sale => "APPROVAL",
        MovementKind::Cancel => "CANCEL",
    };
    vec![
        bytes(&seen.node),
        day(money.sold_date.date()),
        bytes(transaction),
        Value::Int(partition.into()),
        bytes(&seen.path),
        bytes(&seen.branch),
        bytes(&seen.agency),
        text(kind),
        Value::Int(hour(money, event.at()).into()),
        bytes(event.payment_id().as_bytes()),
        bytes(event.merchant_id().as_bytes()),
        text(&money.order_id),
        text(money.method.as_str()),
        text(currency(money.currency)),
        Value::Int(seen.sums.net_amount),
        Value::Int(seen.sums.fee_supply),
        Value::Int(seen.sums.fee_vat),
        Value::Int(seen.sums.own_commission),
        Value::Int(seen.sums.below_commission),
        instant(event.at().ms()),
    ]
}
