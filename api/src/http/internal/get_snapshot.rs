//! `GET /internal/snapshot`: this process's store, for another one of this ledger that starts with nothing (`store/snapshot.rs`
//! says how it is written). A thread of its own reads it, so that neither the engine nor a worker waits for a slow taker; it must
//! never hold more of it in memory than a few pieces.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use futures::stream;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{self, Sender};

use crate::catalogue::Code;
use crate::http::app::App;
use crate::http::problem::Problem;
use crate::store::snapshot::SnapshotError;
use crate::store::{Snapshots, Turn};

/// So many pieces (of 64 KiB) wait for the connection.
const PIECES: usize = 16;
/// A taker that takes nothing for so long is given up: as long as it stays, what is replaced in the store stays on disk.
const SILENCE: Duration = Duration::from_secs(10);
/// The pause before a full queue is tried again.
const PAUSE: Duration = Duration::from_millis(5);

/// A piece, or why there are no more.
type Piece = Result<Bytes, io::Error>;

/// The store as it is now. 503 while this process has not read the log to its end itself, and while another one is served.
///
/// # Errors
/// 503, or the machine has no more threads.
pub async fn handle(app: Data<App>) -> Result<HttpResponse, Problem> {
    let snapshots = app.snapshots.as_ref().filter(|_| app.ledger.readiness().is_ready());
    let turn = snapshots.and_then(Snapshots::begin);
    let turn = turn.ok_or_else(|| Problem::new(Code::NotReady).retry_after_s(1))?;
    let (pieces, taken) = mpsc::channel(PIECES);
    let making = thread::Builder::new().name("ledger snapshot".to_owned());
    making.spawn(move || make(turn, &Pipe(pieces))).map_err(|error| {
        tracing::error!(target: "store", %error, "no thread for a snapshot");
        Problem::new(Code::InternalError)
    })?;
    let pieces =
        stream::unfold(taken, |mut taken| async move { taken.recv().await.map(|piece| (piece, taken)) });
    Ok(HttpResponse::Ok().content_type("application/octet-stream").streaming(pieces))
}

/// The turn is over before the taker can see the end.
fn make(turn: Turn, pipe: &Pipe) {
    let begun = Instant::now();
    let written = turn.write(pipe);
    drop(turn);
    match written {
        Ok(copied) => {
            let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            let (bytes, rows, digest) = (copied.bytes, copied.rows, copied.digest);
            tracing::info!(target: "store", bytes, rows, ms, digest, "another process has been given a snapshot");
            metrics::counter!("ledger_snapshots_given_total").increment(1);
        }
        Err(why) => {
            if matches!(why, SnapshotError::Store(_)) {
                // What serves goes on: the engine notices when it needs such a row itself.
                tracing::error!(target: "store", %why, "the own store cannot be read to its end; begin it anew");
            } else {
                tracing::warn!(target: "store", %why, "a snapshot was not given to its end");
            }
            // The connection breaks off, which says the same.
            let _ = pipe.put(Err(io::Error::other(why.to_string())));
        }
    }
}

/// The way to the connection.
struct Pipe(Sender<Piece>);

impl Pipe {
    fn put(&self, mut piece: Piece) -> io::Result<()> {
        let begun = Instant::now();
        loop {
            piece = match self.0.try_send(piece) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Closed(_)) => return Err(io::ErrorKind::BrokenPipe.into()),
                Err(TrySendError::Full(piece)) => piece,
            };
            if begun.elapsed() > SILENCE {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(PAUSE);
        }
    }
}

impl Write for &Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(Ok(Bytes::copy_from_slice(bytes)))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
