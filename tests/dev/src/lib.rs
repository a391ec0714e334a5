//! The local stack: cargo dev. Pulls in no crate with C code, because it must run before a C library is installed.
//! Also the servers that tests start, kill and restart: `Stack`, `Server`, `testing`.

pub mod builds;
pub mod engines;
pub mod envfile;
mod error;
pub mod install;
pub mod kafka;
pub mod logfile;
pub mod mariadb;
mod paths;
pub mod ports;
pub mod process;
pub mod progress;
pub mod ready;
pub mod secrets;
pub mod server;
mod spawner;
pub mod sys;
pub mod testing;

pub use error::DevError;
pub use paths::Paths;
pub use server::{Recipe, Server};
