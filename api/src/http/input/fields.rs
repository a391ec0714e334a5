//! The members of one JSON object, read strictly: unknown and doubled names are refused before anything else is looked
//! at, and every complaint names the whole path of the field. `null` counts as absent.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::fault::{Fault, Kind};
use super::raw;
use crate::catalogue::Code;
use crate::http::problem::{Detail, Problem};

/// An object's members, by name, with the path that leads to it.
pub struct Fields<'a> {
    path: String,
    members: Vec<(String, &'a RawValue)>,
}

impl<'a> Fields<'a> {
    /// Reads a whole body: UTF-8, JSON, an object, and no member that is not in `known`.
    pub fn of_body(body: &'a [u8], known: &[&str]) -> Result<Self, Problem> {
        let text = std::str::from_utf8(body).map_err(|error| {
            let at = error.valid_up_to();
            Problem::new(Code::InvalidEncoding).detail(Detail {
                en: format!("Byte {at} of the body does not continue valid UTF-8."),
                ko: format!("본문의 {at}번째 바이트가 올바른 UTF-8이 아닙니다."),
            })
        })?;
        let value: &RawValue = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        match raw::kind(value) {
            Kind::Object => Self::of(value, String::new(), known),
            is => Err(Fault::Type { want: Kind::Object, is }.at("body")),
        }
    }

    fn of(value: &'a RawValue, path: String, known: &[&str]) -> Result<Self, Problem> {
        let fields = Self { path, members: members(value)? };
        for (at, (name, _)) in fields.members.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                return Err(Fault::Unknown.at(&fields.full(&shortened(name))));
            }
            if fields.members.iter().take(at).any(|(earlier, _)| earlier == name) {
                return Err(Fault::Duplicate.at(&fields.full(name)));
            }
        }
        Ok(fields)
    }

    /// The field's path from the body's root.
    #[must_use]
    pub fn full(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.members.iter().find(|(member, _)| member == name).map(|(_, value)| *value);
        found.filter(|value| raw::kind(value) != Kind::Null)
    }

    /// A field that may be absent.
    pub fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&RawValue) -> Result<T, Fault>,
    ) -> Result<Option<T>, Problem> {
        self.get(name).map(read).transpose().map_err(|fault| fault.at(&self.full(name)))
    }

    /// A field that must be there.
    pub fn required<T>(
        &self,
        name: &str,
        read: impl FnOnce(&RawValue) -> Result<T, Fault>,
    ) -> Result<T, Problem> {
        self.optional(name, read)?.ok_or_else(|| Fault::Missing.at(&self.full(name)))
    }

    /// An object inside this one.
    pub fn object(&self, name: &str, known: &[&str]) -> Result<Fields<'a>, Problem> {
        let value = self.get(name).ok_or_else(|| Fault::Missing.at(&self.full(name)))?;
        object_at(value, self.full(name), known)
    }

    /// An object inside this one whose names are the caller's own; each value is read, and none may be `null` or stand twice.
    pub fn texts<T>(
        &self,
        name: &str,
        read: impl Fn(&RawValue) -> Result<T, Fault>,
    ) -> Result<Vec<(String, T)>, Problem> {
        let value = self.get(name).ok_or_else(|| Fault::Missing.at(&self.full(name)))?;
        let path = self.full(name);
        if raw::kind(value) != Kind::Object {
            return Err(Fault::Type { want: Kind::Object, is: raw::kind(value) }.at(&path));
        }
        let members = members(value)?;
        let mut seen = std::collections::BTreeSet::new();
        let mut texts = Vec::with_capacity(members.len());
        for (key, value) in members {
            let at = || format!("{path}.{}", shortened(&key));
            if !seen.insert(key.clone()) {
                return Err(Fault::Duplicate.at(&at()));
            }
            let text = read(value).map_err(|fault| fault.at(&at()))?;
            texts.push((key, text));
        }
        Ok(texts)
    }

    /// An array of objects inside this one; an absent one is empty.
    pub fn objects(&self, name: &str, max: usize, known: &[&str]) -> Result<Vec<Fields<'a>>, Problem> {
        let Some(value) = self.get(name) else { return Ok(Vec::new()) };
        let path = self.full(name);
        if raw::kind(value) != Kind::Array {
            return Err(Fault::Type { want: Kind::Array, is: raw::kind(value) }.at(&path));
        }
        let items: Vec<&'a RawValue> =
            serde_json::from_str(value.get()).map_err(|error| malformed(&error))?;
        if items.len() > max {
            return Err(Fault::Items { min: 0, max }.at(&path));
        }
        items.iter().enumerate().map(|(at, item)| object_at(item, format!("{path}[{at}]"), known)).collect()
    }
}

fn members(value: &RawValue) -> Result<Vec<(String, &RawValue)>, Problem> {
    let members = serde_json::Deserializer::from_str(value.get()).deserialize_map(Members);
    members.map_err(|error| malformed(&error))
}

fn object_at<'a>(value: &'a RawValue, path: String, known: &[&str]) -> Result<Fields<'a>, Problem> {
    match raw::kind(value) {
        Kind::Object => Fields::of(value, path, known),
        is => Err(Fault::Type { want: Kind::Object, is }.at(&path)),
    }
}

/// An unknown name is shown, but not at any length, and never when it could be a number somebody must not see.
pub(crate) fn shortened(name: &str) -> String {
    if name.bytes().filter(u8::is_ascii_digit).count() > 8 {
        return "(digits)".to_owned();
    }
    name.chars().filter(|character| !character.is_control()).take(64).collect()
}

fn malformed(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let (en, ko) = if error.is_eof() {
        ("The body ends too early", "본문이 중간에 끊겼습니다")
    } else {
        ("The body is not valid JSON", "본문이 올바른 JSON이 아닙니다")
    };
    Problem::new(Code::MalformedJson).detail(Detail {
        en: format!("{en} (line {line}, column {column})."),
        ko: format!("{ko} ({line}행 {column}열)."),
    })
}

/// Collects members in order, doubles included.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}
