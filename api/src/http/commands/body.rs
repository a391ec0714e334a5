//! A command as the API shows it. "Nothing was recorded" is said only when nothing can come any more: the owner has
//! confirmed it, and the command's `notAfter` plus twice the clock bound has passed.

use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use ledger_domain::ids::CommandId;
use serde::Serialize;
use utoipa::ToSchema;

use super::doubt::Doubt;
use crate::access::Caller;
use crate::http::app::App;
use crate::http::command::unavailable;
use crate::http::outermost::RequestId;
use crate::http::payments::body::PaymentBody;
use crate::http::peers::{Outgoing, passed_on_ms};
use crate::http::problem::Problem;
use crate::ledger::{CommandResult, CommandView};

const NOT_RECORDED: &str = "NOT_RECORDED";
/// How long another process may take to say what it knows.
pub const ASKED_WITHIN: Duration = Duration::from_secs(3);

/// What is known of a command.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Command)]
pub struct CommandBody {
    /// `cmd_` and 32 hexadecimal digits.
    command_id: String,
    /// DONE: recorded and complete. RUNNING: recorded, its outcome not known yet. NOT_YET_KNOWN: nothing is recorded, but
    /// it may still come; ask again. NOT_RECORDED: nothing was recorded, and nothing will be.
    status: &'static str,
    /// Where it stands in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    /// The payment: of a command that is DONE as it was then, of one that is RUNNING as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<PaymentBody>,
    /// What a command on a payee's settlement led to: the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement: Option<DirectoryBody>,
    /// What a command on the directory made; never a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    directory: Option<DirectoryBody>,
}

/// What a command on the directory made, or on a payee's settlement.
#[derive(Serialize, ToSchema)]
#[schema(as = CommandDirectoryEvent)]
pub struct DirectoryBody {
    /// The event's type, such as `ledger.directory.merchant-registered.v1`.
    r#type: &'static str,
    /// The id of what it is about.
    subject: String,
}

impl CommandBody {
    const fn empty(command_id: String, status: &'static str) -> Self {
        Self { command_id, status, position: None, payment: None, settlement: None, directory: None }
    }

    fn with(mut self, result: &CommandResult) -> Self {
        match result {
            CommandResult::Payment(payment) => self.payment = Some(PaymentBody::from(&**payment)),
            CommandResult::Directory(event) => {
                self.directory = Some(DirectoryBody { r#type: event.type_name(), subject: event.subject() });
            }
            CommandResult::Settlement(event) => {
                let subject = event.payee().to_string();
                self.settlement = Some(DirectoryBody { r#type: event.type_name(), subject });
            }
        }
        self
    }
}

/// Asks the owner and renders what it knows.
pub async fn answer(
    app: &App,
    caller: Caller,
    id: CommandId,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    // Before the read: see [`Doubt::begin`].
    let may_still_arrive = app.recent.may_still_arrive(id, app.now_ms());
    let view = app.ledger.command(id, caller.command_scope()?).await.map_err(|error| unavailable(&error))?;
    let body = match view {
        CommandView::Done { position, result } => {
            let body = CommandBody {
                position: Some(position.to_string()),
                ..CommandBody::empty(id.to_string(), "DONE")
            };
            body.with(&result)
        }
        CommandView::Running { position, payment } => CommandBody {
            position: Some(position.to_string()),
            payment: Some(PaymentBody::from(&*payment)),
            ..CommandBody::empty(id.to_string(), "RUNNING")
        },
        CommandView::NothingRecorded if may_still_come(app, request, may_still_arrive).await => {
            CommandBody::empty(id.to_string(), "NOT_YET_KNOWN")
        }
        CommandView::NothingRecorded => CommandBody::empty(id.to_string(), NOT_RECORDED),
    };
    Ok(HttpResponse::Ok().json(body))
}

/// Whether this process or another one may have received the command and not yet handed it to its owner.
async fn may_still_come(app: &App, request: &HttpRequest, may_still_arrive: bool) -> bool {
    let pepper = app.authenticator.pepper();
    let Some(peers) = &app.peers else { return may_still_arrive };
    let asked_by_another = passed_on_ms(request, pepper).is_some();
    let mut doubt = Doubt::begin(may_still_arrive, asked_by_another, &app.ledger.peers());
    if doubt.whom_to_ask().is_none() {
        return doubt.remains();
    }
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let outgoing = Outgoing::of(request, &id, Bytes::new(), app.now_ms(), pepper);
    while let Some(to) = doubt.whom_to_ask() {
        let passed = peers.pass(to, outgoing.clone(), ASKED_WITHIN).await;
        doubt.learn(&passed.map(|reply| says_nothing_recorded(&reply.body)));
    }
    doubt.remains()
}

fn says_nothing_recorded(body: &[u8]) -> bool {
    let body: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    body.is_some_and(|body| body.get("status").is_some_and(|status| status == NOT_RECORDED))
}
