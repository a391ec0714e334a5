//! What every request passes before its handler: the key, the scope, and in test mode the error it asks for.
//! The order is the architecture's: authenticate, then parse.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};

use super::app::App;
use super::input::Fault;
use super::pass_on;
use super::peers;
use super::problem::Problem;
use crate::access::{Access, Caller};
use crate::catalogue::Code;

/// Forces an error of the catalogue in test mode.
pub const TEST_ERROR: &str = "Ledger-Test-Error";

/// Lets a request through to its handler, or answers it.
pub async fn pass(
    access: Access,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(access, &request).await {
        Ok(_) => next.call(request).await,
        Err(problem) => Ok(request.into_response(problem.error_response())),
    }
}

/// The same for a command, which may belong to another process.
pub async fn pass_command(
    access: Access,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(access, &request).await.and_then(|app| has_room(app, &request)) {
        Ok(app) => pass_on::call(app, request, next).await,
        Err(problem) => Ok(request.into_response(problem.error_response())),
    }
}

/// Under more than can be done, what cannot be taken costs as little as possible: neither its body nor its card is opened.
fn has_room(app: web::Data<App>, request: &ServiceRequest) -> Result<web::Data<App>, Problem> {
    let caller = request.extensions().get::<Caller>().copied();
    if app.ledger.has_room(caller.and_then(|caller| caller.merchant().ok())) {
        return Ok(app);
    }
    metrics::counter!("ledger_requests_not_admitted_total").increment(1);
    Err(Problem::new(Code::NotReady).retry_after_s(1))
}

/// The caller is put among the request's extensions.
async fn admit(access: Access, request: &ServiceRequest) -> Result<web::Data<App>, Problem> {
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| Problem::new(Code::InternalError))?.clone();
    match access {
        Access::Public => return forced_error(&app, request).map(|()| app),
        Access::Peer if peers::is_from_peer(request.request(), app.authenticator.pepper(), app.now_ms()) => {
            return Ok(app);
        }
        Access::Peer => return Err(Problem::new(Code::RouteNotFound)),
        Access::AnyKey | Access::Operator | Access::Merchant | Access::MerchantOrOperator => {}
    }
    let caller = caller(&app, request).await?;
    if !access.allows(&caller.scope) {
        return Err(Problem::new(Code::ScopeForbidden));
    }
    forced_error(&app, request)?;
    request.extensions_mut().insert(caller);
    Ok(app)
}

/// A key that is not known here may have been made a moment ago by the process that leads the directory.
async fn caller(app: &App, request: &ServiceRequest) -> Result<Caller, Problem> {
    let known = || app.authenticator.caller(request.headers().get(AUTHORIZATION), &app.ledger.directory());
    match known() {
        Err(problem) if problem.code() == Code::ApiKeyInvalid => {
            app.current_directory().await?;
            known()
        }
        other => other,
    }
}

/// Nothing has happened yet when this answers, so a forced error never leaves anything behind.
fn forced_error(app: &App, request: &ServiceRequest) -> Result<(), Problem> {
    let Some(header) = request.headers().get(TEST_ERROR).filter(|_| app.is_test()) else { return Ok(()) };
    match header.to_str().ok().and_then(Code::parse) {
        Some(code) => Err(Problem::new(code).header(TEST_ERROR, code.entry().code.to_owned())),
        None => {
            Err(Fault::Form { en: "a code of GET /v1/errors", ko: "GET /v1/errors의 코드" }.at(TEST_ERROR))
        }
    }
}
