//! The sandbox acquirer over HTTP: `POST /approve`, `/cancel`, `/net-cancel`, `GET /operations/{id}`, and what tests need.
//! It answers nothing that is not on disk.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, web};

use super::bank::Bank;
use super::connection::Connection;
use super::{handlers, perform};

/// Starts serving; await the server to run it. Returns the address it listens on.
pub fn serve(bank: Arc<Bank>, listener: TcpListener) -> std::io::Result<(Server, SocketAddr)> {
    let address = listener.local_addr()?;
    let bank = web::Data::from(bank);
    let app = move || App::new().app_data(bank.clone()).configure(routes);
    let server = HttpServer::new(app)
        .workers(2)
        // A caller that waits for ever is a feature here, one that hung up is not kept.
        .h1_allow_half_closed(false)
        // Longer than any client keeps an idle connection, so that reuse never meets a close.
        .keep_alive(Duration::from_secs(120))
        .shutdown_timeout(1)
        .on_connect(Connection::remember)
        .listen(listener)?
        .run();
    Ok((server, address))
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/approve", web::post().to(perform::approve))
        .route("/cancel", web::post().to(perform::cancel))
        .route("/net-cancel", web::post().to(perform::net_cancel))
        .route("/operations/{id}", web::get().to(perform::inquire))
        .route("/operations/{id}/deliver", web::post().to(handlers::deliver))
        .route("/memory", web::get().to(handlers::memory))
        .route("/memory/totals", web::get().to(handlers::totals))
        .route("/settings", web::get().to(handlers::settings))
        .route("/settings", web::post().to(handlers::set))
        .route("/health", web::get().to(handlers::health));
}
