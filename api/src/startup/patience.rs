//! Opening the ledger while Kafka does not answer: that is told and tried again until it does, and meanwhile HTTP says why nothing is
//! served. Whatever waiting cannot help ends the process at once.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use ledger_runtime::Shutdown;
use tokio::task::{JoinError, spawn_blocking};

use super::Failure;
use super::open::{OpenError, Opening};
use crate::engine::Engine;
use crate::http::app::App;
use crate::http::waiting::Waiting;

/// The pause after a try; each that fails is told.
const AGAIN: Duration = Duration::from_secs(2);
/// How long the engine's start may go on once the process is asked to end. One that is left behind then harms nothing: a process
/// may die at any moment.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// What was opened.
type Opened = (App, Engine);

/// Opens the ledger. None when the process is asked to end before it is open.
///
/// # Errors
/// What waiting cannot help.
pub async fn open(
    opening: Opening,
    listener: &TcpListener,
    shutdown: &Shutdown,
) -> Result<Option<Opened>, Failure> {
    let (opening, mut waiting) = (Arc::new(opening), None);
    let outcome = loop {
        match one_try(&opening, shutdown).await {
            Err(why) if why.passes() => waiting = Some(told(waiting, listener, &why.to_string())?),
            outcome => break outcome,
        }
        if tokio::time::timeout(AGAIN, shutdown.requested()).await.is_ok() {
            break Ok(None);
        }
    };
    if let Some(waiting) = waiting {
        waiting.end().await?;
    }
    Ok(outcome?)
}

/// To the log, and to whoever asks over HTTP.
fn told(waiting: Option<Waiting>, listener: &TcpListener, why: &str) -> std::io::Result<Waiting> {
    tracing::warn!(why, "Kafka does not answer; waiting for it");
    let waiting = waiting.map_or_else(|| Waiting::start(listener.try_clone()?), Ok)?;
    waiting.because(&format!("waiting for Kafka: {why}"));
    Ok(waiting)
}

async fn one_try(opening: &Arc<Opening>, shutdown: &Shutdown) -> Result<Option<Opened>, OpenError> {
    let (asks, starts) = (Arc::clone(opening), Arc::clone(opening));
    // Nothing is open yet: this may be left behind at once.
    let asked = tokio::select! {
        asked = spawn_blocking(move || asks.ask()) => asked.map_err(panicked)??,
        () = shutdown.requested() => return Ok(None),
    };
    let mut starting = spawn_blocking(move || starts.start(asked));
    let started = tokio::select! {
        started = &mut starting => Some(started),
        () = shutdown.requested() => shutdown.finish("the engine's start", ENDS_WITHIN, starting).await,
    };
    started.map(|started| started.map_err(panicked)?).transpose()
}

fn panicked(error: JoinError) -> OpenError {
    OpenError::Other(error.into())
}
