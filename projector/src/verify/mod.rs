//! Recomputes every table from the ledger, at one snapshot of the database, and names the first row that differs.
//! Because this shares the mapping with the projector, totals are also compared by SQL that shares nothing with it.

mod report;
mod snapshot;
pub mod totals;

pub use report::Difference;

use crate::checkpoint::Checkpoint;
use crate::context::{Context, Trouble};
use crate::entry::{CannotProject, Decoded};
use crate::follow::{Until, read};
use crate::projections::Fold;
use ledger_log::{Hash, PartitionId};
use mysql_async::Conn;
use snapshot::Projected;
use std::collections::{BTreeMap, BTreeSet};

/// What was compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows compared, by projection.
    pub rows: BTreeMap<&'static str, u64>,
    /// How far, by projection: a position vector.
    pub through: BTreeMap<&'static str, String>,
    /// The checkpoints whose rows were compared.
    pub checkpoints: Vec<Checkpoint>,
    /// Records read from the ledger.
    pub records: u64,
    /// Groups whose totals were compared; None when the projections stand at different positions.
    pub totals: Option<u64>,
}

/// Why verification did not end well.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A table is not what the ledger says.
    #[error("DIFFERENT: {0}")]
    Different(Difference),
    /// It could not be found out.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl From<crate::db::DbError> for VerifyError {
    fn from(error: crate::db::DbError) -> VerifyError {
        VerifyError::Trouble(error.into())
    }
}

/// Compares everything.
///
/// # Errors
/// [`VerifyError::Different`] with the first difference; [`VerifyError::Trouble`] when the ledger or the tables cannot
/// be read.
pub fn verify(context: &Context) -> Result<Verified, VerifyError> {
    let mut conn = context.connect().map_err(Trouble::from)?;
    let projected = context.wait_for(snapshot::open(&mut conn))?;
    let mut verified = Verified::default();
    for one in &projected {
        if let Some(partition) = context.wait_for(snapshot::strange_partition(&mut conn, one))? {
            return Err(VerifyError::Different(Difference::Partition {
                projection: one.projection.name,
                partition,
            }));
        }
        let through: Vec<String> =
            one.checkpoints.iter().map(|at| format!("{}:{}", at.at, at.seq())).collect();
        verified.through.insert(one.projection.name, through.join(","));
        verified.checkpoints.extend(one.checkpoints.iter().cloned());
    }
    let partitions: BTreeSet<PartitionId> = projected
        .iter()
        .flat_map(|one| one.checkpoints.iter().map(|checkpoint| checkpoint.at.clone()))
        .collect();
    for at in partitions {
        verify_partition(context, &mut conn, &projected, &at, &mut verified)?;
    }
    if in_step(&projected) {
        verified.totals = Some(totals::compare(context, &mut conn)?);
    }
    Ok(verified)
}

/// The totals of two tables can be compared only when both are at the same place everywhere.
fn in_step(projected: &[Projected]) -> bool {
    let places =
        |one: &Projected| -> Vec<_> { one.checkpoints.iter().map(|at| (at.at.clone(), at.seq())).collect() };
    projected.windows(2).all(|pair| match pair {
        [a, b] => places(a) == places(b),
        _ => true,
    })
}

/// One projection's rows of one partition, recomputed.
struct Replay {
    index: usize,
    until: u64,
    hash: Hash,
    found: Option<Hash>,
    fold: Box<dyn Fold>,
}

fn verify_partition(
    context: &Context,
    conn: &mut Conn,
    projected: &[Projected],
    at: &PartitionId,
    verified: &mut Verified,
) -> Result<(), VerifyError> {
    let mut replays = replays(projected, at);
    let last = replays.iter().map(|replay| replay.until).max().unwrap_or(0);
    read(context, at, Until::Seq(last), |batch| -> Result<(), Trouble> {
        for accepted in &batch.accepted {
            verified.records = verified.records.saturating_add(1);
            let decoded = Decoded::of(at, accepted);
            for replay in &mut replays {
                replay.take(&decoded)?;
            }
        }
        Ok(())
    })?;
    for replay in &replays {
        let Some(one) = projected.get(replay.index) else { continue };
        replay.check_hash(one.projection.name, at)?;
        // Directory positions have no rows; another topic's partition of the same number does.
        if at.topic != payments(context) {
            continue;
        }
        let mut expected: Vec<_> = replay.fold.rows().collect();
        let mut expected = expected.drain(..);
        let compared = snapshot::compare(conn, one.projection, at.partition, &mut expected);
        let (rows, differs) = context.wait_for(compared)?;
        *verified.rows.entry(one.projection.name).or_default() += rows;
        if let Some((wanted, found)) = differs {
            let difference =
                Difference::between(one.projection, at.partition, wanted.as_ref(), found.as_ref());
            return Err(VerifyError::Different(difference));
        }
    }
    Ok(())
}

fn payments(context: &Context) -> std::sync::Arc<str> {
    context.kafka.topics().payments.into()
}

fn replays(projected: &[Projected], at: &PartitionId) -> Vec<Replay> {
    let of = |(index, one): (usize, &Projected)| {
        let checkpoint = one.checkpoints.iter().find(|checkpoint| checkpoint.at == *at)?;
        let fold = (one.projection.fold)();
        Some(Replay { index, until: checkpoint.seq(), hash: checkpoint.hash(), found: None, fold })
    };
    projected.iter().enumerate().filter_map(of).collect()
}

impl Replay {
    fn take(&mut self, decoded: &Decoded) -> Result<(), CannotProject> {
        if decoded.cursor.seq > self.until {
            return Ok(());
        }
        if decoded.cursor.seq == self.until {
            self.found = Some(decoded.cursor.hash);
        }
        match &decoded.entry {
            Ok(Some(entry)) => self.fold.apply(entry),
            Ok(None) => Ok(()),
            Err(why) => Err(why.clone()),
        }
    }

    fn check_hash(&self, projection: &'static str, at: &PartitionId) -> Result<(), VerifyError> {
        match self.found {
            Some(found) if found != self.hash => Err(VerifyError::Different(Difference::Checkpoint {
                projection,
                at: format!("{at}:{}", self.until),
                what: format!("its hash is {}, the ledger's is {found}", self.hash),
            })),
            _ => Ok(()),
        }
    }
}
