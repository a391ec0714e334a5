//! Reads a result row column by column, in the order of the SELECT. A value of another type is an error, never a panic.

use super::QueryError;
use ledger_domain::days::{Day, Moment};
use ledger_domain::ids::{AgencyId, BranchId, CommandId, MerchantId, PaymentId};
use mysql_async::prelude::FromValue;
use mysql_async::{Row, Value};
use time::{Date, Month, PrimitiveDateTime, Time};
use uuid::Uuid;

/// A row being read from left to right.
pub struct Columns {
    row: Row,
    next: usize,
}

impl Columns {
    /// Begins at the first column.
    pub fn of(row: Row) -> Columns {
        Columns { row, next: 0 }
    }

    fn take<T: FromValue>(&mut self) -> Result<T, QueryError> {
        let at = self.next;
        self.next = at.saturating_add(1);
        match self.row.take_opt(at) {
            Some(Ok(value)) => Ok(value),
            Some(Err(e)) => Err(QueryError::Broken(format!("column {at}: {e}"))),
            None => Err(QueryError::Broken(format!("there is no column {at}"))),
        }
    }

    /// Text.
    pub fn text(&mut self) -> Result<String, QueryError> {
        self.take()
    }

    /// Text or NULL.
    pub fn maybe_text(&mut self) -> Result<Option<String>, QueryError> {
        self.take()
    }

    /// A whole number: an amount in minor units, a count, a seq.
    pub fn number(&mut self) -> Result<i64, QueryError> {
        self.take()
    }

    /// A whole number or NULL.
    pub fn maybe_number(&mut self) -> Result<Option<i64>, QueryError> {
        self.take()
    }

    /// A partition's number, or another small one.
    pub fn small(&mut self) -> Result<i32, QueryError> {
        self.take()
    }

    /// Bytes of any length.
    pub fn bytes(&mut self) -> Result<Vec<u8>, QueryError> {
        self.take()
    }

    /// The 16 bytes of an id.
    pub fn uuid(&mut self) -> Result<Uuid, QueryError> {
        Uuid::from_slice(&self.bytes()?).map_err(|_| self.broken("is not an id"))
    }

    /// The 16 bytes of an id, or NULL.
    pub fn maybe_uuid(&mut self) -> Result<Option<Uuid>, QueryError> {
        let bytes: Option<Vec<u8>> = self.take()?;
        let read = bytes.map(|bytes| Uuid::from_slice(&bytes)).transpose();
        read.map_err(|_| self.broken("is not an id"))
    }

    /// A payment's id.
    pub fn payment(&mut self) -> Result<PaymentId, QueryError> {
        self.uuid().map(PaymentId::new)
    }

    /// A merchant's id.
    pub fn merchant(&mut self) -> Result<MerchantId, QueryError> {
        self.uuid().map(MerchantId::new)
    }

    /// A branch's id.
    pub fn branch(&mut self) -> Result<BranchId, QueryError> {
        self.uuid().map(BranchId::new)
    }

    /// An agency's id.
    pub fn agency(&mut self) -> Result<AgencyId, QueryError> {
        self.uuid().map(AgencyId::new)
    }

    /// A command's id.
    pub fn command(&mut self) -> Result<CommandId, QueryError> {
        self.uuid().map(CommandId::new)
    }

    /// A day.
    pub fn day(&mut self) -> Result<Day, QueryError> {
        self.maybe_day()?.ok_or_else(|| self.broken("is NULL"))
    }

    /// A day or NULL.
    pub fn maybe_day(&mut self) -> Result<Option<Day>, QueryError> {
        Ok(self.maybe_datetime()?.map(|at| Day::new(at.date())))
    }

    /// An instant.
    pub fn instant(&mut self) -> Result<Moment, QueryError> {
        self.maybe_instant()?.ok_or_else(|| self.broken("is NULL"))
    }

    /// An instant or NULL.
    pub fn maybe_instant(&mut self) -> Result<Option<Moment>, QueryError> {
        let Some(at) = self.maybe_datetime()? else { return Ok(None) };
        let ms = at.assume_utc().unix_timestamp_nanos() / 1_000_000;
        Ok(Some(Moment::from_ms(i64::try_from(ms).unwrap_or(i64::MAX))))
    }

    fn maybe_datetime(&mut self) -> Result<Option<PrimitiveDateTime>, QueryError> {
        match self.take::<Value>()? {
            Value::NULL => Ok(None),
            Value::Date(year, month, day, hour, minute, second, micro) => {
                let date = Month::try_from(month)
                    .and_then(|month| Date::from_calendar_date(year.into(), month, day));
                let time = Time::from_hms_micro(hour, minute, second, micro);
                match (date, time) {
                    (Ok(date), Ok(time)) => Ok(Some(PrimitiveDateTime::new(date, time))),
                    _ => Err(self.broken("is no day or time")),
                }
            }
            _ => Err(self.broken("is no day or time")),
        }
    }

    fn broken(&self, what: &str) -> QueryError {
        QueryError::Broken(format!("column {} {what}", self.next.saturating_sub(1)))
    }
}

/// A day as a parameter.
pub fn day(day: Day) -> Value {
    let date = day.date();
    Value::Date(u16::try_from(date.year()).unwrap_or(0), date.month().into(), date.day(), 0, 0, 0, 0)
}

/// An instant as a parameter, in UTC.
pub fn instant(at: Moment) -> Value {
    let nanos = i128::from(at.ms()) * 1_000_000;
    let utc =
        time::OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (utc.date(), utc.time());
    let year = u16::try_from(date.year()).unwrap_or(0);
    let (month, day) = (date.month().into(), date.day());
    Value::Date(year, month, day, time.hour(), time.minute(), time.second(), time.microsecond())
}

/// An id, text or number as a parameter, NULL when there is none.
pub fn maybe<T: Into<Value>>(value: Option<T>) -> Value {
    value.map_or(Value::NULL, Into::into)
}

/// The 16 bytes of an id as a parameter.
pub fn id(bytes: &[u8; 16]) -> Value {
    Value::Bytes(bytes.to_vec())
}
