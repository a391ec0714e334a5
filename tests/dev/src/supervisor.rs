//! Keeps servers running: one that dies is started again after a backoff, and that is said.
//! It waits on events alone (a death, a signal, a task's end) and starts nothing it was not given.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::process::in_words;
use crate::server::Server;
use crate::{DevError, sys};

const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
/// Whoever ran so long starts over with the first backoff.
const STABLE: Duration = Duration::from_secs(30);

/// What wakes the supervisor.
#[derive(Debug)]
pub enum Event {
    /// The process of that number, of the server at that index, has ended.
    Ended(usize, u32),
    /// Ctrl-C, SIGTERM or SIGHUP.
    Interrupt,
    /// Whatever was to be done while the servers run is done.
    TaskDone(Result<(), DevError>),
}

/// What the supervisor tells its caller, after each of which `statuses` may have changed.
#[derive(Debug)]
pub enum Notice {
    /// For the person at the terminal.
    Said(String),
    /// The task has ended; an error stops everything.
    TaskDone(Result<(), DevError>),
}

/// Whoever is told; an error of theirs stops everything.
pub type Hear<'h> = &'h mut dyn FnMut(&[Status], Notice) -> Result<(), DevError>;

/// One server's state.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// Its process, unless it waits to be started again.
    pub pid: Option<u32>,
    /// How often it was started again.
    pub restarts: u32,
}

struct Guarded<'a> {
    server: &'a mut Server,
    restarts: u32,
    backoff: Duration,
    started: Instant,
    due: Option<Instant>,
}

/// Supervises servers that run already.
pub struct Supervisor<'a> {
    guarded: Vec<Guarded<'a>>,
    send: Sender<Event>,
    receive: Receiver<Event>,
}

impl<'a> Supervisor<'a> {
    /// Takes running servers in the order they were started.
    pub fn new(servers: Vec<&'a mut Server>) -> Result<Supervisor<'a>, DevError> {
        let (send, receive) = channel();
        let started = Instant::now();
        let guard = |server| Guarded { server, restarts: 0, backoff: FIRST_BACKOFF, started, due: None };
        let supervisor = Supervisor { guarded: servers.into_iter().map(guard).collect(), send, receive };
        for index in 0..supervisor.guarded.len() {
            supervisor.watch(index)?;
        }
        Ok(supervisor)
    }

    /// Where others report events.
    pub fn events(&self) -> Sender<Event> {
        self.send.clone()
    }

    /// How every server stands.
    pub fn statuses(&self) -> Vec<Status> {
        let status = |g: &Guarded| Status {
            name: g.server.name().to_owned(),
            pid: if g.due.is_none() { g.server.pid() } else { None },
            restarts: g.restarts,
        };
        self.guarded.iter().map(status).collect()
    }

    /// Runs until an interrupt (which is no error) or until `hear` returns one.
    pub fn run(&mut self, hear: Hear) -> Result<(), DevError> {
        while !sys::interrupted() {
            let notice = match self.next() {
                Some(Event::Interrupt) => break,
                Some(Event::TaskDone(result)) => Some(Notice::TaskDone(result)),
                Some(Event::Ended(index, pid)) => self.ended(index, pid),
                None => self.start_due(),
            };
            if let Some(notice) = notice {
                hear(&self.statuses(), notice)?;
            }
        }
        Ok(())
    }

    /// The next event, or nothing when a server is due to be started.
    fn next(&self) -> Option<Event> {
        let Some(due) = self.guarded.iter().filter_map(|g| g.due).min() else {
            return self.receive.recv().ok();
        };
        self.receive.recv_timeout(due.saturating_duration_since(Instant::now())).ok()
    }

    fn watch(&self, index: usize) -> Result<(), DevError> {
        let Some(process) = self.guarded.get(index).and_then(|g| g.server.process()) else { return Ok(()) };
        let (pid, watch, send) = (process.pid(), process.watch()?, self.send.clone());
        std::thread::spawn(move || {
            watch.wait(None);
            // Nobody listens any more when everything is being stopped.
            let _ = send.send(Event::Ended(index, pid));
        });
        Ok(())
    }

    fn ended(&mut self, index: usize, pid: u32) -> Option<Notice> {
        let guarded = self.guarded.get_mut(index)?;
        if guarded.server.pid() != Some(pid) {
            return None;
        }
        let status = guarded.server.stop().ok().flatten().map_or_else(|| "no status".to_owned(), in_words);
        if guarded.started.elapsed() >= STABLE {
            guarded.backoff = FIRST_BACKOFF;
        }
        guarded.due = Some(Instant::now() + guarded.backoff);
        let (name, wait) = (guarded.server.name(), guarded.backoff.as_millis());
        let log = guarded.server.log().display();
        let said = format!("{name} died ({status}); it starts again in {wait} ms (its log: {log})");
        guarded.backoff = (guarded.backoff * 2).min(LONGEST_BACKOFF);
        Some(Notice::Said(said))
    }

    fn start_due(&mut self) -> Option<Notice> {
        let now = Instant::now();
        let index = self.guarded.iter().position(|g| g.due.is_some_and(|due| due <= now))?;
        let guarded = self.guarded.get_mut(index)?;
        let name = guarded.server.name().to_owned();
        match guarded.server.spawn() {
            Ok(()) => {
                (guarded.due, guarded.started) = (None, now);
                guarded.restarts += 1;
                Some(Notice::Said(match self.watch(index) {
                    Ok(()) => format!("{name} was started again"),
                    Err(error) => format!("{name} was started again, unwatched: {error}"),
                }))
            }
            Err(error) => {
                guarded.due = Some(now + guarded.backoff);
                guarded.backoff = (guarded.backoff * 2).min(LONGEST_BACKOFF);
                Some(Notice::Said(format!("{name} could not be started again: {error}")))
            }
        }
    }
}
