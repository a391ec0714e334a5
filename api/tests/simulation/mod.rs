//! A whole ledger in one thread: several processes with the real partitions, owners and writers, a directory and two payments
//! partitions that misbehave, a network between the processes, an acquirer, operators and clients, and misfortune by seed.
#![allow(dead_code, reason = "what a failure's message or a reader of a run wants to know")]

pub mod acquirer;
pub mod beats;
pub mod check;
pub mod clients;
pub mod commissions;
pub mod http;
pub mod ledger;
pub mod line;
pub mod lookup;
pub mod operators;
pub mod payees;
pub mod peers;
pub mod process;
pub mod sabotage;
pub mod settle;
pub mod told;
pub mod world;
