//! A second handle on a request's socket, so that the sandbox can cut it, which no HTTP framework offers to do.

use std::any::Any;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;

use actix_web::dev::Extensions;

/// The socket under a request.
pub struct Connection(TcpStream);

impl Connection {
    /// For `HttpServer::on_connect`: remembers the socket beside the connection.
    pub fn remember(stream: &dyn Any, data: &mut Extensions) {
        let Some(stream) = stream.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
        match stream.as_fd().try_clone_to_owned() {
            Ok(handle) => {
                data.insert(Connection(TcpStream::from(handle)));
            }
            Err(error) => tracing::warn!(%error, "no second handle on a socket: it cannot be cut"),
        }
    }

    /// Closes it both ways at once, after the bytes given; a failure means that it is closed already.
    pub fn cut_after(&self, bytes: &[u8]) {
        let _ = (&self.0).write_all(bytes);
        let _ = self.0.shutdown(Shutdown::Both);
    }
}
