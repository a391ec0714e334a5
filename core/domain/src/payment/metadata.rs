//! A merchant's own keys on its payment: text by name, changed key by key, of no meaning to the ledger. May be changed in every
//! state, because what a merchant notes down does not move money. The bounds keep state, answers and records small.

use std::collections::{BTreeMap, BTreeSet};

use super::decide::in_time;
use super::event::{MetadataChanged, PaymentEvent};
use super::state::Payment;
use crate::days::Moment;
use crate::ids::MerchantId;
use crate::rejection::{Field, Rejection};
use crate::text;

/// Most keys of one payment (api.md).
pub const MAX_METADATA_KEYS: usize = 20;
/// Longest key, in characters of `A-Z a-z 0-9 _ - .`.
pub const MAX_METADATA_KEY: usize = 40;
/// Longest value, in characters.
pub const MAX_METADATA_VALUE: usize = 500;
/// Most changes of one payment's metadata: bounds its stream.
pub const MAX_METADATA_CHANGES: u32 = 500;

/// What a merchant has noted on a payment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metadata {
    /// By key.
    pub entries: BTreeMap<String, String>,
    /// How often it was changed.
    pub changes: u32,
}

/// A merchant's request to change it; keys that are not named stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeMetadata {
    /// Who asks; must be the payment's merchant.
    pub merchant_id: MerchantId,
    /// Put, or put in another's place.
    pub set: BTreeMap<String, String>,
    /// Taken away; a key that is not there may be named.
    pub removed: BTreeSet<String>,
    /// After this the command must not take effect.
    pub not_after: Moment,
}

impl Metadata {
    fn after(&self, set: &BTreeMap<String, String>, removed: &BTreeSet<String>) -> Self {
        let mut after = self.clone();
        after.entries.retain(|key, _| !removed.contains(key));
        after.entries.extend(set.iter().map(|(key, value)| (key.clone(), value.clone())));
        after.changes = self.changes.saturating_add(1);
        after
    }
}

pub(super) fn change(state: &Payment, wish: &ChangeMetadata, now: Moment) -> Result<PaymentEvent, Rejection> {
    let found = state.payment_id().zip(state.metadata());
    let (payment_id, metadata) = found.ok_or(Rejection::PaymentNotFound)?;
    if state.merchant_id() != Some(wish.merchant_id) {
        return Err(Rejection::PaymentNotFound);
    }
    in_time(wish.not_after, now)?;
    check(wish)?;
    if metadata.changes >= MAX_METADATA_CHANGES {
        return Err(Rejection::TooManyMetadataChanges { limit: MAX_METADATA_CHANGES });
    }
    if metadata.after(&wish.set, &wish.removed).entries.len() > MAX_METADATA_KEYS {
        return Err(Rejection::TooManyMetadataKeys { limit: MAX_METADATA_KEYS });
    }
    Ok(PaymentEvent::MetadataChanged(MetadataChanged {
        payment_id,
        merchant_id: wish.merchant_id,
        at: now,
        set: wish.set.clone(),
        removed: wish.removed.clone(),
    }))
}

fn check(wish: &ChangeMetadata) -> Result<(), Rejection> {
    if wish.set.is_empty() && wish.removed.is_empty() {
        return Err(Rejection::NoMetadataChange);
    }
    if wish.set.len() + wish.removed.len() > 2 * MAX_METADATA_KEYS {
        return Err(Rejection::TooManyMetadataKeys { limit: MAX_METADATA_KEYS });
    }
    if wish.set.keys().chain(&wish.removed).any(|key| !is_key(key))
        || wish.set.keys().any(|key| wish.removed.contains(key))
    {
        return Err(Rejection::InvalidMetadataKey { max: MAX_METADATA_KEY });
    }
    wish.set.values().try_for_each(|value| text::check(Field::Metadata, value, MAX_METADATA_VALUE))
}

fn is_key(key: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    (1..=MAX_METADATA_KEY).contains(&key.len()) && key.bytes().all(allowed)
}

pub(super) fn changed(mut state: Payment, data: &MetadataChanged) -> Result<Payment, &'static str> {
    let metadata = state.metadata_mut().ok_or("there is no payment to note it on")?;
    if data.set.keys().any(|key| data.removed.contains(key)) {
        return Err("a key is both set and removed");
    }
    let after = metadata.after(&data.set, &data.removed);
    if after.entries.len() > MAX_METADATA_KEYS {
        return Err("more keys than a payment may have");
    }
    *metadata = after;
    Ok(state)
}

impl Payment {
    /// What the merchant has noted on it; `None` if nothing is recorded.
    pub const fn metadata(&self) -> Option<&Metadata> {
        match self {
            Self::Ready => None,
            Self::InProgress(sale) => Some(&sale.metadata),
            Self::Unknown(u) | Self::NetCancelling(u) | Self::Unresolved(u) => Some(&u.sale.metadata),
            Self::Done(paid) => Some(&paid.sale.metadata),
            Self::Canceled(closed) | Self::Aborted(closed) => Some(&closed.metadata),
        }
    }

    const fn metadata_mut(&mut self) -> Option<&mut Metadata> {
        match self {
            Self::Ready => None,
            Self::InProgress(sale) => Some(&mut sale.metadata),
            Self::Unknown(u) | Self::NetCancelling(u) | Self::Unresolved(u) => Some(&mut u.sale.metadata),
            Self::Done(paid) => Some(&mut paid.sale.metadata),
            Self::Canceled(closed) | Self::Aborted(closed) => Some(&mut closed.metadata),
        }
    }
}
