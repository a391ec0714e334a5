//! What the owner decides on: the store, above it what was accepted since the last write, above that what is in flight.
//! The top layer is a guess about the future: it is thrown away whole when a record turns out void, and never reaches the store.

use crate::store::{Changes, Row, Rows, StoreError};
use ledger_log::Ticket;
use std::collections::{BTreeMap, btree_map::Entry};

/// The two layers above the store.
#[derive(Debug, Default)]
pub struct Layers {
    accepted: Changes,
    flight: BTreeMap<Vec<u8>, (Ticket, Option<Vec<u8>>)>,
}

impl Layers {
    /// A decision was handed to the log: what follows decides on top of it.
    pub fn guess(&mut self, ticket: Ticket, changes: &Changes) {
        for (key, value) in changes {
            self.flight.insert(key.clone(), (ticket, value.clone()));
        }
    }

    /// The guess came true: its rows move down.
    pub fn came_true(&mut self, ticket: Ticket, changes: Changes) {
        for (key, value) in changes {
            if let Entry::Occupied(guess) = self.flight.entry(key.clone())
                && guess.get().0 == ticket
            {
                guess.remove();
            }
            self.accepted.insert(key, value);
        }
    }

    /// An accepted record that was no guess of ours.
    pub fn accept(&mut self, changes: Changes) {
        self.accepted.extend(changes);
    }

    /// Throws every guess away.
    pub fn forget_guesses(&mut self) {
        self.flight.clear();
    }

    /// What is to be written to the store now. Leave it readable below with [`Layers::over`] until it is written.
    pub fn take_accepted(&mut self) -> Changes {
        std::mem::take(&mut self.accepted)
    }

    /// How many rows were accepted and not taken yet.
    pub fn accepted_rows(&self) -> usize {
        self.accepted.len()
    }

    /// The layers over a store, with or without the guesses.
    #[must_use]
    pub fn over<'a>(&'a self, store: &'a dyn Rows, guesses: bool) -> Layered<'a> {
        Layered { layers: self, store, guesses }
    }
}

/// A read view.
#[derive(Clone, Copy)]
pub struct Layered<'a> {
    layers: &'a Layers,
    store: &'a dyn Rows,
    guesses: bool,
}

impl Rows for Layered<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if self.guesses
            && let Some((_, value)) = self.layers.flight.get(key)
        {
            return Ok(value.clone());
        }
        match self.layers.accepted.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.store.get(key),
        }
    }

    fn range(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut above: BTreeMap<&[u8], Option<&Vec<u8>>> = BTreeMap::new();
        let bounds = || (std::ops::Bound::Included(from), std::ops::Bound::Excluded(to));
        for (key, value) in self.layers.accepted.range::<[u8], _>(bounds()) {
            above.insert(key, value.as_ref());
        }
        if self.guesses {
            for (key, (_, value)) in self.layers.flight.range::<[u8], _>(bounds()) {
                above.insert(key, value.as_ref());
            }
        }
        // A row taken away above may use up a place below: ask for that many more.
        let below = self.store.range(from, to, limit.saturating_add(above.len()))?;
        let mut rows: BTreeMap<Vec<u8>, Vec<u8>> = below.into_iter().collect();
        for (key, value) in above {
            match value {
                Some(value) => drop(rows.insert(key.to_vec(), value.clone())),
                None => drop(rows.remove(key)),
            }
        }
        Ok(rows.into_iter().take(limit).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    fn changes(rows: &[(&str, Option<&str>)]) -> Changes {
        rows.iter()
            .map(|(key, value)| (key.as_bytes().to_vec(), value.map(|v| v.as_bytes().to_vec())))
            .collect()
    }

    fn keys(view: &Layered<'_>) -> Vec<String> {
        let rows = view.range(b"a", b"z", 10).unwrap();
        rows.into_iter()
            .map(|(k, v)| format!("{}={}", String::from_utf8_lossy(&k), String::from_utf8_lossy(&v)))
            .collect()
    }

    #[test]
    fn a_guess_hides_what_is_below_until_it_is_forgotten() {
        let mut store = Memory::default();
        store.apply(changes(&[("a", Some("1")), ("b", Some("1"))]));
        let mut layers = Layers::default();
        layers.guess(1, &changes(&[("a", None), ("c", Some("2"))]));
        assert_eq!(keys(&layers.over(&store, true)), ["b=1", "c=2"]);
        assert_eq!(keys(&layers.over(&store, false)), ["a=1", "b=1"]);
        layers.forget_guesses();
        assert_eq!(keys(&layers.over(&store, true)), ["a=1", "b=1"]);
    }

    #[test]
    fn an_accepted_guess_stays_when_later_ones_are_forgotten() {
        let store = Memory::default();
        let mut layers = Layers::default();
        let first = changes(&[("a", Some("1"))]);
        layers.guess(1, &first);
        layers.guess(2, &changes(&[("a", Some("2")), ("b", Some("2"))]));
        layers.came_true(1, first);
        assert_eq!(keys(&layers.over(&store, true)), ["a=2", "b=2"]);
        layers.forget_guesses();
        assert_eq!(keys(&layers.over(&store, true)), ["a=1"]);
        assert_eq!(layers.take_accepted(), changes(&[("a", Some("1"))]));
    }

    #[test]
    fn a_limit_counts_rows_that_are_left() {
        let mut store = Memory::default();
        store.apply(changes(&[("a", Some("1")), ("b", Some("1")), ("c", Some("1"))]));
        let mut layers = Layers::default();
        layers.accept(changes(&[("a", None)]));
        let rows = layers.over(&store, true).range(b"a", b"z", 1).unwrap();
        assert_eq!(rows, vec![(b"b".to_vec(), b"1".to_vec())]);
    }
}
