//! Long steps, shown while they run: a spinner on a terminal, plain lines elsewhere. All of it on standard error.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::logfile::{self, BoundedLog, LIMIT_BYTES};
use crate::process::{command_line, in_words};
use crate::{DevError, Paths, out, spawner};

static SHOWN: AtomicBool = AtomicBool::new(false);

/// Steps are shown from now on; a test's are not.
pub fn show() {
    SHOWN.store(true, Ordering::Relaxed);
}

/// Something that takes a while. Dropped without `done`, it is shown as failed.
pub struct Step {
    what: String,
    begun: Instant,
    bar: Option<ProgressBar>,
    done: bool,
}

impl Step {
    /// Shows that it begins.
    pub fn begin(what: impl Into<String>) -> Step {
        let what = what.into();
        let shown = SHOWN.load(Ordering::Relaxed);
        let bar = (shown && std::io::stderr().is_terminal()).then(|| {
            let style =
                ProgressStyle::with_template("{spinner:.cyan} {prefix} {elapsed:.dim} {wide_msg:.dim}");
            let bar = ProgressBar::new_spinner().with_prefix(what.clone());
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        if shown && bar.is_none() {
            out::note(format_args!("{what} ..."));
        }
        Step { what, begun: Instant::now(), bar, done: false }
    }

    /// Shows beside it what it is at now.
    pub fn note(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text.trim().chars().filter(|c| !c.is_control()).collect::<String>());
        }
    }

    /// It is done.
    pub fn done(mut self) {
        self.done = true;
    }

    /// Runs a program to its end, its output in `log`; an error ends with the last lines of that.
    pub fn run(self, command: Command, log: &Path) -> Result<(), DevError> {
        self.run_to_end(command, log, None)
    }

    /// The same, but what it prints to standard output goes to a file of its own; only the rest is shown and logged.
    pub fn run_into(self, command: Command, log: &Path, output: File) -> Result<(), DevError> {
        self.run_to_end(command, log, Some(output))
    }

    fn run_to_end(self, mut command: Command, log: &Path, output: Option<File>) -> Result<(), DevError> {
        if let Some(folder) = log.parent() {
            Paths::make(folder)?;
        }
        let mut file = BoundedLog::open(log, LIMIT_BYTES).map_err(DevError::at("open the log", log))?;
        let (read, write) = std::io::pipe().map_err(DevError::io("make a pipe"))?;
        let second = write.try_clone().map_err(DevError::io("copy a pipe"))?;
        let program = command_line(&command);
        command.stdin(Stdio::null()).stderr(write).stdout(output.map_or_else(|| second.into(), Stdio::from));
        let mut child = spawner::spawn(command).map_err(DevError::io(format!("start {program}")))?;
        for line in BufReader::new(read).split(b'\n').map_while(Result::ok) {
            self.note(&String::from_utf8_lossy(&line));
            let _ = file.line(&[line.as_slice(), b"\n"].concat());
        }
        let status = child.wait().map_err(DevError::io(format!("wait for {program}")))?;
        if status.success() {
            self.done();
            return Ok(());
        }
        let (what, status) = (self.what.clone(), in_words(status));
        Err(DevError::Step { what, status, tail: logfile::tail(log, 20) })
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        let seconds = self.begun.elapsed().as_millis();
        let took = format!("{}.{} s", seconds / 1000, seconds % 1000 / 100);
        let line = match self.done {
            true => format!("✓ {}, {took}", self.what),
            false => format!("✗ {}, after {took}", self.what),
        };
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if SHOWN.load(Ordering::Relaxed) {
            out::note(line);
        }
    }
}
