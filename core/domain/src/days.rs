//! Instants, days in Asia/Seoul, and the business days between a sale and its pay-out.
//! Time is always an argument; no clock is read here.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, offset};
use time::{Date, Duration, OffsetDateTime};

use crate::text::text_serde;

pub mod calendar;
mod korea;

/// A text that is not the one spelling of an instant or a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum DayError {
    /// Not `2026-11-23T01:02:03.456Z`.
    #[error("an instant is written as 2026-11-23T01:02:03.456Z")]
    Instant,
    /// Not `2026-11-23`.
    #[error("a day is written as 2026-11-23")]
    Day,
}

/// An instant in whole milliseconds since 1970 (UTC), written `2026-11-23T01:02:03.456Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment(i64);

impl Moment {
    const LAST_MS: i64 = 253_402_300_799_999;

    /// Unix milliseconds; what lies outside the years 1970 to 9999 is moved to their edge.
    pub const fn from_ms(ms: i64) -> Self {
        if ms < 0 {
            Self(0)
        } else if ms > Self::LAST_MS {
            Self(Self::LAST_MS)
        } else {
            Self(ms)
        }
    }

    /// Unix milliseconds.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The day in Asia/Seoul (UTC+9 all year round; Korea has no summer time since 1988).
    pub fn seoul_day(self) -> Day {
        Day(self.utc().to_offset(offset!(+9)).date())
    }

    /// The hour of that day, 0 to 23.
    pub fn seoul_hour(self) -> u8 {
        self.utc().to_offset(offset!(+9)).hour()
    }

    fn utc(self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(self.0)
    }
}

const INSTANT: &[time::format_description::BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
const DAY: &[time::format_description::BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]");

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().format(INSTANT).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Moment {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Self, DayError> {
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| DayError::Instant)?;
        let ms = i64::try_from(parsed.unix_timestamp_nanos() / 1_000_000).map_err(|_| DayError::Instant)?;
        let moment = Self::from_ms(ms);
        if moment.to_string() == text { Ok(moment) } else { Err(DayError::Instant) }
    }
}

text_serde!(Moment);

/// A day in Asia/Seoul, written `2026-11-23`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Day(Date);

impl Day {
    /// A day of the calendar.
    pub const fn new(date: Date) -> Self {
        Self(date)
    }

    /// The date.
    pub const fn date(self) -> Date {
        self.0
    }

    /// The next day; the last day there is follows itself.
    pub fn next(self) -> Self {
        Self(self.0.next_day().unwrap_or(self.0))
    }

    /// So many days on; the last day there is follows itself.
    pub fn plus_days(self, days: u16) -> Self {
        Self(self.0.checked_add(Duration::days(days.into())).unwrap_or(Date::MAX))
    }

    /// The first instant of the day in Asia/Seoul.
    pub fn begins(self) -> Moment {
        let midnight = self.0.midnight().assume_offset(offset!(+9));
        Moment::from_ms(i64::try_from(midnight.unix_timestamp_nanos() / 1_000_000).unwrap_or(0))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(DAY).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Day {
    type Err = DayError;
    fn from_str(text: &str) -> Result<Self, DayError> {
        let day = Date::parse(text, DAY).map(Self).map_err(|_| DayError::Day)?;
        if day.to_string() == text { Ok(day) } else { Err(DayError::Day) }
    }
}

text_serde!(Day);
