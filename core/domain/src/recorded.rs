//! An event with who and why, as a record's headers and value (CloudEvents 1.0, binary mode), and back, byte for
//! byte. The chain's own headers are not known here. What cannot be understood is an error; nothing is guessed.

use std::fmt;
use std::iter::Peekable;
use std::str::FromStr;

use thiserror::Error;

use crate::days::Moment;
use crate::directory::DirectoryEvent;
use crate::event::Event;
use crate::ids::{CommandId, IdError, KeyId};
use crate::lines::AcquirerId;
use crate::payment::PaymentEvent;
use crate::settlement::SettlementEvent;

/// Who made it happen. As text: `key/key_…`, `acquirer/NAME`, `timer`, `system`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A caller's API key.
    Key(KeyId),
    /// An acquirer's word.
    Acquirer(AcquirerId),
    /// A date that came.
    Timer,
    /// The ledger itself: initialisation, partitions, configuration.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key/{id}"),
            Self::Acquirer(id) => write!(f, "acquirer/{id}"),
            Self::Timer => f.write_str("timer"),
            Self::System => f.write_str("system"),
        }
    }
}

impl FromStr for Actor {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match text.split_once('/') {
            Some(("key", id)) => id.parse().map(Self::Key),
            Some(("acquirer", id)) => id.parse().map(Self::Acquirer),
            None if text == "timer" => Ok(Self::Timer),
            None if text == "system" => Ok(Self::System),
            Some(_) | None => Err(IdError { prefix: "key/, acquirer/, timer or system" }),
        }
    }
}

/// Who and why: everything a record says besides its event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meta {
    /// Event time in Unix milliseconds; `write` takes it from the event, which has decided it.
    pub time_ms: i64,
    /// Who.
    pub actor: Actor,
    /// The command that became this event: one command, one event, so it is the event's id too.
    pub command: CommandId,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// SHA-256 of the request, 64 hexadecimal digits.
    pub fingerprint: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// What led to it: the command, operation or due entry before.
    pub cause: Option<String>,
    /// The directory position it was decided with.
    pub directory: Option<String>,
    /// Which ledger.
    pub ledger_id: String,
}

/// A record that this program does not understand. It must stop its reader.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// A header is missing.
    #[error("header {0} is missing")]
    Missing(&'static str),
    /// A header that is not known, or not there a first time, or not in its place.
    #[error("header {0} is unknown, repeated or out of place")]
    Unexpected(String),
    /// A header whose text is not what it should be.
    #[error("header {0} cannot be read")]
    Header(&'static str),
    /// A type that this version does not know.
    #[error("event type {0} is not known to this version")]
    UnknownType(String),
    /// The value does not fit its type.
    #[error("the value of a {type_name} cannot be read: {source}")]
    Value {
        /// The type.
        type_name: String,
        /// What serde says.
        source: serde_json::Error,
    },
    /// Header and value contradict each other.
    #[error("header {0} contradicts the value")]
    Contradiction(&'static str),
}

const SOURCE: &str = "ledger/";

/// The bytes of a record: each header is put in its order, the chain's own are not among them; the value is given back.
pub fn write(event: &Event, meta: &Meta, mut put: impl FnMut(&str, &[u8])) -> Vec<u8> {
    let mut put = |name: &str, text: &str| put(name, text.as_bytes());
    let command = meta.command.to_string();
    put("ce_specversion", "1.0");
    put("ce_id", &command);
    put("ce_type", event.type_name());
    put("ce_source", &format!("{SOURCE}{}", meta.ledger_id));
    put("ce_time", &event.at().to_string());
    put("ce_subject", &event.subject());
    put("content-type", "application/json");
    put("ledger-actor", &meta.actor.to_string());
    put("ledger-command", &command);
    let optional = [
        ("ledger-idempotency-key", &meta.idempotency_key),
        ("ledger-fingerprint", &meta.fingerprint),
        ("ledger-request", &meta.request_id),
        ("ledger-cause", &meta.cause),
        ("ledger-directory", &meta.directory),
    ];
    for (name, text) in optional {
        if let Some(text) = text {
            put(name, text);
        }
    }
    let json = match event {
        Event::Payment(event) => event.to_json(),
        Event::Directory(event) => event.to_json(),
        Event::Settlement(event) => event.to_json(),
    };
    #[expect(clippy::expect_used, reason = "structs of text and integers always have a JSON form")]
    let value = json.expect("an event has a JSON form");
    value
}

/// The event and its who and why, from the headers in their order. Errors: [`Unreadable`]; the reader must stop.
pub fn read<'a>(
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    value: &[u8],
) -> Result<(Event, Meta), Unreadable> {
    let mut headers = InOrder(headers.into_iter().peekable());
    headers.exactly("ce_specversion", "1.0")?;
    let command: CommandId = headers.parsed("ce_id")?;
    let type_name = headers.text("ce_type")?;
    let source = headers.text("ce_source")?;
    let ledger_id = source.strip_prefix(SOURCE).ok_or(Unreadable::Header("ce_source"))?.to_owned();
    let time: Moment = headers.parsed("ce_time")?;
    let subject = headers.text("ce_subject")?;
    headers.exactly("content-type", "application/json")?;
    let actor = headers.parsed("ledger-actor")?;
    headers.exactly("ledger-command", &command.to_string())?;
    let meta = Meta {
        time_ms: time.ms(),
        actor,
        command,
        idempotency_key: headers.optional("ledger-idempotency-key")?,
        fingerprint: headers.optional("ledger-fingerprint")?,
        request_id: headers.optional("ledger-request")?,
        cause: headers.optional("ledger-cause")?,
        directory: headers.optional("ledger-directory")?,
        ledger_id,
    };
    headers.end()?;
    let event = event(type_name, value)?;
    if event.at() != time {
        return Err(Unreadable::Contradiction("ce_time"));
    }
    if event.subject() != subject {
        return Err(Unreadable::Contradiction("ce_subject"));
    }
    Ok((event, meta))
}

fn event(type_name: &str, value: &[u8]) -> Result<Event, Unreadable> {
    let payment = PaymentEvent::from_json(type_name, value).map(|read| read.map(Event::Payment));
    let read = payment
        .or_else(|| DirectoryEvent::from_json(type_name, value).map(|read| read.map(Event::Directory)))
        .or_else(|| SettlementEvent::from_json(type_name, value).map(|read| read.map(Event::Settlement)));
    let known = read.ok_or_else(|| Unreadable::UnknownType(type_name.to_owned()))?;
    known.map_err(|source| Unreadable::Value { type_name: type_name.to_owned(), source })
}

/// Takes headers one by one in the order in which `write` puts them.
struct InOrder<I: Iterator>(Peekable<I>);

impl<'a, I: Iterator<Item = (&'a str, &'a [u8])>> InOrder<I> {
    fn text(&mut self, name: &'static str) -> Result<&'a str, Unreadable> {
        match self.0.next_if(|(found, _)| *found == name) {
            Some((_, bytes)) => std::str::from_utf8(bytes).map_err(|_| Unreadable::Header(name)),
            None => Err(Unreadable::Missing(name)),
        }
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str) -> Result<T, Unreadable> {
        self.text(name)?.parse().map_err(|_| Unreadable::Header(name))
    }

    fn exactly(&mut self, name: &'static str, expected: &str) -> Result<(), Unreadable> {
        if self.text(name)? == expected { Ok(()) } else { Err(Unreadable::Header(name)) }
    }

    fn optional(&mut self, name: &'static str) -> Result<Option<String>, Unreadable> {
        match self.0.peek() {
            Some((found, _)) if *found == name => self.text(name).map(|text| Some(text.to_owned())),
            Some(_) | None => Ok(None),
        }
    }

    fn end(&mut self) -> Result<(), Unreadable> {
        match self.0.next() {
            None => Ok(()),
            Some((name, _)) => Err(Unreadable::Unexpected(name.to_owned())),
        }
    }
}
