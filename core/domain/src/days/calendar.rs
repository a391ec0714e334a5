//! Which days banks pay out in Korea. A calendar is versioned data: a published version never changes, a holiday
//! that is declared later comes with the next version, and an event names the version it was dated with.

use serde::{Deserialize, Serialize};
use time::Weekday;

use super::{Day, Moment, korea};

/// What becomes of a pay-out day that is no business day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HolidayRule {
    /// The business day before it.
    Before,
    /// The business day after it.
    After,
    /// It stays.
    Calendar,
}

/// One version of the Korean bank calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Calendar {
    version: u8,
    name: &'static str,
}

/// All published versions, oldest first.
pub const VERSIONS: [Calendar; 2] =
    [Calendar { version: 1, name: "kr-1" }, Calendar { version: 2, name: "kr-2" }];

impl Calendar {
    /// The newest version; new events are dated with it.
    pub const fn current() -> &'static Self {
        &VERSIONS[VERSIONS.len() - 1]
    }

    /// The version that an event names.
    pub fn find(name: &str) -> Option<&'static Self> {
        VERSIONS.iter().find(|calendar| calendar.name == name)
    }

    /// The name that events carry, `kr-2`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Neither a weekend nor a holiday of this version.
    pub fn is_business_day(&self, day: Day) -> bool {
        !matches!(day.date().weekday(), Weekday::Saturday | Weekday::Sunday) && !self.is_holiday(day)
    }

    /// A public holiday, a substitute or temporary one, or 1 May. Past the listed years only the holidays of fixed
    /// date are known; the next version adds the others, and a closing decides the real pay-out date anyway.
    pub fn is_holiday(&self, day: Day) -> bool {
        let date = day.date();
        let (year, month, number) = (date.year(), u8::from(date.month()), date.day());
        if !(korea::FIRST_YEAR..=korea::LAST_YEAR).contains(&year) {
            return korea::EVERY_YEAR.contains(&(month, number));
        }
        let declared = |h: &korea::Holiday| h.1 == (year, month, number) && h.0 <= self.version;
        korea::HOLIDAYS.iter().any(declared)
    }

    /// The `n`th business day after `from`; if `from` is none, counting starts at the next one (money.md 3).
    pub fn business_days_on(&self, from: Day, n: u8) -> Day {
        let mut day = self.first_business_day(from);
        for _ in 0..n {
            day = self.first_business_day(day.next());
        }
        day
    }

    /// The day itself, or the business day that the rule puts in its place.
    pub fn moved(&self, day: Day, rule: HolidayRule) -> Day {
        match rule {
            HolidayRule::Calendar => day,
            HolidayRule::After => self.first_business_day(day),
            HolidayRule::Before => {
                let mut before = day;
                while !self.is_business_day(before) {
                    let Some(date) = before.date().previous_day() else { return day };
                    before = Day::new(date);
                }
                before
            }
        }
    }

    /// The day itself if banks pay out on it, otherwise the next one on which they do.
    pub fn first_business_day(&self, from: Day) -> Day {
        let mut day = from;
        // 31 December 9999 has no next day: the loop must end there too.
        while !self.is_business_day(day) && day.next() != day {
            day = day.next();
        }
        day
    }
}

/// The settlement day of an outcome appended now: today in Asia/Seoul, but never a day that was closed already
/// (`earliest` = the last closed day + 1).
pub fn sold_date(now: Moment, earliest: Option<Day>) -> Day {
    let today = now.seoul_day();
    earliest.map_or(today, |open| open.max(today))
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
