//! A payee's state after an event. What `decide` would never have emitted here is [`Impossible`].

use super::close::taken;
use super::event::{ClosingResult, OffsetSource, SettlementEvent, Wish};
use super::state::{Kept, PayOut, PayOutStage, Proposed, RETURN_DAYS, Settlement, Undelivered};
use super::sums::chain;
use crate::days::Day;
use crate::event::Impossible;
use crate::ids::{PayOutId, ProposalId};
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
        SettlementEvent::MerchantClosed(data) => {
            closed(state, data.number, data.day, &data.result)?;
            if !data.commissions.is_empty() {
                let commissions = data.commissions.iter().map(|one| (one.payee, one.amount)).collect();
                state.undelivered.insert(data.number, Undelivered { commissions });
            }
            forget_old(state, data.at.seoul_day());
        }
        SettlementEvent::CommissionDelivered(data) => {
            let left = state.undelivered.get_mut(&data.closing).ok_or("nothing of it is undelivered")?;
            left.commissions.remove(&data.to).ok_or("it is delivered already")?;
            if left.commissions.is_empty() {
                state.undelivered.remove(&data.closing);
            }
        }
        SettlementEvent::CommissionReceived(data) => {
            let day = open_day(state, data.at.seoul_day());
            let received = state.received.entry(day).or_default();
            received.entries = received.entries.checked_add(1).ok_or(RANGE)?;
            received.amount = received.amount.plus(data.amount).map_err(range)?;
            received.hash = chain(received.hash, data.closing.into(), data.amount);
        }
        SettlementEvent::NodeClosed(data) => {
            state.received.remove(&data.day);
            closed(state, data.number, data.day, &data.result)?;
            forget_old(state, data.at.seoul_day());
        }
        SettlementEvent::PayOutProposed(data) => {
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
            if state.pay_outs.insert(data.pay_out_id, pay_out).is_some() {
                return Err("its id is taken");
            }
        }
        SettlementEvent::PayOutApproved(data) => {
            let pay_out = moved(state, data.pay_out_id, &[PayOutStage::Proposed], PayOutStage::Approved)?;
            pay_out.approved_by = Some(data.approved_by);
        }
        SettlementEvent::PayOutRejected(data) => {
            let stages = [PayOutStage::Proposed, PayOutStage::Approved];
            let amount = ended(state, data.pay_out_id, &stages)?;
            wait(state, amount)?;
        }
        SettlementEvent::PayOutSent(data) => {
            moved(state, data.pay_out_id, &[PayOutStage::Approved], PayOutStage::Sent)?;
        }
        SettlementEvent::PayOutConfirmed(data) => {
            let pay_out = moved(state, data.pay_out_id, &[PayOutStage::Sent], PayOutStage::Confirmed)?;
            pay_out.paid_on = Some(data.paid_on);
            pay_out.bank_account = Some(data.bank_account.clone());
        }
        SettlementEvent::PayOutFailed(data) => {
            let amount = ended(state, data.pay_out_id, &[PayOutStage::Sent])?;
            wait(state, amount)?;
        }
        SettlementEvent::PayOutReturned(data) => {
            let amount = ended(state, data.pay_out_id, &[PayOutStage::Confirmed])?;
            wait(state, amount)?;
        }
        SettlementEvent::Withheld(data) => {
            take_payable(state, data.amount.into())?;
            state.withheld = state.withheld.plus(data.amount.into()).map_err(range)?;
        }
        SettlementEvent::Released(data) => {
            state.withheld = state.withheld.minus(data.amount.into()).map_err(range)?;
            if state.withheld < Net::ZERO {
                return Err("more than was withheld");
            }
            pay(state, data.pay_out_date, data.amount)?;
        }
        SettlementEvent::ReserveReleased(data) => {
            let kept = state.reserve.remove(&data.closing).ok_or("nothing of it is kept back")?;
            if kept.amount != Net::from(data.amount) {
                return Err("it is not what is kept back");
            }
            forget_proposal(state, data.decided.as_ref().map(|decided| decided.proposal_id));
            forget_vain_proposals(state);
            pay(state, data.pay_out_date, data.amount)?;
        }
        SettlementEvent::DecisionProposed(data) => {
            let proposed = Proposed {
                wish: data.wish.clone(),
                by: data.proposed_by,
                reason: data.reason.clone(),
                document: data.document.clone(),
            };
            if state.proposals.insert(data.proposal_id, proposed).is_some() {
                return Err("its id is taken");
            }
        }
        SettlementEvent::Adjusted(data) => {
            forget_proposal(state, Some(data.decided.proposal_id));
            let adjusted = state.adjusted.entry(data.day).or_default();
            *adjusted = adjusted.plus(data.amount).map_err(range)?;
        }
        SettlementEvent::WrittenOff(data) => {
            forget_proposal(state, Some(data.decided.proposal_id));
            make_good(state, data.closing, data.amount)?;
            forget_vain_proposals(state);
        }
    }
    Ok(())
}

/// The day that what comes now belongs to: never one that is closed.
fn open_day(state: &Settlement, today: Day) -> Day {
    state.last_closed.map_or(today, |last| today.max(last.next()))
}

fn closed(state: &mut Settlement, number: u32, day: Day, result: &ClosingResult) -> Result<(), Why> {
    if state.closings.checked_add(1) != Some(number) {
        return Err("closings are numbered without gaps");
    }
    state.closings = number;
    state.last_closed = state.last_closed.max(Some(day));
    state.adjusted.remove(&day);
    for offset in &result.offsets {
        make_good(state, offset.closing, offset.amount)?;
    }
    use_reserve(state, taken(&result.offsets, OffsetSource::Reserve).map_err(range)?)?;
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

fn ended(state: &mut Settlement, id: PayOutId, from: &[PayOutStage]) -> Result<Amount, Why> {
    let pay_out = state.pay_outs.remove(&id).ok_or("no such pay-out")?;
    if from.contains(&pay_out.stage) {
        Ok(pay_out.amount)
    } else {
        Err("the pay-out is not so far, or further")
    }
}

fn forget_proposal(state: &mut Settlement, id: Option<ProposalId>) {
    if let Some(id) = id {
        state.proposals.remove(&id);
    }
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
