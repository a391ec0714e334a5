//! HTTP/1.1 over one TCP connection, as small as a client can be: it sends what it is told, also what is malformed,
//! and never sends anything twice by itself.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take: the api promises 30 seconds.
pub const PATIENCE: Duration = Duration::from_secs(35);

/// A request that got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// No connection: the server has seen nothing of it.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Sent, at least in part: what became of it is not known.
    #[error("sent, but not answered: {0}")]
    Unanswered(String),
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// In the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whole.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A connection that is opened when first needed and after it broke.
#[derive(Debug)]
pub struct Connection {
    authority: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    /// To `host:port`, or to an `http://` URL without a path.
    pub fn to(address: &str) -> Connection {
        let authority = address.strip_prefix("http://").unwrap_or(address).trim_end_matches('/');
        Connection { authority: authority.to_owned(), stream: None, buffer: Vec::new() }
    }

    /// Where it goes.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Sends these bytes, which are a whole request, and reads one answer.
    ///
    /// # Errors
    /// No connection, a broken one, or no answer within [`PATIENCE`]; the next call opens a new one.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Response, WireError> {
        let exchanged = tokio::time::timeout(PATIENCE, self.exchange_now(request)).await;
        let outcome =
            exchanged.unwrap_or_else(|_| Err(WireError::Unanswered("no answer in time".to_owned())));
        if outcome.is_err() {
            self.stream = None;
            self.buffer.clear();
        }
        outcome
    }

    async fn exchange_now(&mut self, request: &[u8]) -> Result<Response, WireError> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.authority).await;
            let stream = stream.map_err(|error| WireError::NotSent(error.to_string()))?;
            stream.set_nodelay(true).map_err(|error| WireError::NotSent(error.to_string()))?;
            self.stream = Some(stream);
        }
        let Some(stream) = &mut self.stream else {
            return Err(WireError::NotSent("no connection".to_owned()));
        };
        // A server that refuses a body may answer before all of it is sent.
        let sent = stream.write_all(request).await;
        match read(stream, &mut self.buffer).await {
            Ok((response, close)) => {
                if close || sent.is_err() {
                    self.stream = None;
                    self.buffer.clear();
                }
                Ok(response)
            }
            Err(error) => Err(WireError::Unanswered(sent.err().map_or(error, |sent| sent.to_string()))),
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(Response, bool), String> {
    let end = loop {
        if let Some(at) = find(buffer, b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end);
    let mut response = parse_head(&head)?;
    let chunked = response.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    let length = response.header("content-length").and_then(|text| text.parse::<usize>().ok());
    response.body = match (chunked, length) {
        (true, _) => read_chunks(stream, buffer).await?,
        (false, Some(length)) => take(stream, buffer, length).await?,
        (false, None) if response.status == 204 || response.status == 304 => Vec::new(),
        (false, None) => return Err("an answer without a length".to_owned()),
    };
    let close = response.header("connection").is_some_and(|word| word.eq_ignore_ascii_case("close"));
    Ok((response, close))
}

fn parse_head(head: &str) -> Result<Response, String> {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| format!("not HTTP: {head:?}"))?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
    Ok(Response { status, headers, body: Vec::new() })
}

async fn read_chunks(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    loop {
        let line = loop {
            if let Some(at) = find(buffer, b"\r\n") {
                break at;
            }
            more(stream, buffer).await?;
        };
        let size = String::from_utf8_lossy(&buffer[..line]).into_owned();
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16);
        let size = size.map_err(|error| format!("a chunk without a size: {error}"))?;
        buffer.drain(..line + 2);
        let chunk = take(stream, buffer, size).await?;
        take(stream, buffer, 2).await?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk);
    }
}

async fn take(stream: &mut TcpStream, buffer: &mut Vec<u8>, length: usize) -> Result<Vec<u8>, String> {
    while buffer.len() < length {
        more(stream, buffer).await?;
    }
    Ok(buffer.drain(..length).collect())
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<(), String> {
    match stream.read_buf(buffer).await {
        Ok(0) => Err("the connection was closed".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn answer_with(bytes: &'static [u8]) -> Result<Response, WireError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(bytes).await.unwrap();
        });
        let response = Connection::to(&address).exchange(b"PING").await;
        server.await.unwrap();
        response
    }

    #[tokio::test]
    async fn both_ways_to_delimit_a_body_are_read() {
        let plain =
            answer_with(b"HTTP/1.1 201 Created\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabc").await.unwrap();
        assert_eq!((plain.status, plain.body.as_slice(), plain.header("x-a")), (201, &b"abc"[..], Some("b")));
        let chunked =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(answer_with(chunked).await.unwrap().body, b"abcde");
    }

    #[tokio::test]
    async fn half_an_answer_is_no_answer() {
        let half = answer_with(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").await;
        assert!(matches!(half, Err(WireError::Unanswered(_))));
    }

    #[tokio::test]
    async fn a_refused_connection_has_sent_nothing() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let refused = Connection::to(&free.to_string()).exchange(b"PING").await;
        assert!(matches!(refused, Err(WireError::NotSent(_))));
    }
}
