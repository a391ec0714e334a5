//! `POST /v1/keys/{keyId}/revoke`: an API key ends, at once and for ever.

use actix_web::HttpResponse;
use ledger_domain::directory::{DirectoryCommand, DirectoryEvent};
use ledger_domain::ids::KeyId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalogue::Code;
use crate::http::command::CommandRequest;
use crate::http::input::Fields;
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// A key that has ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RevokedKey)]
pub struct RevokedBody {
    key_id: String,
}

/// Ends an API key. The body is `{}`.
#[utoipa::path(post, path = "/v1/keys/{keyId}/revoke", operation_id = "revoke_key", tag = "directory",
    params(("keyId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    responses((status = 200, description = "Ended", body = RevokedBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    Fields::of_body(&request.body, &[])?;
    let key: KeyId = request.segment("keyId").parse().map_err(|_| Problem::new(Code::KeyNotFound))?;
    let command = ClientCommand::Directory(DirectoryCommand::RevokeKey(key));
    let recorded = request.submit(command, None).await?;
    let DirectoryEvent::KeyRevoked(event) = super::event(&recorded)? else { return Err(super::unexpected()) };
    let mut response = HttpResponse::Ok();
    recorded.head(&mut response);
    Ok(response.json(RevokedBody { key_id: event.key_id.to_string() }))
}
