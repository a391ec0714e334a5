//! Waiting for the tables to reach a position: one task asks MariaDB for all who wait, and sleeps while nobody does.

use super::position::PositionVector;
use super::{Checkpoints, QueryError, checkpoints};
use ledger_runtime::{Database, DatabaseError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How long a read waits at most.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often the task asks while somebody waits.
const INTERVAL: Duration = Duration::from_millis(10);

/// What the task saw last.
#[derive(Debug, Clone, Default)]
struct Seen {
    checkpoints: Checkpoints,
    /// How often MariaDB was asked.
    round: u64,
    /// Whether it did not answer the last time.
    away: bool,
}

/// A handle on the task.
#[derive(Clone)]
pub(super) struct Watch {
    seen: watch::Receiver<Seen>,
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    count: AtomicUsize,
    wake: Notify,
}

/// Somebody who waits, until dropped.
struct Waiter<'a>(&'a Waiting);

impl<'a> Waiter<'a> {
    fn of(waiting: &'a Waiting) -> Waiter<'a> {
        waiting.count.fetch_add(1, Ordering::SeqCst);
        waiting.wake.notify_one();
        Waiter(waiting)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Watch {
    pub(super) fn start(database: Database) -> Watch {
        let (sender, seen) = watch::channel(Seen::default());
        let waiting = Arc::new(Waiting::default());
        tokio::spawn(look(database, sender, Arc::clone(&waiting)));
        Watch { seen, waiting }
    }

    /// Returns once the projection covers what is wanted.
    pub(super) async fn reached(&self, projection: &str, wanted: &PositionVector) -> Result<(), QueryError> {
        let mut seen = self.seen.clone();
        // Positions only grow, so what was seen before may already be enough.
        if let Some(answer) = judge(&seen.borrow_and_update(), projection, wanted, None) {
            return answer;
        }
        let began = seen.borrow().round;
        let _waiter = Waiter::of(&self.waiting);
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                if seen.changed().await.is_err() {
                    return Err(QueryError::Unavailable(DatabaseError::Closed));
                }
                if let Some(answer) = judge(&seen.borrow_and_update(), projection, wanted, Some(began)) {
                    return answer;
                }
            }
        });
        match waited.await {
            Ok(answer) => answer,
            Err(_) => {
                let through = seen.borrow().checkpoints.get(projection).cloned().unwrap_or_default();
                Err(QueryError::Behind { through })
            }
        }
    }
}

/// The answer if there is one yet. Bad news counts only when it is newer than the question.
fn judge(
    seen: &Seen,
    projection: &str,
    wanted: &PositionVector,
    since: Option<u64>,
) -> Option<Result<(), QueryError>> {
    let through = seen.checkpoints.get(projection);
    if through.is_some_and(|through| through.covers(wanted)) {
        return Some(Ok(()));
    }
    let fresh = since.is_some_and(|since| seen.round > since);
    match through {
        _ if fresh && seen.away => Some(Err(QueryError::Unavailable(DatabaseError::NoConnection(PATIENCE)))),
        Some(through) if fresh && !through.knows_topics_of(wanted) => Some(Err(QueryError::ForeignPosition)),
        _ => None,
    }
}

/// The task: asks while somebody waits, and ends when nobody can ask any more.
async fn look(database: Database, sender: watch::Sender<Seen>, waiting: Arc<Waiting>) {
    loop {
        if waiting.count.load(Ordering::SeqCst) == 0 {
            tokio::select! {
                () = waiting.wake.notified() => {}
                () = sender.closed() => return,
            }
        }
        let asked = database.run(async |conn| checkpoints(conn).await).await;
        sender.send_modify(|seen| {
            seen.round = seen.round.wrapping_add(1);
            seen.away = asked.is_err();
            if let Ok(checkpoints) = asked {
                seen.checkpoints = checkpoints;
            }
        });
        if sender.is_closed() {
            return;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
