//! Batches are numbered, and every batch leaves its number: a store that has lost one in the middle must not be served. Its
//! journal has no checksum over the place of a batch, and one whose place was changed on disk is passed over without a word.

use super::{Changes, Rows, StoreError};

const LINK: u8 = b'z';
/// The number of the last batch, written with every batch.
const LAST: &[u8] = b"y";
/// So many numbers are kept: more batches than a journal holds before its rows are in tables.
const KEPT: u64 = 65_536;

fn key(number: u64) -> Vec<u8> {
    [&[LINK], number.to_be_bytes().as_slice()].concat()
}

/// What batch `number` leaves.
pub fn of(number: u64) -> Changes {
    let gone = number.checked_sub(KEPT).filter(|gone| *gone > 0).map(|gone| (key(gone), None));
    let here = [(key(number), Some(Vec::new())), (LAST.to_vec(), Some(number.to_be_bytes().to_vec()))];
    here.into_iter().chain(gone).collect()
}

/// The number of the last batch, 0 for none, after every number before it was found.
///
/// # Errors
/// One is missing, or the store cannot be read.
pub fn check(rows: &dyn Rows) -> Result<u64, StoreError> {
    let last = match rows.get(LAST)?.map(|bytes| <[u8; 8]>::try_from(bytes.as_slice())) {
        None => 0,
        Some(Ok(bytes)) => u64::from_be_bytes(bytes),
        Some(Err(why)) => return Err(missing(&format!("the last batch has no number: {why}"))),
    };
    let first = last.saturating_sub(KEPT).saturating_add(1);
    let found = rows.range(&[LINK], &[LINK + 1], usize::MAX)?;
    if !found.iter().map(|(key, _)| key).eq((first..=last).map(key).collect::<Vec<_>>().iter()) {
        return Err(missing(&format!("{} of the batches {first} to {last} are there", found.len())));
    }
    Ok(last)
}

fn missing(why: &str) -> StoreError {
    StoreError::Damaged { path: "a partition".to_owned(), why: why.to_owned() }
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
    fn a_store_without_one_of_its_batches_is_damaged() {
        assert_eq!(check(&store([])).unwrap(), 0);
        assert_eq!(check(&store(1..=9)).unwrap(), 9);
        assert_eq!(check(&store(1..=KEPT + 7)).unwrap(), KEPT + 7);
        for numbers in [vec![1, 2, 4], vec![2, 3], vec![1, 3, 2]] {
            assert!(check(&store(numbers.clone())).unwrap_err().is_damage(), "{numbers:?}");
        }
    }
}
