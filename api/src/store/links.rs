//! Batches are numbered, and each takes away the number of the one before and leaves its own: a store whose batches all took
//! effect, in their order, holds one number. One that lost a batch in the middle, or took two of them in another order, holds a
//! number too many, and must not be served: the store's journal has no checksum over the place of a batch in that order.

use super::{Changes, Rows, StoreError};

const LINK: u8 = b'z';
/// Left by the first batch for good: nothing else tells that it is gone.
const FIRST: &[u8] = b"y";
/// The letters that no other row may begin with.
#[cfg(test)]
pub const LINKS: [u8; 2] = [LINK, FIRST[0]];

fn key(number: u64) -> Vec<u8> {
    [&[LINK], number.to_be_bytes().as_slice()].concat()
}

/// What batch `number` leaves, counted from 1.
pub fn of(number: u64) -> Changes {
    let before = match number.saturating_sub(1) {
        0 => (FIRST.to_vec(), Some(Vec::new())),
        before => (key(before), None),
    };
    [before, (key(number), Some(Vec::new()))].into_iter().collect()
}

/// The number of the last batch, 0 for none.
///
/// # Errors
/// A batch before it is missing or out of place, or the store cannot be read.
pub fn check(rows: &dyn Rows, place: &str) -> Result<u64, StoreError> {
    let found = rows.range(&[LINK], &[LINK + 1], 3)?;
    let numbers = found.iter().map(|(key, _)| key.get(1..).and_then(|number| number.try_into().ok()));
    let numbers = numbers.map(|number| number.map(u64::from_be_bytes)).collect::<Option<Vec<u64>>>();
    match (numbers.as_deref(), rows.get(FIRST)?.is_some()) {
        (Some([]), false) => Ok(0),
        (Some([last]), true) => Ok(*last),
        (Some(numbers), first) => {
            let first = if first { "" } else { "the first batch is missing; " };
            let why = format!("{first}where one batch should be the last, found {numbers:?}");
            Err(StoreError::Damaged { path: place.to_owned(), why })
        }
        (None, _) => {
            Err(StoreError::Damaged { path: place.to_owned(), why: "a batch has no number".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    fn store(numbers: impl IntoIterator<Item = u64>) -> Memory {
        let mut store = Memory::default();
        numbers.into_iter().for_each(|number| store.apply(of(number)));
        store
    }

    #[test]
    fn a_store_without_one_of_its_batches_or_with_two_in_another_order_is_damaged() {
        for last in [0, 1, 2, 9] {
            assert_eq!(check(&store(1..=last), "here").unwrap(), last);
        }
        for numbers in [vec![1, 2, 4], vec![2, 3], vec![2], vec![1, 3, 2], vec![2, 1], vec![1, 2, 4, 3, 5]] {
            assert!(check(&store(numbers.clone()), "here").unwrap_err().is_damage(), "{numbers:?}");
        }
    }
}
