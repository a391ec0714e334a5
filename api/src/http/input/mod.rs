//! Bytes in, checked values out. Parsing is strict and stops at the first complaint, which names the field.

pub mod fault;
pub mod fields;
pub mod raw;

pub use fault::{Fault, Kind};
pub use fields::Fields;
