//! What is being done outside about open intents: which call comes next for each, how often it was tried, when it is tried again.
//! Lives in memory only: after a restart it is planned anew from the store's due table. It records nothing.

use ledger_domain::ids::{CancelId, PaymentId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One open intent: a payment's approval or net cancel, or one of its cancels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkKey {
    /// The payment.
    pub payment: PaymentId,
    /// Its cancel, where it is about one.
    pub cancel: Option<CancelId>,
}

impl WorkKey {
    /// A payment's approval or net cancel.
    #[must_use]
    pub const fn payment(payment: PaymentId) -> Self {
        Self { payment, cancel: None }
    }

    /// One of its cancels.
    #[must_use]
    pub const fn cancel(payment: PaymentId, cancel: CancelId) -> Self {
        Self { payment, cancel: Some(cancel) }
    }
}

/// What the acquirer is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The one approve call; made with the card from memory and never again.
    Approve,
    /// What became of the approve call.
    Inquire,
    /// Undo it (망취소).
    NetCancel,
    /// The cancel call, again and again under its one id.
    Cancel,
}

/// Pauses between tries.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The first pause, ms; it doubles with each try.
    pub first_ms: i64,
    /// The longest pause, ms.
    pub longest_ms: i64,
}

impl Backoff {
    /// The pause after so many tries, ms.
    #[must_use]
    pub fn after(&self, attempt: u32) -> i64 {
        let doublings = attempt.saturating_sub(1).min(20);
        self.first_ms.saturating_mul(1 << doublings).min(self.longest_ms)
    }
}

/// Names one call to the outside.
pub type CallId = u64;

#[derive(Clone, Debug)]
struct Work {
    step: Step,
    /// Tries of this step so far.
    attempt: u32,
    /// The next try, Unix ms.
    at_ms: i64,
    calling: Option<CallId>,
    /// What the last call came back with is being recorded.
    deciding: bool,
}

/// All open intents of a partition.
#[derive(Debug)]
pub struct Works {
    backoff: Backoff,
    open: BTreeMap<WorkKey, Work>,
    by_time: BTreeSet<(i64, WorkKey)>,
    calls: HashMap<CallId, WorkKey>,
    next_call: CallId,
}

/// A call that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCall {
    /// Its name.
    pub call: CallId,
    /// What it is about.
    pub key: WorkKey,
    /// What to ask.
    pub step: Step,
    /// 1 for the first try.
    pub attempt: u32,
}

impl Works {
    /// Nothing open.
    #[must_use]
    pub fn new(backoff: Backoff) -> Self {
        Self { backoff, open: BTreeMap::new(), by_time: BTreeSet::new(), calls: HashMap::new(), next_call: 1 }
    }

    /// States what is open for one payment now; what is not named is over. A step that stays the same keeps its tries, and an
    /// approve call under way is waited for instead of an inquiry. `tried` is 1 where an earlier life may have made the call.
    pub fn plan(&mut self, payment: PaymentId, steps: &[(WorkKey, Step)], tried: u32, now_ms: i64) {
        let over: Vec<WorkKey> = self
            .open
            .range(WorkKey::payment(payment)..)
            .map(|(key, _)| *key)
            .take_while(|key| key.payment == payment)
            .filter(|key| steps.iter().all(|(open, _)| open != key))
            .collect();
        over.iter().for_each(|key| self.remove(key));
        for (key, step) in steps {
            let same = self.open.get(key).is_some_and(|work| {
                work.step == *step
                    || (work.step == Step::Approve && *step == Step::Inquire && work.calling.is_some())
            });
            if same {
                if self.is_idle(key) {
                    self.again(*key, now_ms);
                }
            } else {
                self.remove(key);
                self.insert(
                    *key,
                    Work { step: *step, attempt: tried, at_ms: now_ms, calling: None, deciding: false },
                );
            }
        }
    }

    /// The approve call starts at once, with the card that only its starter has.
    pub fn start_approve(&mut self, payment: PaymentId, now_ms: i64) -> CallId {
        let key = WorkKey::payment(payment);
        self.remove(&key);
        let call = self.name_call(key);
        self.insert(
            key,
            Work { step: Step::Approve, attempt: 1, at_ms: now_ms, calling: Some(call), deciding: false },
        );
        call
    }

    /// Takes the calls that are due; each is waited for until [`Works::returned`].
    pub fn take_due(&mut self, now_ms: i64) -> Vec<DueCall> {
        let mut due = Vec::new();
        while let Some((at_ms, key)) = self.by_time.first().copied()
            && at_ms <= now_ms
        {
            self.by_time.pop_first();
            let call = self.name_call(key);
            let Some(work) = self.open.get_mut(&key) else { continue };
            work.attempt = work.attempt.saturating_add(1);
            work.calling = Some(call);
            due.push(DueCall { call, key, step: work.step, attempt: work.attempt });
        }
        due
    }

    /// A call came back. Nothing more is asked about its intent until [`Works::recorded`] or [`Works::again`]: a try beside the
    /// record of an outcome could do what that record denies. None when the call is not of this life.
    pub fn returned(&mut self, call: CallId) -> Option<DueCall> {
        let key = self.calls.remove(&call)?;
        let Some(work) = self.open.get_mut(&key).filter(|work| work.calling == Some(call)) else {
            // What it was about is settled or has moved on; its answer may still be evidence.
            return Some(DueCall { call, key, step: Step::Inquire, attempt: 0 });
        };
        let came_back = DueCall { call, key, step: work.step, attempt: work.attempt };
        work.calling = None;
        work.deciding = true;
        if work.step == Step::Approve {
            work.step = Step::Inquire;
            work.attempt = 0;
        }
        Some(came_back)
    }

    /// What the last call came back with is recorded; the plan that follows says what is left to do.
    pub fn recorded(&mut self, key: WorkKey) {
        if let Some(work) = self.open.get_mut(&key) {
            work.deciding = false;
        }
    }

    /// Nothing was recorded of the last try: the next one comes after a pause.
    pub fn again(&mut self, key: WorkKey, now_ms: i64) {
        let Some(work) = self.open.get_mut(&key).filter(|work| work.calling.is_none()) else { return };
        work.deciding = false;
        self.by_time.remove(&(work.at_ms, key));
        work.at_ms = now_ms.saturating_add(self.backoff.after(work.attempt.max(1)));
        self.by_time.insert((work.at_ms, key));
    }

    /// When the next call is due, Unix ms.
    #[must_use]
    pub fn next_ms(&self) -> Option<i64> {
        self.by_time.first().map(|(at_ms, _)| *at_ms)
    }

    /// How many intents are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Forgets everything but the calls under way, whose answers may still be evidence.
    pub fn forget(&mut self) {
        self.open.clear();
        self.by_time.clear();
    }

    fn is_idle(&self, key: &WorkKey) -> bool {
        self.open.get(key).is_some_and(|work| {
            work.calling.is_none() && !work.deciding && !self.by_time.contains(&(work.at_ms, *key))
        })
    }

    fn name_call(&mut self, key: WorkKey) -> CallId {
        let call = self.next_call;
        self.next_call = call.wrapping_add(1);
        self.calls.insert(call, key);
        call
    }

    fn insert(&mut self, key: WorkKey, work: Work) {
        if work.calling.is_none() {
            self.by_time.insert((work.at_ms, key));
        }
        self.open.insert(key, work);
    }

    fn remove(&mut self, key: &WorkKey) {
        if let Some(work) = self.open.remove(key) {
            self.by_time.remove(&(work.at_ms, *key));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const BACKOFF: Backoff = Backoff { first_ms: 100, longest_ms: 1_000 };

    fn payment() -> PaymentId {
        PaymentId::new(Uuid::from_u128(7))
    }

    #[test]
    fn an_approve_call_under_way_is_waited_for_and_never_made_again() {
        let mut works = Works::new(BACKOFF);
        let key = WorkKey::payment(payment());
        let call = works.start_approve(payment(), 0);
        works.plan(payment(), &[(key, Step::Inquire)], 0, 0);
        assert!(works.take_due(10_000).is_empty());
        let back = works.returned(call).unwrap();
        assert_eq!((back.step, back.attempt), (Step::Approve, 1));
        works.recorded(key);
        works.plan(payment(), &[(key, Step::Inquire)], 0, 10_000);
        let due = works.take_due(10_100);
        assert_eq!((due[0].step, due[0].attempt), (Step::Inquire, 1));
    }

    #[test]
    fn tries_are_spaced_further_and_further_up_to_the_longest_pause() {
        let mut works = Works::new(BACKOFF);
        works.plan(payment(), &[(WorkKey::payment(payment()), Step::NetCancel)], 0, 0);
        let mut now = 0;
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let due = works.take_due(now);
            works.returned(due[0].call);
            works.plan(payment(), &[(WorkKey::payment(payment()), Step::NetCancel)], 0, now);
            assert_eq!(works.next_ms(), None, "nothing is tried beside the record of an outcome");
            works.again(due[0].key, now);
            let next = works.next_ms().unwrap();
            pauses.push(next - now);
            now = next;
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1_000, 1_000]);
    }

    #[test]
    fn what_a_plan_no_longer_names_is_over_and_its_late_answer_is_still_told() {
        let mut works = Works::new(BACKOFF);
        let cancel = WorkKey::cancel(payment(), CancelId::new(Uuid::from_u128(8)));
        works.plan(payment(), &[(cancel, Step::Cancel)], 0, 0);
        let due = works.take_due(0);
        works.plan(payment(), &[], 0, 0);
        assert_eq!(works.len(), 0);
        assert_eq!(works.returned(due[0].call).map(|back| back.key), Some(cancel));
        assert_eq!(works.next_ms(), None);
        assert_eq!(works.returned(due[0].call), None);
    }
}
