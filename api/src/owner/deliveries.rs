//! Commissions on their way from a merchant's closing to the owners of those who earned. One that has no answer is sent again under
//! the same id, after a pause; the due table says what is undelivered, so that a new owner goes on with it.

use super::works::Backoff;
use super::{Ctx, Fatal, Out, Owner, Standing, meta, payees};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::recorded::Actor;
use ledger_domain::settlement::{Delivery, SettlementCommand};
use std::collections::{BTreeMap, HashMap};

/// Names one try.
pub type DeliveryId = u64;

/// Merchant, closing, payee.
type Key = (Payee, u32, Node);

#[derive(Debug)]
struct Open {
    delivery: Delivery,
    attempt: u32,
    /// The next try, Unix ms; none while one is under way or its answer is being recorded.
    at_ms: Option<i64>,
}

/// What is undelivered, as far as its timers have been looked at. In memory only.
#[derive(Debug)]
pub struct Deliveries {
    backoff: Backoff,
    open: BTreeMap<Key, Open>,
    tries: HashMap<DeliveryId, Key>,
    next: DeliveryId,
}

impl Deliveries {
    /// Nothing to deliver.
    pub fn new(backoff: Backoff) -> Self {
        Self { backoff, open: BTreeMap::new(), tries: HashMap::new(), next: 1 }
    }

    /// To be delivered at once, unless it is on its way already.
    fn plan(&mut self, key: Key, delivery: Delivery, now_ms: i64) {
        self.open.entry(key).or_insert(Open { delivery, attempt: 0, at_ms: Some(now_ms) });
    }

    /// What is sent now.
    fn take_due(&mut self, now_ms: i64) -> Vec<(DeliveryId, Delivery)> {
        let mut due = Vec::new();
        for (key, open) in &mut self.open {
            if open.at_ms.is_some_and(|at_ms| at_ms <= now_ms) {
                open.at_ms = None;
                open.attempt = open.attempt.saturating_add(1);
                let id = self.next;
                self.next = id.wrapping_add(1);
                self.tries.insert(id, *key);
                due.push((id, open.delivery.clone()));
            }
        }
        due
    }

    /// A try came back. What was delivered is gone from here; what was not is tried again after a pause.
    fn returned(&mut self, id: DeliveryId, delivered: bool, now_ms: i64) -> Option<Key> {
        let key = self.tries.remove(&id)?;
        if delivered {
            self.open.remove(&key);
        } else if let Some(open) = self.open.get_mut(&key) {
            open.at_ms = Some(now_ms.saturating_add(self.backoff.after(open.attempt)));
        }
        Some(key)
    }

    /// How many are on their way.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// When the next try is due, Unix ms.
    pub fn next_ms(&self) -> Option<i64> {
        self.open.values().filter_map(|open| open.at_ms).min()
    }

    /// Somebody else goes on with it.
    pub fn forget(&mut self) {
        self.open.clear();
        self.tries.clear();
    }
}

impl Owner {
    /// What this closing has not delivered yet is to be delivered.
    pub(super) fn deliver(&mut self, payee: Payee, closing: u32, ctx: &Ctx<'_>) -> Result<(), Fatal> {
        let Payee::Merchant(merchant_id) = payee else { return Ok(()) };
        let rows = self.layers.over(ctx.store, false);
        let Some(closing_position) = payees::closing_position(payee, closing, &rows)? else { return Ok(()) };
        for (to, amount) in payees::undelivered(payee, closing, &rows)? {
            let closing_position = closing_position.clone();
            let delivery = Delivery { merchant_id, closing, closing_position, to, amount };
            self.deliveries.plan((payee, closing, to), delivery, ctx.now_ms);
        }
        Ok(())
    }

    /// Sends what is due.
    pub(super) fn send_deliveries(&mut self, now_ms: i64) {
        for (id, delivery) in self.deliveries.take_due(now_ms) {
            self.out.push_back(Out::Deliver(id, delivery));
        }
    }

    /// A delivery came back: the position of its record with its payee, or none when it is not known to be recorded.
    pub fn delivered(&mut self, id: DeliveryId, position: Option<String>, now_ms: i64) {
        let Some((payee, closing, to)) = self.deliveries.returned(id, position.is_some(), now_ms) else {
            return;
        };
        let Some(position) = position.filter(|_| self.standing == Standing::Leading) else { return };
        let command = SettlementCommand::RecordDelivery { closing, to, position: position.clone() };
        if let Some(own) = meta::own_settlement(payee, command, Actor::System, position) {
            self.want(own);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_domain::ids::{BranchId, MerchantId};
    use ledger_domain::money::Net;
    use uuid::Uuid;

    fn delivery() -> (Key, Delivery) {
        let (merchant_id, to) =
            (MerchantId::new(Uuid::from_u128(1)), Node::Branch(BranchId::new(Uuid::from_u128(2))));
        let amount = Net::new(385).unwrap();
        let closing_position = "ledger.payments/0:9".to_owned();
        let delivery = Delivery { merchant_id, closing: 1, closing_position, to, amount };
        ((Payee::Merchant(merchant_id), 1, to), delivery)
    }

    #[test]
    fn what_has_no_answer_is_sent_again_after_a_growing_pause_until_it_has_arrived() {
        let mut deliveries = Deliveries::new(Backoff { first_ms: 100, longest_ms: 1_000 });
        let (key, delivery) = delivery();
        deliveries.plan(key, delivery.clone(), 0);
        let (mut now_ms, mut pauses) = (0, Vec::new());
        for _ in 0..3 {
            let due = deliveries.take_due(now_ms);
            assert_eq!(due.iter().map(|(_, sent)| sent).collect::<Vec<_>>(), [&delivery]);
            deliveries.plan(key, delivery.clone(), now_ms);
            assert!(deliveries.take_due(now_ms).is_empty(), "it is on its way");
            assert_eq!(deliveries.returned(due[0].0, false, now_ms), Some(key));
            let next_ms = deliveries.next_ms().unwrap();
            pauses.push(next_ms - now_ms);
            now_ms = next_ms;
        }
        assert_eq!(pauses, [100, 200, 400]);
        let due = deliveries.take_due(now_ms);
        assert_eq!(deliveries.returned(due[0].0, true, now_ms), Some(key));
        assert_eq!((deliveries.next_ms(), deliveries.returned(due[0].0, true, now_ms)), (None, None));
    }
}
