//! A merchant's request for an approval: every bound and rule that can be checked before money could move.

use super::command::RequestPayment;
use super::decide::{Facts, in_time};
use super::event::{PaymentEvent, Requested};
use super::state::{Payment, Terms};
use crate::contract::SaleFacts;
use crate::days::Moment;
use crate::ids::OperationId;
use crate::lines::Line;
use crate::money::Amount;
use crate::rejection::{Field, Rejection};
use crate::text;
use crate::vat::split_sale;

/// The largest payment, in won.
pub const MAX_PAYMENT: Amount = match Amount::new(9_999_999_999) {
    Ok(amount) => amount,
    Err(_) => Amount::ZERO,
};
/// Instalments need at least this much (여신금융협회: 할부 5만원 이상).
pub const INSTALLMENT_MINIMUM: Amount = match Amount::new(50_000) {
    Ok(amount) => amount,
    Err(_) => Amount::ZERO,
};
/// Longest instalment plan.
pub const MAX_INSTALLMENT_MONTHS: u8 = 36;

pub(super) fn request(
    state: &Payment,
    command: &RequestPayment,
    facts: &Facts,
    now: Moment,
) -> Result<PaymentEvent, Rejection> {
    if *state != Payment::Ready {
        return Err(Rejection::PaymentExists);
    }
    in_time(command.not_after, now)?;
    text::check_order_id(&command.order_id)?;
    text::check(Field::OrderName, &command.order_name, text::MAX_ORDER_NAME)?;
    let sale = facts.sale.as_ref().filter(|sale| sale.merchant_id == command.merchant_id);
    let sale = sale.ok_or(Rejection::NoContract)?;
    check_amount(command, sale)?;
    let split = split_sale(sale.tax_type, command.amount, command.tax_free, command.vat)?;
    Ok(PaymentEvent::Requested(Requested {
        payment_id: command.payment_id,
        merchant_id: command.merchant_id,
        at: now,
        order_id: command.order_id.clone(),
        order_name: command.order_name.clone(),
        method: command.method,
        currency: command.currency,
        amount: command.amount,
        sale_supply: split.supply,
        sale_vat: split.vat,
        sale_tax_free: split.tax_free,
        vat_given: command.vat.is_some(),
        tax_type: sale.tax_type,
        card: command.card.clone(),
        installment_months: command.installment_months,
        operation_id: OperationId::approval(command.payment_id),
        terms: terms(sale, quote(command, sale)?),
    }))
}

fn check_amount(command: &RequestPayment, sale: &SaleFacts) -> Result<(), Rejection> {
    if command.amount.is_zero() {
        return Err(Rejection::AmountIsZero);
    }
    if command.amount > MAX_PAYMENT {
        return Err(Rejection::AboveMaximum { maximum: MAX_PAYMENT });
    }
    if command.amount < sale.terms.minimum_amount {
        return Err(Rejection::BelowMinimum { minimum: sale.terms.minimum_amount });
    }
    match command.installment_months {
        0 => Ok(()),
        2..=MAX_INSTALLMENT_MONTHS if command.amount >= INSTALLMENT_MINIMUM => Ok(()),
        2..=MAX_INSTALLMENT_MONTHS => {
            Err(Rejection::InstallmentBelowMinimum { minimum: INSTALLMENT_MINIMUM })
        }
        _ => Err(Rejection::InvalidInstallment),
    }
}

fn quote(command: &RequestPayment, sale: &SaleFacts) -> Result<Vec<Line>, Rejection> {
    let lines =
        sale.terms.quote(sale.contract_version, command.merchant_id, command.method, command.amount)?;
    lines.ok_or(Rejection::MethodNotContracted)
}

fn terms(sale: &SaleFacts, lines: Vec<Line>) -> Terms {
    Terms {
        contract_id: sale.contract_id,
        contract_version: sale.contract_version,
        branch_path: sale.branch_path.clone(),
        acquirer: sale.terms.acquirer.id.clone(),
        tombstones: sale.tombstones,
        settlement_cycle_days: sale.terms.settlement_cycle_days,
        settlement_cycle: sale.terms.settlement_cycle,
        fee_return: sale.terms.fee_return,
        lines,
    }
}
