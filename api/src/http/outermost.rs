//! The outermost layer: gives the request its id, renders problems in the caller's language, writes one line per request.
//! It must never log a body, a query, a raw path or a header: any of them may hold a secret.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse};
use tracing::Instrument;
use uuid::Uuid;

use super::app::App;
use super::problem::Problem;
use super::under_way::UnderWay;
use crate::access::Caller;
use crate::catalogue::{Code, Language};

/// The request's id: the caller's, if it is 1 to 128 visible ASCII characters, or ours.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The header of a request's id.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl RequestId {
    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let given = given
            .filter(|text| (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()));
        Self(given.map_or_else(|| format!("req_{}", Uuid::now_v7().simple()), str::to_owned))
    }
}

impl FromRequest for RequestId {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        let found = request.extensions().get::<Self>().cloned();
        std::future::ready(found.ok_or_else(|| Problem::new(Code::InternalError)))
    }
}

/// Wraps every request.
pub async fn wrap(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let language = Language::from_header(text(request.headers(), &ACCEPT_LANGUAGE));
    let method = request.method().clone();
    let route = request.match_pattern().unwrap_or_else(|| "-".to_owned());
    request.extensions_mut().insert(id.clone());
    let under_way = request.app_data::<Data<App>>().map(|app| app.under_way.clone());
    let _place = under_way.as_ref().map(UnderWay::enter);
    let span = tracing::info_span!("request", request_id = %id.0);
    let response = next.call(request).instrument(span.clone()).await?.map_into_boxed_body();
    let mut response = rendered(response, language, &id.0);
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    if !response.headers().contains_key(CACHE_CONTROL) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if under_way.is_some_and(|under_way| under_way.is_ending()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    span.in_scope(|| write_line(&method, &route, &response, started));
    Ok(response)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Every error leaves as problem+json, also one the framework made.
fn rendered(response: ServiceResponse<BoxBody>, language: Language, id: &str) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let carried = response.response().extensions().get::<Problem>().cloned();
    let problem = match carried {
        Some(problem) => problem,
        None if is_bare_error(&response) => Problem::new(code_of(status)),
        None => return response,
    };
    let (request, _) = response.into_parts();
    let rendered: HttpResponse = problem.render(language, id);
    ServiceResponse::new(request, rendered)
}

fn is_bare_error(response: &ServiceResponse<BoxBody>) -> bool {
    let status = response.status();
    let is_problem = text(response.headers(), &CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
    (status.is_client_error() || status.is_server_error()) && !is_problem
}

fn code_of(status: StatusCode) -> Code {
    match status.as_u16() {
        404 => Code::RouteNotFound,
        405 => Code::MethodNotAllowed,
        408 => Code::RequestTimeout,
        413 => Code::PayloadTooLarge,
        415 => Code::UnsupportedMediaType,
        400..=499 => Code::InvalidEncoding,
        _ => Code::InternalError,
    }
}

fn write_line(method: &Method, route: &str, response: &ServiceResponse<BoxBody>, started: Instant) {
    let (took, status) = (started.elapsed(), response.status());
    // A method is the caller's word: only the usual ones become a label.
    let usual = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
    ];
    let method = usual.iter().find(|usual| *usual == method).map_or("OTHER", Method::as_str);
    let status_label = status.as_str().to_owned();
    metrics::counter!("ledger_http_requests_total",
        "method" => method.to_owned(), "route" => route.to_owned(), "status" => status_label)
    .increment(1);
    metrics::histogram!("ledger_http_request_seconds", "route" => route.to_owned()).record(took);
    let key = response.request().extensions().get::<Caller>().map(|caller| caller.key.to_string());
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::info!(method, route, status = status.as_u16(), took_us, key, "answered");
}
