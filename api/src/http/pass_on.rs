//! A command that belongs to another process: passed to the one that leads its partition, and the answer returned. It decides
//! nothing about the command; every process tries its own owner first, and only what that has not taken is passed on.
//! A receipt that is uncertain is never sent again: the caller is told so, and where to ask.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError};

use super::app::App;
use super::body;
use super::command::{LAST_RESORT, identity, unknown};
use super::outermost::RequestId;
use super::peers::{ELSEWHERE, Outgoing, Passed, Reply, passed_on_ms};
use super::problem::Problem;
use crate::access::Caller;
use crate::catalogue::Code;

/// How long a command looks for the process that leads its partition, from its arrival, ms.
const LOOKS_FOR_MS: i64 = 5_000;
/// The pause before it looks again.
const PAUSE: Duration = Duration::from_millis(25);

/// A command's body and the time of its arrival, read before its handler, which may not be the only one to need them.
#[derive(Clone)]
pub struct Received {
    /// Or what was wrong with it.
    pub body: Result<Bytes, Problem>,
    /// When the first process received it, Unix ms.
    pub at_ms: i64,
}

/// Lets this process's own owner have the command first.
pub async fn call(
    app: Data<App>,
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let passed_on = passed_on_ms(request.request(), app.authenticator.pepper());
    let payload = request.take_payload();
    let body = body::read(request.request().clone(), payload).await;
    let received = Received { body: body.clone(), at_ms: passed_on.unwrap_or_else(|| app.now_ms()) };
    let at_ms = received.at_ms;
    request.extensions_mut().insert(received);
    let response = next.call(request).await?;
    let problem = response.response().extensions().get::<Problem>().cloned();
    let Some((problem, to)) = problem.and_then(|problem| problem.leads_elsewhere().map(|to| (problem, to)))
    else {
        return Ok(response);
    };
    let (request, _) = response.into_parts();
    let answer = match (passed_on, body) {
        // Whoever passed it on looks further.
        (Some(_), _) | (None, Err(_)) => problem.header(ELSEWHERE, to.unwrap_or_default()).error_response(),
        (None, Ok(body)) => look_for_leader(&app, &request, body, at_ms, to).await,
    };
    Ok(ServiceResponse::new(request, answer))
}

async fn look_for_leader(
    app: &App,
    request: &HttpRequest,
    body: Bytes,
    at_ms: i64,
    to: Option<String>,
) -> HttpResponse {
    let Some(peers) = &app.peers else { return Problem::new(Code::NotReady).error_response() };
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let outgoing = Outgoing::of(request, &id, body, at_ms, app.authenticator.pepper());
    let mut to = to.unwrap_or_else(|| peers.me().to_owned());
    loop {
        let left_ms = LAST_RESORT.saturating_sub(Duration::from_millis(since(app, at_ms)));
        match peers.pass(&to, outgoing.clone(), left_ms).await {
            Passed::Reply(reply) => return relayed(reply),
            Passed::Elsewhere(Some(other)) => to = other,
            // It will be there in a moment.
            Passed::Elsewhere(None) => {}
            // Whoever led is gone: this process hears who comes next.
            Passed::NotReached => peers.me().clone_into(&mut to),
            Passed::Uncertain => return uncertain(request),
        }
        if app.now_ms().saturating_sub(at_ms) > LOOKS_FOR_MS {
            return Problem::new(Code::NotReady).retry_after_s(1).error_response();
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn since(app: &App, at_ms: i64) -> u64 {
    app.now_ms().saturating_sub(at_ms).max(0).unsigned_abs()
}

/// 504 with the command's URL: asking there, or the same key again, tells the truth.
fn uncertain(request: &HttpRequest) -> HttpResponse {
    let key = request.headers().get("Idempotency-Key").and_then(|key| key.to_str().ok());
    let caller = request.extensions().get::<Caller>().copied();
    match caller.zip(key) {
        Some((caller, key)) => unknown(identity::command_id(&caller.scope_text(), key)).error_response(),
        // Nothing is passed on without them.
        None => Problem::new(Code::InternalError).error_response(),
    }
}

fn relayed(reply: Reply) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::build(status);
    for (name, value) in reply.headers {
        response.insert_header((name, value));
    }
    response.body(reply.body)
}
