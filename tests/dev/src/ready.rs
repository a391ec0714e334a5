//! When is a server ready? Asked in its own protocol, because an open port says little. Nothing here changes a server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How to see that a server is ready.
#[derive(Clone, Debug)]
pub enum Ready {
    /// As soon as it has been started.
    AtOnce,
    /// A connection is accepted.
    Port(SocketAddr),
    /// Kafka names at least one live broker and a controller in its metadata.
    Kafka(SocketAddr),
    /// MariaDB greets.
    MariaDb(SocketAddr),
    /// `GET path` answers 200.
    Http(SocketAddr, String),
}

const PATIENCE: Duration = Duration::from_millis(1500);

impl Ready {
    /// Asks once.
    pub fn is_ready(&self) -> bool {
        match self {
            Ready::AtOnce => true,
            Ready::Port(address) => TcpStream::connect_timeout(address, PATIENCE).is_ok(),
            Ready::Kafka(address) => kafka_has_a_broker(*address).unwrap_or(false),
            Ready::MariaDb(address) => mariadb_greets(*address).unwrap_or(false),
            Ready::Http(address, path) => http_get(*address, path).is_ok_and(|(status, _)| status == 200),
        }
    }
}

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Metadata request, version 1, for no topic (<https://kafka.apache.org/protocol.html>): the answer begins with the
/// correlation id and the number of unfenced brokers.
fn kafka_has_a_broker(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = connect(address)?;
    let request: [&[u8]; 5] = [
        &14i32.to_be_bytes(),   // size of what follows
        &[0, 3, 0, 1],          // api key 3 (Metadata), version 1
        &7i32.to_be_bytes(),    // correlation id
        &(-1i16).to_be_bytes(), // no client id
        &0i32.to_be_bytes(),    // an empty list of topics
    ];
    stream.write_all(&request.concat())?;
    let mut head = [0u8; 12];
    stream.read_exact(&mut head)?;
    let [.., a, b, c, d] = head;
    Ok(head.get(4..8) == Some(&7i32.to_be_bytes()) && i32::from_be_bytes([a, b, c, d]) > 0)
}

/// The first packet of a MySQL server: three bytes of length, a sequence number, then protocol version 10.
fn mariadb_greets(address: SocketAddr) -> std::io::Result<bool> {
    let mut head = [0u8; 5];
    connect(address)?.read_exact(&mut head)?;
    Ok(head.last() == Some(&10))
}

/// A plain HTTP/1.1 GET on loopback: the status and the body as text.
pub fn http_get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = connect(address)?;
    // In one piece: a server that answers and closes before the last piece would reset the connection.
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Ok((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answering(bytes: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(bytes).unwrap();
            // What the client sent is read before closing, or the close would reset the connection.
            stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            let _ = stream.read(&mut [0; 512]);
        });
        address
    }

    #[test]
    fn a_kafka_that_knows_no_broker_yet_is_not_ready() {
        let none = answering(&[0, 0, 0, 12, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!Ready::Kafka(none).is_ready());
        let one = answering(&[0, 0, 0, 12, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0]);
        assert!(Ready::Kafka(one).is_ready());
    }

    #[test]
    fn an_error_packet_is_no_greeting() {
        assert!(!Ready::MariaDb(answering(&[9, 0, 0, 0, 255, 16, 4])).is_ready());
        assert!(Ready::MariaDb(answering(&[9, 0, 0, 0, 10, 53, 46])).is_ready());
    }

    #[test]
    fn only_status_200_is_ready() {
        let path = || "/health/ready".to_owned();
        assert!(!Ready::Http(answering(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"), path()).is_ready());
        assert!(Ready::Http(answering(b"HTTP/1.1 200 OK\r\n\r\nfine"), path()).is_ready());
    }

    #[test]
    fn a_closed_port_is_not_ready() {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!Ready::Port(address).is_ready());
    }
}
