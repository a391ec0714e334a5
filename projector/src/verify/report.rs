//! What `verify` found, in words for the person who has to act.

use crate::projections::{Cells, Projection};
use mysql_async::Value;
use std::fmt;

/// A table that is not what the ledger says.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// A row is missing, too many, or holds another value.
    Row {
        /// The table.
        projection: &'static str,
        /// The partition's number.
        partition: i32,
        /// Its key, `column=value`.
        key: String,
        /// What is wrong with it.
        what: String,
    },
    /// The record that a checkpoint names is another one in the ledger.
    Checkpoint {
        /// The projection.
        projection: &'static str,
        /// Where.
        at: String,
        /// What is wrong.
        what: String,
    },
    /// Rows of a partition that nobody projected.
    Partition {
        /// The table.
        projection: &'static str,
        /// The partition's number.
        partition: i32,
    },
    /// Totals of two tables that should agree do not.
    Totals {
        /// Which totals.
        name: &'static str,
        /// The first group that differs, and by how much.
        what: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Row { projection, partition, key, what } => {
                write!(f, "{projection}, partition {partition}, row {key}: {what}")
            }
            Difference::Checkpoint { projection, at, what } => {
                write!(f, "{projection}, checkpoint at {at}: {what}")
            }
            Difference::Partition { projection, partition } => {
                write!(f, "{projection} holds rows of partition {partition}, which was never projected")
            }
            Difference::Totals { name, what } => write!(f, "totals, {name}: {what}"),
        }
    }
}

impl Difference {
    /// Says in which column two rows differ first, or which of them is missing.
    pub(super) fn between(
        projection: &'static Projection,
        partition: i32,
        expected: Option<&Cells>,
        found: Option<&Cells>,
    ) -> Difference {
        // Rows come in key order: of two different keys the lower one has no partner on the other side.
        let (row, what) = match (expected, found) {
            (Some(wanted), Some(found)) if key(projection, wanted) == key(projection, found) => {
                (found, columns(projection, wanted, found))
            }
            (Some(wanted), Some(found)) if key(projection, found) < key(projection, wanted) => {
                (found, "does not follow from the ledger".to_owned())
            }
            (Some(wanted), Some(_)) => (wanted, "is missing".to_owned()),
            (Some(wanted), None) => (wanted, "is missing".to_owned()),
            (None, Some(found)) => (found, "does not follow from the ledger".to_owned()),
            (None, None) => return Difference::Partition { projection: projection.name, partition },
        };
        Difference::Row { projection: projection.name, partition, key: name(projection, row), what }
    }
}

fn key<'a>(projection: &Projection, row: &'a Cells) -> &'a [Value] {
    row.get(..projection.key).unwrap_or_default()
}

fn name(projection: &Projection, row: &Cells) -> String {
    let columns = projection.columns.iter().zip(key(projection, row));
    columns.map(|(column, value)| format!("{column}={}", shown(value))).collect::<Vec<_>>().join(" ")
}

fn columns(projection: &Projection, wanted: &Cells, found: &Cells) -> String {
    let differing = projection
        .columns
        .iter()
        .zip(wanted.iter().zip(found))
        .filter(|(_, (wanted, found))| wanted != found);
    let parts = differing.map(|(column, (wanted, found))| {
        format!("{column} is {}, the ledger says {}", shown(found), shown(wanted))
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// Ids and hashes as hexadecimal digits, text as text.
fn shown(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) && bytes.len() != 16 => text.to_owned(),
            _ => hex::encode(bytes),
        },
        other => other.as_sql(true),
    }
}
