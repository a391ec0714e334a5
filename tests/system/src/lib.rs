//! End to end, faults, load, benchmarks: what a user of the whole product sees, through its public interfaces.
//! Nothing here knows the product's insides, except that the audits read the ledger's topics as any reader may.

pub mod audit;
pub mod bench;
pub mod client;
pub mod day;
pub mod envelope;
pub mod failure;
pub mod generate;
pub mod honest;
pub mod linear;
pub mod load;
pub mod rig;
pub mod secrets;
pub mod sql;
pub mod torture;
pub mod town;
pub mod wire;

pub use failure::{Done, Failure};
