//! How a payee is paid out, as the API takes it: cycle and reserve (money.md 2, 3).

use ledger_domain::days::calendar::HolidayRule;
use ledger_domain::money::Rate;
use ledger_domain::settlement::{ReserveRule, SettlementCycle};
use serde_json::value::RawValue;

use crate::http::input::{Fault, Fields, raw};
use crate::http::problem::Problem;

const KINDS: &[&str] = &["DAILY", "WEEKLY", "MONTHLY"];
const RULES: &[&str] = &["BEFORE", "AFTER", "CALENDAR"];

#[derive(Clone, Copy)]
enum Kind {
    Daily,
    Weekly,
    Monthly,
}

/// A cycle, where one is given.
pub fn cycle(fields: &Fields<'_>, name: &str) -> Result<Option<SettlementCycle>, Problem> {
    let is_there = fields.optional(name, |_| Ok(()))?.is_some();
    is_there.then(|| read(fields, name)).transpose()
}

fn read(fields: &Fields<'_>, name: &str) -> Result<SettlementCycle, Problem> {
    const KNOWN: &[&str] = &["kind", "businessDays", "endsOn", "lagDays", "holidays"];
    const ALL: &[Kind] = &[Kind::Daily, Kind::Weekly, Kind::Monthly];
    let kind = fields.object(name, KNOWN)?.required("kind", |value| raw::word(value, KINDS, ALL))?;
    if matches!(kind, Kind::Daily) {
        let fields = fields.object(name, &["kind", "businessDays"])?;
        return Ok(SettlementCycle::Daily { business_days: fields.required("businessDays", days)? });
    }
    let fields = fields.object(name, &["kind", "endsOn", "lagDays", "holidays"])?;
    let most = if matches!(kind, Kind::Weekly) { 7 } else { 31 };
    let ends_on = fields.required("endsOn", |value| small(value, 1, most))?;
    let lag_days = fields.required("lagDays", days)?;
    let all = &[HolidayRule::Before, HolidayRule::After, HolidayRule::Calendar];
    let holidays = fields.required("holidays", |value| raw::word(value, RULES, all))?;
    Ok(match kind {
        Kind::Weekly => SettlementCycle::Weekly { ends_on, lag_days, holidays },
        Kind::Daily | Kind::Monthly => SettlementCycle::Monthly { ends_on, lag_days, holidays },
    })
}

/// A reserve, where one is given.
pub fn reserve(fields: &Fields<'_>) -> Result<Option<ReserveRule>, Problem> {
    if fields.optional("reserve", |_| Ok(()))?.is_none() {
        return Ok(None);
    }
    let fields = fields.object("reserve", &["rate", "days", "cap", "usableForOffset"])?;
    Ok(Some(ReserveRule {
        rate: fields.required("rate", rate)?,
        days: fields.required("days", |value| {
            let days = raw::whole_within(value, 1, 1_095)?;
            u16::try_from(days).map_err(|_| Fault::Range { min: 1, max: 1_095 })
        })?,
        cap: fields.optional("cap", raw::amount)?,
        usable_for_offset: fields.required("usableForOffset", raw::boolean)?,
    }))
}

/// 0 to 60 days.
pub fn days(value: &RawValue) -> Result<u8, Fault> {
    small(value, 0, 60)
}

fn small(value: &RawValue, min: i64, max: i64) -> Result<u8, Fault> {
    let number = raw::whole_within(value, min, max)?;
    u8::try_from(number).map_err(|_| Fault::Range { min, max })
}

/// A share of an amount.
pub fn rate(value: &RawValue) -> Result<Rate, Fault> {
    let form = Fault::Form {
        en: "a decimal from 0 to 1 as a string, with at most six places, such as \"0.03\"",
        ko: "0~1의 소수를 쓴 문자열(소수점 이하 6자리까지, 예: \"0.03\")",
    };
    raw::string(value)?.parse().map_err(|_| form)
}
