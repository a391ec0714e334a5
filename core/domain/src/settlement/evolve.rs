//! A payee's state after an event. What `decide` would never have emitted here is [`Impossible`].

use super::close::taken;
use super::event::{
    ClosingResult, MerchantClosed, NodeClosed, OffsetSource, PayOutProposed, SettlementEvent, TwoKeys, Wish,
};
use super::state::{Kept, PayOut, PayOutStage, Proposed, RETURN_DAYS, Settlement, Undelivered};
use super::sums::{Received, chain};
use super::terms::Withholding;
use crate::days::Day;
use crate::event::Impossible;
use crate::ids::{KeyId, PayOutId};
use crate::money::{Amount, MoneyError, Net};

type Why = &'static str;

/// The state after an event. Errors: [`Impossible`].
pub fn evolve(mut state: Settlement, event: &SettlementEvent) -> Result<Settlement, Impossible> {
    step(&mut state, event).map_err(|why| Impossible {
        state: "SETTLEMENT",
        event: event.type_name(),
        why,
    })?;
    Ok(state)
}

const RANGE: Why = "a sum is out of range";

fn range(_: MoneyError) -> Why {
    RANGE
}

fn step(state: &mut Settlement, event: &SettlementEvent) -> Result<(), Why> {
    match event {
        SettlementEvent::MerchantClosed(data) => merchant_closed(state, data),
        SettlementEvent::NodeClosed(data) => node_closed(state, data),
        SettlementEvent::CommissionDelivered(data) => {
            let left = state.undelivered.get_mut(&data.closing).ok_or("nothing of it is undelivered")?;
            let amount = left.commissions.remove(&data.to).ok_or("it is delivered already")?;
            if left.commissions.is_empty() {
                state.undelivered.remove(&data.closing);
            }
            same(amount, data.amount, "it is not what was to be delivered")
        }
        SettlementEvent::CommissionReceived(data) => {
            let day = state.open_day(data.at);
            let received = state.received.entry(day).or_default();
            received.entries = received.entries.checked_add(1).ok_or(RANGE)?;
            received.amount = received.amount.plus(data.amount).map_err(range)?;
            received.hash = chain(received.hash, data.closing.into(), data.amount);
            Ok(())
        }
        SettlementEvent::PayOutProposed(data) => proposed(state, data),
        SettlementEvent::PayOutApproved(data) => {
            let pay_out = moved(state, data.pay_out_id, &[PayOutStage::Proposed], PayOutStage::Approved)?;
            another(data.approved_by, pay_out.proposed_by)?;
            pay_out.approved_by = Some(data.approved_by);
            Ok(())
        }
        SettlementEvent::PayOutRejected(data) => {
            let stages = [PayOutStage::Proposed, PayOutStage::Approved];
            let pay_out = ended(state, data.pay_out_id, &stages)?;
            wait(state, pay_out.amount)
        }
        SettlementEvent::PayOutSent(data) => {
            let pay_out = moved(state, data.pay_out_id, &[PayOutStage::Approved], PayOutStage::Sent)?;
            another(data.released_by, pay_out.approved_by)?;
            let sent = (data.amount, data.withholding, data.transfer);
            same(sent, (pay_out.amount, pay_out.withholding, pay_out.transfer), ANOTHER_AMOUNT)
        }
        SettlementEvent::PayOutConfirmed(data) => {
            let pay_out = moved(state, data.pay_out_id, &[PayOutStage::Sent], PayOutStage::Confirmed)?;
            pay_out.paid_on = Some(data.paid_on);
            pay_out.bank_account = Some(data.bank_account.clone());
            same(data.transfer, pay_out.transfer, ANOTHER_AMOUNT)
        }
        SettlementEvent::PayOutFailed(data) => {
            let back = (data.amount, data.withholding, data.transfer);
            came_back(state, data.pay_out_id, PayOutStage::Sent, back)
        }
        SettlementEvent::PayOutReturned(data) => {
            let back = (data.amount, data.withholding, data.transfer);
            came_back(state, data.pay_out_id, PayOutStage::Confirmed, back)
        }
        SettlementEvent::Withheld(data) => {
            take_payable(state, data.amount.into())?;
            state.withheld = state.withheld.plus(data.amount.into()).map_err(range)?;
            Ok(())
        }
        SettlementEvent::Released(data) => {
            state.withheld = state.withheld.minus(data.amount.into()).map_err(range)?;
            if state.withheld < Net::ZERO {
                return Err("more than was withheld");
            }
            pay(state, data.pay_out_date, data.amount)
        }
        SettlementEvent::ReserveReleased(data) => {
            if let Some(decided) = &data.decided {
                agreed(state, decided, &Wish::ReserveRelease { closing: data.closing })?;
            }
            let kept = state.reserve.remove(&data.closing).ok_or("nothing of it is kept back")?;
            same(kept.amount, data.amount.into(), "it is not what is kept back")?;
            forget_vain_proposals(state);
            pay(state, data.pay_out_date, data.amount)
        }
        SettlementEvent::DecisionProposed(data) => {
            let proposed = Proposed {
                wish: data.wish.clone(),
                by: data.proposed_by,
                reason: data.reason.clone(),
                document: data.document.clone(),
            };
            match state.proposals.insert(data.proposal_id, proposed) {
                None => Ok(()),
                Some(_) => Err("its id is taken"),
            }
        }
        SettlementEvent::Adjusted(data) => {
            agreed(state, &data.decided, &Wish::Adjustment { amount: data.amount })?;
            if state.last_closed.is_some_and(|last| data.day <= last) {
                return Err("its day is closed");
            }
            let adjusted = state.adjusted.entry(data.day).or_default();
            *adjusted = adjusted.plus(data.amount).map_err(range)?;
            Ok(())
        }
        SettlementEvent::WrittenOff(data) => {
            agreed(state, &data.decided, &Wish::WriteOff { closing: data.closing })?;
            let owed = state.receivable.remove(&data.closing).ok_or("no such receivable")?;
            forget_vain_proposals(state);
            same(owed, data.amount.into(), "it is not what is owed")
        }
    }
}

const ANOTHER_AMOUNT: Why = "it is not the pay-out's amount";

fn same<T: PartialEq>(one: T, other: T, why: Why) -> Result<(), Why> {
    if one == other { Ok(()) } else { Err(why) }
}

fn merchant_closed(state: &mut Settlement, data: &MerchantClosed) -> Result<(), Why> {
    let sold = data.sales_amount.minus(data.cancels_amount).map_err(range)?;
    let earned = sold.minus(data.fee_supply).and_then(|net| net.minus(data.fee_vat)).map_err(range)?;
    closed(state, (data.number, data.day), (earned, data.adjustments), &data.result)?;
    if !data.commissions.is_empty() {
        let commissions = data.commissions.iter().map(|one| (one.payee, one.amount)).collect();
        state.undelivered.insert(data.number, Undelivered { commissions });
    }
    forget_old(state, data.at.seoul_day());
    Ok(())
}

fn node_closed(state: &mut Settlement, data: &NodeClosed) -> Result<(), Why> {
    let received = state.received.remove(&data.day).unwrap_or_default();
    let listed = Received { entries: data.entries, amount: data.commissions, hash: data.entries_hash };
    same(listed, received, "it is not what was received on the day")?;
    closed(state, (data.number, data.day), (data.commissions, data.adjustments), &data.result)?;
    forget_old(state, data.at.seoul_day());
    Ok(())
}

fn proposed(state: &mut Settlement, data: &PayOutProposed) -> Result<(), Why> {
    same(data.number, state.next_pay_out(), "pay-outs are numbered without gaps")?;
    let parts = data.withholding.total().and_then(|tax| tax.plus(data.transfer)).map_err(range)?;
    same(parts, data.amount, "its parts do not make up its amount")?;
    let due = state.due(data.pay_out_date).map_err(range)?;
    let waiting = Net::from(data.amount).minus(due).map_err(range)?;
    if waiting != Net::ZERO && waiting != state.waiting {
        return Err("it is not what is due");
    }
    state.payable = state.payable.split_off(&data.pay_out_date.next());
    state.waiting = state.waiting.minus(waiting).map_err(range)?;
    state.pay_out_count = data.number;
    let pay_out = PayOut {
        number: data.number,
        stage: PayOutStage::Proposed,
        amount: data.amount,
        withholding: data.withholding,
        transfer: data.transfer,
        proposed_by: data.proposed_by,
        approved_by: None,
        paid_on: None,
        bank_account: None,
    };
    match state.pay_outs.insert(data.pay_out_id, pay_out) {
        None => Ok(()),
        Some(_) => Err("its id is taken"),
    }
}

fn closed(
    state: &mut Settlement,
    (number, day): (u32, Day),
    (earned, adjustments): (Net, Net),
    result: &ClosingResult,
) -> Result<(), Why> {
    if state.closings.checked_add(1) != Some(number) {
        return Err("closings are numbered without gaps");
    }
    let adjusted = state.adjusted.remove(&day).unwrap_or_default();
    same(adjustments, adjusted, "its adjustments are not those of the day")?;
    same(earned.plus(adjustments).map_err(range)?, result.net, "its sums do not make up its net")?;
    same(parts(result).map_err(range)?, result.net, "its parts do not make up its net")?;
    state.closings = number;
    state.last_closed = state.last_closed.max(Some(day));
    for offset in &result.offsets {
        make_good(state, offset.closing, offset.amount)?;
    }
    use_reserve(state, taken(&result.offsets, OffsetSource::Reserve).map_err(range)?)?;
    if result.reserve_until.is_some() == result.reserve_held.is_zero() {
        return Err("something of nothing is kept back");
    }
    if let Some(until) = result.reserve_until {
        state.reserve.insert(number, Kept { amount: result.reserve_held.into(), until });
    }
    if !result.receivable.is_zero() {
        state.receivable.insert(number, result.receivable.into());
    }
    forget_vain_proposals(state);
    state.minimum_pay_out = result.terms.minimum_pay_out;
    state.tax = result.terms.tax;
    state.reserve_offsets = result.terms.reserve.is_some_and(|rule| rule.usable_for_offset);
    if result.payable.is_zero() { Ok(()) } else { pay(state, result.pay_out_date, result.payable) }
}

/// What a closing says of its net: made good, kept back, payable, less what is owed.
fn parts(result: &ClosingResult) -> Result<Net, MoneyError> {
    let made_good = taken(&result.offsets, OffsetSource::Closing)?;
    made_good.plus(result.reserve_held.into())?.plus(result.payable.into())?.minus(result.receivable.into())
}

/// A receivable shrinks, and is gone when nothing is left of it.
fn make_good(state: &mut Settlement, closing: u32, amount: Amount) -> Result<(), Why> {
    let owed = state.receivable.get_mut(&closing).ok_or("no such receivable")?;
    *owed = owed.minus(amount.into()).map_err(range)?;
    match *owed {
        left if left < Net::ZERO => Err("more than is owed"),
        Net::ZERO => {
            state.receivable.remove(&closing);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Takes so much out of the reserve, its oldest part first.
fn use_reserve(state: &mut Settlement, mut amount: Net) -> Result<(), Why> {
    while amount > Net::ZERO {
        let mut oldest = state.reserve.first_entry().ok_or("more than is kept back")?;
        let part = oldest.get().amount.min(amount);
        amount = amount.minus(part).map_err(range)?;
        oldest.get_mut().amount = oldest.get().amount.minus(part).map_err(range)?;
        if oldest.get().amount.is_zero() {
            oldest.remove();
        }
    }
    Ok(())
}

fn pay(state: &mut Settlement, day: Day, amount: Amount) -> Result<(), Why> {
    let payable = state.payable.entry(day).or_default();
    *payable = payable.plus(amount.into()).map_err(range)?;
    Ok(())
}

fn wait(state: &mut Settlement, amount: Amount) -> Result<(), Why> {
    state.waiting = state.waiting.plus(amount.into()).map_err(range)?;
    Ok(())
}

/// Takes so much out of what is payable: what waits first, then what is due first.
fn take_payable(state: &mut Settlement, mut amount: Net) -> Result<(), Why> {
    let part = state.waiting.min(amount);
    state.waiting = state.waiting.minus(part).map_err(range)?;
    amount = amount.minus(part).map_err(range)?;
    while amount > Net::ZERO {
        let mut first = state.payable.first_entry().ok_or("more than is payable")?;
        let part = (*first.get()).min(amount);
        amount = amount.minus(part).map_err(range)?;
        *first.get_mut() = first.get().minus(part).map_err(range)?;
        if first.get().is_zero() {
            first.remove();
        }
    }
    Ok(())
}

fn moved<'a>(
    state: &'a mut Settlement,
    id: PayOutId,
    from: &[PayOutStage],
    to: PayOutStage,
) -> Result<&'a mut PayOut, Why> {
    let pay_out = state.pay_outs.get_mut(&id).ok_or("no such pay-out")?;
    if !from.contains(&pay_out.stage) {
        return Err("the pay-out is not so far, or further");
    }
    pay_out.stage = to;
    Ok(pay_out)
}

fn ended(state: &mut Settlement, id: PayOutId, from: &[PayOutStage]) -> Result<PayOut, Why> {
    let pay_out = state.pay_outs.remove(&id).ok_or("no such pay-out")?;
    if from.contains(&pay_out.stage) { Ok(pay_out) } else { Err("the pay-out is not so far, or further") }
}

/// What was to be paid, or had been, waits for a new proposal.
fn came_back(
    state: &mut Settlement,
    id: PayOutId,
    from: PayOutStage,
    back: (Amount, Withholding, Amount),
) -> Result<(), Why> {
    let pay_out = ended(state, id, &[from])?;
    same(back, (pay_out.amount, pay_out.withholding, pay_out.transfer), ANOTHER_AMOUNT)?;
    wait(state, pay_out.amount)
}

/// Two people want the same.
fn agreed(state: &mut Settlement, decided: &TwoKeys, wish: &Wish) -> Result<(), Why> {
    let proposed = state.proposals.remove(&decided.proposal_id).ok_or("nobody proposed it")?;
    same(&proposed.wish, wish, "it is not what was proposed")?;
    same(proposed.by, decided.proposed_by, "somebody else proposed it")?;
    another(decided.confirmed_by, Some(decided.proposed_by))
}

fn another(key: KeyId, than: Option<KeyId>) -> Result<(), Why> {
    if than == Some(key) { Err("it takes two keys") } else { Ok(()) }
}

/// Proposals about a closing of which nothing is left any more: nobody can confirm them, and only so many may wait.
fn forget_vain_proposals(state: &mut Settlement) {
    let Settlement { proposals, receivable, reserve, .. } = state;
    proposals.retain(|_, proposed| match proposed.wish {
        Wish::Adjustment { .. } => true,
        Wish::WriteOff { closing } => receivable.contains_key(&closing),
        Wish::ReserveRelease { closing } => reserve.contains_key(&closing),
    });
}

/// Pay-outs that can no longer come back are not kept.
fn forget_old(state: &mut Settlement, today: Day) {
    state.pay_outs.retain(|_, pay_out| match (pay_out.stage, pay_out.paid_on) {
        (PayOutStage::Confirmed, Some(paid_on)) => paid_on.plus_days(RETURN_DAYS) >= today,
        _ => true,
    });
}
