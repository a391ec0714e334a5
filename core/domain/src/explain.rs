//! Why an entry is what it is: its charges reckoned again from the contract's rules and the gross amount alone, step by step, beside
//! what is recorded. Nothing that was recorded goes into the reckoning but the amounts paid and cancelled.

use serde::Serialize;

use crate::contract::{ContractTerms, FeeReturn};
use crate::ids::MerchantId;
use crate::lines::{Charge, Line, LineType, Party, Payee, Tariff, VatMode};
use crate::money::{Amount, MoneyError, Net, Rate, Rounding};
use crate::payment::{Movement, MovementKind};

/// What is explained, and what it rests on.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What moved.
    pub money: &'a Movement,
    /// Whose sale it was.
    pub merchant_id: MerchantId,
    /// Whose entry.
    pub payee: Payee,
    /// The version of the contract that the movement names.
    pub terms: &'a ContractTerms,
    /// The whole payment.
    pub original: Amount,
    /// What was left of it before a cancel.
    pub before: Amount,
    /// Whether a cancel falls on the sale's own settlement day.
    pub same_day: bool,
}

/// An entry, reckoned again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// Of the sale above nothing, of the cancel below it.
    pub amount: Net,
    /// The payee's charges.
    pub lines: Vec<ExplainedLine>,
    /// What the payee is owed by it, as reckoned.
    pub pay_out_amount: Net,
    /// In words.
    pub arithmetic: String,
    /// Whether everything recorded is what was reckoned.
    pub agrees: bool,
}

/// One charge, reckoned again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedLine {
    /// The rule within the contract's version.
    pub rule_id: String,
    /// The version.
    pub contract_version: u32,
    /// Share of the amount.
    pub rate: Rate,
    /// Added per transaction.
    pub fixed: Amount,
    /// At least this much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Amount>,
    /// At most this much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Amount>,
    /// VAT on it.
    pub vat_mode: VatMode,
    /// Rounding per transaction.
    pub rounding: Rounding,
    /// The charge on what was paid; of a cancel on what was left before, then on what is left after it.
    pub steps: Vec<Step>,
    /// As reckoned: of a cancel the difference of both, which returns.
    pub supply: Amount,
    /// See `supply`.
    pub vat: Amount,
    /// See `supply`.
    pub total: Amount,
    /// Whether the recorded line says the same.
    pub agrees: bool,
}

/// A charge on one amount.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The amount it is taken on.
    pub base: Amount,
    /// In words: `100000 × 0.03 = 3000 → 3000 (FLOOR); + 10 % VAT 300 = 3300`.
    pub arithmetic: String,
    /// What comes of it.
    pub total: Amount,
}

/// Reckons an entry again. Errors: an amount out of bounds, or a contract without a rule for the method, which a recorded movement
/// never has.
pub fn explain(asked: &Asked<'_>) -> Result<Explanation, MoneyError> {
    let Asked { money, merchant_id, payee, terms, original, .. } = *asked;
    let quoted = terms.quote(money.contract_version, merchant_id, money.method, original)?;
    let kind = money.posting_policy.kind();
    let returns = match (kind, terms.fee_return) {
        (MovementKind::Sale, _) | (MovementKind::Cancel, FeeReturn::Yes) => true,
        (MovementKind::Cancel, FeeReturn::No) => false,
        (MovementKind::Cancel, FeeReturn::SameDay) => asked.same_day,
    };
    let mine = |line: &&Line| is_of(line, payee);
    let mut lines = Vec::new();
    for line in quoted.iter().flatten().filter(mine).filter(|_| returns) {
        lines.push(explained(asked, line)?);
    }
    let mut charged = Net::ZERO;
    for line in &lines {
        charged = charged.plus(line.total.into())?;
    }
    let recorded: Vec<&Line> = money.lines.iter().filter(mine).collect();
    let agrees = recorded.len() == lines.len() && lines.iter().all(|line| line.agrees);
    let gross = Net::from(money.amount);
    let owed = match payee {
        Payee::Merchant(_) => gross.minus(charged)?,
        Payee::Node(_) => charged,
    };
    let signed = |net: Net| match kind {
        MovementKind::Sale => net,
        MovementKind::Cancel => net.negated(),
    };
    let arithmetic = match payee {
        Payee::Merchant(_) => format!("{} − ({}) = {}", signed(gross), signed(charged), signed(owed)),
        Payee::Node(_) => format!("{}", signed(owed)),
    };
    Ok(Explanation { amount: signed(gross), lines, pay_out_amount: signed(owed), arithmetic, agrees })
}

/// A merchant's entry rests on its fees, a branch's or agency's on its own commission.
fn is_of(line: &Line, payee: Payee) -> bool {
    match (line.kind, payee) {
        (LineType::Fee, Payee::Merchant(_)) => true,
        (LineType::Commission, Payee::Node(node)) => line.payee == Party::Node(node),
        (LineType::Fee | LineType::Commission | LineType::AcquirerCost, _) => false,
    }
}

fn explained(asked: &Asked<'_>, quoted: &Line) -> Result<ExplainedLine, MoneyError> {
    let tariff = quoted.tariff();
    let (steps, charge) = match asked.money.posting_policy.kind() {
        MovementKind::Sale => {
            let step = step(&tariff, asked.money.amount)?;
            (vec![step], tariff.charge(asked.money.amount)?)
        }
        MovementKind::Cancel => {
            let after = asked.before.minus(asked.money.amount)?;
            let steps = vec![step(&tariff, asked.before)?, step(&tariff, after)?];
            let (before, after) = (tariff.charge(asked.before)?, tariff.charge(after)?);
            let charge = Charge {
                supply: before.supply.minus(after.supply)?,
                vat: before.vat.minus(after.vat)?,
                total: before.total.minus(after.total)?,
            };
            (steps, charge)
        }
    };
    let recorded = asked.money.lines.iter().find(|line| line.rule_id == quoted.rule_id);
    let agrees = recorded.is_some_and(|line| {
        line.tariff() == tariff
            && (line.supply, line.vat, line.total) == (charge.supply, charge.vat, charge.total)
    });
    Ok(ExplainedLine {
        rule_id: quoted.rule_id.clone(),
        contract_version: quoted.contract_version,
        rate: tariff.rate,
        fixed: tariff.fixed,
        min: tariff.min,
        max: tariff.max,
        vat_mode: tariff.vat_mode,
        rounding: tariff.rounding,
        steps,
        supply: charge.supply,
        vat: charge.vat,
        total: charge.total,
        agrees,
    })
}

fn step(tariff: &Tariff, base: Amount) -> Result<Step, MoneyError> {
    let charge = tariff.charge(base)?;
    Ok(Step { base, arithmetic: in_words(tariff, base, &charge)?, total: charge.total })
}

fn in_words(tariff: &Tariff, base: Amount, charge: &Charge) -> Result<String, MoneyError> {
    if base.is_zero() {
        return Ok("nothing of nothing".to_owned());
    }
    let exact = tariff.rate.decimal().checked_mul(base.minor().into()).ok_or(MoneyError::OutOfRange)?;
    let share = tariff.rate.of(base, tariff.rounding)?;
    let rounding = match tariff.rounding {
        Rounding::Floor => "FLOOR",
        Rounding::Nearest => "NEAREST",
        Rounding::Ceil => "CEIL",
    };
    let mut words = format!("{base} × {} = {} → {share} ({rounding})", tariff.rate, exact.normalize());
    if !tariff.fixed.is_zero() {
        words.push_str(&format!("; + {} a transaction", tariff.fixed));
    }
    let sum = share.plus(tariff.fixed)?;
    match (
        tariff.min.filter(|min| sum < *min),
        tariff.max.filter(|max| sum.max(tariff.min.unwrap_or(sum)) > *max),
    ) {
        (_, Some(max)) => words.push_str(&format!("; at most {max}")),
        (Some(min), None) => words.push_str(&format!("; at least {min}")),
        (None, None) => {}
    }
    match tariff.vat_mode {
        VatMode::Excluded => words.push_str(&format!("; + 10 % VAT {} = {}", charge.vat, charge.total)),
        VatMode::Included => words.push_str(&format!("; of it VAT {} ÷ 11 = {}", charge.total, charge.vat)),
        VatMode::Exempt => words.push_str("; no VAT"),
    }
    Ok(words)
}
