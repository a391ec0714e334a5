//! The other processes of this ledger, as HTTP uses them: a request is sent on once, word for word, over connections that stay
//! open. It is sealed with the pepper, so that a process believes of it what only another process may say.

mod commission;
mod snapshot;

pub use snapshot::{Incoming, NoSnapshot};

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use actix_web::web::Bytes;
use reqwest::{Client, Method, redirect, retry};
use tokio::runtime::Handle;

use super::outermost::REQUEST_ID;
use super::search::Passed;
use crate::keys::Pepper;

/// When the first process received it, and the seal.
const PASSED_ON: HeaderName = HeaderName::from_static("ledger-passed-on");
/// The answer of a process that does not lead the partition: where to ask instead, empty when it does not know.
pub const ELSEWHERE: &str = "Ledger-Elsewhere";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// How long a request of a process's own holds, from its sealing, ms: longer than clocks may differ.
const SEAL_HOLDS_MS: i64 = 60_000;
/// What goes along; everything else is about the connection.
const SENT: [HeaderName; 5] = [AUTHORIZATION, CONTENT_TYPE, ACCEPT_LANGUAGE, IDEMPOTENCY_KEY, REQUEST_ID];
/// What comes back; the rest this process adds itself.
const RETURNED: [&str; 7] = [
    "content-type",
    "content-language",
    "ledger-position",
    "idempotent-replayed",
    "location",
    "retry-after",
    "www-authenticate",
];

/// The way to them.
#[derive(Clone, Debug)]
pub struct Peers {
    client: Client,
    runtime: Handle,
    me: String,
}

/// A request to be sent on.
#[derive(Clone, Debug)]
pub struct Outgoing {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
}

/// What another process answered.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// The headers that a caller gets to see.
    pub headers: Vec<(&'static str, Vec<u8>)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Peers {
    /// Connections live on this runtime, whichever worker asks. `me` is this process's own address.
    ///
    /// # Errors
    /// The client cannot be made.
    pub fn new(runtime: Handle, me: String) -> Result<Self, reqwest::Error> {
        // Whoever installed a provider first keeps it; there is only this one in the workspace.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_millis(500))
            // Shorter than the server keeps idle connections.
            .pool_idle_timeout(Duration::from_secs(30))
            .tcp_nodelay(true)
            .http1_only()
            .no_proxy()
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            // Between processes of one ledger; TLS is a deployment's own matter.
            .tls_certs_only([])
            .build()?;
        Ok(Self { client, runtime, me })
    }

    /// This process's own address.
    #[must_use]
    pub fn me(&self) -> &str {
        &self.me
    }

    /// Sends a request on, once. It goes on when the future is dropped.
    pub async fn pass(&self, to: &str, outgoing: Outgoing, within: Duration) -> Passed<Reply> {
        let request = self.client.request(method(&outgoing.method), format!("{to}{}", outgoing.target));
        let mut request = request.timeout(within).body(outgoing.body);
        for (name, value) in outgoing.headers {
            request = request.header(name, value);
        }
        metrics::counter!("ledger_passed_on_total").increment(1);
        self.runtime.spawn(send(request)).await.unwrap_or(Passed::Uncertain)
    }
}

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).unwrap_or(Method::POST)
}

async fn send(request: reqwest::RequestBuilder) -> Passed<Reply> {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() => return Passed::NotReached,
        Err(_) => return Passed::Uncertain,
    };
    if let Some(to) = response.headers().get(ELSEWHERE) {
        return Passed::Elsewhere(to.to_str().ok().filter(|to| !to.is_empty()).map(str::to_owned));
    }
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).map(|value| (name, value.as_bytes().to_vec()));
    let headers = RETURNED.into_iter().filter_map(header).collect();
    match response.bytes().await {
        Ok(body) => Passed::Reply(Reply { status, headers, body: body.to_vec() }),
        Err(_) => Passed::Uncertain,
    }
}

impl Outgoing {
    /// A caller's request, received at `received_ms`, with this process's seal.
    #[must_use]
    pub fn of(
        request: &HttpRequest,
        request_id: &str,
        body: Bytes,
        received_ms: i64,
        pepper: &Pepper,
    ) -> Self {
        let mut headers = Vec::with_capacity(SENT.len() + 1);
        for name in &SENT {
            for value in request.headers().get_all(name).filter(|_| name != REQUEST_ID) {
                headers.push((name.to_string(), value.as_bytes().to_vec()));
            }
        }
        headers.push((REQUEST_ID.to_string(), request_id.as_bytes().to_vec()));
        headers.push((PASSED_ON.to_string(), seal(&sealed_text(request, received_ms), received_ms, pepper)));
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Self { method: request.method().to_string(), target, headers, body }
    }
}

/// When the first process received this request, Unix ms, if another process of this ledger sent it on.
#[must_use]
pub fn passed_on_ms(request: &HttpRequest, pepper: &Pepper) -> Option<i64> {
    let header = request.headers().get(PASSED_ON)?.to_str().ok()?;
    let (received_ms, seal) = header.split_once(' ')?;
    let received_ms: i64 = received_ms.parse().ok()?;
    pepper.is_peer_seal(&sealed_text(request, received_ms), seal).then_some(received_ms)
}

/// Whether another process of this ledger has made this request itself, a moment ago: whoever saw one go by may not repeat it.
#[must_use]
pub fn is_from_peer(request: &HttpRequest, pepper: &Pepper, now_ms: i64) -> bool {
    passed_on_ms(request, pepper)
        .is_some_and(|sealed_ms| sealed_ms.abs_diff(now_ms) < SEAL_HOLDS_MS.unsigned_abs())
}

fn seal(text: &[u8], at_ms: i64, pepper: &Pepper) -> Vec<u8> {
    format!("{at_ms} {}", pepper.peer_seal(text)).into_bytes()
}

/// What the seal binds: the operation, the caller, the command and the time.
fn sealed_text(request: &HttpRequest, received_ms: i64) -> Vec<u8> {
    let header = |name| request.headers().get(name).map_or(&[][..], |value| value.as_bytes());
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let (caller, command) = (header(AUTHORIZATION), header(IDEMPOTENCY_KEY));
    text_to_seal(request.method().as_str(), target, caller, command, received_ms)
}

fn text_to_seal(method: &str, target: &str, caller: &[u8], command: &[u8], at_ms: i64) -> Vec<u8> {
    let time = at_ms.to_string();
    [method.as_bytes(), target.as_bytes(), caller, command, time.as_bytes()].join(&b'\n')
}
