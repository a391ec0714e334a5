//! From an `Authorization` header to a caller. The key's text is compared only as a keyed hash, never kept, never logged.

use actix_web::http::header::HeaderValue;
use ledger_domain::directory::Directory;
use ledger_log::Mode;

use super::Caller;
use crate::catalogue::Code;
use crate::http::problem::Problem;
use crate::keys::Pepper;

/// Knows this system's mode and pepper.
pub struct Authenticator {
    mode: Mode,
    pepper: Pepper,
}

impl Authenticator {
    /// For one ledger.
    #[must_use]
    pub const fn new(mode: Mode, pepper: Pepper) -> Self {
        Self { mode, pepper }
    }

    /// The mode that every key must name.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// The pepper, for commands that create keys.
    #[must_use]
    pub const fn pepper(&self) -> &Pepper {
        &self.pepper
    }

    /// The caller whose key the header holds.
    ///
    /// # Errors
    /// No key, not a key, a key of the other mode, a key the directory does not know.
    pub fn caller(&self, header: Option<&HeaderValue>, directory: &Directory) -> Result<Caller, Problem> {
        let header = header.ok_or_else(|| refused(Code::ApiKeyRequired))?;
        let text = header.to_str().ok().and_then(bearer).ok_or_else(|| refused(Code::ApiKeyRequired))?;
        let (mode, _) = text.split_once('_').ok_or_else(|| refused(Code::ApiKeyInvalid))?;
        match (mode, self.mode) {
            ("test", Mode::Test) | ("live", Mode::Live) => {}
            ("test" | "live", _) => return Err(refused(Code::ApiKeyOtherMode)),
            _ => return Err(refused(Code::ApiKeyInvalid)),
        }
        let known = directory.caller(&self.pepper.hash_of_api_key(text));
        known
            .map(|known| Caller { key: known.key_id, scope: known.scope })
            .ok_or_else(|| refused(Code::ApiKeyInvalid))
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn refused(code: Code) -> Problem {
    Problem::new(code).header("WWW-Authenticate", "Bearer realm=\"ledger\"".to_owned())
}
