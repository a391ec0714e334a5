//! Periods in query strings: days in Asia/Seoul are inclusive, instants are exclusive at the end (api.md, Conventions).

use ledger_domain::days::{Day, Moment};
use time::format_description::well_known::Rfc3339;
use time::macros::offset;
use time::{Duration, OffsetDateTime};

use crate::catalogue::Code;
use crate::http::input::Fault;
use crate::http::problem::{Detail, Problem};
use crate::http::query::Query;

/// The longest period of one request, in days.
pub const MAX_DAYS: i64 = 366;
/// Without `startDate` a period has so many days.
const DEFAULT_DAYS: i64 = 30;

const DAY: Fault = Fault::Form { en: "a day such as 2026-11-23", ko: "2026-11-23 형식의 날짜" };
const INSTANT: Fault = Fault::Form {
    en: "a day such as 2026-11-23 or an instant such as 2026-11-23T10:00:00+09:00",
    ko: "2026-11-23 형식의 날짜 또는 2026-11-23T10:00:00+09:00 형식의 시각",
};
const ORDER: Fault = Fault::Form { en: "not before startDate", ko: "startDate 이후" };

/// Days sold or paid out, both inclusive. Without `endDate` up to today; without `startDate` the last 30 days.
///
/// # Errors
/// Not days, in the wrong order, or more than [`MAX_DAYS`].
pub fn days(query: &Query, now_ms: i64) -> Result<(Day, Day), Problem> {
    days_at_most(query, now_ms, MAX_DAYS)
}

/// The same with another bound.
///
/// # Errors
/// Not days, in the wrong order, or more than `most`.
pub fn days_at_most(query: &Query, now_ms: i64, most: i64) -> Result<(Day, Day), Problem> {
    let read = |text: &str| text.parse::<Day>().map_err(|_| DAY);
    let end = query.optional("endDate", read)?.unwrap_or_else(|| Moment::from_ms(now_ms).seoul_day());
    let start = query.optional("startDate", read)?.unwrap_or_else(|| back(end, DEFAULT_DAYS - 1));
    if start > end {
        return Err(ORDER.at("endDate"));
    }
    if end.date() - start.date() >= Duration::days(most) {
        return Err(too_long(most));
    }
    Ok((start, end))
}

/// Instants from `startDate` up to and without the end; a day as `endDate` is in the period to its last moment.
/// Without `endDate` up to the end of today; without `startDate` the last 30 days, or from the beginning where the
/// other parameters already `narrow` the list to a few rows.
///
/// # Errors
/// Neither days nor instants, in the wrong order, or more than [`MAX_DAYS`].
pub fn instants(query: &Query, now_ms: i64, narrow: bool) -> Result<(Moment, Moment), Problem> {
    let start = query.optional("startDate", |text| instant(text, 0))?;
    let end = query.optional("endDate", |text| instant(text, 1))?;
    let unlimited = narrow && start.is_none();
    let end = end.unwrap_or_else(|| midnight(Moment::from_ms(now_ms).seoul_day(), 1));
    let start = match start {
        Some(start) => start,
        None if unlimited => Moment::from_ms(0),
        None => Moment::from_ms(end.ms().saturating_sub(DEFAULT_DAYS * DAY_MS)),
    };
    if start > end {
        return Err(ORDER.at("endDate"));
    }
    if !unlimited && end.ms().saturating_sub(start.ms()) > MAX_DAYS * DAY_MS {
        return Err(too_long(MAX_DAYS));
    }
    Ok((start, end))
}

const DAY_MS: i64 = 86_400_000;

/// A day's beginning in Seoul, `later` days on, or the instant itself.
fn instant(text: &str, later: i64) -> Result<Moment, Fault> {
    if let Ok(day) = text.parse::<Day>() {
        return Ok(midnight(day, later));
    }
    // An unescaped plus sign is a space in a query string.
    let at = OffsetDateTime::parse(&text.replace(' ', "+"), &Rfc3339).map_err(|_| INSTANT)?;
    moment(at)
}

fn midnight(day: Day, later: i64) -> Moment {
    let at = day.date().midnight().assume_offset(offset!(+9)).saturating_add(Duration::days(later));
    moment(at).unwrap_or(Moment::from_ms(i64::MAX))
}

fn moment(at: OffsetDateTime) -> Result<Moment, Fault> {
    i64::try_from(at.unix_timestamp_nanos() / 1_000_000).map(Moment::from_ms).map_err(|_| INSTANT)
}

fn back(day: Day, days: i64) -> Day {
    Day::new(day.date().saturating_sub(Duration::days(days)))
}

fn too_long(most: i64) -> Problem {
    Problem::new(Code::RangeTooLong).param("startDate").detail(Detail {
        en: format!("The period may have at most {most} days."),
        ko: format!("조회 기간은 최대 {most}일입니다."),
    })
}

#[cfg(test)]
mod tests {
    use super::{days, instants};
    use crate::catalogue::Code;
    use crate::http::query::Query;
    use actix_web::test::TestRequest;

    /// 2026-11-23T15:30:00Z: half past midnight on the 24th in Seoul.
    const NOW_MS: i64 = 1_795_447_800_000;

    fn query(text: &str) -> Query {
        let request = TestRequest::with_uri(&format!("/x?{text}")).to_http_request();
        Query::of(&request, &["startDate", "endDate"]).unwrap()
    }

    fn spelled(text: &str) -> (String, String) {
        let (from, until) = instants(&query(text), NOW_MS, false).unwrap();
        (from.to_string(), until.to_string())
    }

    #[test]
    fn a_day_as_the_end_is_inclusive_and_an_instant_is_not() {
        let whole = ("2026-11-22T15:00:00.000Z".to_owned(), "2026-11-23T15:00:00.000Z".to_owned());
        assert_eq!(spelled("startDate=2026-11-23&endDate=2026-11-23"), whole);
        assert_eq!(spelled("startDate=2026-11-23&endDate=2026-11-24T00:00:00%2B09:00"), whole);
        assert_eq!(spelled("startDate=2026-11-23&endDate=2026-11-24T00:00:00+09:00"), whole);
    }

    #[test]
    fn without_a_period_it_is_the_last_thirty_days_in_seoul() {
        let (from, to) = days(&query(""), NOW_MS).unwrap();
        assert_eq!((from.to_string(), to.to_string()), ("2026-10-26".to_owned(), "2026-11-24".to_owned()));
        assert_eq!(spelled("").1, "2026-11-24T15:00:00.000Z");
    }

    #[test]
    fn a_period_has_at_most_366_days() {
        assert!(days(&query("startDate=2024-01-01&endDate=2024-12-31"), NOW_MS).is_ok());
        let code = |text: &str| days(&query(text), NOW_MS).unwrap_err().code();
        assert_eq!(code("startDate=2024-01-01&endDate=2025-01-01"), Code::RangeTooLong);
        assert_eq!(code("startDate=2026-11-24&endDate=2026-11-23"), Code::InvalidValue);
        assert_eq!(code("startDate=23.11.2026"), Code::InvalidValue);
        let long = instants(&query("startDate=2020-01-01"), NOW_MS, true).unwrap_err().code();
        assert_eq!(long, Code::RangeTooLong);
        assert_eq!(instants(&query(""), NOW_MS, true).unwrap().0.ms(), 0);
    }
}
