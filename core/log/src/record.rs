//! The record and its hash, as `schemas/record.md` specifies them. Headers and value are opaque here.

mod headers;

pub use headers::Headers;

use crate::hash::{Hash, Hasher};
use crate::position::PartitionId;

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
        let Payload { headers, value } = &self.payload;
        let mut hasher = Hasher::new(DOMAIN);
        hasher.add(&length(at.topic.len()));
        hasher.add(at.topic.as_bytes());
        hasher.add(&at.partition.to_be_bytes());
        hasher.add(&self.seq.to_be_bytes());
        hasher.add(&self.term.to_be_bytes());
        hasher.add(&self.prev.0);
        hasher.add(&length(headers.len()));
        hasher.add(headers.packed());
        hasher.add(&length(value.len()));
        hasher.add(value);
        hasher.end()
    }

    /// The headers on the wire: the three chain headers, then the payload's in order.
    pub fn wire_headers(&self) -> Headers {
        let mut headers = Headers::new();
        headers.push(SEQ, self.seq.to_string().as_bytes());
        headers.push(TERM, self.term.to_string().as_bytes());
        headers.push(PREV, self.prev.to_string().as_bytes());
        self.payload.headers.iter().for_each(|(name, value)| headers.push(name, value));
        headers
    }
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
        let mut headers = Headers::with_capacity(self.headers.packed().len());
        for (name, value) in self.headers.iter() {
            match name {
                SEQ => once(&mut seq, number(value)?)?,
                TERM => once(&mut term, number(value)?)?,
                PREV => once(&mut prev, std::str::from_utf8(value).ok()?.parse().ok()?)?,
                _ => headers.push(name, value),
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
