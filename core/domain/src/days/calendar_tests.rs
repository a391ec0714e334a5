use super::{Calendar, VERSIONS, sold_date};
use crate::days::{Day, Moment};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn paid_out(sold: &str, n: u8) -> String {
    Calendar::current().business_days_on(day(sold), n).to_string()
}

#[test]
fn pay_outs_of_dated_examples_fall_on_these_days() {
    for (why, sold, n, expected) in [
        ("an ordinary Monday, D+1", "2026-11-23", 1, "2026-11-24"),
        ("D+0 of a business day is that day", "2026-11-23", 0, "2026-11-23"),
        ("a Friday, D+1, over the weekend", "2026-11-20", 1, "2026-11-23"),
        ("a Saturday counts from Monday", "2026-11-21", 1, "2026-11-24"),
        ("D+0 of a Sunday is Monday", "2026-11-22", 0, "2026-11-23"),
        ("before Chuseok 2026, Thursday to Saturday", "2026-09-23", 1, "2026-09-28"),
        (
            "before Chuseok 2025, seven days with 개천절, 한글날 and a substitute",
            "2025-10-02",
            1,
            "2025-10-10",
        ),
        ("before Seollal 2026", "2026-02-13", 1, "2026-02-19"),
        ("Seollal 2027 on a Sunday gives Tuesday off as well", "2027-02-05", 1, "2027-02-10"),
        ("31 December is a business day, New Year is not", "2026-12-31", 1, "2027-01-04"),
        ("D+2 over New Year", "2026-12-30", 2, "2027-01-04"),
        ("29 February of a leap year that is a Thursday, then 삼일절", "2024-02-29", 1, "2024-03-04"),
        ("sold on 28 February, D+1 is the 29th", "2024-02-28", 1, "2024-02-29"),
        ("1 May is a bank holiday", "2025-04-30", 1, "2025-05-02"),
        ("삼일절 on a Saturday, substitute on Monday", "2025-02-28", 1, "2025-03-04"),
        ("부처님 오신 날 on 어린이날, substitute on Tuesday", "2025-05-02", 1, "2025-05-07"),
        ("광복절 2026 on a Saturday, substitute on Monday", "2026-08-14", 1, "2026-08-18"),
        ("현충일 on a Saturday has no substitute", "2026-06-05", 1, "2026-06-08"),
        ("제헌절 is a holiday again from 2026", "2026-07-16", 1, "2026-07-20"),
        ("but was none in 2025", "2025-07-16", 1, "2025-07-17"),
        ("제헌절 2027 on a Saturday, substitute on Monday", "2027-07-16", 1, "2027-07-20"),
        ("성탄절 2027 on a Saturday, substitute on Monday", "2027-12-24", 1, "2027-12-28"),
        ("D+5 through a week", "2026-11-23", 5, "2026-11-30"),
    ] {
        assert_eq!(paid_out(sold, n), expected, "{why}: {sold} D+{n}");
    }
}

#[test]
fn a_holiday_declared_after_the_sale_is_known_to_the_next_version_only() {
    let [first, second] = VERSIONS;
    let friday = day("2025-01-24");
    assert_eq!(first.business_days_on(friday, 1), day("2025-01-27"));
    assert_eq!(second.business_days_on(friday, 1), day("2025-01-31"));
    assert_eq!((first.name(), second.name()), ("kr-1", "kr-2"));
    assert_eq!(Calendar::find("kr-1"), Some(&VERSIONS[0]));
    assert_eq!(Calendar::find("kr-0"), None);
}

#[test]
fn a_cycle_changed_in_mid_month_dates_each_sale_by_the_cycle_it_was_sold_on() {
    assert_eq!(paid_out("2026-11-13", 2), "2026-11-17");
    assert_eq!(paid_out("2026-11-16", 1), "2026-11-17");
}

#[test]
fn past_the_listed_years_the_holidays_of_fixed_date_are_known() {
    assert_eq!(paid_out("2028-02-29", 1), "2028-03-02");
    assert_eq!(paid_out("2030-12-24", 1), "2030-12-26");
    assert_eq!(paid_out("9999-12-31", 3), "9999-12-31");
}

#[test]
fn the_sold_date_is_the_day_in_seoul_and_never_one_that_was_closed() {
    // 2026-11-22 14:59:59.999Z is still the 22nd in Seoul; a millisecond later it is the 23rd.
    let late: Moment = "2026-11-22T14:59:59.999Z".parse().unwrap();
    assert_eq!(sold_date(late, None), day("2026-11-22"));
    assert_eq!(sold_date(Moment::from_ms(late.ms() + 1), None), day("2026-11-23"));
    assert_eq!((late.seoul_hour(), Moment::from_ms(late.ms() + 1).seoul_hour()), (23, 0));
    assert_eq!(sold_date(late, Some(day("2026-11-24"))), day("2026-11-24"));
    assert_eq!(sold_date(late, Some(day("2026-11-01"))), day("2026-11-22"));
}

#[test]
fn instants_and_days_have_one_spelling() {
    for good in ["1970-01-01T00:00:00.000Z", "2026-11-23T01:02:03.456Z", "9999-12-31T23:59:59.999Z"] {
        assert_eq!(good.parse::<Moment>().unwrap().to_string(), good);
    }
    for bad in [
        "2026-11-23T01:02:03Z",
        "2026-11-23T10:02:03.456+09:00",
        "2026-11-23T01:02:03.456789Z",
        "2026-11-23 01:02:03.456Z",
        "",
    ] {
        assert!(bad.parse::<Moment>().is_err(), "{bad}");
    }
    for bad in ["2026-2-1", "2026-02-30", "20260201", "+2026-02-01", ""] {
        assert!(bad.parse::<Day>().is_err(), "{bad}");
    }
    assert_eq!(Moment::from_ms(-1).ms(), 0);
    assert_eq!(Moment::from_ms(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
}
