//! Reads over the tables that the projector fills. Every list is confined in one place, every answer says how far its
//! tables had got, and nothing here asks Kafka or the owner: with either stopped, reads go on.

pub mod balances;
pub mod branch_sales;
pub mod confine;
pub mod cursor;
mod payments;
pub mod position;
pub mod projections;
mod row;
pub mod settlements;
pub mod transactions;
mod watch;

pub use position::PositionVector;

use ledger_domain::days::Moment;
use ledger_runtime::{Database, DatabaseError};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Row};
use row::Columns;
use serde::Serializer;
use watch::Watch;

const CHECKPOINTS: &str = include_str!("checkpoints.sql");

/// Why a read has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// MariaDB does not answer, or not in time.
    #[error("{0}")]
    Unavailable(#[from] DatabaseError),
    /// The tables did not reach the position in time.
    #[error("the tables are at {through}")]
    Behind {
        /// Where they are.
        through: PositionVector,
    },
    /// The position names a topic of another ledger.
    #[error("the position is not one of this ledger")]
    ForeignPosition,
    /// A query or a row is not what this program expects.
    #[error("{0}")]
    Broken(String),
}

impl From<Error> for QueryError {
    fn from(error: Error) -> QueryError {
        QueryError::Unavailable(error.into())
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; None on the last one.
    pub next: Option<String>,
    /// How far the table had got when the page was read.
    pub through: PositionVector,
}

impl<T> Page<T> {
    /// Of one row more than asked for: that one only says that there is a next page.
    fn cut(mut rows: Vec<T>, limit: u16, through: PositionVector, cursor: impl Fn(&T) -> String) -> Page<T> {
        let more = rows.len() > usize::from(limit);
        rows.truncate(limit.into());
        let next = rows.last().filter(|_| more).map(cursor);
        Page { rows, next, through }
    }
}

/// The read models. Clones share the connections and the one task that watches how far the tables are.
#[derive(Clone)]
pub struct Queries {
    database: Database,
    watch: Watch,
}

impl Queries {
    /// Over these tables. Must be called within a tokio runtime that lives as long as the process.
    pub fn new(database: Database) -> Queries {
        Queries { watch: Watch::start(database.clone()), database }
    }

    /// Waits until a projection has reached these positions, for at most two seconds.
    ///
    /// # Errors
    /// [`QueryError::Behind`] after that time, [`QueryError::ForeignPosition`], or MariaDB is away.
    pub async fn reached(&self, projection: &'static str, wanted: &PositionVector) -> Result<(), QueryError> {
        self.watch.reached(projection, wanted).await
    }

    /// Reads at one moment: the rows, and how far their table had got then.
    async fn snapshot<T, F>(
        &self,
        projection: &'static str,
        read: F,
    ) -> Result<(T, PositionVector), QueryError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn) -> Result<T, QueryError> + Send + 'static,
    {
        self.snapshot_of(&[projection], read).await
    }

    /// The same of several tables: what all of them hold.
    async fn snapshot_of<T, F>(
        &self,
        projections: &[&'static str],
        read: F,
    ) -> Result<(T, PositionVector), QueryError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(&mut Conn) -> Result<T, QueryError> + Send + 'static,
    {
        let projections = projections.to_vec();
        let work = async move |conn: &mut Conn| -> Result<(T, PositionVector), QueryError> {
            let mut all = checkpoints(conn).await?;
            let reached = projections.iter().map(|projection| all.remove(*projection).unwrap_or_default());
            let through = reached.reduce(|one, other| one.both(&other)).unwrap_or_default();
            Ok((read(conn).await?, through))
        };
        self.database.snapshot(work).await
    }
}

type Checkpoints = std::collections::BTreeMap<String, PositionVector>;

/// How far each projection has got.
async fn checkpoints(conn: &mut Conn) -> Result<Checkpoints, QueryError> {
    let rows: Vec<Row> = conn.exec(CHECKPOINTS, ()).await?;
    let mut checkpoints = Checkpoints::new();
    for row in rows {
        let mut c = Columns::of(row);
        let (projection, topic, partition, seq) = (c.text()?, c.text()?, c.small()?, c.number()?);
        checkpoints.entry(projection).or_default().insert(&topic, partition, u64::try_from(seq).unwrap_or(0));
    }
    Ok(checkpoints)
}

/// Instants leave the api in Seoul's time.
fn seoul<S: Serializer>(at: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::http::instant::seoul(*at))
}

fn maybe_seoul<S: Serializer>(at: &Option<Moment>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => seoul(at, serializer),
        None => serializer.serialize_none(),
    }
}
