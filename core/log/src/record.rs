//! The record and its hash, as `schemas/record.md` specifies them. Headers and value are opaque here.

use crate::hash::Hash;
use crate::position::PartitionId;

/// Header names with values, in order. Names may repeat.
pub type Headers = Vec<(String, Vec<u8>)>;

/// The chain header that holds the record's gapless number, decimal.
pub const SEQ: &str = "ledger-seq";
/// The chain header that holds the seq of the fence that opened the writer's reign, decimal.
pub const TERM: &str = "ledger-term";
/// The chain header that holds the hash of the record before, 64 hexadecimal digits.
pub const PREV: &str = "ledger-prev";

/// What every hash begins with: it keeps ledger hashes apart from any other use of SHA-256.
const DOMAIN: &[u8] = b"ledger-record/1\n";

/// What a record says, without its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    /// All headers but the three chain headers.
    pub headers: Headers,
    /// The value's bytes.
    pub value: Vec<u8>,
}

/// A payload with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Gapless number in the partition, from 1.
    pub seq: u64,
    /// The seq of the fence that opened the writer's reign.
    pub term: u64,
    /// The hash of the record before; 32 zero bytes for seq 1.
    pub prev: Hash,
    /// What it says.
    pub payload: Payload,
}

impl Record {
    /// A fence opens a reign: its term is its own seq.
    pub fn is_fence(&self) -> bool {
        self.term == self.seq
    }

    /// The record's hash at its place (`schemas/record.md`, "The hash").
    pub fn hash(&self, at: &PartitionId) -> Hash {
        let headers = &self.payload.headers;
        let size: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
        let mut bytes =
            Vec::with_capacity(DOMAIN.len() + at.topic.len() + 80 + size + self.payload.value.len());
        bytes.extend_from_slice(DOMAIN);
        field(&mut bytes, at.topic.as_bytes());
        bytes.extend_from_slice(&at.partition.to_be_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&self.term.to_be_bytes());
        bytes.extend_from_slice(&self.prev.0);
        bytes.extend_from_slice(&length(headers.len()));
        for (name, value) in headers {
            field(&mut bytes, name.as_bytes());
            field(&mut bytes, value);
        }
        field(&mut bytes, &self.payload.value);
        Hash::of(&bytes)
    }

    /// The headers on the wire: the three chain headers, then the payload's in order.
    pub fn wire_headers(&self) -> Headers {
        let mut headers = Vec::with_capacity(self.payload.headers.len() + 3);
        headers.push((SEQ.to_owned(), self.seq.to_string().into_bytes()));
        headers.push((TERM.to_owned(), self.term.to_string().into_bytes()));
        headers.push((PREV.to_owned(), self.prev.to_string().into_bytes()));
        headers.extend(self.payload.headers.iter().cloned());
        headers
    }
}

fn field(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend_from_slice(&length(field.len()));
    bytes.extend_from_slice(field);
}

fn length(length: usize) -> [u8; 8] {
    u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes()
}

/// A message as a consumer saw it. A missing value, or a header's missing value, reads as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// Kafka's offset.
    pub offset: i64,
    /// The broker's LogAppendTime in Unix milliseconds, -1 when unknown.
    pub timestamp_ms: i64,
    /// Every header, the chain's included.
    pub headers: Headers,
    /// The value's bytes.
    pub value: Vec<u8>,
}

impl RawRecord {
    /// The record in these bytes, or None where they are not a record of the ledger: exactly one of each
    /// chain header, canonically spelled. Whether it is accepted is the reader's business.
    pub fn parse(self) -> Option<Record> {
        let (mut seq, mut term, mut prev) = (None, None, None);
        let mut headers = Vec::with_capacity(self.headers.len());
        for (name, value) in self.headers {
            match name.as_str() {
                SEQ => once(&mut seq, number(&value)?)?,
                TERM => once(&mut term, number(&value)?)?,
                PREV => once(&mut prev, std::str::from_utf8(&value).ok()?.parse().ok()?)?,
                _ => headers.push((name, value)),
            }
        }
        Some(Record { seq: seq?, term: term?, prev: prev?, payload: Payload { headers, value: self.value } })
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// Decimal without sign or leading zeros, so that a number has one spelling.
fn number(bytes: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let canonical = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    canonical.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
