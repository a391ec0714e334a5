//! `POST /v1/merchants/{merchantId}/contracts`: a new version of a merchant's contract. Versions are never edited.

use actix_web::HttpResponse;
use ledger_domain::contract::{AcquirerRoute, CommissionRule, ContractTerms, FeeReturn, FeeRule, Method};
use ledger_domain::directory::{ContractSet, DirectoryCommand, DirectoryEvent, SetContract};
use ledger_domain::ids::{ContractId, MerchantId};
use ledger_domain::lines::VatMode;
use ledger_domain::money::{Amount, Rounding};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::contract_body::{ContractBody, ContractRequest};
use super::pay_out::{self, days, rate};
use crate::catalogue::Code;
use crate::http::command::CommandRequest;
use crate::http::input::{Fault, Fields, raw};
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// Sets a merchant's contract.
#[utoipa::path(post, path = "/v1/merchants/{merchantId}/contracts", operation_id = "create_contract", tag = "directory",
    params(("merchantId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = ContractRequest,
    responses((status = 201, description = "Set", body = ContractBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let id: Option<MerchantId> = request.segment("merchantId").parse().ok();
    let merchant_id = id.ok_or_else(|| Problem::new(Code::MerchantNotFound))?;
    let command = DirectoryCommand::SetContract(parse(merchant_id, &request.body)?);
    let recorded = request.submit(ClientCommand::Directory(command), None).await?;
    let DirectoryEvent::ContractSet(event) = super::event(&recorded)? else {
        return Err(super::unexpected());
    };
    Ok(super::created(&recorded, &format!("/v1/merchants/{merchant_id}"), body(event)))
}

fn body(event: &ContractSet) -> ContractBody<'_> {
    ContractBody {
        merchant_id: event.merchant_id.to_string(),
        contract_id: event.contract_id.to_string(),
        version: event.version,
        effective_from: crate::http::instant::seoul(event.effective_from),
        terms: &event.terms,
    }
}

fn parse(merchant_id: MerchantId, body: &[u8]) -> Result<SetContract, Problem> {
    const KNOWN: &[&str] = &[
        "effectiveFrom",
        "fees",
        "commissions",
        "settlementCycleDays",
        "acquirer",
        "minimumAmount",
        "feeReturn",
        "settlementCycle",
        "reserve",
        "minimumPayOut",
    ];
    let fields = Fields::of_body(body, KNOWN)?;
    Ok(SetContract {
        merchant_id,
        contract_id: ContractId::new(Uuid::now_v7()),
        effective_from: fields.optional("effectiveFrom", raw::moment)?,
        terms: terms(&fields)?,
    })
}

fn terms(fields: &Fields<'_>) -> Result<ContractTerms, Problem> {
    const FEE: &[&str] = &["method", "rate", "fixed", "min", "max", "vatMode", "rounding"];
    const COMMISSION: &[&str] = &["payee", "rate", "vatMode", "rounding"];
    const RETURNS: &[FeeReturn] = &[FeeReturn::Yes, FeeReturn::No, FeeReturn::SameDay];
    Ok(ContractTerms {
        fees: fields.objects("fees", 16, FEE)?.iter().map(fee).collect::<Result<_, _>>()?,
        commissions: fields
            .objects("commissions", 16, COMMISSION)?
            .iter()
            .map(commission)
            .collect::<Result<_, _>>()?,
        settlement_cycle_days: fields.required("settlementCycleDays", days)?,
        acquirer: acquirer(&fields.object("acquirer", &["id", "costRate"])?)?,
        minimum_amount: fields.required("minimumAmount", raw::amount)?,
        fee_return: fields
            .required("feeReturn", |value| raw::word(value, &["YES", "NO", "SAME_DAY"], RETURNS))?,
        settlement_cycle: pay_out::cycle(fields, "settlementCycle")?,
        reserve: pay_out::reserve(fields)?,
        minimum_pay_out: fields.optional("minimumPayOut", raw::amount_or_zero)?,
    })
}

fn fee(fields: &Fields<'_>) -> Result<FeeRule, Problem> {
    Ok(FeeRule {
        method: fields.required("method", |value| raw::word(value, &["CARD"], &[Method::Card]))?,
        rate: fields.required("rate", rate)?,
        fixed: fields.optional("fixed", raw::amount_or_zero)?.unwrap_or(Amount::ZERO),
        min: fields.optional("min", raw::amount_or_zero)?,
        max: fields.optional("max", raw::amount_or_zero)?,
        vat_mode: fields.required("vatMode", vat_mode)?,
        rounding: fields.required("rounding", rounding)?,
    })
}

fn commission(fields: &Fields<'_>) -> Result<CommissionRule, Problem> {
    let payee = super::id("the id of an agency or branch", "대리점 또는 영업점의 ID");
    Ok(CommissionRule {
        payee: fields.required("payee", payee)?,
        rate: fields.required("rate", rate)?,
        vat_mode: fields.required("vatMode", vat_mode)?,
        rounding: fields.required("rounding", rounding)?,
    })
}

fn acquirer(fields: &Fields<'_>) -> Result<AcquirerRoute, Problem> {
    let name = super::id("the id of an acquirer", "원천사의 ID");
    Ok(AcquirerRoute { id: fields.required("id", name)?, cost_rate: fields.required("costRate", rate)? })
}

fn vat_mode(value: &RawValue) -> Result<VatMode, Fault> {
    const MODES: &[VatMode] = &[VatMode::Included, VatMode::Excluded, VatMode::Exempt];
    raw::word(value, &["INCLUDED", "EXCLUDED", "EXEMPT"], MODES)
}

fn rounding(value: &RawValue) -> Result<Rounding, Fault> {
    raw::word(value, &["FLOOR", "NEAREST", "CEIL"], &[Rounding::Floor, Rounding::Nearest, Rounding::Ceil])
}
