//! What an honest caller does about an answer it did not get: the same request with the same key again, or a question
//! to `GET /v1/commands/{id}`; never another key, never another charge. It keeps what it was told.

use std::time::{Duration, Instant};

use ring::digest::{Context, SHA256};
use serde_json::Value;
use uuid::Uuid;

use crate::client::{Client, Reply};

/// How a command ended for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// 2xx: it is done.
    Done,
    /// Recorded, and no money moved: 402, 502.
    Failed,
    /// Refused before anything was recorded: any other 4xx.
    Refused,
    /// The caller's patience ended without a final answer.
    Open,
}

/// A command with all that its caller was told about it.
#[derive(Clone, Debug)]
pub struct Told {
    /// The idempotency key.
    pub key: String,
    /// `cmd_…`, as its caller computes it.
    pub command: String,
    /// How it ended.
    pub ending: Ending,
    /// Each answer in short: a status and a code, or why there was none.
    pub answers: Vec<String>,
    /// The last answer, if there was one.
    pub last: Option<Reply>,
    /// From the first attempt to the end.
    pub took: Duration,
    /// The longest that one request waited for its answer, or for the end of its connection.
    pub slowest: Duration,
}

/// The command's id, computed as a caller that got no reply does it (`schemas/idempotency.json`).
pub fn command_id(scope: &str, idempotency_key: &str) -> String {
    let mut context = Context::new(&SHA256);
    context.update(format!("ledger-command/1\n{scope}\n{idempotency_key}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&context.finish().as_ref()[..16]);
    format!("cmd_{}", Uuid::new_v8(bytes).simple())
}

/// Sends a command until its outcome is final or `patience` is over. `scope` is whose key it is (`mer_…`).
pub async fn command(
    client: &mut Client,
    scope: &str,
    path: &str,
    key: &str,
    body: &Value,
    patience: Duration,
) -> Told {
    let request = client.bytes("POST", path, &[("Idempotency-Key", key)], body.to_string().as_bytes());
    send(client, scope, key, &request, patience).await
}

/// The same with bytes made beforehand.
pub async fn send(client: &mut Client, scope: &str, key: &str, request: &[u8], patience: Duration) -> Told {
    let begun = Instant::now();
    let command = command_id(scope, key);
    let mut told = Told {
        key: key.to_owned(),
        command,
        ending: Ending::Open,
        answers: Vec::new(),
        last: None,
        took: Duration::ZERO,
        slowest: Duration::ZERO,
    };
    while begun.elapsed() < patience {
        let asked = Instant::now();
        let exchanged = client.exchange(request).await;
        told.slowest = told.slowest.max(asked.elapsed());
        let wait = match exchanged {
            Ok(reply) => {
                told.answers.push(format!("{} {}", reply.status(), reply.code()));
                let wait = reply.retry_after().unwrap_or(Duration::from_secs(1));
                let ending = ending(&reply);
                let unknown = reply.status() == 504;
                told.last = Some(reply);
                if let Some(ending) = ending {
                    told.ending = ending;
                    break;
                }
                if unknown {
                    ask(client, &mut told).await;
                }
                wait
            }
            Err(error) => {
                told.answers.push(error.to_string());
                Duration::from_millis(100)
            }
        };
        tokio::time::sleep(wait).await;
    }
    told.took = begun.elapsed();
    told
}

/// What the status means; none when the caller has to ask again.
pub fn ending(reply: &Reply) -> Option<Ending> {
    match reply.status() {
        200..=299 => Some(Ending::Done),
        402 | 502 => Some(Ending::Failed),
        409 if reply.code() == "IDEMPOTENT_REQUEST_PROCESSING" => None,
        408 | 429 | 500 | 503 | 504 => None,
        _ => Some(Ending::Refused),
    }
}

/// Notes what the command's URL says; the next attempt with the same key brings the answer itself.
async fn ask(client: &mut Client, told: &mut Told) {
    let said = match client.get(&format!("/v1/commands/{}", told.command)).await {
        Ok(reply) => {
            format!("asked: {} {}", reply.status(), reply.body.get("status").unwrap_or(&Value::Null))
        }
        Err(error) => format!("asked: {error}"),
    };
    told.answers.push(said);
}
