//! `down`: asks the supervisor to stop everything and waits until it has.

use std::time::{Duration, Instant};

use crate::progress::Step;
use crate::sys::PidFd;
use crate::{DevError, Paths, out, state};

/// Longer than every server's own time to stop, added up.
const PATIENCE: Duration = Duration::from_secs(180);

/// Stops what runs; nothing running is no error.
pub fn run(paths: &Paths) -> Result<(), DevError> {
    let Some(state) = state::running(paths)? else {
        out::say("Nothing runs.");
        return Ok(());
    };
    if state.pid == 0 {
        return Err(DevError::Said("it is only just starting; try again in a moment".to_owned()));
    }
    let step = Step::begin("Everything stops: projector, api, acquirer, MariaDB, Kafka");
    let supervisor = PidFd::open(state.pid).map_err(DevError::io("find the supervisor"))?;
    // Its lock is held, so the number in its file is still its own.
    supervisor.signal(libc::SIGTERM).map_err(DevError::io("signal the supervisor"))?;
    let begun = Instant::now();
    while state::running(paths)?.is_some() {
        if begun.elapsed() > PATIENCE {
            let (name, after) = ("the supervisor".to_owned(), PATIENCE);
            return Err(DevError::NotReady { name, after, tail: "; it has not stopped".to_owned() });
        }
        supervisor.wait(Some(Duration::from_millis(200)));
    }
    step.done();
    Ok(())
}
