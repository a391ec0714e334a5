//! The values of the owner's rows as bytes: lengths and numbers big-endian, texts as they are.

use super::unreadable;
use crate::store::StoreError;
use ledger_domain::days::Day;
use ledger_domain::ids::PaymentId;
use ledger_domain::partition::OrderEntry;
use ledger_domain::settlement::{Settlement, Totals};
use ledger_log::{Cursor, Hash, Headers, Payload};

/// Where the store stands: one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorRow {
    /// The last accepted record.
    pub cursor: Cursor,
    /// The latest event's time, Unix ms: no later event is dated before it.
    pub event_time_ms: i64,
}

/// One recorded event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// The record's seq in the partition.
    pub seq: u64,
    /// Its headers (without the chain's) and value.
    pub payload: Payload,
}

/// What a stream needs beside its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamRow {
    /// How many events it has.
    pub version: u32,
    /// The timers it has in the due table.
    pub dues: Vec<Due>,
}

/// One timer of a stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When, Unix ms.
    pub due_ms: i64,
    /// What: unique within the stream.
    pub tag: String,
}

/// What a command id leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRow {
    /// The stream its event went to.
    pub stream: String,
    /// That event's number in the stream, from 1.
    pub version: u32,
    /// The request's fingerprint; none for commands of the owner itself.
    pub fingerprint: Option<[u8; 32]>,
}

/// The partition's genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisRow {
    /// Of its record.
    pub hash: Hash,
    /// Its headers and value.
    pub payload: Payload,
}

impl GenesisRow {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let record = RecordRow { seq: 1, payload: self.payload.clone() };
        [self.hash.0.as_slice(), &record.encode()].concat()
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are no such row.
    pub fn decode(key: &[u8], value: &[u8]) -> Result<Self, StoreError> {
        let mut bytes = Bytes { key, left: value };
        let hash = Hash(bytes.array()?);
        Ok(Self { hash, payload: RecordRow::decode(key, bytes.left)?.payload })
    }
}

/// What is known of an order id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderRow(pub OrderEntry);

impl OrderRow {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.0.attempts.to_be_bytes().to_vec();
        put(&mut out, self.0.live.as_ref().map_or(&[], |live| live.as_bytes().as_slice()));
        out
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are no such row.
    pub fn decode(key: &[u8], value: &[u8]) -> Result<Self, StoreError> {
        let mut bytes = Bytes { key, left: value };
        let attempts = u32::from_be_bytes(bytes.array()?);
        let live = match bytes.take()? {
            [] => None,
            id => Some(PaymentId::new(uuid::Uuid::from_slice(id).map_err(|why| unreadable(key, why))?)),
        };
        Ok(Self(OrderEntry { live, attempts }))
    }
}

/// A merchant's sums of a day as bytes.
#[must_use]
pub fn encode_totals(totals: &Totals) -> Vec<u8> {
    encode_json(totals)
}

/// A merchant's sums of a day from bytes.
///
/// # Errors
/// When they are no such row.
pub fn decode_totals(key: &[u8], value: &[u8]) -> Result<Totals, StoreError> {
    serde_json::from_slice(value).map_err(|why| unreadable(key, why))
}

/// A payee's settlement as bytes.
#[must_use]
pub fn encode_settlement(state: &Settlement) -> Vec<u8> {
    encode_json(state)
}

/// A payee's settlement from bytes.
///
/// # Errors
/// When they are no such row.
pub fn decode_settlement(key: &[u8], value: &[u8]) -> Result<Settlement, StoreError> {
    serde_json::from_slice(value).map_err(|why| unreadable(key, why))
}

/// A day as bytes.
#[must_use]
pub fn encode_day(day: Day) -> Vec<u8> {
    day.to_string().into_bytes()
}

/// A day from bytes.
///
/// # Errors
/// When they are none.
pub fn decode_day(key: &[u8], value: &[u8]) -> Result<Day, StoreError> {
    let text = std::str::from_utf8(value).map_err(|why| unreadable(key, why))?;
    text.parse().map_err(|why| unreadable(key, why))
}

fn encode_json(value: &impl serde::Serialize) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "structs of text and integers always have a JSON form")]
    let bytes = serde_json::to_vec(value).expect("a row has a JSON form");
    bytes
}

impl CursorRow {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend(self.cursor.offset.to_be_bytes());
        out.extend(self.cursor.seq.to_be_bytes());
        out.extend(self.cursor.term.to_be_bytes());
        out.extend(self.event_time_ms.to_be_bytes());
        out.extend(self.cursor.hash.0);
        out
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are no such row.
    pub fn decode(key: &[u8], value: &[u8]) -> Result<Self, StoreError> {
        let mut bytes = Bytes { key, left: value };
        Ok(Self {
            cursor: Cursor {
                offset: i64::from_be_bytes(bytes.array()?),
                seq: u64::from_be_bytes(bytes.array()?),
                term: u64::from_be_bytes(bytes.array()?),
                hash: Hash(
                    value.get(32..).and_then(|h| h.try_into().ok()).ok_or_else(|| unreadable(key, "hash"))?,
                ),
            },
            event_time_ms: i64::from_be_bytes(bytes.array()?),
        })
    }
}

impl RecordRow {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.payload.value.len() + 512);
        out.extend(self.seq.to_be_bytes());
        put_len(&mut out, self.payload.headers.len());
        for (name, value) in &self.payload.headers {
            put(&mut out, name.as_bytes());
            put(&mut out, value);
        }
        put(&mut out, &self.payload.value);
        out
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are no such row.
    pub fn decode(key: &[u8], value: &[u8]) -> Result<Self, StoreError> {
        let mut bytes = Bytes { key, left: value };
        let seq = u64::from_be_bytes(bytes.array()?);
        let mut headers = Headers::with_capacity(bytes.left.len());
        for _ in 0..bytes.length()? {
            let name = std::str::from_utf8(bytes.take()?).map_err(|why| unreadable(key, why))?;
            headers.push(name, bytes.take()?);
        }
        Ok(Self { seq, payload: Payload { headers, value: bytes.take()?.to_vec() } })
    }
}

impl StreamRow {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.version.to_be_bytes().to_vec();
        put_len(&mut out, self.dues.len());
        for due in &self.dues {
            out.extend(due.due_ms.to_be_bytes());
            put(&mut out, due.tag.as_bytes());
        }
        out
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are no such row.
    pub fn decode(key: &[u8], value: &[u8]) -> Result<Self, StoreError> {
        let mut bytes = Bytes { key, left: value };
        let version = u32::from_be_bytes(bytes.array()?);
        let mut dues = Vec::new();
        for _ in 0..bytes.length()? {
            dues.push(Due { due_ms: i64::from_be_bytes(bytes.array()?), tag: bytes.text()? });
        }
        Ok(Self { version, dues })
    }
}

impl CommandRow {
    /// As bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.version.to_be_bytes().to_vec();
        put(&mut out, self.fingerprint.as_ref().map_or(&[], |f| f.as_slice()));
        put(&mut out, self.stream.as_bytes());
        out
    }

    /// From bytes.
    ///
    /// # Errors
    /// When they are no such row.
    pub fn decode(key: &[u8], value: &[u8]) -> Result<Self, StoreError> {
        let mut bytes = Bytes { key, left: value };
        let version = u32::from_be_bytes(bytes.array()?);
        let fingerprint = match bytes.take()? {
            [] => None,
            some => Some(some.try_into().map_err(|why| unreadable(key, why))?),
        };
        Ok(Self { stream: bytes.text()?, version, fingerprint })
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend(bytes);
}

fn put_len(out: &mut Vec<u8>, len: usize) {
    out.extend(u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
}

struct Bytes<'a> {
    key: &'a [u8],
    left: &'a [u8],
}

impl<'a> Bytes<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let (first, rest) = self.left.split_first_chunk().ok_or_else(|| unreadable(self.key, "too short"))?;
        self.left = rest;
        Ok(*first)
    }

    fn length(&mut self) -> Result<usize, StoreError> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|why| unreadable(self.key, why))
    }

    fn take(&mut self) -> Result<&'a [u8], StoreError> {
        let length = self.length()?;
        let (first, rest) =
            self.left.split_at_checked(length).ok_or_else(|| unreadable(self.key, "too short"))?;
        self.left = rest;
        Ok(first)
    }

    fn text(&mut self) -> Result<String, StoreError> {
        let key = self.key;
        String::from_utf8(self.take()?.to_vec()).map_err(|why| unreadable(key, why))
    }
}
