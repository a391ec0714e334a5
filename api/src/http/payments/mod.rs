//! Card payments: key-in, cancel, resolve, metadata, and the confirmed reads of one payment. Lists are read models: `queries`.

pub mod body;
pub mod cancel_payment;
pub mod change_metadata;
mod from_tables;
pub mod get_order;
pub mod get_payment;
pub mod key_in_payment;
pub mod outcome;
pub mod resolve_payment;
