//! A record's bytes as pairs that a test can change.

use ledger_domain::Event;
use ledger_domain::recorded::{self, Meta, Unreadable};

/// A record's headers in their order.
pub type Headers = Vec<(String, Vec<u8>)>;

pub fn write(event: &Event, meta: &Meta) -> (Headers, Vec<u8>) {
    let mut headers = Headers::new();
    let value = recorded::write(event, meta, |name, text| headers.push((name.to_owned(), text.to_vec())));
    (headers, value)
}

pub fn read(headers: &[(String, Vec<u8>)], value: &[u8]) -> Result<(Event, Meta), Unreadable> {
    recorded::read(headers.iter().map(|(name, text)| (name.as_str(), text.as_slice())), value)
}
