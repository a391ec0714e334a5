//! What people and dates changed besides closings and pay-outs: withheld, released, adjusted, written off, and what was proposed to
//! a second person. Only added.

use super::{Added, begin};
use crate::entry::Entry;
use crate::projections::cells::{day, instant, maybe_bytes, maybe_day, maybe_text, text};
use crate::projections::{Cells, Projection};
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{KeyId, ProposalId};
use ledger_domain::settlement::{DecisionProposed, SettlementEvent, TwoKeys, Wish};
use mysql_async::Value;

/// See the module.
pub const PROJECTION: Projection = Projection {
    name: "settlement_movements",
    mapping: 1,
    columns: &[
        "partition_no",
        "seq",
        "payee_kind",
        "payee_id",
        "kind",
        "wish",
        "amount",
        "closing",
        "pay_out_date",
        "day",
        "reason",
        "document",
        "done_by",
        "proposed_by",
        "confirmed_by",
        "proposal_id",
        "occurred_at",
    ],
    key: 2,
    select: include_str!("movements_select.sql"),
    load: None,
    fold: || Box::new(Added::new(include_str!("movements_insert.sql"), row)),
};

fn row(entry: &Entry, event: &SettlementEvent) -> Result<Option<Cells>, String> {
    let Some(moved) = Moved::of(event) else { return Ok(None) };
    let mut cells = begin(entry, event);
    cells.extend(moved.cells(event.at()));
    Ok(Some(cells))
}

/// One row behind its payee.
#[derive(Default)]
struct Moved<'a> {
    kind: &'static str,
    wish: Option<&'static str>,
    /// Positive in the payee's favour.
    amount: i64,
    closing: Option<u32>,
    pay_out_date: Option<Day>,
    /// The event's, if not given.
    day: Option<Day>,
    reason: Option<&'a str>,
    document: Option<&'a str>,
    done_by: Option<KeyId>,
    proposed_by: Option<KeyId>,
    confirmed_by: Option<KeyId>,
    proposal: Option<ProposalId>,
}

impl<'a> Moved<'a> {
    fn of(event: &'a SettlementEvent) -> Option<Moved<'a>> {
        Some(match event {
            SettlementEvent::Withheld(data) => Moved {
                kind: "WITHHELD",
                amount: data.amount.minor().saturating_neg(),
                reason: Some(&data.reason),
                done_by: Some(data.by),
                ..Moved::default()
            },
            SettlementEvent::Released(data) => Moved {
                kind: "RELEASED",
                amount: data.amount.minor(),
                pay_out_date: Some(data.pay_out_date),
                reason: Some(&data.reason),
                done_by: Some(data.by),
                ..Moved::default()
            },
            SettlementEvent::ReserveReleased(data) => Moved {
                kind: "RESERVE_RELEASED",
                amount: data.amount.minor(),
                closing: Some(data.closing),
                pay_out_date: Some(data.pay_out_date),
                ..Moved::by_two(data.decided.as_ref())
            },
            SettlementEvent::Adjusted(data) => Moved {
                kind: "ADJUSTED",
                amount: data.amount.minor(),
                day: Some(data.day),
                ..Moved::by_two(Some(&data.decided))
            },
            SettlementEvent::WrittenOff(data) => Moved {
                kind: "WRITTEN_OFF",
                amount: data.amount.minor(),
                closing: Some(data.closing),
                ..Moved::by_two(Some(&data.decided))
            },
            SettlementEvent::DecisionProposed(data) => Moved::proposed(data),
            SettlementEvent::MerchantClosed(_)
            | SettlementEvent::CommissionDelivered(_)
            | SettlementEvent::CommissionReceived(_)
            | SettlementEvent::NodeClosed(_)
            | SettlementEvent::PayOutProposed(_)
            | SettlementEvent::PayOutApproved(_)
            | SettlementEvent::PayOutRejected(_)
            | SettlementEvent::PayOutSent(_)
            | SettlementEvent::PayOutConfirmed(_)
            | SettlementEvent::PayOutFailed(_)
            | SettlementEvent::PayOutReturned(_) => return None,
        })
    }

    fn by_two(decided: Option<&'a TwoKeys>) -> Moved<'a> {
        let Some(decided) = decided else { return Moved::default() };
        Moved {
            reason: Some(&decided.reason),
            document: Some(&decided.document),
            proposed_by: Some(decided.proposed_by),
            confirmed_by: Some(decided.confirmed_by),
            proposal: Some(decided.proposal_id),
            ..Moved::default()
        }
    }

    fn proposed(data: &'a DecisionProposed) -> Moved<'a> {
        let (wish, amount, closing) = match data.wish {
            Wish::Adjustment { amount } => ("ADJUSTMENT", amount.minor(), None),
            Wish::WriteOff { closing } => ("WRITE_OFF", 0, Some(closing)),
            Wish::ReserveRelease { closing } => ("RESERVE_RELEASE", 0, Some(closing)),
        };
        Moved {
            kind: "PROPOSED",
            wish: Some(wish),
            amount,
            closing,
            reason: Some(&data.reason),
            document: Some(&data.document),
            proposed_by: Some(data.proposed_by),
            proposal: Some(data.proposal_id),
            ..Moved::default()
        }
    }

    fn cells(&self, at: Moment) -> Cells {
        let key = |key: Option<KeyId>| maybe_bytes(key.as_ref().map(KeyId::as_bytes));
        vec![
            text(self.kind),
            maybe_text(self.wish),
            Value::Int(self.amount),
            self.closing.map_or(Value::NULL, |closing| Value::Int(closing.into())),
            maybe_day(self.pay_out_date.map(Day::date)),
            day(self.day.unwrap_or(at.seoul_day()).date()),
            maybe_text(self.reason),
            maybe_text(self.document),
            key(self.done_by),
            key(self.proposed_by),
            key(self.confirmed_by),
            maybe_bytes(self.proposal.as_ref().map(ProposalId::as_bytes)),
            instant(at.ms()),
        ]
    }
}
