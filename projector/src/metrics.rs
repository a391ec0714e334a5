//! Prometheus's text over HTTP, and a word that the process is alive. It answers nothing about the ledger.

use ledger_runtime::Telemetry;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// More than this is no request for metrics.
const REQUEST_BYTES: usize = 8_192;
/// How long one asker may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens, and answers from now on; returns the address.
///
/// # Errors
/// The address cannot be used.
pub async fn serve(at: SocketAddr, telemetry: Telemetry) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(at).await?;
    let at = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    drop(tokio::spawn(tokio::time::timeout(PATIENCE, answer(stream, telemetry.clone()))))
                }
                // Out of file descriptors, most likely: it passes.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
    Ok(at)
}

async fn answer(mut stream: TcpStream, telemetry: Telemetry) -> io::Result<()> {
    let mut request = Vec::new();
    let mut part = [0; 1_024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && request.len() < REQUEST_BYTES {
        match stream.read(&mut part).await? {
            0 => break,
            read => request.extend_from_slice(part.get(..read).unwrap_or_default()),
        }
    }
    let (status, body) = if request.starts_with(b"GET /metrics ") {
        ("200 OK", telemetry.render())
    } else if request.starts_with(b"GET /health/live ") {
        ("200 OK", "alive\n".to_owned())
    } else {
        ("404 Not Found", "there are /metrics and /health/live\n".to_owned())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}
