//! What every command has in common: the idempotency key, the command's id, the fingerprint, its time limits, and what
//! becomes of the owner's answer. An operation adds its own parsing and rendering, nothing else.

mod answer;
pub mod identity;
mod recent;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use ledger_domain::card::CardCompanion;
use ledger_domain::ids::CommandId;

pub use answer::{Recorded, unavailable, unknown};
pub use recent::{CLOCK_BOUND_MS, NOT_AFTER_MS, Recent, SPAN_MS};

use super::app::App;
use super::outermost::RequestId;
use super::pass_on::Received;
use super::problem::Problem;
use crate::access::Caller;
use crate::catalogue::Code;
use crate::envelope::CardProblem;
use crate::ledger::{Answer, ClientCommand, Submission};

/// A command is answered within 30 seconds (api.md); the owner gets this much of it, in milliseconds.
pub const DEADLINE_MS: i64 = 28_000;
/// What HTTP itself waits at most, should the owner not answer at all.
pub const LAST_RESORT: Duration = Duration::from_millis(29_500);

/// A command that has been authenticated and read, but not yet parsed.
pub struct CommandRequest {
    /// Who asks.
    pub caller: Caller,
    /// As it was sent.
    pub idempotency_key: String,
    /// From scope and key.
    pub command_id: CommandId,
    /// The body's bytes.
    pub body: Bytes,
    /// When it had arrived, Unix ms.
    pub received_ms: i64,
    app: web::Data<App>,
    request: HttpRequest,
    request_id: String,
}

/// The card that goes with a command, or what was wrong with its envelope.
pub type Card = Option<Result<CardCompanion, CardProblem>>;

impl CommandRequest {
    /// What all handlers share.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// A segment of the path.
    #[must_use]
    pub fn segment(&self, name: &str) -> &str {
        self.request.match_info().query(name)
    }

    /// Submits the parsed command and waits for what becomes of it. A caller that hangs up drops only the waiting: what
    /// the owner has taken it finishes.
    ///
    /// # Errors
    /// Everything but a record.
    pub async fn submit(self, command: ClientCommand, card: Card) -> Result<Recorded, Problem> {
        let fingerprint =
            identity::fingerprint(self.request.method().as_str(), self.request.path(), &self.body)?;
        let submission = Submission {
            command_id: self.command_id,
            caller: self.caller.actor(),
            idempotency_key: self.idempotency_key,
            fingerprint,
            request_id: self.request_id,
            not_after_ms: self.received_ms.saturating_add(NOT_AFTER_MS),
            deadline_ms: self.received_ms.saturating_add(DEADLINE_MS),
            command,
            card,
        };
        let answered = tokio::time::timeout(LAST_RESORT, self.app.ledger.submit(submission)).await;
        answer::outcome(answered.unwrap_or(Answer::Unknown), self.command_id)
    }
}

impl FromRequest for CommandRequest {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(read(request, payload))
    }
}

async fn read(request: HttpRequest, mut payload: Payload) -> Result<CommandRequest, Problem> {
    let app =
        request.app_data::<web::Data<App>>().cloned().ok_or_else(|| Problem::new(Code::InternalError))?;
    let caller = Caller::from_request(&request, &mut payload).await?;
    let request_id = RequestId::from_request(&request, &mut payload).await?.0;
    let idempotency_key = idempotency_key(&request)?;
    let received = request.extensions().get::<Received>().cloned();
    let Received { body, at_ms } = received.ok_or_else(|| Problem::new(Code::InternalError))?;
    let body = body?;
    let command_id = identity::command_id(&caller.scope_text(), &idempotency_key);
    // Before its handler looks for anything, a card's key for example: from now on it may come.
    app.recent.received(command_id, at_ms);
    Ok(CommandRequest {
        command_id,
        received_ms: at_ms,
        caller,
        idempotency_key,
        body,
        app,
        request,
        request_id,
    })
}

/// The header, once, 1 to 255 visible ASCII characters.
fn idempotency_key(request: &HttpRequest) -> Result<String, Problem> {
    const NAME: &str = "Idempotency-Key";
    let mut values = request.headers().get_all(NAME);
    let value = values.next().ok_or_else(|| Problem::new(Code::IdempotencyKeyRequired).param(NAME))?;
    check_key(value.as_bytes())
        .filter(|_| values.next().is_none())
        .ok_or_else(|| Problem::new(Code::IdempotencyKeyInvalid).param(NAME))
}

/// The key as text, if it is one.
#[must_use]
pub fn check_key(bytes: &[u8]) -> Option<String> {
    let fits = (1..=255).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    if fits { std::str::from_utf8(bytes).ok().map(str::to_owned) } else { None }
}
