//! A payment as the API shows it, in the names Korean merchants know. Amounts are whole minor units of `currency`.

use std::collections::BTreeMap;

use ledger_domain::money::Currency;
use ledger_domain::payment::{CancelView, Failure, PaymentView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalogue::Code;
use crate::http::instant::seoul;
use crate::ledger::{OrderView, PaymentAt};

/// One payment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Payment)]
pub struct PaymentBody {
    /// `pay_` and 32 hexadecimal digits.
    payment_id: String,
    order_id: String,
    order_name: String,
    merchant_id: String,
    /// IN_PROGRESS, DONE, ABORTED, UNKNOWN, UNRESOLVED, PARTIAL_CANCELED, CANCELED.
    status: &'static str,
    /// ISO 4217.
    currency: &'static str,
    total_amount: i64,
    /// What has not been canceled; 0 unless it was approved.
    balance_amount: i64,
    /// The split of what is left.
    supply_amount: i64,
    vat: i64,
    tax_free_amount: i64,
    /// CARD.
    method: &'static str,
    card: CardBody,
    /// RFC 3339, Asia/Seoul.
    requested_at: String,
    /// The acquirer's time of approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_at: Option<String>,
    cancels: Vec<CancelBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureBody>,
    /// The merchant's own keys.
    metadata: BTreeMap<String, String>,
    /// The command that asked for it: `GET /v1/commands/{commandId}`.
    command_id: String,
    /// How many events it has had.
    version: u64,
}

/// What is known of the card.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentCard)]
pub struct CardBody {
    /// First six and last four digits.
    number: String,
    installment_plan_months: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    approve_no: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer_code: Option<String>,
}

/// One cancel.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentCancel)]
pub struct CancelBody {
    /// `can_` and 32 hexadecimal digits.
    cancel_id: String,
    cancel_amount: i64,
    tax_free_amount: i64,
    cancel_reason: String,
    requested_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    canceled_at: Option<String>,
    /// IN_PROGRESS, DONE, ABORTED, UNKNOWN, UNRESOLVED.
    cancel_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureBody>,
}

/// Why something was not done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PaymentFailure)]
pub struct FailureBody {
    /// A code of `GET /v1/errors`.
    code: &'static str,
    /// Its title.
    message: &'static str,
    /// What the acquirer said, word for word.
    #[serde(skip_serializing_if = "Option::is_none")]
    acquirer_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acquirer_message: Option<String>,
}

/// What an order id stands for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderBody {
    /// The one that counts; absent when every attempt ended without money.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<PaymentBody>,
    /// Every payment that ever had this order id, oldest first.
    attempts: Vec<PaymentBody>,
}

impl From<&PaymentAt> for PaymentBody {
    fn from(at: &PaymentAt) -> Self {
        let view: &PaymentView = &at.view;
        Self {
            payment_id: view.payment_id.to_string(),
            order_id: view.order_id.clone(),
            order_name: view.order_name.clone(),
            merchant_id: view.merchant_id.to_string(),
            status: view.status.as_str(),
            currency: currency(view.currency),
            total_amount: view.total_amount.minor(),
            balance_amount: view.balance_amount.minor(),
            supply_amount: view.split.supply.minor(),
            vat: view.split.vat.minor(),
            tax_free_amount: view.split.tax_free.minor(),
            method: view.method.as_str(),
            card: CardBody::from(view),
            requested_at: seoul(view.requested_at),
            approved_at: view.approved_at.map(seoul),
            cancels: view.cancels.iter().map(CancelBody::from).collect(),
            failure: view.failure.as_ref().map(|failure| FailureBody::of(failure, Code::PaymentDeclined)),
            metadata: view.state().metadata().map(|noted| noted.entries.clone()).unwrap_or_default(),
            command_id: at.command.to_string(),
            version: u64::from(at.version),
        }
    }
}

impl From<&PaymentView> for CardBody {
    fn from(view: &PaymentView) -> Self {
        Self {
            number: view.card_number.to_string(),
            installment_plan_months: view.installment_months,
            approve_no: view.approve_no.clone(),
            issuer_code: view.issuer_code.clone(),
        }
    }
}

impl From<&CancelView> for CancelBody {
    fn from(view: &CancelView) -> Self {
        Self {
            cancel_id: view.cancel_id.to_string(),
            cancel_amount: view.amount.minor(),
            tax_free_amount: view.tax_free.minor(),
            cancel_reason: view.reason.clone(),
            requested_at: seoul(view.requested_at),
            canceled_at: view.canceled_at.map(seoul),
            cancel_status: view.status.as_str(),
            failure: view.failure.as_ref().map(|failure| FailureBody::of(failure, Code::CancelDeclined)),
        }
    }
}

impl From<&OrderView> for OrderBody {
    fn from(view: &OrderView) -> Self {
        Self {
            live: view.live.as_ref().map(PaymentBody::from),
            attempts: view.attempts.iter().map(PaymentBody::from).collect(),
        }
    }
}

impl FailureBody {
    fn of(failure: &Failure, declined: Code) -> Self {
        let (code, acquirer) = match failure {
            Failure::Declined { code, message } => (declined, Some((code.clone(), message.clone()))),
            Failure::NotAttempted => (Code::PaymentNotAttempted, None),
            Failure::NetCancelled => (Code::PaymentNetCanceled, None),
            Failure::ResolvedAsNotDone => (Code::PaymentAborted, None),
        };
        let (acquirer_code, acquirer_message) = acquirer.unzip();
        let entry = code.entry();
        Self { code: entry.code, message: entry.title_en, acquirer_code, acquirer_message }
    }
}

const fn currency(currency: Currency) -> &'static str {
    match currency {
        Currency::Krw => "KRW",
    }
}
