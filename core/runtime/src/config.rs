//! Reads environment variables into settings: one struct per concern, read once at start. Errors name the variable
//! and what is wrong with it; a value is never repeated, because it may be a secret or lie in the wrong variable.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// A variable is missing or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    /// The variable's name.
    pub variable: String,
    /// What is wrong, without the value.
    pub problem: String,
}

impl ConfigError {
    /// For a concern's own checks.
    pub fn new(variable: &str, problem: impl Into<String>) -> ConfigError {
        ConfigError { variable: variable.to_owned(), problem: problem.into() }
    }
}

/// A value that no log or error may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(value.into())
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The variables a process was started with. An empty one counts as not set.
#[derive(Clone, Default)]
pub struct Vars {
    values: BTreeMap<String, OsString>,
}

impl Vars {
    /// The process's own environment.
    pub fn from_process() -> Vars {
        let named = |(name, value): (OsString, OsString)| name.into_string().ok().map(|name| (name, value));
        Vars { values: std::env::vars_os().filter_map(named).collect() }
    }

    /// Given ones, for tests and tools.
    pub fn from_pairs<N: Into<String>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (N, V)>) -> Vars {
        Vars { values: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }

    /// The text, None where it is not set.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn optional(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.values.get(name).filter(|value| !value.is_empty()) else { return Ok(None) };
        let text = value.to_str().ok_or_else(|| ConfigError::new(name, "is not UTF-8"))?;
        Ok(Some(text.to_owned()))
    }

    /// The text; `what` says what belongs there, for the error.
    ///
    /// # Errors
    /// It is not set, or not UTF-8.
    pub fn required(&self, name: &str, what: &str) -> Result<String, ConfigError> {
        self.optional(name)?.ok_or_else(|| ConfigError::new(name, format!("is not set; it takes {what}")))
    }

    /// The text or a default.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn text(&self, name: &str, default: &str) -> Result<String, ConfigError> {
        Ok(self.optional(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// A secret; `what` says what belongs there, for the error.
    ///
    /// # Errors
    /// It is not set, or not UTF-8.
    pub fn secret(&self, name: &str, what: &str) -> Result<Secret, ConfigError> {
        self.required(name, what).map(Secret)
    }

    /// A path.
    ///
    /// # Errors
    /// It is not set.
    pub fn path(&self, name: &str, what: &str) -> Result<PathBuf, ConfigError> {
        match self.values.get(name).filter(|value| !value.is_empty()) {
            Some(value) => Ok(PathBuf::from(value)),
            None => Err(ConfigError::new(name, format!("is not set; it takes {what}"))),
        }
    }

    /// A whole number of `unit` within bounds, or a default.
    ///
    /// # Errors
    /// It is no number, or out of bounds.
    pub fn number<N: FromStr + PartialOrd + fmt::Display + Copy>(
        &self,
        name: &str,
        unit: &str,
        default: N,
        bounds: RangeInclusive<N>,
    ) -> Result<N, ConfigError> {
        let Some(text) = self.optional(name)? else { return Ok(default) };
        let number = text.trim().parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            let (from, to) = (bounds.start(), bounds.end());
            ConfigError::new(name, format!("is not a whole number of {unit} from {from} to {to}"))
        })
    }

    /// A duration given in milliseconds, or a default.
    ///
    /// # Errors
    /// It is no number, or out of bounds.
    pub fn millis(
        &self,
        name: &str,
        default: u64,
        bounds: RangeInclusive<u64>,
    ) -> Result<Duration, ConfigError> {
        self.number(name, "milliseconds", default, bounds).map(Duration::from_millis)
    }

    /// One of a closed set of words, or a default.
    ///
    /// # Errors
    /// It is none of them.
    pub fn choice<T: Clone>(&self, name: &str, default: T, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let Some(text) = self.optional(name)? else { return Ok(default) };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
        found.ok_or_else(|| {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            ConfigError::new(name, format!("is none of {}", words.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vars(name: &str, value: &str) -> Vars {
        Vars::from_pairs([(name, value)])
    }

    #[test]
    fn what_is_set_is_read_and_what_is_not_has_its_default() {
        let found = vars("LEDGER_WAIT_MS", " 250 ");
        assert_eq!(found.millis("LEDGER_WAIT_MS", 5, 1..=1_000), Ok(Duration::from_millis(250)));
        assert_eq!(found.millis("LEDGER_OTHER_MS", 5, 1..=1_000), Ok(Duration::from_millis(5)));
        assert_eq!(found.text("LEDGER_PREFIX", "ledger"), Ok("ledger".to_owned()));
        assert_eq!(vars("LEDGER_PREFIX", "").text("LEDGER_PREFIX", "ledger"), Ok("ledger".to_owned()));
        assert_eq!(vars("A", "b").choice("A", 1, &[("a", 1), ("b", 2)]), Ok(2));
        assert_eq!(vars("A", "/tmp").path("A", "a folder"), Ok(PathBuf::from("/tmp")));
    }

    #[test]
    fn an_error_names_the_variable_and_never_its_value() {
        let wrong = vars("LEDGER_WAIT_MS", "hunter2");
        let errors = [
            wrong.millis("LEDGER_WAIT_MS", 5, 1..=1_000).unwrap_err(),
            wrong.choice("LEDGER_WAIT_MS", 1, &[("a", 1), ("b", 2)]).unwrap_err(),
            vars("LEDGER_WAIT_MS", "1001").millis("LEDGER_WAIT_MS", 5, 1..=1_000).unwrap_err(),
            wrong.required("LEDGER_MISSING", "a URL").unwrap_err(),
        ];
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "LEDGER_WAIT_MS: is not a whole number of milliseconds from 1 to 1000",
                "LEDGER_WAIT_MS: is none of a, b",
                "LEDGER_WAIT_MS: is not a whole number of milliseconds from 1 to 1000",
                "LEDGER_MISSING: is not set; it takes a URL",
            ]
        );
    }

    #[test]
    fn a_secret_does_not_print() {
        let secret = vars("LEDGER_KEY", "hunter2").secret("LEDGER_KEY", "a key").unwrap();
        assert_eq!((format!("{secret:?}").as_str(), secret.expose()), ("Secret(…)", "hunter2"));
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStringExt as _;
        let found = Vars::from_pairs([("A", OsString::from_vec(vec![0xff]))]);
        assert_eq!(found.text("A", "x").unwrap_err().to_string(), "A: is not UTF-8");
    }
}
