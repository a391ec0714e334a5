//! Ending a Kafka client may take long or never end. Here that happens on a thread that nobody waits for
//! longer than a deadline.

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use std::thread;
use std::time::Duration;

/// After this long an ending that has not come is worth a line in the log.
const LONG: Duration = Duration::from_secs(10);

/// Runs an ending on a thread of its own. The receiver disconnects when it is done.
pub(super) fn run(what: &'static str, ending: impl FnOnce() + Send + 'static) -> Receiver<()> {
    let (alive, done) = bounded::<()>(0);
    let spawned = thread::Builder::new().name(format!("end {what}")).spawn(move || {
        ending();
        drop(alive);
    });
    if let Err(error) = spawned {
        tracing::error!(%error, what, "no thread to end a Kafka client on");
    }
    done
}

/// Waits for something to be done, that is, for the channel to disconnect; says so and goes on when it takes
/// too long.
pub(super) fn wait(what: &'static str, done: &Receiver<()>, deadline: Duration) -> bool {
    let ended = !matches!(done.recv_timeout(deadline), Err(RecvTimeoutError::Timeout));
    if !ended {
        tracing::warn!(what, deadline_ms = deadline.as_millis(), "did not end in time; left behind");
    }
    ended
}

/// As [`run`], for endings that nobody waits for: a line in the log when it takes very long.
pub(super) fn run_watched(what: &'static str, ending: impl FnOnce() + Send + 'static) {
    drop(run("watch", move || {
        let done = run(what, ending);
        wait(what, &done, LONG);
    }));
}
