//! Where a page of rows ends that are listed by day, the newest first, and by their place in the ledger within it.

use super::filter;
use crate::queries::cursor;
use crate::queries::row::day;
use ledger_domain::days::Day;
use ledger_domain::lines::Payee;
use mysql_async::Value;

/// Lists closings.
pub const CLOSINGS: &str = "closings";
/// Lists receipts.
pub const RECEIPTS: &str = "receipts";
/// Lists pay-outs.
pub const PAY_OUTS: &str = "pay-outs";

/// The key of the last row of a page: its day, its partition, the seq of its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The day by which the rows are listed.
    pub day: Day,
    /// The partition's number.
    pub partition: i32,
    /// Of the event.
    pub seq: i64,
}

impl Place {
    /// Reads a cursor's text; None when it is not one of this list.
    pub fn parse(list: &str, text: &str) -> Option<Place> {
        let (day, partition, seq) = cursor::decode(list, text)?;
        Some(Place { day, partition, seq })
    }

    pub(super) fn cursor(&self, list: &str) -> String {
        cursor::encode(list, &(self.day, self.partition, self.seq))
    }

    /// Where a page begins that ends with this day: behind the page before, or behind every row of the day.
    fn begin(after: Option<Place>, to: Day) -> Place {
        let last = Place { day: to, partition: i32::MAX, seq: i64::MAX };
        after.filter(|after| after.day <= to).unwrap_or(last)
    }
}

/// What is asked of every list whose rows are listed by their place.
pub(super) struct Span {
    /// First and last day.
    pub days: (Day, Day),
    /// Only this payee's.
    pub payee: Option<Payee>,
    /// At most so many.
    pub limit: u16,
    /// Only what comes after.
    pub after: Option<Place>,
}

impl Span {
    /// As named parameters, with the caller's scope. One row more than asked for shows whether there is another page.
    pub(super) fn parameters(self, scope: Value) -> Vec<(&'static str, Value)> {
        let (from, to) = self.days;
        let before = Place::begin(self.after, to);
        let (payee_id, payee_kind) = filter(self.payee);
        vec![
            ("scope", scope),
            ("from", day(from)),
            ("before_day", day(before.day)),
            ("before_partition", before.partition.into()),
            ("before_seq", before.seq.into()),
            ("payee_id", payee_id),
            ("payee_kind", payee_kind),
            ("limit", u32::from(self.limit).saturating_add(1).into()),
        ]
    }
}
