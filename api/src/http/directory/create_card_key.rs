//! `POST /v1/merchants/{merchantId}/card-keys`: a key that seals card envelopes. It lies wrapped in the key topic, durable,
//! before the event names it; key and id follow from the command's id, so a retry leaves no second record.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger_domain::directory::{DirectoryCommand, DirectoryEvent, IssueCardKey};
use ledger_domain::ids::{CardKeyId, MerchantId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::command::CommandRequest;
use crate::http::input::Fields;
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// A card key that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CardKey)]
pub struct CardKeyBody<'a> {
    /// `cky_` and 32 hexadecimal digits: the envelope's `keyId`.
    card_key_id: String,
    merchant_id: String,
    /// 32 bytes in base64: seals envelopes with AES-256-GCM.
    key: &'a str,
}

/// Makes a card key. The body is `{}`.
#[utoipa::path(post, path = "/v1/merchants/{merchantId}/card-keys", operation_id = "create_card_key", tag = "directory",
    params(("merchantId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    responses((status = 201, description = "Made; an identical retry shows the same key", body = CardKeyBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    Fields::of_body(&request.body, &[])?;
    let merchant_id = merchant(&request).await?;
    let pepper = request.app().authenticator.pepper();
    let key = pepper.card_key(request.command_id.as_bytes());
    let card_key_id = CardKeyId::new(Uuid::new_v8(pepper.id_bytes(request.command_id.as_bytes())));
    store(request.app(), card_key_id, key.clone()).await?;
    let command = DirectoryCommand::IssueCardKey(IssueCardKey { card_key_id, merchant_id });
    let recorded = request.submit(ClientCommand::Directory(command), None).await?;
    let DirectoryEvent::CardKeyIssued(event) = super::event(&recorded)? else {
        return Err(super::unexpected());
    };
    let text = Zeroizing::new(STANDARD.encode(&*key));
    let (card_key_id, merchant_id) = (event.card_key_id.to_string(), event.merchant_id.to_string());
    let location = format!("/v1/merchants/{merchant_id}/card-keys/{card_key_id}");
    Ok(super::created(&recorded, &location, CardKeyBody { card_key_id, merchant_id, key: &text }))
}

/// Looked up before anything is stored, so that a wrong id leaves no key behind.
async fn merchant(request: &CommandRequest) -> Result<MerchantId, Problem> {
    let id: Option<MerchantId> = request.segment("merchantId").parse().ok();
    let directory = request.app().current_directory().await?;
    id.filter(|id| directory.merchant(*id).is_some()).ok_or_else(|| Problem::new(Code::MerchantNotFound))
}

/// Durable when it returns; writing blocks, so a thread for blocking work does it.
async fn store(app: &App, id: CardKeyId, key: Zeroizing<Vec<u8>>) -> Result<(), Problem> {
    let vault = Arc::clone(&app.vault);
    let stored = web::block(move || vault.put(&id.to_string(), key)).await;
    match stored {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            tracing::error!(%error, "a card key could not be stored");
            Err(Problem::new(Code::NotReady).retry_after_s(2))
        }
        Err(_) => Err(Problem::new(Code::NotReady).retry_after_s(2)),
    }
}
