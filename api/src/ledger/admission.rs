//! How many requests may be under way, and whose. Beyond that a request is answered at once, before anything is recorded: a
//! promise that cannot be kept in time is not given. No merchant can use up the room of the others: each may hold as many
//! places as are still free (the dynamic threshold of shared buffers, Choudhury and Hahne 1998), so one alone gets a half, two
//! a third each, and whoever comes next finds room.

use ledger_domain::ids::MerchantId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The places there are; clones share them.
#[derive(Clone, Debug)]
pub struct Admission(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<MerchantId, usize>,
}

/// One request's place, until dropped.
#[derive(Debug)]
pub struct Place {
    shared: Arc<Shared>,
    merchant: Option<MerchantId>,
}

impl Admission {
    /// So many places.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, taken: Mutex::default() }))
    }

    /// Takes a place, for a merchant's request or for somebody else's.
    #[must_use]
    pub fn enter(&self, merchant: Option<MerchantId>) -> Option<Place> {
        let mut taken = self.0.lock();
        if !self.0.has_room(&taken, merchant) {
            return None;
        }
        taken.all = taken.all.saturating_add(1);
        if let Some(merchant) = merchant {
            *taken.of.entry(merchant).or_default() += 1;
        }
        Some(Place { shared: Arc::clone(&self.0), merchant })
    }

    /// Whether [`Admission::enter`] would succeed at this moment.
    #[must_use]
    pub fn has_room(&self, merchant: Option<MerchantId>) -> bool {
        self.0.has_room(&self.0.lock(), merchant)
    }

    /// How many places are taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.0.lock().all
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self, taken: &Taken, merchant: Option<MerchantId>) -> bool {
        let free = self.most.saturating_sub(taken.all);
        let mine = merchant.and_then(|merchant| taken.of.get(&merchant)).copied().unwrap_or(0);
        free > mine
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.shared.lock();
        taken.all = taken.all.saturating_sub(1);
        let Some(merchant) = self.merchant else { return };
        if let Some(count) = taken.of.get_mut(&merchant) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.of.remove(&merchant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn all_it_gets(admission: &Admission, merchant: Option<MerchantId>) -> Vec<Place> {
        std::iter::from_fn(|| admission.enter(merchant)).collect()
    }

    #[test]
    fn each_merchant_gets_what_is_free_and_leaves_as_much() {
        let admission = Admission::new(120);
        let merchants: Vec<MerchantId> = (0..3).map(|_| MerchantId::new(Uuid::now_v7())).collect();
        let held: Vec<Vec<Place>> =
            merchants.iter().map(|merchant| all_it_gets(&admission, Some(*merchant))).collect();
        assert_eq!(held.iter().map(Vec::len).collect::<Vec<_>>(), [60, 30, 15]);
        assert!(!admission.has_room(Some(merchants[0])));
        assert_eq!(all_it_gets(&admission, None).len(), 15, "an operator takes the last ones");
        drop(held);
        assert_eq!(admission.taken(), 0);
        assert!(admission.0.lock().of.is_empty(), "nobody is remembered");
        assert_eq!(all_it_gets(&admission, Some(merchants[0])).len(), 60);
    }
}
