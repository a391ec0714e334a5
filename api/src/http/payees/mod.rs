//! What operators do with a payee's settlement: pay-outs, withholding, and decisions of two people (money.md 4). The answer is the
//! event that was recorded.

pub mod approve_pay_out;
pub mod confirm_decision;
pub mod confirm_pay_out;
pub mod fail_pay_out;
pub mod propose_decision;
pub mod propose_pay_out;
pub mod reject_pay_out;
pub mod release;
pub mod return_pay_out;
pub mod send_pay_out;
pub mod withhold;

use actix_web::HttpResponse;
use ledger_domain::days::Moment;
use ledger_domain::ids::PayOutId;
use ledger_domain::lines::Payee;
use ledger_domain::money::Amount;
use ledger_domain::settlement::{BankWord, Deed, Operation, SettlementCommand};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::command::{CommandRequest, Recorded};
use super::input::{Fields, raw};
use super::problem::Problem;
use super::route::{Routes, post};
use crate::access::Access;
use crate::catalogue::Code;
use crate::ledger::{ClientCommand, CommandResult};

/// Declares the routes of this folder.
pub fn configure(routes: &mut Routes<'_>) {
    use Access::Operator;

    routes.at("/v1/payees/{payeeId}/terms", [post(Operator, super::directory::set_node_terms::handle)]);
    routes.at("/v1/payees/{payeeId}/withhold", [post(Operator, withhold::handle)]);
    routes.at("/v1/payees/{payeeId}/release", [post(Operator, release::handle)]);
    routes.at("/v1/payees/{payeeId}/proposals", [post(Operator, propose_decision::handle)]);
    routes.at(
        "/v1/payees/{payeeId}/proposals/{proposalId}/confirm",
        [post(Operator, confirm_decision::handle)],
    );
    routes.at("/v1/payees/{payeeId}/pay-outs", [post(Operator, propose_pay_out::handle)]);
    routes.at("/v1/payees/{payeeId}/pay-outs/{payOutId}/approve", [post(Operator, approve_pay_out::handle)]);
    routes.at("/v1/payees/{payeeId}/pay-outs/{payOutId}/reject", [post(Operator, reject_pay_out::handle)]);
    routes.at("/v1/payees/{payeeId}/pay-outs/{payOutId}/send", [post(Operator, send_pay_out::handle)]);
    routes.at("/v1/payees/{payeeId}/pay-outs/{payOutId}/confirm", [post(Operator, confirm_pay_out::handle)]);
    routes.at("/v1/payees/{payeeId}/pay-outs/{payOutId}/fail", [post(Operator, fail_pay_out::handle)]);
    routes.at("/v1/payees/{payeeId}/pay-outs/{payOutId}/return", [post(Operator, return_pay_out::handle)]);
}

/// An event of a payee's stream, as it is in the ledger.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SettlementEvent)]
pub struct SettlementEventBody {
    /// Such as `ledger.settlement.pay-out-approved.v1`; its schema is in `schemas/events`.
    r#type: &'static str,
    /// The event's data.
    #[schema(value_type = Object)]
    event: Box<RawValue>,
}

/// Why the bank did not pay.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BankWordRequest {
    /// The bank's code, 1 to 64 characters.
    code: String,
    /// The bank's message, 1 to 200 characters; never a person's data.
    message: String,
}

/// How much, and why.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AmountRequest {
    /// All of it if not given.
    amount: Option<i64>,
    /// 1 to 200 characters; never a person's data.
    reason: String,
}

/// Submits the deed, and answers with the event it became.
async fn operate(request: CommandRequest, deed: Deed) -> Result<HttpResponse, Problem> {
    let payee: Option<Payee> = request.segment("payeeId").parse().ok();
    let payee = payee.ok_or_else(|| Problem::new(Code::PayeeNotFound))?;
    if request.app().ledger.directory().partition_of_payee(payee).is_none()
        && request.app().current_directory().await?.partition_of_payee(payee).is_none()
    {
        return Err(Problem::new(Code::PayeeNotFound));
    }
    let operation = Operation {
        by: request.caller.key,
        // The owner puts the submission's own limit in its place.
        not_after: Moment::from_ms(request.received_ms),
        deed,
    };
    let command = Box::new(SettlementCommand::Operate(operation));
    answer(&request.submit(ClientCommand::Settlement(payee, command), None).await?)
}

fn answer(recorded: &Recorded) -> Result<HttpResponse, Problem> {
    let broken = || Problem::new(Code::InternalError);
    let CommandResult::Settlement(event) = &recorded.result else { return Err(broken()) };
    let json = event.to_json().ok().and_then(|json| String::from_utf8(json).ok());
    let data = json.and_then(|json| RawValue::from_string(json).ok()).ok_or_else(broken)?;
    let mut response = HttpResponse::Ok();
    recorded.head(&mut response);
    Ok(response.json(SettlementEventBody { r#type: event.type_name(), event: data }))
}

fn pay_out_id(request: &CommandRequest) -> Result<PayOutId, Problem> {
    request.segment("payOutId").parse().map_err(|_| Problem::new(Code::PayOutNotFound))
}

/// An empty body, or an empty object.
fn nothing(body: &[u8]) -> Result<(), Problem> {
    if body.is_empty() { Ok(()) } else { Fields::of_body(body, &[]).map(|_| ()) }
}

fn bank_word(body: &[u8]) -> Result<BankWord, Problem> {
    let fields = Fields::of_body(body, &["code", "message"])?;
    Ok(BankWord {
        code: fields.required("code", |value| raw::text(value, 1, 64))?,
        message: fields.required("message", |value| raw::text(value, 1, 200))?,
    })
}

fn amount_and_reason(body: &[u8]) -> Result<(Option<Amount>, String), Problem> {
    let fields = Fields::of_body(body, &["amount", "reason"])?;
    let reason = fields.required("reason", |value| raw::text(value, 1, 200))?;
    Ok((fields.optional("amount", raw::amount)?, reason))
}
