//! Pay-outs (지급): proposed when their day comes, approved by one person, released to the bank by another, then what the bank says.

use super::command::{BankWord, Deed};
use super::decide::SettlementFacts;
use super::event::{
    PayOutApproved, PayOutConfirmed, PayOutFailed, PayOutProposed, PayOutRejected, PayOutReturned,
    PayOutSent, SettlementEvent, SettlementPolicy,
};
use super::state::{PayOut, PayOutStage, Settlement};
use crate::days::{Day, Moment};
use crate::ids::{KeyId, PayOutId};
use crate::lines::Payee;
use crate::money::{Amount, Net};
use crate::rejection::{Field, Rejection};
use crate::text::{self, MAX_ACQUIRER_CODE, MAX_EVIDENCE, MAX_REASON};

const POLICY: SettlementPolicy = SettlementPolicy::Settlement1;

pub(super) fn due(
    payee: Payee,
    state: &Settlement,
    (day, number): (Day, u32),
    facts: &SettlementFacts,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    if number != state.next_pay_out() {
        return Err(Rejection::NothingPayable);
    }
    if at < day.begins() {
        return Err(Rejection::DayNotOver { day });
    }
    let amount = state.due(day)?;
    if amount < Net::from(state.minimum_pay_out) {
        return Err(Rejection::NothingPayable);
    }
    propose(payee, state, (PayOutId::new(facts.command), None), (day, amount), at)
}

fn propose(
    payee: Payee,
    state: &Settlement,
    (pay_out_id, proposed_by): (PayOutId, Option<KeyId>),
    (day, amount): (Day, Net),
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    if amount <= Net::ZERO {
        return Err(Rejection::NothingPayable);
    }
    if state.pay_outs.contains_key(&pay_out_id) {
        return Err(Rejection::AlreadyRegistered);
    }
    let amount = Amount::try_from(amount)?;
    let withholding = state.tax.withheld(amount)?;
    Ok(SettlementEvent::PayOutProposed(PayOutProposed {
        payee,
        at,
        pay_out_id,
        number: state.next_pay_out(),
        pay_out_date: day,
        amount,
        tax: state.tax,
        withholding,
        transfer: amount.minus(withholding.total()?)?,
        proposed_by,
    }))
}

/// An operator's deed about a pay-out; none for any other.
pub(super) fn operate(
    payee: Payee,
    state: &Settlement,
    by: KeyId,
    deed: &Deed,
    at: Moment,
) -> Option<Result<SettlementEvent, Rejection>> {
    Some(match deed {
        Deed::ProposePayOut { pay_out_id } => {
            let day = at.seoul_day();
            let amount = state.due(day).and_then(|due| due.plus(state.waiting));
            amount
                .map_err(Rejection::from)
                .and_then(|amount| propose(payee, state, (*pay_out_id, Some(by)), (day, amount), at))
        }
        Deed::ApprovePayOut(id) => approve(payee, state, *id, by, at),
        Deed::RejectPayOut(id, reason) => reject(payee, state, *id, by, reason, at),
        Deed::SendPayOut(id, batch) => send(payee, state, *id, by, batch, at),
        Deed::ConfirmPayOut { pay_out_id, bank_account, bank_reference, paid_on } => {
            let said = (bank_account.as_str(), bank_reference.as_str(), *paid_on);
            confirm(payee, state, *pay_out_id, said, at)
        }
        Deed::FailPayOut(id, word) => fail(payee, state, *id, word, at),
        Deed::ReturnPayOut(id, word) => come_back(payee, state, *id, word, at),
        Deed::Withhold(..) | Deed::Release(..) | Deed::Propose { .. } | Deed::Confirm(_) => return None,
    })
}

fn at_stage<'a>(
    state: &'a Settlement,
    id: PayOutId,
    stages: &[PayOutStage],
) -> Result<&'a PayOut, Rejection> {
    let pay_out = state.pay_outs.get(&id).ok_or(Rejection::PayOutNotFound)?;
    match stages.contains(&pay_out.stage) {
        true => Ok(pay_out),
        false => Err(Rejection::PayOutNotInStage { stage: pay_out.stage }),
    }
}

fn approve(
    payee: Payee,
    state: &Settlement,
    id: PayOutId,
    by: KeyId,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    let pay_out = at_stage(state, id, &[PayOutStage::Proposed])?;
    if pay_out.proposed_by == Some(by) {
        return Err(Rejection::NeedsAnotherKey);
    }
    Ok(SettlementEvent::PayOutApproved(PayOutApproved { payee, at, pay_out_id: id, approved_by: by }))
}

fn reject(
    payee: Payee,
    state: &Settlement,
    id: PayOutId,
    by: KeyId,
    reason: &str,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    text::check(Field::Reason, reason, MAX_REASON)?;
    at_stage(state, id, &[PayOutStage::Proposed, PayOutStage::Approved])?;
    let reason = reason.to_owned();
    Ok(SettlementEvent::PayOutRejected(PayOutRejected { payee, at, pay_out_id: id, rejected_by: by, reason }))
}

fn send(
    payee: Payee,
    state: &Settlement,
    id: PayOutId,
    by: KeyId,
    batch: &str,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    text::check(Field::Batch, batch, MAX_EVIDENCE)?;
    let pay_out = at_stage(state, id, &[PayOutStage::Approved])?;
    if pay_out.approved_by == Some(by) {
        return Err(Rejection::NeedsAnotherKey);
    }
    Ok(SettlementEvent::PayOutSent(PayOutSent {
        payee,
        at,
        pay_out_id: id,
        amount: pay_out.amount,
        withholding: pay_out.withholding,
        transfer: pay_out.transfer,
        batch: batch.to_owned(),
        released_by: by,
        posting_policy: POLICY,
    }))
}

fn confirm(
    payee: Payee,
    state: &Settlement,
    id: PayOutId,
    (bank_account, bank_reference, paid_on): (&str, &str, Day),
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    text::check(Field::BankAccount, bank_account, MAX_ACQUIRER_CODE)?;
    text::check(Field::BankReference, bank_reference, MAX_EVIDENCE)?;
    let pay_out = at_stage(state, id, &[PayOutStage::Sent])?;
    Ok(SettlementEvent::PayOutConfirmed(PayOutConfirmed {
        payee,
        at,
        pay_out_id: id,
        transfer: pay_out.transfer,
        bank_account: bank_account.to_owned(),
        bank_reference: bank_reference.to_owned(),
        paid_on,
        posting_policy: POLICY,
    }))
}

fn fail(
    payee: Payee,
    state: &Settlement,
    id: PayOutId,
    word: &BankWord,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    let word = word.clipped();
    let pay_out = at_stage(state, id, &[PayOutStage::Sent])?;
    Ok(SettlementEvent::PayOutFailed(PayOutFailed {
        payee,
        at,
        pay_out_id: id,
        amount: pay_out.amount,
        withholding: pay_out.withholding,
        transfer: pay_out.transfer,
        code: word.code,
        message: word.message,
        posting_policy: POLICY,
    }))
}

fn come_back(
    payee: Payee,
    state: &Settlement,
    id: PayOutId,
    word: &BankWord,
    at: Moment,
) -> Result<SettlementEvent, Rejection> {
    let word = word.clipped();
    let pay_out = at_stage(state, id, &[PayOutStage::Confirmed])?;
    Ok(SettlementEvent::PayOutReturned(PayOutReturned {
        payee,
        at,
        pay_out_id: id,
        amount: pay_out.amount,
        withholding: pay_out.withholding,
        transfer: pay_out.transfer,
        bank_account: pay_out.bank_account.clone().unwrap_or_default(),
        code: word.code,
        message: word.message,
        posting_policy: POLICY,
    }))
}
