//! `POST /v1/keys`: an API key. Its secret is derived from the pepper and the command's id, so an identical retry shows it
//! again; only its keyed hash is ever stored.

use actix_web::HttpResponse;
use ledger_domain::directory::{DirectoryCommand, DirectoryEvent, IssueKey, Scope};
use ledger_domain::ids::KeyId;
use ledger_domain::lines::Node;
use ledger_log::Mode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::http::app::App;
use crate::http::command::CommandRequest;
use crate::http::input::{Fault, Fields, raw};
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// A new API key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyRequest {
    /// OPERATOR, AGENCY, BRANCH, MERCHANT.
    scope: String,
    /// The agency, branch or merchant it speaks for; absent for an operator.
    subject_id: Option<String>,
}

/// A key that was made. `key` is shown here and nowhere else.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiKey)]
pub struct KeyBody<'a> {
    /// `key_` and 32 hexadecimal digits: names the key, opens nothing.
    key_id: String,
    /// `operator`, or the id it speaks for.
    subject_id: String,
    /// The secret, for `Authorization: Bearer`.
    key: &'a str,
}

/// Makes an API key.
#[utoipa::path(post, path = "/v1/keys", operation_id = "create_key", tag = "directory",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = KeyRequest,
    responses((status = 201, description = "Made; an identical retry shows the same secret", body = KeyBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let scope = parse(&request.body)?;
    let key = key_text(request.app(), request.command_id.as_bytes(), &scope);
    let hash = request.app().authenticator.pepper().hash_of_api_key(&key);
    let key_id = KeyId::new(Uuid::now_v7());
    let command = DirectoryCommand::IssueKey(IssueKey { key_id, scope, hash });
    let recorded = request.submit(ClientCommand::Directory(command), None).await?;
    let DirectoryEvent::KeyIssued(event) = super::event(&recorded)? else { return Err(super::unexpected()) };
    let body = KeyBody { key_id: event.key_id.to_string(), subject_id: event.scope.to_string(), key: &key };
    Ok(super::created(&recorded, &format!("/v1/keys/{}", event.key_id), body))
}

/// `test_mer_` and 32 bytes in base64url.
fn key_text(app: &App, command: &[u8; 16], scope: &Scope) -> Zeroizing<String> {
    let mode = match app.authenticator.mode() {
        Mode::Test => "test",
        Mode::Live => "live",
    };
    let secret = app.authenticator.pepper().api_secret(command);
    Zeroizing::new(format!("{mode}_{}_{}", scope.word(), *secret))
}

fn parse(body: &[u8]) -> Result<Scope, Problem> {
    const WORDS: &[&str] = &["OPERATOR", "AGENCY", "BRANCH", "MERCHANT"];
    let fields = Fields::of_body(body, &["scope", "subjectId"])?;
    let word = fields.required("scope", |value| raw::word(value, WORDS, WORDS))?;
    let subject = match word {
        "AGENCY" => {
            let id = super::id("`agn_` and 32 hexadecimal digits", "`agn_`와 16진수 32자리");
            Scope::Node(Node::Agency(fields.required("subjectId", id)?))
        }
        "BRANCH" => {
            let id = super::id("`brn_` and 32 hexadecimal digits", "`brn_`와 16진수 32자리");
            Scope::Node(Node::Branch(fields.required("subjectId", id)?))
        }
        "MERCHANT" => {
            let id = super::id("`mer_` and 32 hexadecimal digits", "`mer_`와 16진수 32자리");
            Scope::Merchant(fields.required("subjectId", id)?)
        }
        _ => {
            let absent =
                Fault::Form { en: "absent for an operator", ko: "운영자 키에는 쓸 수 없는 값" };
            fields.optional("subjectId", |_| Err::<(), _>(absent))?;
            Scope::Operator
        }
    };
    Ok(subject)
}
