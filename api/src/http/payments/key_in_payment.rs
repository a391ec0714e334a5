//! `POST /v1/payments/key-in`: approve a card payment (비인증). The card arrives sealed, is opened here, goes to the owner
//! beside the command, and is never part of it.

use actix_web::HttpResponse;
use ledger_domain::card::CardCompanion;
use ledger_domain::directory::Directory;
use ledger_domain::ids::{CardKeyId, MerchantId, PaymentId};
use ledger_domain::money::Currency;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::PaymentBody;
use super::outcome;
use crate::access::Caller;
use crate::envelope::{self, Bound, CardProblem, Sealed};
use crate::http::command::CommandRequest;
use crate::http::input::{Fault, Fields, raw};
use crate::http::problem::Problem;
use crate::ledger::{ClientCommand, KeyIn};

/// The path an envelope is bound to.
pub const PATH: &str = "/v1/payments/key-in";

/// A keyed-in payment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyInRequest {
    /// The merchant's own name for it, 1 to 64 of `A-Z a-z 0-9 - _ = . : @`, unique among the live ones.
    order_id: String,
    /// What is bought, 1 to 100 characters.
    order_name: String,
    /// Whole minor units, above 0.
    amount: i64,
    /// KRW.
    currency: Option<String>,
    /// The part without VAT; 0 when absent.
    tax_free_amount: Option<i64>,
    /// The VAT, when the merchant states it.
    vat: Option<i64>,
    /// 0, or 2 to 36 from 50,000 KRW.
    installment_months: Option<u8>,
    card: CardEnvelope,
}

/// The sealed card, see `schemas/card-envelope.json`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardEnvelope {
    /// `cky_` and 32 hexadecimal digits.
    key_id: String,
    /// RFC 3339, within five minutes of now.
    timestamp: String,
    /// 12 bytes in base64, fresh for every envelope.
    iv: String,
    /// Base64, the tag appended.
    ciphertext: String,
}

/// Approves a card payment.
#[utoipa::path(post, path = "/v1/payments/key-in", operation_id = "key_in_payment", tag = "payments",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = KeyInRequest,
    responses((status = 200, description = "Approved", body = PaymentBody),
              (status = 402, description = "Declined by the acquirer", body = crate::http::openapi::ProblemBody),
              (status = 502, description = "Not attempted, or undone", body = crate::http::openapi::ProblemBody),
              (status = 504, description = "Not known yet: ask the command's URL", body = crate::http::openapi::ProblemBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let (command, sealed) = parse(request.caller, &request.body)?;
    let card = open(&request, &command, sealed).await;
    outcome::approval(&request.submit(ClientCommand::KeyIn(command), Some(card)).await?)
}

fn parse(caller: Caller, body: &[u8]) -> Result<(KeyIn, Sealed), Problem> {
    const KNOWN: &[&str] =
        &["orderId", "orderName", "amount", "currency", "taxFreeAmount", "vat", "installmentMonths", "card"];
    let fields = Fields::of_body(body, KNOWN)?;
    let command = KeyIn {
        payment_id: PaymentId::new(Uuid::now_v7()),
        merchant_id: caller.merchant()?,
        order_id: fields.required("orderId", |value| raw::text(value, 1, 64))?,
        order_name: fields.required("orderName", |value| raw::text(value, 1, 100))?,
        amount: fields.required("amount", raw::amount)?,
        currency: fields
            .optional("currency", |value| raw::word(value, &["KRW"], &[Currency::Krw]))?
            .unwrap_or(Currency::Krw),
        tax_free: fields.optional("taxFreeAmount", raw::amount_or_zero)?,
        vat: fields.optional("vat", raw::amount_or_zero)?,
        installment_months: fields.optional("installmentMonths", raw::months)?.unwrap_or(0),
    };
    Ok((command, sealed(&fields.object("card", &["keyId", "timestamp", "iv", "ciphertext"])?)?))
}

fn sealed(fields: &Fields<'_>) -> Result<Sealed, Problem> {
    let instant =
        Fault::Form { en: "an RFC 3339 instant with an offset", ko: "오프셋이 있는 RFC 3339 시각" };
    let timestamp = fields.required("timestamp", raw::string)?;
    let timestamp_ms =
        envelope::instant_ms(&timestamp).ok_or_else(|| instant.at(&fields.full("timestamp")))?;
    Ok(Sealed {
        key_id: fields.required("keyId", |value| {
            raw::parsed(value, "`cky_` and 32 hexadecimal digits", "`cky_`와 16진수 32자리", |text| {
                text.parse().ok()
            })
        })?,
        timestamp,
        timestamp_ms,
        iv: fields.required("iv", |value| {
            raw::parsed(value, "12 bytes in base64", "base64로 쓴 12바이트", envelope::iv)
        })?,
        ciphertext: fields.required("ciphertext", |value| {
            raw::parsed(
                value,
                "17 to 1,024 bytes in base64",
                "base64로 쓴 17~1,024바이트",
                envelope::ciphertext,
            )
        })?,
    })
}

/// The card, or what is wrong with it: the owner looks up the key first, and only then does that count.
async fn open(
    request: &CommandRequest,
    command: &KeyIn,
    sealed: Sealed,
) -> Result<CardCompanion, CardProblem> {
    let key = card_key(request, command.merchant_id, sealed.key_id).await.ok_or(CardProblem::KeyUnknown)?;
    let bound = Bound {
        merchant: command.merchant_id,
        path: PATH,
        order_id: &command.order_id,
        idempotency_key: &request.idempotency_key,
    };
    envelope::open(sealed, bound, &key, request.received_ms)
}

/// Only a key that the directory says is this merchant's is ever looked for.
async fn card_key(
    request: &CommandRequest,
    merchant: MerchantId,
    key: CardKeyId,
) -> Option<std::sync::Arc<zeroize::Zeroizing<Vec<u8>>>> {
    let app = request.app();
    let is_known =
        |directory: &Directory| directory.card_key(key).is_some_and(|found| found.merchant_id == merchant);
    // A key made a moment ago, through another process, may not have been read here yet.
    if !is_known(&app.ledger.directory()) && !is_known(&*app.current_directory().await.ok()?) {
        return None;
    }
    match app.vault.get(&key.to_string()) {
        Some(found) => Some(found),
        None => app.find_key_in_topic(key.to_string()).await,
    }
}
