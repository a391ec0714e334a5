//! A contract as the API takes and shows it (money.md 2).

use ledger_domain::contract::ContractTerms;
use serde::Serialize;
use utoipa::ToSchema;

/// A new version of a contract.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractRequest {
    /// RFC 3339. Absent: the first version from now, a later one in an hour.
    effective_from: Option<String>,
    /// One rule a method.
    fees: Vec<FeeBody>,
    /// At most one a payee.
    commissions: Option<Vec<CommissionBody>>,
    /// n of D+n, in business days, 0 to 60.
    settlement_cycle_days: u8,
    acquirer: RouteBody,
    /// The smallest payment, above 0.
    minimum_amount: i64,
    /// YES, NO, SAME_DAY: whether fees and commissions return with a cancel.
    fee_return: String,
}

/// The merchant's fee for one method.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FeeRule)]
pub struct FeeBody {
    /// CARD.
    method: String,
    /// A decimal from 0 to 1, such as "0.03".
    rate: String,
    /// Added to each transaction.
    fixed: Option<i64>,
    min: Option<i64>,
    max: Option<i64>,
    /// INCLUDED, EXCLUDED, EXEMPT.
    vat_mode: String,
    /// FLOOR, NEAREST, CEIL.
    rounding: String,
}

/// What a branch or agency earns.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CommissionRule)]
pub struct CommissionBody {
    /// A node above the merchant, `agn_…` or `brn_…`.
    payee: String,
    rate: String,
    vat_mode: String,
    rounding: String,
}

/// Where payments go, and what the acquirer keeps.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AcquirerRoute)]
pub struct RouteBody {
    id: String,
    cost_rate: String,
}

/// A version of a contract.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Contract)]
pub struct ContractBody<'a> {
    pub(super) merchant_id: String,
    /// `con_` and 32 hexadecimal digits.
    pub(super) contract_id: String,
    /// 1, 2, 3 …
    pub(super) version: u32,
    /// RFC 3339, Asia/Seoul.
    pub(super) effective_from: String,
    #[schema(value_type = Object)]
    pub(super) terms: &'a ContractTerms,
}
