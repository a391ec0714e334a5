//! The actix server: workers, timeouts, the layers around every route, and its orderly end.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServerHandle, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App as ActixApp, Error, HttpResponse, HttpServer, ResponseError};

use super::app::App;
use super::problem::Problem;
use super::route::Routes;
use super::{outermost, routes};
use crate::catalogue::Code;

/// How the server behaves towards connections.
#[derive(Clone, Copy, Debug)]
pub struct ServerSettings {
    /// Threads that serve requests.
    pub workers: usize,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a request's head may take to arrive.
    pub head_within: Duration,
    /// How long the last requests may take once the server has been asked to stop.
    pub stop_within: Duration,
}

impl Default for ServerSettings {
    /// One worker a core, idle connections for 75 s, heads within 10 s, 30 s to finish: the longest a command may take.
    fn default() -> Self {
        let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let (keep_alive, head_within) = (Duration::from_secs(75), Duration::from_secs(10));
        Self { workers, keep_alive, head_within, stop_within: Duration::from_secs(30) }
    }
}

/// Routes and data of others, beside the ones here: the queries' handle.
pub type Extras = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Serves on this listener until `ServerHandle::stop` or [`finish`].
///
/// # Errors
/// The listener cannot be used.
pub fn start(
    listener: TcpListener,
    app: Data<App>,
    extras: Extras,
    settings: ServerSettings,
) -> std::io::Result<Server> {
    let server = HttpServer::new(move || with_layers(app.clone(), Arc::clone(&extras)))
        .workers(settings.workers)
        .keep_alive(settings.keep_alive)
        .client_request_timeout(settings.head_within)
        .client_disconnect_timeout(Duration::from_secs(2))
        // Only for the last bytes on their way out: `finish` has waited for the requests themselves.
        .shutdown_timeout(1)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Accepts nothing more, lets every request that is under way finish, then closes what is left: idle connections that a
/// client keeps open must not hold up the end.
pub async fn finish(handle: &ServerHandle, app: &App, settings: ServerSettings) {
    handle.pause().await;
    if tokio::time::timeout(settings.stop_within, app.under_way.drained()).await.is_err() {
        tracing::warn!("requests were still under way when the time to finish was over");
    }
    handle.stop(true).await;
}

/// The application with everything around its routes; tests use the very same.
pub fn with_layers(
    app: Data<App>,
    extras: Extras,
) -> ActixApp<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    ActixApp::new()
        .app_data(app)
        .configure(|config| extras(config))
        .configure(all_routes)
        .default_service(web::to(no_route))
        .wrap(from_fn(outermost::wrap))
}

fn all_routes(config: &mut ServiceConfig) {
    routes::configure(&mut Routes::new(config));
}

async fn no_route() -> HttpResponse {
    Problem::new(Code::RouteNotFound).error_response()
}
