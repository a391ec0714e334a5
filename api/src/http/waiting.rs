//! What is answered while the process waits for Kafka at its start: that it is alive, that it is not ready, and why. Every other
//! request is told to come again; none of them can have done anything.

use std::net::TcpListener;
use std::sync::{Mutex, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer, ResponseError};
use tokio::task::JoinHandle;

use super::outermost;
use super::problem::Problem;
use super::route::read;
use super::server::ServerSettings;
use super::system::{get_live, get_ready};
use crate::catalogue::Code;
use crate::ledger::Readiness;

/// When to come again, seconds.
const COME_AGAIN_S: u32 = 1;

/// Why nothing is served yet.
type Why = Data<Mutex<String>>;

/// A server on the listener that the ledger will be served on, until it is.
pub struct Waiting {
    why: Why,
    handle: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Waiting {
    /// Begins to answer.
    ///
    /// # Errors
    /// The listener cannot be used.
    pub fn start(listener: TcpListener) -> std::io::Result<Self> {
        let why = Why::default();
        let shown = why.clone();
        let ServerSettings { keep_alive, head_within, .. } = ServerSettings::default();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shown.clone())
                .route("/health/live", read().to(get_live::handle))
                .route("/health/ready", read().to(not_ready))
                .default_service(web::to(come_again))
                .wrap(from_fn(outermost::wrap))
        })
        .workers(1)
        .keep_alive(keep_alive)
        .client_request_timeout(head_within)
        .shutdown_timeout(1)
        .disable_signals()
        .listen(listener)?
        .run();
        Ok(Self { why, handle: server.handle(), serving: tokio::spawn(server) })
    }

    /// What is said from now on.
    pub fn because(&self, why: &str) {
        why.clone_into(&mut self.why.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Answers nothing more. Whoever connects meanwhile waits for the next server on the same listener.
    ///
    /// # Errors
    /// The server had failed.
    pub async fn end(self) -> std::io::Result<()> {
        self.handle.stop(true).await;
        self.serving.await?
    }
}

async fn not_ready(why: Why) -> HttpResponse {
    let why = why.lock().unwrap_or_else(PoisonError::into_inner).clone();
    get_ready::document(&Readiness { problems: vec![why], ..Readiness::default() })
}

async fn come_again() -> HttpResponse {
    Problem::new(Code::NotReady).retry_after_s(COME_AGAIN_S).error_response()
}
