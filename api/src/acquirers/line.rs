//! The line to one acquirer: sends an order once, and tells what was said from what was lost and what was never sent.
//! It retries nothing, follows no redirect, uses no proxy, and puts no body into an error.

use std::error::Error;
use std::time::Duration;

use ledger_domain::ids::OperationId;
use ledger_domain::payment::{NotAttemptedCause, UnknownCause};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Body, Client, Method, Response, redirect, retry};

use super::Clock;
use super::body::{Departure, GuardedBody};
use super::settings::{AcquirerConfigError, AcquirerSettings};
use super::wire::{Buffer, Reply, Said};

/// No answer of an acquirer is longer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1_024;

/// What came of sending.
#[derive(Debug, PartialEq, Eq)]
pub enum Sent {
    /// A well-formed answer about this operation.
    Said(Said),
    /// Nothing left, and nothing will.
    Withheld(Withheld),
    /// Something may have left, and there is no answer.
    Lost(Lost),
}

/// Why nothing left.
#[derive(Debug, PartialEq, Eq)]
pub struct Withheld {
    /// For the event.
    pub cause: NotAttemptedCause,
    /// For a person.
    pub why: String,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Lost {
    /// For the event.
    pub cause: UnknownCause,
    /// For a person.
    pub why: String,
}

/// One acquirer, reached.
pub struct Line {
    /// How it is configured.
    pub settings: AcquirerSettings,
    client: Client,
    clock: Clock,
}

/// An order about to be sent.
pub struct Outgoing<'a> {
    /// The path, with its leading slash.
    pub path: &'a str,
    /// The operation that the answer must be about.
    pub operation: OperationId,
    /// The body.
    pub body: Buffer,
    /// Unix milliseconds.
    pub send_before_ms: i64,
}

impl Line {
    /// Makes the HTTP client. Errors: [`AcquirerConfigError::Client`].
    pub fn new(settings: AcquirerSettings, clock: Clock) -> Result<Line, AcquirerConfigError> {
        let mut builder = Client::builder()
            .connect_timeout(settings.connect_timeout)
            // Shorter than servers keep idle connections, so that a reused one is rarely closed under a request.
            .pool_idle_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .http1_only()
            .no_proxy()
            .retry(retry::never())
            .redirect(redirect::Policy::none());
        if settings.url.scheme() == "https" {
            builder = builder.https_only(true);
        } else {
            // Without TLS no roots are needed, and a machine without any must be able to run the sandbox.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| AcquirerConfigError::Client {
            id: settings.id.clone(),
            why: innermost(&error),
        })?;
        Ok(Line { settings, client, clock })
    }

    /// Sends an order once.
    pub async fn send(&self, outgoing: Outgoing<'_>) -> Sent {
        let Outgoing { path, operation, body, send_before_ms } = outgoing;
        let too_late = || (self.clock)() > send_before_ms;
        if too_late() {
            let why = "the instant before which it had to be sent has passed".to_owned();
            return Sent::Withheld(Withheld { cause: NotAttemptedCause::SendBeforePassed, why });
        }
        let departure = Departure::default();
        let length = body.len();
        let body = GuardedBody::new(body, send_before_ms, self.clock.clone(), departure.clone());
        let request = self
            .client
            .request(Method::POST, self.url(path))
            .header(CONTENT_TYPE, "application/json")
            .header("content-length", length)
            .timeout(self.settings.timeout)
            .body(Body::wrap(body));
        match request.send().await {
            Ok(response) => hear(response, operation).await,
            Err(error) if departure.revoke() => {
                let late = !error.is_connect() && too_late();
                let cause =
                    if late { NotAttemptedCause::SendBeforePassed } else { NotAttemptedCause::Unreachable };
                Sent::Withheld(Withheld { cause, why: why(&error) })
            }
            Err(error) => Sent::Lost(lost(&error)),
        }
    }

    /// Asks about an operation.
    pub async fn ask(&self, operation: OperationId) -> Sent {
        let request = self.client.get(self.url(&format!("/operations/{operation}")));
        match request.timeout(self.settings.inquiry_timeout).send().await {
            Ok(response) => hear(response, operation).await,
            Err(error) => Sent::Lost(lost(&error)),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.settings.url.as_str().trim_end_matches('/'))
    }
}

/// Reads an answer; whatever is not a well-formed one about this operation is none.
async fn hear(mut response: Response, operation: OperationId) -> Sent {
    let status = response.status();
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() <= LONGEST_ANSWER => bytes.extend_from_slice(&chunk),
            Ok(Some(_)) => return no_answer(format!("status {status} with an answer too long to be one")),
            Ok(None) => break,
            Err(error) => {
                let Lost { cause, why } = lost(&error);
                return Sent::Lost(Lost { cause, why: format!("status {status}, then {why}") });
            }
        }
    }
    // What could not be read is not quoted: nobody knows what is in it.
    let Ok(reply) = serde_json::from_slice::<Reply>(&bytes) else {
        return no_answer(format!("status {status} with an answer that cannot be read"));
    };
    if reply.operation_id.as_deref() != Some(operation.to_string().as_str()) {
        return no_answer(format!("status {status} with an answer about another operation"));
    }
    if status.is_success() != reply.said.is_success() {
        return no_answer(format!("status {status} contradicts its answer"));
    }
    Sent::Said(reply.said)
}

/// Something came that is not an answer.
fn no_answer(why: String) -> Sent {
    Sent::Lost(Lost { cause: UnknownCause::UnreadableAnswer, why })
}

fn lost(error: &reqwest::Error) -> Lost {
    let cause = if error.is_timeout() { UnknownCause::Timeout } else { UnknownCause::ConnectionLost };
    Lost { cause, why: why(error) }
}

/// For a person: what kind of failure, and its innermost cause. Never a URL or a body.
fn why(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "could not connect"
    } else {
        "the connection failed"
    };
    format!("{kind}: {}", innermost(error))
}

fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match cause.downcast_ref::<reqwest::Error>() {
        // Its text would name the URL.
        Some(_) => "no further cause".into(),
        None => cause.to_string(),
    }
}
