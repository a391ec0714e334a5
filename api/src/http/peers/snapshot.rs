//! Another process's snapshot, asked for and read as it comes. For threads that may wait.

use std::io::{self, Read};
use std::time::Duration;

use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::{PASSED_ON, Peers, seal, text_to_seal};
use crate::http::internal::SNAPSHOT;
use crate::keys::Pepper;

/// A process that does not begin to answer within this time is still starting itself.
const BEGINS_WITHIN: Duration = Duration::from_secs(3);
/// The whole may take as long as it takes, but not without a word for so long.
const SILENCE: Duration = Duration::from_secs(10);

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum NoSnapshot {
    /// It is busy with another, or not ready: soon it may not be.
    #[error("it gives none at this moment")]
    NotNow,
    /// It will not be otherwise soon.
    #[error("{0}")]
    Failed(String),
}

/// A snapshot that is coming in.
#[derive(Debug)]
pub struct Incoming {
    response: Response,
    runtime: Handle,
    piece: bytes::Bytes,
}

impl Peers {
    /// Asks the process at this address (`http://host:port`) for its snapshot. `now_ms` (Unix ms) goes into the seal.
    ///
    /// # Errors
    /// It gives none.
    pub fn snapshot(&self, from: &str, pepper: &Pepper, now_ms: i64) -> Result<Incoming, NoSnapshot> {
        let text = text_to_seal("GET", SNAPSHOT, b"", b"", now_ms);
        let request = self.client.get(format!("{from}{SNAPSHOT}"));
        let request = request.header(PASSED_ON.as_str(), seal(&text, now_ms, pepper));
        let asked = self.runtime.block_on(async { timeout(BEGINS_WITHIN, request.send()).await });
        let response = asked
            .map_err(|_| NoSnapshot::Failed("it does not answer".to_owned()))?
            .map_err(|error| NoSnapshot::Failed(error.to_string()))?;
        match response.status().as_u16() {
            200 => Ok(Incoming { response, runtime: self.runtime.clone(), piece: bytes::Bytes::new() }),
            503 if response.headers().contains_key(RETRY_AFTER) => Err(NoSnapshot::NotNow),
            404 => {
                let why =
                    "it answers 404: it is another version or another ledger's, or its clock is far off";
                Err(NoSnapshot::Failed(why.to_owned()))
            }
            status => Err(NoSnapshot::Failed(format!("it answers {status}"))),
        }
    }
}

impl Read for Incoming {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let response = &mut self.response;
            let next = self.runtime.block_on(async { timeout(SILENCE, response.chunk()).await });
            let next = next.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
            let Some(piece) = next.map_err(io::Error::other)? else { return Ok(0) };
            self.piece = piece;
        }
        let taken = self.piece.split_to(self.piece.len().min(into.len()));
        if let Some(to) = into.get_mut(..taken.len()) {
            to.copy_from_slice(&taken);
        }
        Ok(taken.len())
    }
}
