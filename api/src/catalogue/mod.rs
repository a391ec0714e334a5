//! Every error a caller can get, in one table (`table.rs`): code, status, whether a retry can help, what to do, titles.
//! `GET /v1/errors` shows it as data. A code means one thing, for ever; nothing outside this table invents a status.

mod rejection;
mod table;

pub use rejection::{card_problem, rejection};
pub use table::{ALL, Code};

/// What the caller's program (or its operator) should do with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The request can never succeed as it is: correct it. The same idempotency key may be used again.
    FixRequest,
    /// Send a valid API key of this system's mode.
    FixCredentials,
    /// The key is valid, but not for this: use a key of another scope.
    UseAnotherKeyScope,
    /// The state moved on: read it again and decide anew.
    ReadAgain,
    /// The very same request, with the same idempotency key, after `Retry-After`.
    RetrySameKey,
    /// The answer is recorded and final; another attempt needs a new idempotency key.
    RetryNewKey,
    /// Ask for another card; the next attempt needs a new idempotency key.
    UseAnotherCard,
    /// The outcome is not known yet: ask the command's URL. Never charge again.
    AskForResult,
    /// Nothing the caller can change; tell support the request id.
    ContactSupport,
}

impl Action {
    /// The stable word in `recommendedAction`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::FixRequest => "FIX_REQUEST",
            Self::FixCredentials => "FIX_CREDENTIALS",
            Self::UseAnotherKeyScope => "USE_ANOTHER_KEY_SCOPE",
            Self::ReadAgain => "READ_AGAIN",
            Self::RetrySameKey => "RETRY_SAME_KEY",
            Self::RetryNewKey => "RETRY_NEW_KEY",
            Self::UseAnotherCard => "USE_ANOTHER_CARD",
            Self::AskForResult => "ASK_FOR_RESULT",
            Self::ContactSupport => "CONTACT_SUPPORT",
        }
    }
}

/// The two languages of titles and details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// The default.
    English,
    /// When `Accept-Language` prefers `ko`.
    Korean,
}

impl Language {
    /// The first of the two that `Accept-Language` names with the highest weight; English when it names neither.
    #[must_use]
    pub fn from_header(accept_language: Option<&str>) -> Self {
        let mut best = (0_u16, Self::English);
        for item in accept_language.unwrap_or_default().split(',') {
            let mut parts = item.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")).map_or(1_000, thousandths);
            let language = match tag.split('-').next() {
                Some("ko") => Self::Korean,
                Some("en") => Self::English,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// The tag for `Content-Language`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }
}

/// A weight such as `0.8` in thousandths (RFC 9110, 12.4.2); what cannot be read counts as nothing.
fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let fraction = format!("{fraction:0<3}");
    match (whole, fraction.get(..3).and_then(|digits| digits.parse::<u16>().ok())) {
        ("1", _) => 1_000,
        ("0", Some(value)) => value,
        _ => 0,
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The stable code.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whether the very same request may succeed later.
    pub retryable: bool,
    /// What to do.
    pub action: Action,
    /// One sentence, English.
    pub title_en: &'static str,
    /// One sentence, Korean.
    pub title_ko: &'static str,
}

impl Entry {
    /// The title in one of the languages.
    #[must_use]
    pub const fn title(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.title_en,
            Language::Korean => self.title_ko,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_reads_back() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ALL {
            assert!(seen.insert(code.entry().code), "{} stands twice", code.entry().code);
            assert_eq!(Code::parse(code.entry().code), Some(*code));
        }
    }

    #[test]
    fn a_retryable_error_says_to_wait_and_a_final_one_never_does() {
        for entry in ALL.iter().map(|code| code.entry()) {
            let may_wait = matches!(entry.action, Action::RetrySameKey | Action::AskForResult);
            assert_eq!(entry.retryable, may_wait, "{}", entry.code);
            assert!((400..=504).contains(&entry.status), "{}", entry.code);
            assert!(!entry.title_ko.is_ascii() && entry.title_en.is_ascii(), "{}", entry.code);
        }
    }

    #[test]
    fn the_language_follows_the_highest_weight() {
        for (header, want) in [
            (None, Language::English),
            (Some("ko"), Language::Korean),
            (Some("ko-KR,ko;q=0.9,en;q=0.8"), Language::Korean),
            (Some("en-US,en;q=0.9,ko;q=0.8"), Language::English),
            (Some("fr, ko;q=0.3, en;q=0.2"), Language::Korean),
            (Some("de"), Language::English),
            (Some("ko;q=0"), Language::English),
            (Some(";;;,,q="), Language::English),
        ] {
            assert_eq!(Language::from_header(header), want, "{header:?}");
        }
    }
}
