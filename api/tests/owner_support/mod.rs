//! What the owner's tests share: a directory with two merchants, submissions, a simulated acquirer, and a world that runs real
//! owners and real writers over the simulated partition.
#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod acquirer;
pub mod check;
pub mod desk;
pub mod directory;
pub mod process;
pub mod wishes;
pub mod world;
