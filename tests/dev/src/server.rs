//! A server that can be started, stopped, killed and paused again and again, on the same data and the same port.
//! It knows no order and restarts nothing by itself: that is the supervisor's.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::process::{Process, in_words};
use crate::ready::Ready;
use crate::{DevError, logfile, sys};

/// A thread that waits for the disk stops when that has answered.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// How a server is started and how one sees that it is ready.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// What to run.
    pub program: PathBuf,
    /// With which arguments.
    pub args: Vec<OsString>,
    /// Variables on top of the caller's; `LEDGER_*` of the caller are not passed on, except `LEDGER_LOG` and
    /// `LEDGER_LOG_FORMAT`.
    pub env: BTreeMap<String, String>,
    /// The working folder.
    pub folder: PathBuf,
    /// The file for its output.
    pub log: PathBuf,
    /// When it is ready.
    pub ready: Ready,
    /// How long it may take until then.
    pub start_within: Duration,
    /// How long it may take to end after SIGTERM.
    pub stop_within: Duration,
}

impl Recipe {
    /// A recipe with 120 s to start and 20 s to stop.
    pub fn new(program: impl Into<PathBuf>, folder: &Path, log: PathBuf, ready: Ready) -> Recipe {
        Recipe {
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            folder: folder.to_path_buf(),
            log,
            ready,
            start_within: Duration::from_secs(120),
            stop_within: Duration::from_secs(20),
        }
    }

    /// The command, ready to be started.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("LEDGER_") && !name_text.starts_with("LEDGER_LOG") {
                command.env_remove(&name);
            }
        }
        command.args(&self.args).envs(&self.env).current_dir(&self.folder);
        command
    }
}

/// One server.
#[derive(Debug)]
pub struct Server {
    name: String,
    recipe: Recipe,
    process: Option<Process>,
}

impl Server {
    /// A server that does not run yet.
    pub fn new(name: &str, recipe: Recipe) -> Server {
        Server { name: name.to_owned(), recipe, process: None }
    }

    /// Starts it and waits until it is ready. An error when it runs already.
    pub fn start(&mut self) -> Result<(), DevError> {
        self.spawn()?;
        self.wait_ready()
    }

    /// Starts it without waiting.
    pub fn spawn(&mut self) -> Result<(), DevError> {
        if self.is_running() {
            return Err(DevError::Said(format!("{} runs already", self.name)));
        }
        self.process = Some(Process::spawn(&self.name, self.recipe.command(), &self.recipe.log)?);
        Ok(())
    }

    /// Waits until it is ready; an error as soon as it has ended, when its time is up, or on Ctrl-C.
    pub fn wait_ready(&self) -> Result<(), DevError> {
        let begun = Instant::now();
        let tail = || logfile::tail(&self.recipe.log, 15);
        while !self.recipe.ready.is_ready() {
            let ended = self.process.as_ref().and_then(|p| p.wait(Duration::from_millis(30)));
            if let Some(status) = ended.or_else(|| self.process.as_ref().and_then(Process::ended)) {
                let (name, status) = (self.name.clone(), in_words(status));
                return Err(DevError::Died { name, status, tail: tail() });
            }
            if sys::interrupted() {
                return Err(DevError::Interrupted);
            }
            if begun.elapsed() > self.recipe.start_within {
                let (name, after) = (self.name.clone(), self.recipe.start_within);
                return Err(DevError::NotReady { name, after, tail: tail() });
            }
        }
        // Somebody else may be answering on its port.
        match self.process.as_ref().and_then(Process::ended) {
            Some(s) => Err(DevError::Died { name: self.name.clone(), status: in_words(s), tail: tail() }),
            None => Ok(()),
        }
    }

    /// SIGTERM, and SIGKILL when its time is up. Nothing happens when it does not run.
    pub fn stop(&mut self) -> Result<Option<ExitStatus>, DevError> {
        self.process.take().map(|p| p.stop(self.recipe.stop_within)).transpose()
    }

    /// SIGTERM, without waiting for its end.
    pub fn ask_to_stop(&self) -> Result<(), DevError> {
        self.signal(libc::SIGTERM)
    }

    /// kill -9; it is reaped when this returns.
    pub fn kill(&mut self) -> Result<Option<ExitStatus>, DevError> {
        self.process.take().map(Process::kill).transpose()
    }

    /// SIGSTOP: alive, but it answers nothing until `resume`. Comes back when its last thread has stopped, for that takes a moment.
    pub fn pause(&self) -> Result<(), DevError> {
        self.signal(libc::SIGSTOP)?;
        let Some(pid) = self.pid() else { return Ok(()) };
        let until = Instant::now() + STOPS_WITHIN;
        while !has_stopped(pid) {
            if Instant::now() > until {
                return Err(DevError::Said(format!("{} does not stop", self.name)));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// SIGCONT.
    pub fn resume(&self) -> Result<(), DevError> {
        self.signal(libc::SIGCONT)
    }

    fn signal(&self, signal: i32) -> Result<(), DevError> {
        match &self.process {
            Some(process) => process.signal(signal),
            None => Err(DevError::Said(format!("{} does not run", self.name))),
        }
    }

    /// Whether it runs (a paused one does).
    pub fn is_running(&self) -> bool {
        self.process.as_ref().is_some_and(|p| p.ended().is_none())
    }

    /// Whether it would answer now.
    pub fn is_ready(&self) -> bool {
        self.is_running() && self.recipe.ready.is_ready()
    }

    /// The running process.
    pub fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    /// Its process number, when it has been started.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.recipe.log
    }

    /// Its name in logs and messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is started.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// To change how it is started the next time.
    pub fn recipe_mut(&mut self) -> &mut Recipe {
        &mut self.recipe
    }

    /// Sets a variable for the next start.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.recipe.env.insert(name.to_owned(), value.to_owned());
    }
}

/// Whether no thread of the process runs any more. What cannot be read has ended.
fn has_stopped(pid: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The name before it is in brackets, and may hold anything.
        stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with(['T', 't', 'Z', 'X']))
    })
}
