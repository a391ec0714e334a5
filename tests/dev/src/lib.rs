//! The local stack: cargo dev. Pulls in no crate with C code, because it must run before a C library is installed.
//! Also the servers that tests start, kill and restart: `Stack`, `Server`, `testing`.

pub mod builds;
pub mod commands;
pub mod engines;
pub mod envfile;
mod error;
pub mod install;
pub mod kafka;
pub mod logfile;
pub mod mariadb;
pub mod out;
mod paths;
pub mod ports;
pub mod process;
pub mod progress;
pub mod ready;
pub mod secrets;
pub mod server;
pub mod site;
mod spawner;
pub mod stack;
pub mod state;
pub mod supervisor;
pub mod sys;
pub mod test_run;
pub mod testing;

pub use error::DevError;
pub use paths::Paths;
pub use server::{Recipe, Server};
pub use stack::{Stack, StackOptions};
