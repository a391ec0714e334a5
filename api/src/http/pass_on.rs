//! A command that belongs to another process: passed to the one that leads its partition, and the answer returned. It decides
//! nothing about the command; every process tries its own owner first, and only what that has not taken is passed on.
//! A receipt that is uncertain is never sent again: the caller is told so, and where to ask.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError};

use super::app::App;
use super::body;
use super::command::{identity, unknown};
use super::outermost::RequestId;
use super::peers::{ELSEWHERE, Outgoing, Reply, passed_on_ms};
use super::problem::Problem;
use super::search::{Next, PAUSE, Search};
use crate::access::Caller;
use crate::catalogue::Code;

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
    next: middleware::Next<BoxBody>,
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
    let me = app.peers.as_ref().map_or("", |peers| peers.me());
    let answer = match (Search::begin(me, to.as_deref(), at_ms, passed_on.is_some()), body) {
        // Whoever passed it on looks further.
        (None, _) | (Some(_), Err(_)) => problem.header(ELSEWHERE, to.unwrap_or_default()).error_response(),
        (Some(search), Ok(body)) => look_for_leader(&app, &request, body, at_ms, search).await,
    };
    Ok(ServiceResponse::new(request, answer))
}

async fn look_for_leader(
    app: &App,
    request: &HttpRequest,
    body: Bytes,
    at_ms: i64,
    mut search: Search,
) -> HttpResponse {
    let Some(peers) = &app.peers else { return Problem::new(Code::NotReady).error_response() };
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let outgoing = Outgoing::of(request, &id, body, at_ms, app.authenticator.pepper());
    loop {
        let passed = peers.pass(search.to(), outgoing.clone(), search.within(app.now_ms())).await;
        match search.learn(passed, app.now_ms()) {
            Next::Tell(reply) => return relayed(reply),
            Next::TellUnknown => return uncertain(request),
            Next::TellNotReady => return Problem::new(Code::NotReady).retry_after_s(1).error_response(),
            Next::Again => tokio::time::sleep(PAUSE).await,
        }
    }
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
