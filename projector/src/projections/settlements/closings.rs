//! Closings (정산 마감): what each fixed and what it left. Only added.

use super::{Added, begin};
use crate::entry::Entry;
use crate::projections::cells::{bytes, day, instant, maybe_day, number, text};
use crate::projections::{Cells, Projection};
use ledger_domain::days::{Day, Moment};
use ledger_domain::directory::Digest;
use ledger_domain::money::Amount;
use ledger_domain::settlement::{
    ClosingResult, MerchantClosed, NodeClosed, Offset, OffsetSource, SettlementEvent,
};
use mysql_async::Value;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "settlement_closings",
    mapping: 1,
    columns: &[
        "partition_no",
        "seq",
        "payee_kind",
        "payee_id",
        "number",
        "day",
        "sale_count",
        "sale_amount",
        "cancel_count",
        "cancel_amount",
        "fee_supply",
        "fee_vat",
        "commission_amount",
        "adjustments",
        "net",
        "offset_amount",
        "offset_reserve",
        "reserve_held",
        "reserve_until",
        "receivable",
        "payable",
        "pay_out_date",
        "entries",
        "entries_hash",
        "through_seq",
        "open_count",
        "terms",
        "terms_version",
        "closed_at",
    ],
    key: 2,
    select: include_str!("closings_select.sql"),
    load: None,
    fold: || Box::new(Added::new(include_str!("closings_insert.sql"), row)),
};

fn row(entry: &Entry, event: &SettlementEvent) -> Result<Option<Cells>, String> {
    let closed = match event {
        SettlementEvent::MerchantClosed(data) => Closed::of_merchant(data),
        SettlementEvent::NodeClosed(data) => Closed::of_node(data),
        SettlementEvent::CommissionDelivered(_)
        | SettlementEvent::CommissionReceived(_)
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
    cells.extend(closed.cells()?);
    Ok(Some(cells))
}

/// What both kinds of closing say.
struct Closed<'a> {
    number: u32,
    day: Day,
    /// Count and amount of sales and of cancels, fees and their VAT, commissions: in the order of the columns.
    sums: [i64; 7],
    adjustments: i64,
    result: &'a ClosingResult,
    entries: u32,
    entries_hash: &'a Digest,
    through: Option<u64>,
    open_count: u32,
    at: Moment,
}

impl<'a> Closed<'a> {
    fn of_merchant(data: &'a MerchantClosed) -> Closed<'a> {
        Closed {
            number: data.number,
            day: data.day,
            sums: [
                data.sales.into(),
                data.sales_amount.minor(),
                data.cancels.into(),
                data.cancels_amount.minor(),
                data.fee_supply.minor(),
                data.fee_vat.minor(),
                0,
            ],
            adjustments: data.adjustments.minor(),
            result: &data.result,
            entries: data.entries,
            entries_hash: &data.entries_hash,
            through: Some(data.through),
            open_count: data.open_count,
            at: data.at,
        }
    }

    fn of_node(data: &'a NodeClosed) -> Closed<'a> {
        Closed {
            number: data.number,
            day: data.day,
            sums: [0, 0, 0, 0, 0, 0, data.commissions.minor()],
            adjustments: data.adjustments.minor(),
            result: &data.result,
            entries: data.entries,
            entries_hash: &data.entries_hash,
            through: None,
            open_count: 0,
            at: data.at,
        }
    }

    fn cells(&self) -> Result<Cells, String> {
        let result = self.result;
        let terms = serde_json::to_string(&result.terms).map_err(|e| e.to_string())?;
        let mut cells = vec![Value::Int(self.number.into()), day(self.day.date())];
        cells.extend(self.sums.map(Value::Int));
        cells.extend([
            Value::Int(self.adjustments),
            Value::Int(result.net.minor()),
            Value::Int(taken(&result.offsets, OffsetSource::Closing)?),
            Value::Int(taken(&result.offsets, OffsetSource::Reserve)?),
            amount(result.reserve_held),
            maybe_day(result.reserve_until.map(Day::date)),
            amount(result.receivable),
            amount(result.payable),
            day(result.pay_out_date.date()),
            Value::Int(self.entries.into()),
            bytes(&self.entries_hash.0),
            self.through.map_or(Value::NULL, number),
            Value::Int(self.open_count.into()),
            text(&terms),
            Value::Int(result.terms.version.into()),
            instant(self.at.ms()),
        ]);
        Ok(cells)
    }
}

fn amount(amount: Amount) -> Value {
    Value::Int(amount.minor())
}

fn taken(offsets: &[Offset], out_of: OffsetSource) -> Result<i64, String> {
    let parts = offsets.iter().filter(|offset| offset.out_of == out_of).map(|offset| offset.amount.minor());
    let sum = parts.into_iter().try_fold(0_i64, i64::checked_add);
    sum.ok_or_else(|| "its offsets do not fit a sum".to_owned())
}
