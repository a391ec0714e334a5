//! A contract as the API takes and shows it (money.md 2).

use ledger_domain::contract::ContractTerms;
use ledger_domain::directory::NodeTerms;
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
    /// Where it is not D+n.
    settlement_cycle: Option<CycleBody>,
    /// What is kept back of each closing.
    reserve: Option<ReserveBody>,
    /// Less than this is not paid out but waits for more.
    minimum_pay_out: Option<i64>,
}

/// When what was closed is paid out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettlementCycle)]
pub struct CycleBody {
    /// DAILY, WEEKLY, MONTHLY.
    kind: String,
    /// Of DAILY: business days after the day sold, 0 to 60.
    business_days: Option<u8>,
    /// Of WEEKLY the week's last day, 1 (Monday) to 7; of MONTHLY the period's last day of the month, 1 to 31.
    ends_on: Option<u8>,
    /// Days from the period's end to the pay-out, holidays counted, 0 to 60.
    lag_days: Option<u8>,
    /// BEFORE, AFTER, CALENDAR: what if that is no business day.
    holidays: Option<String>,
}

/// What is kept back of each closing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reserve)]
pub struct ReserveBody {
    /// Share of the day's sales less its cancels.
    rate: String,
    /// For so many days, 1 to 1,095.
    days: u16,
    /// Nothing more is kept once so much is.
    cap: Option<i64>,
    /// Whether what the merchant owes may be taken out of it.
    usable_for_offset: bool,
}

/// How a branch or agency is paid out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeTermsRequest {
    /// RFC 3339. Absent: the first version from now, a later one in an hour.
    effective_from: Option<String>,
    cycle: CycleBody,
    /// Less than this waits for more.
    minimum_pay_out: Option<i64>,
    /// REGISTERED, or PERSON: without registration for business; 3.3 % is withheld.
    tax: String,
}

/// A version of how a branch or agency is paid out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeTerms)]
pub struct NodeTermsBody<'a> {
    pub(super) payee_id: String,
    /// 1, 2, 3 …
    pub(super) version: u32,
    /// RFC 3339, Asia/Seoul.
    pub(super) effective_from: String,
    #[schema(value_type = Object)]
    pub(super) terms: &'a NodeTerms,
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
