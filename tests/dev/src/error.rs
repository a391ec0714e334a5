//! What can go wrong while the local stack is set up or run, worded for the person at the terminal.

use std::path::Path;
use std::time::Duration;

/// Why a command of `cargo dev` failed.
#[derive(Debug, thiserror::Error)]
pub enum DevError {
    /// A file, a folder or a system call.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, with the path.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program that was to do one thing and end did not end well.
    #[error("{what} failed ({status}){tail}")]
    Step {
        /// What it was for.
        what: String,
        /// Its exit status in words.
        status: String,
        /// The last lines of its output, or nothing when they were on the terminal already.
        tail: String,
    },
    /// A server ended before it was ready.
    #[error("{name} ended while starting ({status}){tail}")]
    Died {
        /// The server.
        name: String,
        /// Its exit status in words.
        status: String,
        /// The last lines of its log.
        tail: String,
    },
    /// A server runs but does not answer.
    #[error("{name} was not ready after {} s{tail}", after.as_secs())]
    NotReady {
        /// The server.
        name: String,
        /// How long was waited.
        after: Duration,
        /// The last lines of its log.
        tail: String,
    },
    /// Ctrl-C or SIGTERM came while something was being waited for.
    #[error("interrupted")]
    Interrupted,
    /// Anything else, said in full.
    #[error("{0}")]
    Said(String),
}

impl DevError {
    /// Wraps an IO error with what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> DevError {
        let what = what.into();
        move |source| DevError::Io { what, source }
    }

    /// The same with a path at the end of the sentence.
    pub fn at(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> DevError {
        DevError::io(format!("{what} {}", path.display()))
    }
}
