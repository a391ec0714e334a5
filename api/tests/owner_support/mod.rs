//! What the owner's tests share: a directory with two merchants, submissions, and one real owner with its real writer over the
//! simulated partition.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod desk;
pub mod directory;
pub mod process;
pub mod wishes;
