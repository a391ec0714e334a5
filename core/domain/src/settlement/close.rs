//! Closing a day: copies the running sums, makes good what the payee owes, keeps the reserve back, and dates the pay-out.

use super::decide::SettlementFacts;
use super::event::{
    ClosedCommission, ClosingResult, MerchantClosed, NodeClosed, Offset, OffsetSource, SettlementEvent,
    SettlementPolicy,
};
use super::state::Settlement;
use crate::days::{Day, Moment};
use crate::lines::Payee;
use crate::money::{Amount, MoneyError, Net};
use crate::rejection::Rejection;

pub(super) fn close(
    payee: Payee,
    state: &Settlement,
    day: Day,
    facts: &SettlementFacts,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    if at < day.next().begins() {
        return Err(Rejection::DayNotOver { day });
    }
    let number = state.closings.checked_add(1).ok_or(Rejection::AmountOutOfRange)?;
    let adjustments = state.adjusted.get(&day).copied().unwrap_or_default();
    let adjusted = state.adjusted.contains_key(&day);
    match payee {
        Payee::Merchant(_) => {
            let totals = &facts.totals;
            if totals.is_empty() && !adjusted {
                return Err(Rejection::NothingToClose { day });
            }
            let net = totals.net()?.plus(adjustments)?;
            let commissions = totals.commissions.iter().filter(|(_, amount)| !amount.is_zero());
            let commissions =
                commissions.map(|(payee, amount)| ClosedCommission { payee: *payee, amount: *amount });
            Ok(SettlementEvent::MerchantClosed(MerchantClosed {
                payee,
                at,
                number,
                day,
                sales: totals.sales,
                sales_amount: totals.sales_amount,
                cancels: totals.cancels,
                cancels_amount: totals.cancels_amount,
                fee_supply: totals.fee_supply,
                fee_vat: totals.fee_vat,
                adjustments,
                entries: totals.entries(),
                entries_hash: totals.entries_hash,
                through: totals.through,
                open: facts.open.0.clone(),
                open_count: facts.open.1,
                commissions: commissions.collect(),
                result: result(state, day, net, totals.sold()?, facts, at)?,
                posting_policy: SettlementPolicy::Settlement1,
            }))
        }
        Payee::Node(_) => {
            let received = state.received.get(&day).cloned().unwrap_or_default();
            if received.entries == 0 && !adjusted {
                return Err(Rejection::NothingToClose { day });
            }
            let net = received.amount.plus(adjustments)?;
            Ok(SettlementEvent::NodeClosed(NodeClosed {
                payee,
                at,
                number,
                day,
                entries: received.entries,
                entries_hash: received.hash,
                commissions: received.amount,
                adjustments,
                result: result(state, day, net, Net::ZERO, facts, at)?,
                posting_policy: SettlementPolicy::Settlement1,
            }))
        }
    }
}

/// Older receivables are made good out of this closing, oldest first, and what is left of them out of the reserve where the terms
/// allow it; then a reserve is kept back; the rest is to be paid out. A negative closing pays nothing.
fn result(
    state: &Settlement,
    day: Day,
    net: Net,
    sold: Net,
    facts: &SettlementFacts,
    at: Moment,
) -> Result<ClosingResult, MoneyError> {
    let terms = facts.terms;
    let (mut left, mut kept) = (net.or_nothing(), Net::ZERO);
    if terms.reserve.is_some_and(|rule| rule.usable_for_offset) {
        kept = state.kept()?;
    }
    let mut offsets = Vec::new();
    for (closing, owed) in &state.receivable {
        let mut owed = *owed;
        for (source, out_of) in [(&mut left, OffsetSource::Closing), (&mut kept, OffsetSource::Reserve)] {
            let part = owed.min(*source);
            if !part.is_zero() {
                *source = source.minus(part)?;
                owed = owed.minus(part)?;
                offsets.push(Offset { closing: *closing, amount: Amount::try_from(part)?, out_of });
            }
        }
    }
    let kept_before = state.kept()?.minus(taken(&offsets, OffsetSource::Reserve)?)?;
    let reserve_held = match terms.reserve {
        Some(rule) => rule.of(sold, kept_before)?.min(left),
        None => Net::ZERO,
    };
    let until = terms.reserve.filter(|_| !reserve_held.is_zero()).map(|rule| day.plus_days(rule.days));
    // Whatever comes late is not paid in the past.
    let pay_out_date =
        terms.cycle.pay_out_date(facts.calendar, day).max(facts.calendar.first_business_day(at.seoul_day()));
    Ok(ClosingResult {
        net,
        offsets,
        reserve_held: Amount::try_from(reserve_held)?,
        reserve_until: until,
        receivable: Amount::try_from(net.negated().or_nothing())?,
        payable: Amount::try_from(left.minus(reserve_held)?)?,
        pay_out_date,
        calendar_version: facts.calendar.name().to_owned(),
        terms,
    })
}

/// What the offsets take out of one place.
pub(crate) fn taken(offsets: &[Offset], out_of: OffsetSource) -> Result<Net, MoneyError> {
    let from = offsets.iter().filter(|offset| offset.out_of == out_of);
    from.map(|offset| Net::from(offset.amount)).try_fold(Net::ZERO, Net::plus)
}
