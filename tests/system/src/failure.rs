//! Why a scenario cannot go on, in words. Not an `std::error::Error` itself, so that `?` takes every error in.

use std::fmt;

/// What went wrong, for a person. `Debug` shows the same words, so that a failed test can be read.
pub struct Failure(String);

/// The result of a step.
pub type Done<T = ()> = Result<T, Failure>;

impl Failure {
    /// In these words.
    pub fn new(words: impl Into<String>) -> Failure {
        Failure(words.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        let mut words = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_words = cause.to_string();
            if !words.contains(&cause_words) {
                words = format!("{words}: {cause_words}");
            }
            source = cause.source();
        }
        Failure(words)
    }
}

/// Adds what was being done to an error.
pub trait During<T> {
    /// `what` comes before the error's words.
    fn during(self, what: impl FnOnce() -> String) -> Done<T>;
}

impl<T, E: Into<Failure>> During<T> for Result<T, E> {
    fn during(self, what: impl FnOnce() -> String) -> Done<T> {
        self.map_err(|error| Failure(format!("{}: {}", what(), error.into())))
    }
}

impl<T> During<T> for Option<T> {
    fn during(self, what: impl FnOnce() -> String) -> Done<T> {
        self.ok_or_else(|| Failure(what()))
    }
}

/// Ends the step with a [`Failure`] unless the condition holds.
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err($crate::Failure::new(format!($($words)+)));
        }
    };
}
