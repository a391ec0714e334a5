//! One projection on one partition: where it stands, what of a batch is new to it, and why it stopped if it did.
//! It holds no connection; `write` moves several lanes in one transaction.

use crate::checkpoint::Checkpoint;
use crate::entry::{CannotProject, Decoded, position};
use crate::projections::cells::Unreadable;
use crate::projections::{Cells, Fold, Projection};
use ledger_log::Cursor;

/// Why a projection stands still in a partition while others go on.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Standstill {
    /// An accepted record that this program cannot use.
    #[error(transparent)]
    CannotProject(#[from] CannotProject),
    /// The live table was made by another version of the mapping, and rows of two mappings must not meet in it.
    #[error(
        "{projection} was made by mapping {table}, this program has mapping {program}: run `ledger-projector rebuild \
         {projection}` with the program that is to go on"
    )]
    OtherMapping {
        /// Which projection.
        projection: &'static str,
        /// The mapping that made the table.
        table: u32,
        /// This program's.
        program: u32,
    },
}

impl Standstill {
    /// Whether nothing is expected to change while this process runs.
    pub fn is_for_good(&self) -> bool {
        match self {
            Standstill::CannotProject(_) => true,
            Standstill::OtherMapping { .. } => false,
        }
    }
}

/// Where one projection stands in one partition.
#[derive(Debug, Clone)]
pub struct Lane {
    /// Which projection.
    pub projection: &'static Projection,
    /// The table its rows go to: the live one, or `<name>_vN` during a rebuild.
    pub table: String,
    /// The checkpoint as this process last read or wrote it.
    pub checkpoint: Checkpoint,
    /// Why it must not go on, once that is so; it never does again.
    pub stopped: Option<Standstill>,
}

/// What one batch means to one lane.
pub struct Step {
    /// The folded row changes.
    pub fold: Box<dyn Fold>,
    /// The last record in them.
    pub to: Cursor,
    /// How many records were folded.
    pub records: usize,
}

/// A step, or the index of the record that cannot be folded.
type Folded = Result<Option<Step>, (usize, CannotProject)>;

impl Lane {
    /// Into the live table, which this program goes on with only where its own mapping made it.
    pub fn live(projection: &'static Projection, checkpoint: Checkpoint) -> Lane {
        let stopped = (checkpoint.mapping != projection.mapping).then_some(Standstill::OtherMapping {
            projection: projection.name,
            table: checkpoint.mapping,
            program: projection.mapping,
        });
        Lane { projection, table: projection.name.to_owned(), checkpoint, stopped }
    }

    /// The part of a batch that is new to this lane.
    pub fn new_in<'a>(&self, batch: &'a [Decoded]) -> &'a [Decoded] {
        let from = self.checkpoint.seq();
        let first = batch.partition_point(|decoded| decoded.cursor.seq <= from);
        if self.stopped.is_some() { &[] } else { batch.get(first..).unwrap_or_default() }
    }

    /// Folds what is new to this lane, with the rows it continues. A record that cannot be projected stops the lane;
    /// the step then ends before it.
    ///
    /// # Errors
    /// When a loaded row is not one of this table.
    pub fn step(&mut self, new: &[Decoded], loaded: &[Cells]) -> Result<Option<Step>, Unreadable> {
        match self.fold(new, loaded)? {
            Ok(step) => Ok(step),
            Err((before, why)) => {
                self.stopped = Some(why.into());
                // Folded afresh: the failed event may have changed a part of the fold.
                Ok(self.fold(new.get(..before).unwrap_or_default(), loaded)?.ok().flatten())
            }
        }
    }

    fn fold(&self, new: &[Decoded], loaded: &[Cells]) -> Result<Folded, Unreadable> {
        let Some(last) = new.last() else { return Ok(Ok(None)) };
        let mut step = Step { fold: (self.projection.fold)(), to: last.cursor.clone(), records: new.len() };
        for row in loaded {
            step.fold.load(row)?;
        }
        for (index, decoded) in new.iter().enumerate() {
            let folded = match &decoded.entry {
                Ok(None) => Ok(()),
                Ok(Some(entry)) => step.fold.apply(entry),
                Err(why) => Err(why.clone()),
            };
            if let Err(why) = folded {
                return Ok(Err((index, why)));
            }
        }
        Ok(Ok(Some(step)))
    }

    /// The record this lane stands at passes by again when another lane is behind: it must be the same one.
    ///
    /// # Errors
    /// When the log holds another record there.
    pub fn check_passing(&self, batch: &[Decoded]) -> Result<(), CannotProject> {
        let here = self.checkpoint.seq();
        match batch.iter().find(|decoded| decoded.cursor.seq == here) {
            Some(decoded) if decoded.cursor.hash != self.checkpoint.hash() => Err(CannotProject {
                at: position(&self.checkpoint.at, here),
                why: format!(
                    "{} was projected from a record with hash {}; the ledger now holds {}",
                    self.projection.name,
                    self.checkpoint.hash(),
                    decoded.cursor.hash
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The rows up to here are written.
    pub fn moved(&mut self, to: Cursor) {
        self.checkpoint.cursor = Some(to);
    }
}
