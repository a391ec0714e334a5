//! One running child: its signals, its end, its output in a bounded log. It cannot outlive this process.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::logfile::{BoundedLog, LIMIT_BYTES};
use crate::sys::PidFd;
use crate::{DevError, spawner};

/// A child in a process group of its own (Ctrl-C reaches it only through us), its output going to a file.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Mutex<Child>,
    pidfd: PidFd,
    log: Option<std::thread::JoinHandle<()>>,
}

impl Process {
    /// Starts the command; both of its outputs go to `log`.
    pub fn spawn(name: &str, mut command: Command, log: &Path) -> Result<Process, DevError> {
        if let Some(folder) = log.parent() {
            crate::Paths::make(folder)?;
        }
        let file = BoundedLog::open(log, LIMIT_BYTES).map_err(DevError::at("open the log", log))?;
        let (read, write) = std::io::pipe().map_err(DevError::io("make a pipe"))?;
        let second = write.try_clone().map_err(DevError::io("copy a pipe"))?;
        let program = command_line(&command);
        command.stdin(Stdio::null()).stdout(write).stderr(second).process_group(0);
        let child = spawner::spawn(command).map_err(DevError::io(format!("start {name} ({program})")))?;
        let pidfd = PidFd::open(child.id()).map_err(DevError::io(format!("watch {name}")))?;
        let log = std::thread::spawn(move || file.follow(read));
        Ok(Process { name: name.to_owned(), child: Mutex::new(child), pidfd, log: Some(log) })
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap_or_else(|e| e.into_inner()).id()
    }

    /// A handle to wait on from another thread.
    pub fn watch(&self) -> Result<PidFd, DevError> {
        self.pidfd.try_clone().map_err(DevError::io(format!("watch {}", self.name)))
    }

    /// Sends a signal; none is sent to a process that has ended.
    pub fn signal(&self, signal: i32) -> Result<(), DevError> {
        self.pidfd.signal(signal).map_err(DevError::io(format!("signal {}", self.name)))
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap_or_else(|e| e.into_inner()).try_wait().ok().flatten()
    }

    /// Waits for its end, at most so long.
    pub fn wait(&self, limit: Duration) -> Option<ExitStatus> {
        self.pidfd.wait(Some(limit));
        self.ended()
    }

    /// SIGTERM, then SIGKILL after `patience`. Afterwards it is gone and its whole output is in the log.
    pub fn stop(mut self, patience: Duration) -> Result<ExitStatus, DevError> {
        self.signal(libc::SIGTERM)?;
        // A paused process cannot obey.
        self.signal(libc::SIGCONT)?;
        if self.wait(patience).is_none() {
            self.signal(libc::SIGKILL)?;
        }
        self.reap()
    }

    /// kill -9, reaped.
    pub fn kill(mut self) -> Result<ExitStatus, DevError> {
        self.signal(libc::SIGKILL)?;
        self.reap()
    }

    fn reap(&mut self) -> Result<ExitStatus, DevError> {
        let mut child = self.child.lock().unwrap_or_else(|e| e.into_inner());
        let status = child.wait().map_err(DevError::io(format!("wait for {}", self.name)))?;
        drop(child);
        if let Some(log) = self.log.take() {
            // It ends with the last holder of the pipe, which may be a child of the child: not waited for longer.
            let patience = std::time::Instant::now() + Duration::from_secs(1);
            while !log.is_finished() && std::time::Instant::now() < patience {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        Ok(status)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_none() {
            // Nothing can be done about a failure here, and the child dies with us in any case.
            let _ = self.signal(libc::SIGKILL);
            let _ = self.reap();
        }
    }
}

/// The program and its arguments, for a message.
pub fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// An exit status in words.
pub fn in_words(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no status".to_owned(),
    }
}
