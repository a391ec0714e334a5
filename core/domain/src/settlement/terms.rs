//! On which terms a payee is paid out: cycle, reserve, smallest pay-out, withholding (money.md 2 to 4). A closing carries those it used.

use serde::{Deserialize, Serialize};
use time::Duration;

use crate::days::Day;
use crate::days::calendar::{Calendar, HolidayRule};
use crate::money::{Amount, MoneyError, Net, Rate, Rounding};
use crate::rejection::Rejection;

/// When what was closed is paid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum SettlementCycle {
    /// D+n: so many business days after the day sold.
    Daily {
        /// n.
        business_days: u8,
    },
    /// A week's days together.
    Weekly {
        /// The week's last day, 1 (Monday) to 7 (Sunday).
        ends_on: u8,
        /// Days from the week's end to the pay-out, holidays counted.
        lag_days: u8,
        /// What if that is no business day.
        holidays: HolidayRule,
    },
    /// A month's days together.
    Monthly {
        /// The period's last day of the month, 1 to 31; in a shorter month its last.
        ends_on: u8,
        /// Days from the period's end to the pay-out, holidays counted.
        lag_days: u8,
        /// What if that is no business day.
        holidays: HolidayRule,
    },
}

/// Longest D+n, and longest lag, in days.
pub const MAX_LAG_DAYS: u8 = 60;

impl SettlementCycle {
    /// Checks the bounds. Errors: [`Rejection::InvalidContract`].
    pub fn check(&self) -> Result<(), Rejection> {
        let (ends_on, lag) = match *self {
            Self::Daily { business_days } => (true, business_days),
            Self::Weekly { ends_on, lag_days, .. } => ((1..=7).contains(&ends_on), lag_days),
            Self::Monthly { ends_on, lag_days, .. } => ((1..=31).contains(&ends_on), lag_days),
        };
        match ends_on && lag <= MAX_LAG_DAYS {
            true => Ok(()),
            false => Err(Rejection::InvalidContract { part: "settlementCycle" }),
        }
    }

    /// The day on which what was sold on `day` is paid out.
    pub fn pay_out_date(&self, calendar: &Calendar, day: Day) -> Day {
        match *self {
            Self::Daily { business_days } => calendar.business_days_on(day, business_days),
            Self::Weekly { ends_on, lag_days, holidays } => {
                let today = day.date().weekday().number_from_monday();
                let left = (ends_on + 7 - today) % 7;
                calendar.moved(day.plus_days(u16::from(left) + u16::from(lag_days)), holidays)
            }
            Self::Monthly { ends_on, lag_days, holidays } => {
                calendar.moved(month_end(day, ends_on).plus_days(lag_days.into()), holidays)
            }
        }
    }
}

/// The last day of the period of `day` where periods end on the `ends_on`th of a month, or its last.
fn month_end(day: Day, ends_on: u8) -> Day {
    let date = day.date();
    let this = date.replace_day(ends_on.min(date.month().length(date.year()))).unwrap_or(date);
    if date <= this {
        return Day::new(this);
    }
    let next =
        this.replace_day(1).ok().and_then(|first| first.checked_add(Duration::days(31))).unwrap_or(this);
    let last = next.month().length(next.year());
    Day::new(next.replace_day(ends_on.min(last)).unwrap_or(next))
}

/// The part of each closing that is kept back against later cancels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReserveRule {
    /// Share of the day's sales less its cancels, rounded down.
    pub rate: Rate,
    /// For so many days.
    pub days: u16,
    /// Nothing more is kept once so much is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Amount>,
    /// Whether what the payee owes may be taken out of it.
    pub usable_for_offset: bool,
}

/// The longest a reserve is kept.
pub const MAX_RESERVE_DAYS: u16 = 1_095;

impl ReserveRule {
    /// Checks the bounds. Errors: [`Rejection::InvalidContract`].
    pub fn check(&self) -> Result<(), Rejection> {
        match (1..=MAX_RESERVE_DAYS).contains(&self.days) {
            true => Ok(()),
            false => Err(Rejection::InvalidContract { part: "reserve" }),
        }
    }

    /// What is kept of a closing whose sales less cancels are `base`, while `kept` is kept already.
    pub fn of(&self, base: Net, kept: Net) -> Result<Net, MoneyError> {
        let base = Amount::try_from(base.or_nothing())?;
        let part = Net::from(self.rate.of(base, Rounding::Floor)?);
        match self.cap {
            None => Ok(part),
            Some(cap) => Ok(part.min(Net::from(cap).minus(kept)?.or_nothing())),
        }
    }
}

/// How a branch or agency is taxed on what it is paid.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PayeeTax {
    /// Registered for business: it issues a tax invoice.
    #[default]
    Registered,
    /// A person without registration: 3 % income tax and 10 % of that as local tax are withheld (소득세법 §129, 지방세법 §103의13).
    Person,
}

/// What is withheld of a pay-out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Withholding {
    /// 소득세.
    pub income_tax: Amount,
    /// 지방소득세.
    pub local_tax: Amount,
}

impl PayeeTax {
    /// What is withheld of `amount`; each tax is cut down to ten won (국고금관리법 §47).
    pub fn withheld(self, amount: Amount) -> Result<Withholding, MoneyError> {
        match self {
            Self::Registered => Ok(Withholding::default()),
            Self::Person => {
                let income_tax = Amount::new(amount.minor() * 3 / 100 / 10 * 10)?;
                let local_tax = Amount::new(income_tax.minor() / 10 / 10 * 10)?;
                Ok(Withholding { income_tax, local_tax })
            }
        }
    }
}

impl Withholding {
    /// Both. Errors: out of range.
    pub fn total(&self) -> Result<Amount, MoneyError> {
        self.income_tax.plus(self.local_tax)
    }
}

/// A payee's terms at the moment of a closing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PayeeTerms {
    /// Version of the merchant's contract, or of the branch's or agency's own terms; 0 where none was set.
    pub version: u32,
    /// When it is paid.
    pub cycle: SettlementCycle,
    /// Kept back; merchants only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserve: Option<ReserveRule>,
    /// Less than this waits for more.
    pub minimum_pay_out: Amount,
    /// Withheld of pay-outs; branches and agencies only.
    pub tax: PayeeTax,
}

impl PayeeTerms {
    /// Of a branch or agency whose terms were never set: month by month, ten days later, registered.
    pub const fn of_node() -> Self {
        Self {
            version: 0,
            cycle: SettlementCycle::Monthly { ends_on: 31, lag_days: 10, holidays: HolidayRule::After },
            reserve: None,
            minimum_pay_out: Amount::ZERO,
            tax: PayeeTax::Registered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn paid(cycle: SettlementCycle, sold: &str) -> String {
        cycle.pay_out_date(Calendar::current(), day(sold)).to_string()
    }

    #[test]
    fn a_week_is_paid_together_after_its_end() {
        let cycle = SettlementCycle::Weekly { ends_on: 7, lag_days: 3, holidays: HolidayRule::After };
        assert_eq!(day("2026-11-29").date().weekday(), time::Weekday::Sunday);
        for sold in ["2026-11-23", "2026-11-26", "2026-11-29"] {
            assert_eq!(paid(cycle, sold), "2026-12-02", "{sold}");
        }
        assert_eq!(paid(cycle, "2026-11-30"), "2026-12-09");
    }

    #[test]
    fn a_month_is_paid_together_and_the_holiday_rule_decides() {
        let monthly = |holidays| SettlementCycle::Monthly { ends_on: 31, lag_days: 10, holidays };
        // 10 January 2027 is a Sunday.
        assert_eq!(paid(monthly(HolidayRule::Before), "2026-12-31"), "2027-01-08");
        assert_eq!(paid(monthly(HolidayRule::After), "2026-12-01"), "2027-01-11");
        assert_eq!(paid(monthly(HolidayRule::Calendar), "2026-12-15"), "2027-01-10");
        // A shorter month ends earlier.
        assert_eq!(paid(monthly(HolidayRule::Calendar), "2027-02-03"), "2027-03-10");
    }

    #[test]
    fn a_period_may_end_within_the_month_and_in_the_next_one() {
        let cycle = SettlementCycle::Monthly { ends_on: 15, lag_days: 0, holidays: HolidayRule::Calendar };
        assert_eq!(paid(cycle, "2026-11-15"), "2026-11-15");
        assert_eq!(paid(cycle, "2026-11-16"), "2026-12-15");
        assert_eq!(paid(cycle, "2026-12-31"), "2027-01-15");
        let late = SettlementCycle::Monthly { ends_on: 30, lag_days: 0, holidays: HolidayRule::Calendar };
        assert_eq!(paid(late, "2027-01-31"), "2027-02-28");
    }

    #[test]
    fn withheld_tax_is_cut_down_to_ten_won() {
        let of = |minor| PayeeTax::Person.withheld(Amount::new(minor).unwrap()).unwrap();
        let both = |minor| (of(minor).income_tax.minor(), of(minor).local_tax.minor());
        assert_eq!(both(1_000_000), (30_000, 3_000));
        assert_eq!(both(123_456), (3_700, 370));
        assert_eq!(both(333), (0, 0));
        assert_eq!(PayeeTax::Registered.withheld(Amount::MAX).unwrap(), Withholding::default());
    }

    #[test]
    fn a_reserve_is_a_share_of_what_was_sold_up_to_its_cap() {
        let rule = |cap: Option<i64>| ReserveRule {
            rate: "0.05".parse().unwrap(),
            days: 90,
            cap: cap.map(|minor| Amount::new(minor).unwrap()),
            usable_for_offset: true,
        };
        let of =
            |cap, base, kept| rule(cap).of(Net::new(base).unwrap(), Net::new(kept).unwrap()).unwrap().minor();
        assert_eq!(of(None, 50_000, 0), 2_500);
        assert_eq!(of(None, 50_019, 0), 2_500);
        assert_eq!(of(None, -50_000, 0), 0);
        assert_eq!(of(Some(3_000), 50_000, 1_000), 2_000);
        assert_eq!(of(Some(3_000), 50_000, 4_000), 0);
    }
}
