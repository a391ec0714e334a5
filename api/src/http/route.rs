//! How a route is declared: path, methods, who may call, handler. Nothing can be registered without an `Access`, a wrong
//! method is answered with `Allow`, and what was registered can be listed, so that a test compares it with the document.

use actix_web::guard;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, Handler, HttpResponse, Responder, ResponseError, Route};

use super::gate;
use super::problem::Problem;
use crate::access::Access;
use crate::catalogue::Code;

/// One method of a path.
pub struct Operation {
    method: Method,
    access: Access,
    route: Route,
}

/// A read; it answers HEAD as well.
pub fn get<F, Args>(access: Access, handler: F) -> Operation
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let gate = from_fn(move |request, next| gate::pass(access, request, next));
    Operation { route: read().to(handler).wrap(gate), method: Method::GET, access }
}

/// GET and HEAD, not yet told what to do.
pub(super) fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// A command.
pub fn post<F, Args>(access: Access, handler: F) -> Operation
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    command(Method::POST, access, web::post(), handler)
}

/// A command that changes part of something.
pub fn patch<F, Args>(access: Access, handler: F) -> Operation
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    command(Method::PATCH, access, web::patch(), handler)
}

fn command<F, Args>(method: Method, access: Access, route: Route, handler: F) -> Operation
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let gate = from_fn(move |request, next| gate::pass_command(access, request, next));
    Operation { route: route.to(handler).wrap(gate), method, access }
}

/// What was registered under one path and method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The method.
    pub method: Method,
    /// The pattern, as in the OpenAPI document.
    pub path: &'static str,
    /// Who may call.
    pub access: Access,
}

/// Registers routes; the order matters where two patterns fit one path.
pub struct Routes<'a> {
    config: &'a mut ServiceConfig,
    registered: Vec<Registered>,
}

impl<'a> Routes<'a> {
    /// Routes into this configuration.
    pub fn new(config: &'a mut ServiceConfig) -> Self {
        Self { config, registered: Vec::new() }
    }

    /// Declares a path with all its methods.
    pub fn at(&mut self, path: &'static str, operations: impl IntoIterator<Item = Operation>) {
        let mut resource = web::resource(path);
        let mut allowed = Vec::new();
        for Operation { method, access, route } in operations {
            allowed.push(if method == Method::GET { "GET, HEAD" } else { method.as_str() }.to_owned());
            self.registered.push(Registered { method, path, access });
            resource = resource.route(route);
        }
        let allow = allowed.join(", ");
        self.config.service(resource.default_service(web::to(move || method_not_allowed(allow.clone()))));
    }

    /// Everything declared so far.
    #[must_use]
    pub fn registered(self) -> Vec<Registered> {
        self.registered
    }
}

async fn method_not_allowed(allow: String) -> HttpResponse {
    Problem::new(Code::MethodNotAllowed).header("Allow", allow).error_response()
}
