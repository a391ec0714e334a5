//! Commissions that have arrived at a branch or agency. Only added.

use super::{Added, begin};
use crate::entry::Entry;
use crate::projections::cells::{bytes, day, instant, text};
use crate::projections::{Cells, Projection};
use ledger_domain::settlement::SettlementEvent;
use mysql_async::Value;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "settlement_receipts",
    mapping: 1,
    columns: &[
        "partition_no",
        "seq",
        "payee_kind",
        "payee_id",
        "merchant_id",
        "closing",
        "closing_position",
        "amount",
        "day",
        "received_at",
    ],
    key: 2,
    select: include_str!("receipts_select.sql"),
    load: None,
    fold: || Box::new(Added::new(include_str!("receipts_insert.sql"), row)),
};

fn row(entry: &Entry, event: &SettlementEvent) -> Result<Option<Cells>, String> {
    let data = match event {
        SettlementEvent::CommissionReceived(data) => data,
        SettlementEvent::MerchantClosed(_)
        | SettlementEvent::CommissionDelivered(_)
        | SettlementEvent::NodeClosed(_)
        | SettlementEvent::PayOutProposed(_)
        | SettlementEvent::PayOutApproved(_)
        | SettlementEvent::PayOutRejected(_)
        | SettlementEvent::PayOutSent(_)
        | SettlementEvent::PayOutConfirmed(_)
        | SettlementEvent::PayOutFailed(_)
        | SettlementEvent::PayOutReturned(_)
        | SettlementEvent::Withheld(_)
        | SettlementEvent::Released(_)
        | SettlementEvent::ReserveReleased(_)
        | SettlementEvent::DecisionProposed(_)
        | SettlementEvent::Adjusted(_)
        | SettlementEvent::WrittenOff(_) => return Ok(None),
    };
    let mut cells = begin(entry, event);
    cells.extend([
        bytes(data.merchant_id.as_bytes()),
        Value::Int(data.closing.into()),
        text(&data.closing_position),
        Value::Int(data.amount.minor()),
        day(data.at.seoul_day().date()),
        instant(data.at.ms()),
    ]);
    Ok(Some(cells))
}
