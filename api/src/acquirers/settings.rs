//! Which acquirers there are and how they are reached, from one line of configuration:
//! `ID=URL[,no-tombstone][,connect-ms=N][,timeout-ms=N][,inquiry-ms=N][,plain-http]`, several separated by `;`.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

/// One acquirer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcquirerSettings {
    /// The name that contracts route to.
    pub id: String,
    /// Without a trailing slash; paths are appended.
    pub url: Url,
    /// Whether a net cancel prevents an approval that arrives later.
    pub tombstones: bool,
    /// For the TCP and TLS handshakes; 2 s.
    pub connect_timeout: Duration,
    /// For a whole order, connecting included; 10 s.
    pub timeout: Duration,
    /// For a whole inquiry; 5 s.
    pub inquiry_timeout: Duration,
}

/// A configuration that is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AcquirerConfigError {
    /// Not `ID=URL`.
    #[error("acquirer {0:?}: expected ID=URL, with ID of letters, digits, - and _")]
    Malformed(String),
    /// Not a URL of the kinds that can be used.
    #[error("acquirer {0}: the URL must be http or https, without user, query or fragment")]
    Url(String),
    /// Card data would cross a network in the clear.
    #[error("acquirer {0}: plain http outside loopback would show card data; use https, or say plain-http")]
    PlainHttp(String),
    /// An option nobody knows, or a value that is none.
    #[error("acquirer {id}: option {option:?} is not understood")]
    Option {
        /// Whose.
        id: String,
        /// As it was written.
        option: String,
    },
    /// Twice the same id.
    #[error("acquirer {0} is named twice")]
    Twice(String),
    /// The HTTP client could not be made (no certificates on this machine, for example).
    #[error("acquirer {id}: {why}")]
    Client {
        /// Whose.
        id: String,
        /// What the client library said.
        why: String,
    },
}

impl AcquirerSettings {
    /// One acquirer with the usual times. Errors: [`AcquirerConfigError::Url`], [`AcquirerConfigError::PlainHttp`].
    pub fn new(id: &str, url: &str) -> Result<AcquirerSettings, AcquirerConfigError> {
        let settings = AcquirerSettings::unchecked(id, url)?;
        settings.check_plain_http()?;
        Ok(settings)
    }

    /// Reads `LEDGER_ACQUIRERS`. An empty text is no acquirer at all.
    pub fn parse_list(text: &str) -> Result<Vec<AcquirerSettings>, AcquirerConfigError> {
        let mut all: Vec<AcquirerSettings> = Vec::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let one = AcquirerSettings::parse(part)?;
            if all.iter().any(|other| other.id == one.id) {
                return Err(AcquirerConfigError::Twice(one.id));
            }
            all.push(one);
        }
        Ok(all)
    }

    fn parse(text: &str) -> Result<AcquirerSettings, AcquirerConfigError> {
        let mut parts = text.split(',').map(str::trim);
        let (id, url) = parts
            .next()
            .and_then(|first| first.split_once('='))
            .ok_or_else(|| AcquirerConfigError::Malformed(text.into()))?;
        let mut settings = AcquirerSettings::unchecked(id.trim(), url.trim())?;
        let mut plain_http = false;
        for option in parts {
            match option.split_once('=') {
                None if option == "no-tombstone" => settings.tombstones = false,
                None if option == "plain-http" => plain_http = true,
                Some((name, value)) => settings.set_time(name, value, option)?,
                None => return Err(settings.unknown(option)),
            }
        }
        if !plain_http {
            settings.check_plain_http()?;
        }
        Ok(settings)
    }

    fn unchecked(id: &str, url: &str) -> Result<AcquirerSettings, AcquirerConfigError> {
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if id.is_empty() || !id.bytes().all(is_name) {
            return Err(AcquirerConfigError::Malformed(id.into()));
        }
        let wrong = || AcquirerConfigError::Url(id.into());
        let url = Url::parse(url.trim_end_matches('/')).map_err(|_| wrong())?;
        let plain = url.username().is_empty() && url.password().is_none();
        let usable = plain && url.query().is_none() && url.fragment().is_none() && url.has_host();
        if !usable || !matches!(url.scheme(), "http" | "https") {
            return Err(wrong());
        }
        Ok(AcquirerSettings {
            id: id.into(),
            url,
            tombstones: true,
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(10),
            inquiry_timeout: Duration::from_secs(5),
        })
    }

    fn set_time(&mut self, name: &str, value: &str, option: &str) -> Result<(), AcquirerConfigError> {
        let time = value.parse().ok().filter(|ms| (1..=60_000).contains(ms)).map(Duration::from_millis);
        match (name, time) {
            ("connect-ms", Some(time)) => self.connect_timeout = time,
            ("timeout-ms", Some(time)) => self.timeout = time,
            ("inquiry-ms", Some(time)) => self.inquiry_timeout = time,
            _ => return Err(self.unknown(option)),
        }
        Ok(())
    }

    fn unknown(&self, option: &str) -> AcquirerConfigError {
        AcquirerConfigError::Option { id: self.id.clone(), option: option.into() }
    }

    fn check_plain_http(&self) -> Result<(), AcquirerConfigError> {
        let host = self.url.host_str().unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        if self.url.scheme() == "https" || loopback {
            return Ok(());
        }
        Err(AcquirerConfigError::PlainHttp(self.id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_ids_urls_and_options() {
        let text = "sandbox=http://127.0.0.1:1234/,no-tombstone; other = https://host/api ,timeout-ms=9000,connect-ms=500";
        let all = AcquirerSettings::parse_list(text).unwrap();
        assert_eq!(all.len(), 2);
        assert!(!all[0].tombstones && all[1].tombstones);
        assert_eq!(all[1].timeout, Duration::from_secs(9));
        assert_eq!(all[1].connect_timeout, Duration::from_millis(500));
        assert_eq!(all[1].inquiry_timeout, Duration::from_secs(5));
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_name() {
        let refused = |text: &str| AcquirerSettings::parse_list(text).unwrap_err();
        assert_eq!(
            refused("a=http://localhost:1;a=http://localhost:2"),
            AcquirerConfigError::Twice("a".into())
        );
        assert!(matches!(refused("http://localhost:1"), AcquirerConfigError::Malformed(_)));
        assert!(matches!(refused("a=ftp://localhost"), AcquirerConfigError::Url(_)));
        assert!(matches!(refused("a=http://u:p@localhost"), AcquirerConfigError::Url(_)));
        assert!(matches!(refused("a=http://localhost:1,tombstone"), AcquirerConfigError::Option { .. }));
        assert!(matches!(refused("a=http://localhost:1,timeout-ms=0"), AcquirerConfigError::Option { .. }));
    }

    #[test]
    fn card_data_does_not_cross_a_network_in_the_clear_unless_somebody_says_so() {
        let remote = "a=http://acquirer.example";
        assert_eq!(AcquirerSettings::parse_list(remote), Err(AcquirerConfigError::PlainHttp("a".into())));
        assert!(AcquirerSettings::parse_list("a=http://acquirer.example,plain-http").is_ok());
        assert!(AcquirerSettings::parse_list("a=http://[::1]:9").is_ok());
    }
}
