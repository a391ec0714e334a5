//! What every part of the projector needs: where Kafka and MariaDB are, how to wait, and what can go wrong.

use crate::db::{Database, DbError, Remedy};
use crate::entry::CannotProject;
use crate::lane::{Lane, Standstill, Step};
use crate::projections::cells::Unreadable;
use ledger_log::kafka::{FollowError, KafkaError, KafkaSettings, read_at};
use ledger_log::{Cursor, PartitionId, Reader, Stop};
use ledger_runtime::{DatabaseError, Shutdown};
use mysql_async::Conn;
use std::time::Duration;
use tokio::runtime::Handle;

/// Where things are, and the runtime that MariaDB's connections live on.
#[derive(Clone)]
pub struct Context {
    /// Where the ledger is.
    pub kafka: KafkaSettings,
    /// Where the tables are.
    pub database: Database,
    /// Drives the connections.
    pub runtime: Handle,
    /// The wish to end.
    pub shutdown: Shutdown,
}

/// Why work on a partition ended.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The ledger cannot be read, or must not be read on.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// Kafka does not answer.
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// MariaDB failed.
    #[error(transparent)]
    Db(#[from] DbError),
    /// Somebody else has the partition, or a rebuild replaced the version: begin again from what is there now.
    #[error("{0}")]
    Lost(String),
    /// An accepted record that this program cannot use.
    #[error(transparent)]
    CannotProject(#[from] CannotProject),
    /// A row that this program never wrote.
    #[error("MariaDB holds a row this program did not write: {0}")]
    Unreadable(#[from] Unreadable),
    /// A projection stands still, and no other one goes on either.
    #[error(transparent)]
    Standstill(#[from] Standstill),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Trouble {
        Trouble::Follow(stop.into())
    }
}

impl Trouble {
    /// Whether waiting and beginning again can help.
    pub fn passes(&self) -> bool {
        match self {
            Trouble::Follow(FollowError::Kafka(_)) | Trouble::Kafka(_) | Trouble::Lost(_) => true,
            Trouble::Db(e) => e.remedy() != Remedy::GiveUp,
            Trouble::Follow(FollowError::Stop(_))
            | Trouble::CannotProject(_)
            | Trouble::Unreadable(_)
            | Trouble::Standstill(_) => false,
        }
    }
}

impl Context {
    /// Whether the process was asked to end.
    pub fn stopping(&self) -> bool {
        self.shutdown.is_requested()
    }

    /// Sleeps for so long, or until the process is asked to end.
    pub fn wait(&self, time: Duration) {
        self.shutdown.wait(time);
    }

    /// Runs a conversation with MariaDB to its end, from a thread of its own. When it takes too long it is broken off,
    /// and the error's remedy is to give the connection up: it must not be used again.
    ///
    /// # Errors
    /// The conversation's own, or that it took too long.
    pub fn wait_for<T, E: From<DbError>>(
        &self,
        conversation: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let limit = self.database.limit();
        self.runtime.block_on(async {
            match tokio::time::timeout(limit, conversation).await {
                Ok(outcome) => outcome,
                Err(_) => Err(DbError::from(DatabaseError::TimedOut(limit)).into()),
            }
        })
    }

    /// The same context with statements that may take so long.
    pub fn patient(&self, statement: Duration) -> Context {
        Context { database: self.database.patient(statement), ..self.clone() }
    }

    /// A connection of one's own.
    ///
    /// # Errors
    /// When MariaDB is away.
    pub fn connect(&self) -> Result<Conn, DbError> {
        self.wait_for(self.database.connect())
    }

    /// Re-reads the record of a checkpoint and compares.
    ///
    /// # Errors
    /// A [`Stop`] with both hashes when it is missing or another one.
    pub fn verify_cursor(&self, at: &PartitionId, cursor: &Cursor) -> Result<(), Trouble> {
        let found = read_at(&self.kafka, at, cursor.offset)?;
        Ok(Reader::verify_cursor(at, cursor, found.as_ref())?)
    }

    /// Tells the metrics how far the lanes are, and which stopped.
    pub fn report(&self, lanes: &[Lane]) {
        for lane in lanes {
            let labels = [
                ("projection", lane.projection.name.to_owned()),
                ("partition", lane.checkpoint.at.to_string()),
            ];
            // A gauge is a float; no total rests on it.
            ::metrics::gauge!("ledger_projection_seq", &labels).set(lane.checkpoint.seq() as f64);
            let stopped = f64::from(u8::from(lane.stopped.is_some()));
            ::metrics::gauge!("ledger_projection_stopped", &labels).set(stopped);
        }
    }

    /// Counts what is about to be written.
    pub fn count(&self, steps: &[(&mut Lane, Step)]) {
        for (lane, step) in steps {
            let records = u64::try_from(step.records).unwrap_or(u64::MAX);
            ::metrics::counter!("ledger_projection_records_total", "projection" => lane.projection.name)
                .increment(records);
        }
    }
}
