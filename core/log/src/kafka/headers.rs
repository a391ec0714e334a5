//! A message's headers as they are. rdkafka's own accessor panics on a name that is not UTF-8, and anybody who
//! may write to the topic could stop every reader with one.

use crate::record::{Headers, RawRecord};
use rdkafka::Message;
use rdkafka::bindings::{
    rd_kafka_header_cnt, rd_kafka_header_get_all, rd_kafka_headers_t, rd_kafka_message_headers,
    rd_kafka_resp_err_t,
};
use rdkafka::message::BorrowedMessage;
use std::ffi::CStr;
use std::ptr;

/// Room for the headers of an ordinary record, in bytes: it is asked for once.
const ROOM: usize = 1_024;

/// The message as the reader judges it. A missing value reads as empty.
pub(super) fn raw(message: &BorrowedMessage<'_>) -> RawRecord {
    RawRecord {
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis().unwrap_or(-1),
        headers: headers(message),
        value: message.payload().unwrap_or_default().to_vec(),
    }
}

/// All headers in order. A name that is not UTF-8 is read with replacement characters: no record of the
/// ledger has one, and every reader sees the same. Headers that cannot be parsed read as none.
#[expect(unsafe_code, reason = "the safe accessor panics on foreign header names")]
fn headers(message: &BorrowedMessage<'_>) -> Headers {
    let mut native: *mut rd_kafka_headers_t = ptr::null_mut();
    // SAFETY: `message` is a valid message for the whole function; librdkafka parses its headers in place and
    // keeps ownership of them until the message is destroyed.
    let error = unsafe { rd_kafka_message_headers(message.ptr(), &mut native) };
    if error != rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || native.is_null() {
        return Headers::new();
    }
    // SAFETY: `native` was set by the call above and lives as long as `message`.
    let count = unsafe { rd_kafka_header_cnt(native) };
    let mut headers = Headers::with_capacity(ROOM);
    for index in 0..count {
        let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
        // SAFETY: as above; the three out-pointers are valid for writing.
        let error = unsafe { rd_kafka_header_get_all(native, index, &mut name, &mut value, &mut size) };
        if error != rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR || name.is_null() {
            break;
        }
        // SAFETY: librdkafka ends every name with a zero byte and keeps it as long as the message.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        let value: &[u8] = if value.is_null() {
            &[]
        } else {
            // SAFETY: librdkafka gives `size` readable bytes at `value`, kept as long as the message.
            unsafe { std::slice::from_raw_parts(value.cast::<u8>(), size) }
        };
        headers.push(&name, value);
    }
    headers
}
