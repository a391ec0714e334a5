//! A merchant's contract: fees by method, commissions up the tree, acquirer route, cycle, minimum (money.md 2).
//! Versions are never edited; a payment keeps the terms that were in force when it was requested.

use serde::{Deserialize, Serialize};

use crate::ids::{ContractId, MerchantId};
use crate::lines::{AcquirerId, Line, LineType, Node, Party, Tariff, VatMode};
use crate::money::{Amount, MoneyError, Rate, Rounding};
use crate::rejection::Rejection;
use crate::settlement::{PayeeTax, PayeeTerms, ReserveRule, SettlementCycle};
use crate::vat::TaxType;

/// How a buyer pays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    /// A card, keyed in (비인증).
    Card,
}

impl Method {
    /// The name that events and the API carry.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "CARD",
        }
    }
}

/// Whether fees and commissions return with a cancel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FeeReturn {
    /// Always.
    Yes,
    /// Never.
    No,
    /// Only if the cancel falls on the sale's own settlement day.
    SameDay,
}

/// The merchant's fee for one method.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeeRule {
    /// The method it is for.
    pub method: Method,
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
    /// VAT on the fee.
    pub vat_mode: VatMode,
    /// Rounding per transaction.
    pub rounding: Rounding,
}

/// What a branch or agency earns, as a share of the sale.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommissionRule {
    /// A node of the merchant's branch path.
    pub payee: Node,
    /// Share of the sale.
    pub rate: Rate,
    /// VAT on the commission.
    pub vat_mode: VatMode,
    /// Rounding per transaction.
    pub rounding: Rounding,
}

/// Which acquirer a merchant's payments go to, and what it keeps.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcquirerRoute {
    /// The acquirer.
    pub id: AcquirerId,
    /// Its share of the sale, without VAT (a financial service), rounded to nearest.
    pub cost_rate: Rate,
}

/// The terms of one version of a contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractTerms {
    /// One rule per method.
    pub fees: Vec<FeeRule>,
    /// At most one rule per node.
    pub commissions: Vec<CommissionRule>,
    /// n of D+n, in business days.
    pub settlement_cycle_days: u8,
    /// Route and cost.
    pub acquirer: AcquirerRoute,
    /// Smallest payment.
    pub minimum_amount: Amount,
    /// Whether fees return.
    pub fee_return: FeeReturn,
    /// When it is paid out, where it is not D+n; [`Self::settlement_cycle_days`] then says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement_cycle: Option<SettlementCycle>,
    /// What is kept back of each closing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<ReserveRule>,
    /// Less than this is not paid out but waits for more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_pay_out: Option<Amount>,
}

/// Most rules of one kind in a contract: keeps every record small.
pub const MAX_RULES: usize = 16;
/// Longest D+n.
pub const MAX_CYCLE_DAYS: u8 = 60;

impl ContractTerms {
    /// Checks what the terms must hold whoever the merchant is. Errors: [`Rejection::InvalidContract`] with the part.
    pub fn check(&self) -> Result<(), Rejection> {
        let refuse = |part| Err(Rejection::InvalidContract { part });
        if self.fees.is_empty() || self.fees.len() > MAX_RULES || repeated(self.fees.iter().map(|f| f.method))
        {
            return refuse("fees");
        }
        if self.fees.iter().any(|fee| fee.min.zip(fee.max).is_some_and(|(min, max)| min > max)) {
            return refuse("fees");
        }
        let payees = self.commissions.iter().map(|c| c.payee);
        if self.commissions.len() > MAX_RULES || repeated(payees) {
            return refuse("commissions");
        }
        if self.settlement_cycle_days > MAX_CYCLE_DAYS {
            return refuse("settlementCycleDays");
        }
        if self.minimum_amount.is_zero() {
            return refuse("minimumAmount");
        }
        self.settlement_cycle.map_or(Ok(()), |cycle| cycle.check())?;
        self.reserve.map_or(Ok(()), |rule| rule.check())
    }

    /// How the merchant is paid out under this version.
    pub fn pay_out_terms(&self, version: u32) -> PayeeTerms {
        let daily = SettlementCycle::Daily { business_days: self.settlement_cycle_days };
        PayeeTerms {
            version,
            cycle: self.settlement_cycle.unwrap_or(daily),
            reserve: self.reserve,
            minimum_pay_out: self.minimum_pay_out.unwrap_or_default(),
            tax: PayeeTax::Registered,
        }
    }

    /// All lines of a sale of `amount`. `Ok(None)` if the contract has no fee for the method.
    pub fn quote(
        &self,
        version: u32,
        merchant: MerchantId,
        method: Method,
        amount: Amount,
    ) -> Result<Option<Vec<Line>>, MoneyError> {
        let Some(fee) = self.fees.iter().find(|fee| fee.method == method) else { return Ok(None) };
        let mut lines = vec![fee_line(fee, merchant, amount, version)?];
        for rule in &self.commissions {
            lines.push(commission_line(rule, amount, version)?);
        }
        lines.push(cost_line(&self.acquirer, amount, version)?);
        Ok(Some(lines))
    }
}

fn repeated<T: Ord>(items: impl Iterator<Item = T>) -> bool {
    let mut all: Vec<T> = items.collect();
    all.sort();
    all.windows(2).any(|pair| pair[0] == pair[1])
}

fn fee_line(rule: &FeeRule, merchant: MerchantId, base: Amount, version: u32) -> Result<Line, MoneyError> {
    let tariff = Tariff {
        rate: rule.rate,
        fixed: rule.fixed,
        min: rule.min,
        max: rule.max,
        vat_mode: rule.vat_mode,
        rounding: rule.rounding,
    };
    let rule_id = format!("fee/{}", rule.method.as_str());
    line(LineType::Fee, (Party::Merchant(merchant), Party::Operator), base, tariff, version, rule_id)
}

fn commission_line(rule: &CommissionRule, base: Amount, version: u32) -> Result<Line, MoneyError> {
    let tariff = share(rule.rate, rule.vat_mode, rule.rounding);
    let rule_id = format!("commission/{}", rule.payee);
    line(LineType::Commission, (Party::Operator, Party::Node(rule.payee)), base, tariff, version, rule_id)
}

fn cost_line(route: &AcquirerRoute, base: Amount, version: u32) -> Result<Line, MoneyError> {
    let tariff = share(route.cost_rate, VatMode::Exempt, Rounding::Nearest);
    let parties = (Party::Operator, Party::Acquirer(route.id.clone()));
    line(LineType::AcquirerCost, parties, base, tariff, version, format!("acquirer/{}", route.id))
}

fn share(rate: Rate, vat_mode: VatMode, rounding: Rounding) -> Tariff {
    Tariff { rate, fixed: Amount::ZERO, min: None, max: None, vat_mode, rounding }
}

fn line(
    kind: LineType,
    (payer, payee): (Party, Party),
    base: Amount,
    tariff: Tariff,
    contract_version: u32,
    rule_id: String,
) -> Result<Line, MoneyError> {
    let charge = tariff.charge(base)?;
    let Tariff { rate, fixed, min, max, vat_mode, rounding } = tariff;
    let (supply, vat, total) = (charge.supply, charge.vat, charge.total);
    Ok(Line {
        kind,
        payer,
        payee,
        base,
        rate,
        fixed,
        min,
        max,
        vat_mode,
        rounding,
        supply,
        vat,
        total,
        contract_version,
        rule_id,
    })
}

/// What a sale needs to know of the directory, taken at one position of it: see `Directory::sale_facts`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaleFacts {
    /// Who sells.
    pub merchant_id: MerchantId,
    /// How its sales are taxed.
    pub tax_type: TaxType,
    /// Agency … branch, top first.
    pub branch_path: Vec<Node>,
    /// The contract in force.
    pub contract_id: ContractId,
    /// Its version.
    pub contract_version: u32,
    /// Its terms.
    pub terms: ContractTerms,
    /// Whether the acquirer promises that a net cancel leaves a tombstone.
    pub tombstones: bool,
}
