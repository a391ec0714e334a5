//! Withhold and release, the reserve, and what takes two people: adjustments, write-offs, a reserve before its day.

use super::command::Deed;
use super::decide::SettlementFacts;
use super::event::{
    Adjusted, DecisionProposed, Released, ReserveReleased, SettlementEvent, SettlementPolicy, TwoKeys, Wish,
    Withheld, WrittenOff,
};
use super::state::{MAX_PROPOSALS, Proposed, Settlement};
use crate::days::{Day, Moment};
use crate::ids::{KeyId, ProposalId};
use crate::lines::Payee;
use crate::money::{Amount, Net};
use crate::rejection::{Field, Rejection};
use crate::text::{self, MAX_EVIDENCE, MAX_REASON};

const POLICY: SettlementPolicy = SettlementPolicy::Settlement1;

/// An operator's deed that is not about a pay-out.
pub(super) fn operate(
    payee: Payee,
    state: &Settlement,
    by: KeyId,
    deed: &Deed,
    facts: &SettlementFacts,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    match deed {
        Deed::Withhold(amount, reason) => {
            text::check(Field::Reason, reason, MAX_REASON)?;
            let amount = some_of(*amount, state.payable()?)?;
            let reason = reason.clone();
            Ok(SettlementEvent::Withheld(Withheld { payee, at, amount, reason, by, posting_policy: POLICY }))
        }
        Deed::Release(amount, reason) => {
            text::check(Field::Reason, reason, MAX_REASON)?;
            let amount = some_of(*amount, state.withheld)?;
            let (reason, pay_out_date) = (reason.clone(), next_pay_out(facts, at));
            let data = Released { payee, at, amount, pay_out_date, reason, by, posting_policy: POLICY };
            Ok(SettlementEvent::Released(data))
        }
        Deed::Propose { proposal_id, wish, reason, document } => {
            text::check(Field::Reason, reason, MAX_REASON)?;
            text::check(Field::Document, document, MAX_EVIDENCE)?;
            propose(payee, state, (*proposal_id, by), wish, (reason, document), at)
        }
        Deed::Confirm(id) => confirm(payee, state, *id, by, facts, at),
        Deed::ProposePayOut { .. }
        | Deed::ApprovePayOut(_)
        | Deed::RejectPayOut(..)
        | Deed::SendPayOut(..)
        | Deed::ConfirmPayOut { .. }
        | Deed::FailPayOut(..)
        | Deed::ReturnPayOut(..) => Err(Rejection::PayOutNotFound),
    }
}

/// So much of what there is, or all of it.
fn some_of(amount: Option<Amount>, all: Net) -> Result<Amount, Rejection> {
    let all = Amount::try_from(all.or_nothing())?;
    match amount {
        _ if all.is_zero() => Err(Rejection::NothingPayable),
        Some(amount) if amount.is_zero() => Err(Rejection::AmountIsZero),
        Some(amount) if amount > all => Err(Rejection::ExceedsPayable { payable: all }),
        Some(amount) => Ok(amount),
        None => Ok(all),
    }
}

/// What is freed today is paid with the next business day's pay-outs.
fn next_pay_out(facts: &SettlementFacts, at: Moment) -> Day {
    facts.calendar.first_business_day(at.seoul_day().next())
}

fn propose(
    payee: Payee,
    state: &Settlement,
    (proposal_id, by): (ProposalId, KeyId),
    wish: &Wish,
    (reason, document): (&str, &str),
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    if state.proposals.contains_key(&proposal_id) {
        return Err(Rejection::AlreadyRegistered);
    }
    if state.proposals.len() >= MAX_PROPOSALS {
        return Err(Rejection::TooManyProposals { limit: MAX_PROPOSALS });
    }
    possible(state, wish)?;
    Ok(SettlementEvent::DecisionProposed(DecisionProposed {
        payee,
        at,
        proposal_id,
        wish: wish.clone(),
        proposed_by: by,
        reason: reason.to_owned(),
        document: document.to_owned(),
    }))
}

fn possible(state: &Settlement, wish: &Wish) -> Result<(), Rejection> {
    match wish {
        Wish::Adjustment { amount } if amount.is_zero() => Err(Rejection::AmountIsZero),
        Wish::Adjustment { amount } => {
            Amount::new(amount.minor().abs())?;
            Ok(())
        }
        Wish::WriteOff { closing } => owed(state, *closing).map(|_| ()),
        Wish::ReserveRelease { closing } => kept(state, *closing).map(|_| ()),
    }
}

fn owed(state: &Settlement, closing: u32) -> Result<Amount, Rejection> {
    let owed = state.receivable.get(&closing).ok_or(Rejection::ClosingNotFound)?;
    Ok(Amount::try_from(*owed)?)
}

fn kept(state: &Settlement, closing: u32) -> Result<Amount, Rejection> {
    let kept = state.reserve.get(&closing).ok_or(Rejection::ClosingNotFound)?;
    Ok(Amount::try_from(kept.amount)?)
}

fn confirm(
    payee: Payee,
    state: &Settlement,
    proposal_id: ProposalId,
    by: KeyId,
    facts: &SettlementFacts,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    let proposed = state.proposals.get(&proposal_id).ok_or(Rejection::ProposalNotFound)?;
    let Proposed { wish, by: proposed_by, reason, document } = proposed;
    if *proposed_by == by {
        return Err(Rejection::NeedsAnotherKey);
    }
    let (reason, document) = (reason.clone(), document.clone());
    let decided = TwoKeys { proposal_id, proposed_by: *proposed_by, confirmed_by: by, reason, document };
    match wish {
        Wish::Adjustment { amount } => {
            let day = state.open_day(at);
            let data = Adjusted { payee, at, amount: *amount, day, decided, posting_policy: POLICY };
            Ok(SettlementEvent::Adjusted(data))
        }
        Wish::WriteOff { closing } => {
            let amount = owed(state, *closing)?;
            let data = WrittenOff { payee, at, closing: *closing, amount, decided, posting_policy: POLICY };
            Ok(SettlementEvent::WrittenOff(data))
        }
        Wish::ReserveRelease { closing } => Ok(SettlementEvent::ReserveReleased(ReserveReleased {
            payee,
            at,
            closing: *closing,
            amount: kept(state, *closing)?,
            pay_out_date: next_pay_out(facts, at),
            decided: Some(decided),
            posting_policy: POLICY,
        })),
    }
}

/// The day of a part of the reserve has come.
pub(super) fn reserve_due(
    payee: Payee,
    state: &Settlement,
    closing: u32,
    facts: &SettlementFacts,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    let until = state.reserve.get(&closing).ok_or(Rejection::ClosingNotFound)?.until;
    if at < until.begins() {
        return Err(Rejection::DayNotOver { day: until });
    }
    if state.reserve_is_needed() {
        return Err(Rejection::NothingPayable);
    }
    Ok(SettlementEvent::ReserveReleased(ReserveReleased {
        payee,
        at,
        closing,
        amount: kept(state, closing)?,
        pay_out_date: next_pay_out(facts, at),
        decided: None,
        posting_policy: POLICY,
    }))
}
