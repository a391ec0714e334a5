//! The keys and values of the owner's rows. Every row is derived from accepted records alone; a changed meaning needs another
//! store format (`store/disk.rs`).

mod values;

pub use values::{
    CommandRow, CursorRow, Due, GenesisRow, OrderRow, RecordRow, StreamRow, decode_day, decode_settlement,
    decode_totals, encode_day, encode_settlement, encode_totals,
};

use crate::store::{Row, Rows, StoreError, after_prefix};
use ledger_domain::ids::{CommandId, MerchantId, PaymentId};
use ledger_domain::lines::Payee;
use std::ops::RangeInclusive;

// One letter a kind; the store keeps rows of its own under `y` and `z` (`store/links.rs`).
const CURSOR: u8 = b'c';
const RECORD: u8 = b'e';
const STREAM: u8 = b's';
const COMMAND: u8 = b'k';
const ORDER: u8 = b'o';
const ATTEMPT: u8 = b'a';
const DUE: u8 = b'd';
const TOTALS: u8 = b't';
const GENESIS: u8 = b'g';
const DIRECTORY: u8 = b'l';
const SETTLEMENT: u8 = b'p';
const CLOSING: u8 = b'q';
const OPEN: u8 = b'u';
const LAST_CLOSED: u8 = b'x';

/// The key of the one cursor row.
#[must_use]
pub fn cursor_key() -> Vec<u8> {
    vec![CURSOR]
}

/// The key of an event by stream and version.
#[must_use]
pub fn record_key(stream: &str, version: u32) -> Vec<u8> {
    [&[RECORD], stream.as_bytes(), &[0], &version.to_be_bytes()].concat()
}

/// The key of a stream.
#[must_use]
pub fn stream_key(stream: &str) -> Vec<u8> {
    [&[STREAM], stream.as_bytes()].concat()
}

/// The key of a command.
#[must_use]
pub fn command_key(command: &CommandId) -> Vec<u8> {
    [&[COMMAND], command.as_bytes().as_slice()].concat()
}

/// The key of an order id's entry.
#[must_use]
pub fn order_key(merchant: &MerchantId, order_id: &str) -> Vec<u8> {
    [&[ORDER], merchant.as_bytes().as_slice(), order_id.as_bytes()].concat()
}

/// The key of one attempt at an order id, by its number from 1.
#[must_use]
pub fn attempt_key(merchant: &MerchantId, order_id: &str, number: u32) -> Vec<u8> {
    [attempts_prefix(merchant, order_id).as_slice(), &number.to_be_bytes()].concat()
}

fn attempts_prefix(merchant: &MerchantId, order_id: &str) -> Vec<u8> {
    [&[ATTEMPT], merchant.as_bytes().as_slice(), order_id.as_bytes(), &[0]].concat()
}

/// The key of a merchant's sums of a day.
#[must_use]
pub fn totals_key(merchant: &MerchantId, day: &str) -> Vec<u8> {
    [&[TOTALS], merchant.as_bytes().as_slice(), day.as_bytes()].concat()
}

/// The key of a payee's settlement.
#[must_use]
pub fn settlement_key(payee: &Payee) -> Vec<u8> {
    [&[SETTLEMENT], payee.as_bytes().as_slice()].concat()
}

/// The key of where a closing stands, as long as something of it is undelivered.
#[must_use]
pub fn closing_key(payee: &Payee, closing: u32) -> Vec<u8> {
    [&[CLOSING], payee.as_bytes().as_slice(), &closing.to_be_bytes()].concat()
}

/// The key of the last day that was closed of a merchant: asked of every payment, so it has a row of its own.
#[must_use]
pub fn last_closed_key(merchant: &MerchantId) -> Vec<u8> {
    [&[LAST_CLOSED], merchant.as_bytes().as_slice()].concat()
}

/// The key of a payment whose outcome is open.
#[must_use]
pub fn open_key(merchant: &MerchantId, payment: &PaymentId) -> Vec<u8> {
    [open_prefix(merchant).as_slice(), payment.as_bytes()].concat()
}

fn open_prefix(merchant: &MerchantId) -> Vec<u8> {
    [&[OPEN], merchant.as_bytes().as_slice()].concat()
}

/// A merchant's payments whose outcome is open, in the order of their ids.
///
/// # Errors
/// When the store cannot be read.
pub fn open(rows: &dyn Rows, merchant: &MerchantId) -> Result<Vec<PaymentId>, StoreError> {
    let prefix = open_prefix(merchant);
    let found = rows.range(&prefix, &after_prefix(&prefix), usize::MAX)?;
    let id = |key: &[u8]| {
        let bytes = key.get(prefix.len()..).unwrap_or_default();
        uuid::Uuid::from_slice(bytes).map(PaymentId::new).map_err(|why| unreadable(key, why))
    };
    found.iter().map(|(key, _)| id(key)).collect()
}

/// The key of the one row that holds the partition's genesis.
#[must_use]
pub fn genesis_key() -> Vec<u8> {
    vec![GENESIS]
}

/// The key of a directory event by its seq: the directory is replayed in that order.
#[must_use]
pub fn directory_key(seq: u64) -> Vec<u8> {
    [&[DIRECTORY], seq.to_be_bytes().as_slice()].concat()
}

/// The key of a timer: rows come in the order they are due.
#[must_use]
pub fn due_key(stream: &str, due: &Due) -> Vec<u8> {
    let when = due.due_ms.max(0).to_be_bytes();
    [&[DUE], when.as_slice(), stream.as_bytes(), &[0], due.tag.as_bytes()].concat()
}

/// Stream and timer of a row of the due table.
///
/// # Errors
/// When it is no such row.
pub fn read_due_key(key: &[u8]) -> Result<(String, Due), StoreError> {
    let parsed = || {
        let (when, rest) = key.strip_prefix(&[DUE])?.split_first_chunk::<8>()?;
        let (stream, tag) = std::str::from_utf8(rest).ok()?.split_once('\0')?;
        Some((stream.to_owned(), Due { due_ms: i64::from_be_bytes(*when), tag: tag.to_owned() }))
    };
    parsed().ok_or_else(|| unreadable(key, "not a due time"))
}

/// Whether a row's key is a timer's.
#[must_use]
pub fn is_due_key(key: &[u8]) -> bool {
    key.first() == Some(&DUE)
}

/// The key that no timer due at or before an instant reaches.
#[must_use]
pub fn due_after(instant_ms: i64) -> Vec<u8> {
    [&[DUE], instant_ms.max(0).saturating_add(1).to_be_bytes().as_slice()].concat()
}

/// The keys of all timers there are, the earliest first.
///
/// # Errors
/// When the store cannot be read.
pub fn due_keys(rows: &dyn Rows) -> Result<Vec<Vec<u8>>, StoreError> {
    let found = rows.range(&[DUE], &due_after(i64::MAX - 1), usize::MAX)?;
    Ok(found.into_iter().map(|(key, _)| key).collect())
}

/// An order id's payments, oldest first.
///
/// # Errors
/// When the store cannot be read.
pub fn attempts(
    rows: &dyn Rows,
    merchant: &MerchantId,
    order_id: &str,
    limit: usize,
) -> Result<Vec<PaymentId>, StoreError> {
    let prefix = attempts_prefix(merchant, order_id);
    let found = rows.range(&prefix, &after_prefix(&prefix), limit)?;
    found.iter().map(|(key, value)| payment_id(key, value)).collect()
}

/// Reads a payment id that is a row's value.
///
/// # Errors
/// When it is none.
pub fn payment_id(key: &[u8], value: &[u8]) -> Result<PaymentId, StoreError> {
    let text = std::str::from_utf8(value).map_err(|why| unreadable(key, why))?;
    text.parse().map_err(|why| unreadable(key, why))
}

/// So many events are read one by one: each is looked for in the one table that has it, a range in every table there is.
const FEW: usize = 8;

fn few(rows: &dyn Rows, stream: &str, versions: RangeInclusive<u32>) -> Result<Vec<Row>, StoreError> {
    let mut found = Vec::with_capacity(FEW);
    for key in versions.map(|version| record_key(stream, version)) {
        if let Some(value) = rows.get(&key)? {
            found.push((key, value));
        }
    }
    Ok(found)
}

/// The events of a stream from a version to a version, both included.
///
/// # Errors
/// When the store cannot be read or an event is missing.
pub fn records(rows: &dyn Rows, stream: &str, first: u32, last: u32) -> Result<Vec<RecordRow>, StoreError> {
    let (from, to) = (record_key(stream, first), record_key(stream, last.saturating_add(1)));
    let count = usize::try_from(last.saturating_add(1).saturating_sub(first)).unwrap_or(usize::MAX);
    let found = if count <= FEW { few(rows, stream, first..=last)? } else { rows.range(&from, &to, count)? };
    if found.len() != count {
        return Err(unreadable(&from, format!("{} events where {count} should be", found.len())));
    }
    found.iter().map(|(key, value)| RecordRow::decode(key, value)).collect()
}

/// A row that does not hold what it should.
pub fn unreadable(key: &[u8], why: impl std::fmt::Display) -> StoreError {
    StoreError::Row { key: hex::encode(key), why: why.to_string() }
}

/// Reads one row of a kind.
///
/// # Errors
/// When the store cannot be read.
pub fn read<T>(
    rows: &dyn Rows,
    key: &[u8],
    decode: impl FnOnce(&[u8], &[u8]) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    rows.get(key)?.map(|value| decode(key, &value)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::LINKS;

    #[test]
    fn every_kind_of_row_has_a_letter_of_its_own_and_none_the_stores() {
        let kinds = [
            CURSOR,
            RECORD,
            STREAM,
            COMMAND,
            ORDER,
            ATTEMPT,
            DUE,
            TOTALS,
            GENESIS,
            DIRECTORY,
            SETTLEMENT,
            CLOSING,
            OPEN,
            LAST_CLOSED,
        ];
        let all: Vec<u8> = kinds.into_iter().chain(LINKS).collect();
        let different: std::collections::BTreeSet<u8> = all.iter().copied().collect();
        assert_eq!(different.len(), all.len());
    }
}
