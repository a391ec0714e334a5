//! The same rows in memory: for the simulation and for tests of rules. It follows the trait, it invents nothing.

use super::{Changes, Keep, Row, Rows, StoreError};
use std::collections::BTreeMap;

/// Rows in a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Memory {
    /// Moves one batch in.
    pub fn apply(&mut self, changes: Changes) {
        for (key, value) in changes {
            match value {
                Some(value) => drop(self.rows.insert(key, value)),
                None => drop(self.rows.remove(&key)),
            }
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Rows for Memory {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.get(key).cloned())
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let inside = self.rows.range(from.to_vec()..).take_while(|(key, _)| key.as_slice() < to);
        Ok(inside.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }
}

impl Keep for Memory {
    fn commit(&mut self, changes: Changes) -> Result<(), StoreError> {
        self.apply(changes);
        Ok(())
    }
}
