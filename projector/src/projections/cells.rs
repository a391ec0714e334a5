//! Values as MariaDB takes them. One column has one type in all rows, as its bulk protocol asks.

use mysql_async::Value;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// Text.
pub fn text(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}

/// Text or NULL.
pub fn maybe_text(text: Option<&str>) -> Value {
    text.map_or(Value::NULL, |text| Value::Bytes(text.as_bytes().to_vec()))
}

/// Text cut to so many characters: for words of others (an acquirer's message) that no total depends on.
pub fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// The 16 bytes of an id, or NULL.
pub fn maybe_bytes(bytes: Option<&[u8; 16]>) -> Value {
    bytes.map_or(Value::NULL, |bytes| Value::Bytes(bytes.to_vec()))
}

/// The 16 bytes of an id, or 32 of a hash.
pub fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

/// A seq or another count that fits a signed column.
pub fn number(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A day.
pub fn day(day: Date) -> Value {
    Value::Date(u16::try_from(day.year()).unwrap_or(0), day.month().into(), day.day(), 0, 0, 0, 0)
}

/// A day or NULL.
pub fn maybe_day(date: Option<Date>) -> Value {
    date.map_or(Value::NULL, day)
}

/// Unix milliseconds as a UTC DATETIME(3).
pub fn instant(ms: i64) -> Value {
    let Ok(at) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000) else {
        return Value::NULL;
    };
    let year = u16::try_from(at.year()).unwrap_or(0);
    Value::Date(year, at.month().into(), at.day(), at.hour(), at.minute(), at.second(), at.microsecond())
}

/// Unix milliseconds as a UTC DATETIME(3), or NULL.
pub fn maybe_instant(ms: Option<i64>) -> Value {
    ms.map_or(Value::NULL, instant)
}

/// A row whose values are not of the types this program writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column} holds {found}")]
pub struct Unreadable {
    /// The column's place, from 0.
    pub column: usize,
    /// What is there.
    pub found: String,
}

/// Reads a row's values from left to right.
#[derive(Debug)]
pub struct Reader<'a> {
    cells: &'a [Value],
    next: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the first column.
    pub fn of(cells: &'a [Value]) -> Reader<'a> {
        Reader { cells, next: 0 }
    }

    fn take(&mut self) -> &'a Value {
        let value = self.cells.get(self.next).unwrap_or(&Value::NULL);
        self.next = self.next.saturating_add(1);
        value
    }

    fn wrong(&self, found: &Value) -> Unreadable {
        Unreadable { column: self.next.saturating_sub(1), found: found.as_sql(true) }
    }

    /// The 16 bytes of an id.
    pub fn id(&mut self) -> Result<[u8; 16], Unreadable> {
        match self.take() {
            Value::Bytes(bytes) => {
                bytes.as_slice().try_into().map_err(|_| self.wrong(&Value::Bytes(bytes.clone())))
            }
            other => Err(self.wrong(other)),
        }
    }

    /// Text or NULL.
    pub fn maybe_text(&mut self) -> Result<Option<String>, Unreadable> {
        match self.take() {
            Value::NULL => Ok(None),
            Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some(text.to_owned())),
                Err(_) => Err(self.wrong(&Value::Bytes(bytes.clone()))),
            },
            other => Err(self.wrong(other)),
        }
    }

    /// Text.
    pub fn text(&mut self) -> Result<String, Unreadable> {
        self.maybe_text()?.ok_or_else(|| self.wrong(&Value::NULL))
    }

    /// A signed number.
    pub fn number(&mut self) -> Result<i64, Unreadable> {
        match self.take() {
            Value::Int(number) => Ok(*number),
            other => Err(self.wrong(other)),
        }
    }

    /// A signed number of 32 bits.
    pub fn small(&mut self) -> Result<i32, Unreadable> {
        let number = self.number()?;
        i32::try_from(number).map_err(|_| self.wrong(&Value::Int(number)))
    }

    /// A day.
    pub fn day(&mut self) -> Result<Date, Unreadable> {
        self.maybe_day()?.ok_or_else(|| self.wrong(&Value::NULL))
    }

    /// The 16 bytes of an id, or NULL.
    pub fn maybe_id(&mut self) -> Result<Option<[u8; 16]>, Unreadable> {
        match self.cells.get(self.next) {
            Some(Value::NULL) => {
                self.take();
                Ok(None)
            }
            _ => self.id().map(Some),
        }
    }

    /// A day or NULL.
    pub fn maybe_day(&mut self) -> Result<Option<Date>, Unreadable> {
        Ok(self.maybe_datetime()?.map(|at| at.date()))
    }

    /// An instant or NULL, in Unix milliseconds.
    pub fn maybe_instant(&mut self) -> Result<Option<i64>, Unreadable> {
        let Some(at) = self.maybe_datetime()? else { return Ok(None) };
        Ok(i64::try_from(at.assume_utc().unix_timestamp_nanos() / 1_000_000).ok())
    }

    /// An instant in Unix milliseconds.
    pub fn instant(&mut self) -> Result<i64, Unreadable> {
        self.maybe_instant()?.ok_or_else(|| self.wrong(&Value::NULL))
    }

    fn maybe_datetime(&mut self) -> Result<Option<PrimitiveDateTime>, Unreadable> {
        let value = self.take();
        let Value::Date(year, month, day, hour, minute, second, micro) = value else {
            return if matches!(value, Value::NULL) { Ok(None) } else { Err(self.wrong(value)) };
        };
        let date =
            Month::try_from(*month).and_then(|month| Date::from_calendar_date((*year).into(), month, *day));
        match (date, Time::from_hms_micro(*hour, *minute, *second, *micro)) {
            (Ok(date), Ok(time)) => Ok(Some(PrimitiveDateTime::new(date, time))),
            _ => Err(self.wrong(value)),
        }
    }
}
