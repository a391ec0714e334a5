//! Where the projections stand: how far they have got, how far that was verified, and where one has stopped.

use super::row::Columns;
use super::{PositionVector, Queries, QueryError};
use ledger_domain::days::Moment;
use ledger_log::PartitionId;
use mysql_async::Row;
use mysql_async::prelude::Queryable;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

const LIST: &str = include_str!("list.sql");

/// How far the ledger has got: the last accepted record of each partition, by the partition's name.
pub type Heads = BTreeMap<String, u64>;

/// What a projection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// It follows the ledger.
    Running,
    /// It follows the ledger, and is filled anew beside that.
    Rebuilding,
    /// It stands still in at least one partition, for good.
    Stopped,
}

/// One projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionStatus {
    /// Its name, which is its table's.
    pub projection: String,
    /// Version of its rows: a rebuild is one more.
    pub version: u32,
    /// Version of the mapping that made them.
    pub mapping: u32,
    /// What it is doing.
    pub state: State,
    /// How far it has got, a vector of positions.
    pub position: String,
    /// How many records it is behind; null where this process does not know how far the ledger has got.
    pub lag_records: Option<u64>,
    /// For how long the partition furthest behind has stood still while there was more, ms; 0 when level.
    pub lag_ms: Option<u64>,
    /// How far its rows were compared with the ledger and found equal, a vector of positions; empty when never.
    pub verified_through: String,
    /// When that was; null when never.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(serialize_with = "crate::queries::maybe_seoul")]
    pub verified_at: Option<Moment>,
    /// The rebuild that is under way.
    pub rebuild: Option<Rebuild>,
    /// Each partition by itself.
    pub partitions: Vec<PartitionStatus>,
}

/// A projection in one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PartitionStatus {
    /// `topic/partition`.
    pub partition: String,
    /// The last record whose rows are in the table.
    pub seq: u64,
    /// The last record of the ledger, as far as this process knows.
    pub ledger_seq: Option<u64>,
    /// The difference.
    pub lag_records: Option<u64>,
    /// For how long it has stood still while there was more, ms.
    pub lag_ms: Option<u64>,
    /// Where it has stopped for good, and why.
    pub stopped: Option<Stopped>,
}

/// Why a projection stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stopped {
    /// For a person, with the position.
    pub why: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    #[serde(serialize_with = "crate::queries::seoul")]
    pub since: Moment,
}

/// A version that is filled beside the live one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rebuild {
    /// Which.
    pub version: u32,
    /// How far it has got, a vector of positions.
    pub position: String,
    /// Records it has read.
    pub records: u64,
    /// Records that the live version has read: at that many it takes its place.
    pub of_records: u64,
}

struct Checkpoint {
    projection: String,
    version: u32,
    mapping: u32,
    at: PartitionId,
    seq: u64,
    still_ms: u64,
    verified: Option<(u64, Moment)>,
    stopped: Option<Stopped>,
}

impl Checkpoint {
    fn read(row: Row) -> Result<Checkpoint, QueryError> {
        let mut c = Columns::of(row);
        let (projection, version, mapping) = (c.text()?, c.number()?, c.number()?);
        let at = PartitionId { topic: c.text()?.into(), partition: c.small()? };
        let (seq, still_ms) = (unsigned(c.number()?), unsigned(c.number()?));
        let verified = c.maybe_number()?.map(unsigned).zip(c.maybe_instant()?);
        let stopped = c.maybe_text()?.zip(c.maybe_instant()?).map(|(why, since)| Stopped { why, since });
        let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
        let (version, mapping) = (small(version), small(mapping));
        Ok(Checkpoint { projection, version, mapping, at, seq, still_ms, verified, stopped })
    }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

impl Queries {
    /// Every projection, against how far the ledger has got.
    ///
    /// # Errors
    /// [`QueryError::Unavailable`] when MariaDB does not answer in time.
    pub async fn projections(&self, heads: &Heads) -> Result<Vec<ProjectionStatus>, QueryError> {
        let rows: Result<Vec<Row>, QueryError> =
            self.database.run(async |conn| Ok(conn.exec(LIST, ()).await?)).await;
        let mut all: BTreeMap<String, Vec<Checkpoint>> = BTreeMap::new();
        for row in rows? {
            let checkpoint = Checkpoint::read(row)?;
            all.entry(checkpoint.projection.clone()).or_default().push(checkpoint);
        }
        Ok(all.into_iter().filter_map(|(name, checkpoints)| status(name, &checkpoints, heads)).collect())
    }
}

fn status(projection: String, all: &[Checkpoint], heads: &Heads) -> Option<ProjectionStatus> {
    let version = all.iter().map(|checkpoint| checkpoint.version).min()?;
    let (live, other): (Vec<&Checkpoint>, Vec<&Checkpoint>) =
        all.iter().partition(|checkpoint| checkpoint.version == version);
    let partitions: Vec<PartitionStatus> = live.iter().map(|one| partition(one, heads)).collect();
    let rebuild = other.iter().map(|checkpoint| checkpoint.version).max().map(|version| {
        let filled: Vec<&Checkpoint> =
            other.iter().copied().filter(|checkpoint| checkpoint.version == version).collect();
        let sum =
            |of: &[&Checkpoint]| of.iter().map(|checkpoint| checkpoint.seq).fold(0, u64::saturating_add);
        let position = vector(filled.iter().map(|checkpoint| (&checkpoint.at, checkpoint.seq)));
        Rebuild { version, position, records: sum(&filled), of_records: sum(&live) }
    });
    let is_stopped = partitions.iter().any(|partition| partition.stopped.is_some());
    let verified = live.iter().filter_map(|one| one.verified.map(|(seq, _)| (&one.at, seq)));
    Some(ProjectionStatus {
        version,
        mapping: live.iter().map(|checkpoint| checkpoint.mapping).max()?,
        state: match (&rebuild, is_stopped) {
            (_, true) => State::Stopped,
            (Some(_), false) => State::Rebuilding,
            (None, false) => State::Running,
        },
        position: vector(live.iter().map(|checkpoint| (&checkpoint.at, checkpoint.seq))),
        lag_records: partitions.iter().map(|at| at.lag_records).sum(),
        lag_ms: partitions.iter().map(|at| at.lag_ms).try_fold(0, |most, lag| Some(lag?.max(most))),
        verified_through: vector(verified),
        verified_at: live.iter().filter_map(|one| one.verified.map(|(_, at)| at)).min(),
        rebuild,
        partitions,
        projection,
    })
}

fn partition(one: &Checkpoint, heads: &Heads) -> PartitionStatus {
    let partition = one.at.to_string();
    let ledger_seq = heads.get(&partition).copied();
    let lag_records = ledger_seq.map(|head| head.saturating_sub(one.seq));
    let lag_ms = lag_records.map(|lag| if lag == 0 { 0 } else { one.still_ms });
    PartitionStatus { partition, seq: one.seq, ledger_seq, lag_records, lag_ms, stopped: one.stopped.clone() }
}

fn vector<'a>(all: impl Iterator<Item = (&'a PartitionId, u64)>) -> String {
    let mut vector = PositionVector::default();
    all.filter(|(_, seq)| *seq > 0).for_each(|(at, seq)| vector.insert(&at.topic, at.partition, seq));
    vector.to_string()
}
