//! The ways in which the sandbox misbehaves, and the small language that asks for them:
//! `late_3000`, `never`, `drop-before` in a header, `sbx-approve_never-cancel_drop_x2-…` in an order id.

/// A request's kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /approve`
    Approve,
    /// `POST /cancel`
    Cancel,
    /// `POST /net-cancel`
    NetCancel,
    /// `GET /operations/{id}`
    Inquire,
}

/// One misbehaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Before the work (which is then not done; for `Late`: done when the time is over) or after it.
    pub before: bool,
    /// What happens.
    pub kind: Kind,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Answers after so many milliseconds; none means the setting `lateMs`.
    Late(Option<u64>),
    /// Never answers.
    Never,
    /// Closes the connection without a byte.
    Drop,
    /// Sends half an answer, then closes the connection.
    Half,
    /// Status 200 with rubbish.
    Garbage,
    /// Status 500 without a well-formed body.
    Error500,
    /// Approvals only: held back and delivered after the net cancel of the operation, or on request.
    Hold,
}

/// Names, and the last two digits that ask for each by amount. None ends in 0.
pub const NAMES: [(&str, i64, Fault); 13] = [
    ("late", 1, after(Kind::Late(None))),
    ("late-before", 2, before(Kind::Late(None))),
    ("never", 3, after(Kind::Never)),
    ("never-before", 4, before(Kind::Never)),
    ("drop", 5, after(Kind::Drop)),
    ("drop-before", 6, before(Kind::Drop)),
    ("half", 7, after(Kind::Half)),
    ("half-before", 8, before(Kind::Half)),
    ("garbage", 9, after(Kind::Garbage)),
    ("garbage-before", 11, before(Kind::Garbage)),
    ("500", 12, after(Kind::Error500)),
    ("500-before", 13, before(Kind::Error500)),
    ("hold", 14, before(Kind::Hold)),
];

const fn before(kind: Kind) -> Fault {
    Fault { before: true, kind }
}

const fn after(kind: Kind) -> Fault {
    Fault { before: false, kind }
}

/// A fault with how often it strikes an operation: the first `times` requests of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// What happens.
    pub fault: Fault,
    /// 1 unless said otherwise; `u32::MAX` for always.
    pub times: u32,
}

/// Reads `NAME[_MS][_xN|_always]`; a hyphen in a name may be left out.
pub fn parse(text: &str) -> Option<Spec> {
    let mut parts = text.split('_');
    let name = parts.next()?;
    let (_, _, fault) =
        NAMES.iter().find(|(known, _, _)| *known == name || known.replace('-', "") == name)?;
    let mut spec = Spec { fault: *fault, times: 1 };
    for part in parts {
        if part == "always" {
            spec.times = u32::MAX;
        } else if let Some(times) = part.strip_prefix('x') {
            spec.times = times.parse().ok()?;
        } else {
            let Kind::Late(_) = spec.fault.kind else { return None };
            spec.fault.kind = Kind::Late(Some(part.parse().ok()?));
        }
    }
    Some(spec)
}

/// What an order id asks for at this endpoint: `Err` when it begins with `sbx-` but its first part is not understood.
pub fn of_order(order_id: &str, endpoint: Endpoint) -> Result<Option<Spec>, &'static str> {
    let Some(rest) = order_id.strip_prefix("sbx-") else { return Ok(None) };
    let mut found = None;
    for (at, part) in rest.split('-').enumerate() {
        let Some((target, spec)) = read_part(part) else {
            return if at == 0 { Err("an order id that begins with sbx- names a fault") } else { Ok(found) };
        };
        if target == endpoint && found.is_none() {
            found = Some(spec);
        }
    }
    Ok(found)
}

fn read_part(part: &str) -> Option<(Endpoint, Spec)> {
    let (target, spec) = part.split_once('_')?;
    let target = match target {
        "approve" => Endpoint::Approve,
        "cancel" => Endpoint::Cancel,
        "netcancel" => Endpoint::NetCancel,
        "inquire" => Endpoint::Inquire,
        _ => return None,
    };
    Some((target, parse(spec)?))
}

/// What an amount's last four digits ask for: 55nn at the approval, 56nn at a cancel (of that amount),
/// 57nn at the net cancel, 58nn at an inquiry.
pub fn of_amount(amount: i64, endpoint: Endpoint) -> Option<Spec> {
    let hundred = match endpoint {
        Endpoint::Approve => 5500,
        Endpoint::Cancel => 5600,
        Endpoint::NetCancel => 5700,
        Endpoint::Inquire => 5800,
    };
    let wanted = amount % 10_000 - hundred;
    let (_, _, fault) = NAMES.iter().find(|(_, ending, _)| *ending == wanted)?;
    Some(Spec { fault: *fault, times: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_with_and_without_its_hyphen() {
        for (name, _, fault) in NAMES {
            assert_eq!(parse(name), Some(Spec { fault, times: 1 }));
            assert_eq!(parse(&name.replace('-', "")), Some(Spec { fault, times: 1 }));
        }
        assert_eq!(parse("unheard-of"), None);
        assert_eq!(parse("drop_300"), None, "only late takes a time");
    }

    #[test]
    fn a_time_and_a_count_follow_the_name() {
        let late = parse("late_2500_x3").unwrap();
        assert_eq!(late, Spec { fault: after(Kind::Late(Some(2500))), times: 3 });
        assert_eq!(parse("never_always").unwrap().times, u32::MAX);
    }

    #[test]
    fn an_order_id_names_a_fault_for_each_endpoint() {
        let order = "sbx-approve_never-cancel_dropbefore_x2-netcancel_late_10-Order-7";
        let at = |endpoint| of_order(order, endpoint).unwrap();
        assert_eq!(at(Endpoint::Approve).unwrap().fault, after(Kind::Never));
        assert_eq!(at(Endpoint::Cancel).unwrap(), Spec { fault: before(Kind::Drop), times: 2 });
        assert_eq!(at(Endpoint::NetCancel).unwrap().fault, after(Kind::Late(Some(10))));
        assert_eq!(at(Endpoint::Inquire), None);
    }

    #[test]
    fn an_ordinary_order_id_asks_for_nothing_and_a_misspelt_one_is_refused() {
        assert_eq!(of_order("order-approve_never", Endpoint::Approve), Ok(None));
        assert!(of_order("sbx-aprove_never-1", Endpoint::Approve).is_err());
    }

    #[test]
    fn amounts_ask_at_one_endpoint_each_and_never_when_they_end_in_zero() {
        assert_eq!(of_amount(105_503, Endpoint::Approve).unwrap().fault, after(Kind::Never));
        assert_eq!(of_amount(105_503, Endpoint::Cancel), None);
        assert_eq!(of_amount(5_614, Endpoint::Cancel).unwrap().fault, before(Kind::Hold));
        assert!(NAMES.iter().all(|(_, ending, _)| ending % 10 != 0));
        assert_eq!(of_amount(5_500, Endpoint::Approve), None);
    }
}
