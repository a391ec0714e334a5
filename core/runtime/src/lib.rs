//! What every process needs: configuration, telemetry, shutdown, and the one hander-out of MariaDB connections.
//! It knows no ledger.

pub mod config;
pub mod database;
pub mod shutdown;
pub mod telemetry;

pub use config::{ConfigError, Secret, Vars};
pub use database::{Database, DatabaseError, DatabaseSettings, Isolation};
pub use shutdown::Shutdown;
pub use telemetry::{Telemetry, TelemetrySettings};
