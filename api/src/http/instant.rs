//! Instants as the API writes them: RFC 3339 with Seoul's offset, milliseconds where there are any.

use ledger_domain::days::Moment;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// An instant as text in Asia/Seoul (UTC+9, no daylight saving since 1988).
#[must_use]
pub fn seoul(moment: Moment) -> String {
    let instant = OffsetDateTime::from_unix_timestamp_nanos(i128::from(moment.ms()) * 1_000_000);
    let offset = UtcOffset::from_hms(9, 0, 0).unwrap_or(UtcOffset::UTC);
    instant.ok().and_then(|instant| instant.to_offset(offset).format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    fn seoul(ms: i64) -> String {
        super::seoul(ledger_domain::days::Moment::from_ms(ms))
    }

    #[test]
    fn an_instant_is_written_with_seouls_offset() {
        assert_eq!(seoul(0), "1970-01-01T09:00:00+09:00");
        assert_eq!(seoul(1_795_428_000_250), "2026-11-23T19:00:00.25+09:00");
    }
}
