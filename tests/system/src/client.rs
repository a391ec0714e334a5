//! The public API as a caller uses it: one key, one connection, the request's bytes, and an answer one can ask.
//! It retries nothing; what an honest client does about an unknown answer is in `honest`.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use crate::failure::{Done, During};
use crate::wire::{Connection, Response, WireError};
use crate::{Failure, ensure};

/// A caller. Cloning it makes further connections.
#[derive(Debug)]
pub struct Client {
    /// One to each process that it knows; there is at least one.
    connections: VecDeque<Connection>,
    api_key: Option<String>,
}

impl Clone for Client {
    fn clone(&self) -> Client {
        let again = |connection: &Connection| Connection::to(connection.authority());
        Client { connections: self.connections.iter().map(again).collect(), api_key: self.api_key.clone() }
    }
}

/// An answer, with the request it belongs to.
#[derive(Clone, Debug)]
pub struct Reply {
    /// As it came.
    pub response: Response,
    /// The body as JSON; null when it is something else.
    pub body: Value,
    request: String,
}

impl Client {
    /// With an API key.
    pub fn new(url: &str, api_key: &str) -> Client {
        Client { connections: [Connection::to(url)].into(), api_key: Some(api_key.to_owned()) }
    }

    /// With an API key, by way of several processes: it stays with one of them, the first at first, as long as that answers.
    pub fn among<'a>(urls: impl IntoIterator<Item = &'a String>, api_key: &str) -> Client {
        let connections = urls.into_iter().map(|url| Connection::to(url)).collect();
        Client { connections, api_key: Some(api_key.to_owned()) }
    }

    /// Without any key.
    pub fn anonymous(url: &str) -> Client {
        Client { connections: [Connection::to(url)].into(), api_key: None }
    }

    /// The bytes of a request, for those who send them later or change them first.
    pub fn bytes(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let host = self.connections.front().map_or("", Connection::authority);
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
        if let Some(key) = &self.api_key {
            text.push_str(&format!("Authorization: Bearer {key}\r\n"));
        }
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if method != "GET" {
            text.push_str("Content-Type: application/json\r\n");
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }

    /// Sends bytes made by [`Client::bytes`].
    ///
    /// # Errors
    /// No answer came.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Reply, WireError> {
        let Some(connection) = self.connections.front_mut() else {
            return Err(WireError::NotSent("no process is known".to_owned()));
        };
        let response = connection.exchange(request).await;
        if response.is_err() {
            self.connections.rotate_left(1);
        }
        let response = response?;
        let body = serde_json::from_slice(&response.body).unwrap_or(Value::Null);
        let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
        Ok(Reply { response, body, request: String::from_utf8_lossy(line).into_owned() })
    }

    /// A read.
    ///
    /// # Errors
    /// No answer came.
    pub async fn get(&mut self, path: &str) -> Result<Reply, WireError> {
        self.get_with(path, &[]).await
    }

    /// A read with headers.
    ///
    /// # Errors
    /// No answer came.
    pub async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Result<Reply, WireError> {
        let request = self.bytes("GET", path, headers, b"");
        self.exchange(&request).await
    }

    /// A read that waits until the tables have reached `position`.
    ///
    /// # Errors
    /// No answer came, or they did not reach it.
    pub async fn get_after(&mut self, path: &str, position: &str) -> Done<Reply> {
        for _ in 0..60 {
            let reply = self.get_with(path, &[("Ledger-Position", position)]).await?;
            if reply.status() != 503 {
                return reply.ok();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err(Failure::new(format!("GET {path}: the tables did not reach {position}")))
    }

    /// A command.
    ///
    /// # Errors
    /// No answer came.
    pub async fn post(
        &mut self,
        path: &str,
        idempotency_key: &str,
        body: &Value,
    ) -> Result<Reply, WireError> {
        let request =
            self.bytes("POST", path, &[("Idempotency-Key", idempotency_key)], body.to_string().as_bytes());
        self.exchange(&request).await
    }
}

impl Reply {
    /// The status.
    pub fn status(&self) -> u16 {
        self.response.status
    }

    /// The problem's code; empty when it is no problem.
    pub fn code(&self) -> &str {
        self.body.get("code").and_then(Value::as_str).unwrap_or_default()
    }

    /// The position of what was written, or of what was read.
    pub fn position(&self) -> Option<&str> {
        self.response.header("ledger-position")
    }

    /// Whether the first answer was told again.
    pub fn is_replayed(&self) -> bool {
        self.response.header("idempotent-replayed") == Some("true")
    }

    /// How long the caller is asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.response.header("retry-after")?.parse().ok().map(Duration::from_secs)
    }

    /// This reply if its status is a success.
    ///
    /// # Errors
    /// It is not.
    pub fn ok(self) -> Done<Reply> {
        if (200..300).contains(&self.status()) { Ok(self) } else { Err(self.unexpected("a success")) }
    }

    /// This reply if it has that status and that code.
    ///
    /// # Errors
    /// It has not.
    pub fn refused(self, status: u16, code: &str) -> Done<Reply> {
        if self.status() == status && self.code() == code {
            return Ok(self);
        }
        Err(self.unexpected(&format!("{status} {code}")))
    }

    /// In words: what came instead of what was expected.
    pub fn unexpected(&self, expected: &str) -> Failure {
        let body = String::from_utf8_lossy(&self.response.body);
        let start: String = body.chars().take(600).collect();
        Failure::new(format!("{}: expected {expected}, got {} {start}", self.request, self.status()))
    }

    /// A text of the body, by its path (`/cancels/0/cancelId`) or its name.
    ///
    /// # Errors
    /// There is none.
    pub fn text(&self, at: &str) -> Done<&str> {
        self.find(at)
            .and_then(Value::as_str)
            .during(|| format!("{}: no text {at}: {}", self.request, self.body))
    }

    /// A whole number of the body.
    ///
    /// # Errors
    /// There is none.
    pub fn number(&self, at: &str) -> Done<i64> {
        self.find(at)
            .and_then(Value::as_i64)
            .during(|| format!("{}: no number {at}: {}", self.request, self.body))
    }

    /// A list of the body.
    ///
    /// # Errors
    /// There is none.
    pub fn list(&self, at: &str) -> Done<&Vec<Value>> {
        self.find(at)
            .and_then(Value::as_array)
            .during(|| format!("{}: no list {at}: {}", self.request, self.body))
    }

    fn find(&self, at: &str) -> Option<&Value> {
        if at.starts_with('/') { self.body.pointer(at) } else { self.body.get(at) }
    }
}

/// Every item of a list, page by page (`limit` 1,000).
///
/// # Errors
/// A page is refused, or a cursor leads in a circle.
pub async fn all_pages(client: &mut Client, path: &str, list: &str) -> Done<Vec<Value>> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let after = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
        let page = client.get(&format!("{path}{separator}limit=1000{after}")).await?.ok()?;
        items.extend(page.list(list)?.iter().cloned());
        let Some(next) = page.body.get("nextCursor").and_then(Value::as_str) else { return Ok(items) };
        ensure!(next != cursor, "{path}: the cursor stands still");
        next.clone_into(&mut cursor);
    }
}
