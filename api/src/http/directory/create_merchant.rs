//! `POST /v1/merchants`: registers a merchant (가맹점) below a branch.

use actix_web::HttpResponse;
use ledger_domain::directory::{DirectoryCommand, DirectoryEvent, RegisterMerchant};
use ledger_domain::ids::MerchantId;
use ledger_domain::vat::TaxType;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::MerchantBody;
use crate::http::command::CommandRequest;
use crate::http::input::{Fields, raw};
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// A new merchant.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MerchantRequest {
    /// Who looks after it.
    branch_id: String,
    /// Its business name, 1 to 100 characters.
    name: String,
    /// TAXABLE, EXEMPT, MIXED.
    tax_type: String,
}

/// Registers a merchant.
#[utoipa::path(post, path = "/v1/merchants", operation_id = "create_merchant", tag = "directory",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = MerchantRequest,
    responses((status = 201, description = "Registered", body = MerchantBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let command = DirectoryCommand::RegisterMerchant(parse(&request.body)?);
    let recorded = request.submit(ClientCommand::Directory(command), None).await?;
    let DirectoryEvent::MerchantRegistered(event) = super::event(&recorded)? else {
        return Err(super::unexpected());
    };
    let location = format!("/v1/merchants/{}", event.merchant_id);
    Ok(super::created(&recorded, &location, MerchantBody::from(event)))
}

fn parse(body: &[u8]) -> Result<RegisterMerchant, Problem> {
    const WORDS: &[&str] = &["TAXABLE", "EXEMPT", "MIXED"];
    const TYPES: &[TaxType] = &[TaxType::Taxable, TaxType::Exempt, TaxType::Mixed];
    let fields = Fields::of_body(body, &["branchId", "name", "taxType"])?;
    let branch = super::id("`brn_` and 32 hexadecimal digits", "`brn_`와 16진수 32자리");
    Ok(RegisterMerchant {
        merchant_id: MerchantId::new(Uuid::now_v7()),
        branch_id: fields.required("branchId", branch)?,
        name: fields.required("name", super::name)?,
        tax_type: fields.required("taxType", |value| raw::word(value, WORDS, TYPES))?,
    })
}
