//! One payment as its callers see it: asked for, paid or not; each of its cancels asked for, done or not. What takes effect in
//! two events is two steps in the same span of time.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Model;

/// Whether it is paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Paid {
    /// Nothing is known of it.
    #[default]
    Absent,
    /// Asked for.
    Asked,
    /// It was, whatever was cancelled since.
    Yes,
    /// It never will be.
    No,
}

/// Whether a cancel is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelState {
    /// Asked for.
    Asked,
    /// Done.
    Done,
    /// It never will be.
    No,
}

/// A payment at one moment; cancels by their amounts, which differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Whether it is paid.
    pub paid: Paid,
    /// Its cancels.
    pub cancels: BTreeMap<i64, CancelState>,
}

impl Seen {
    /// From the only attempt in the body of `GET /v1/payments/orders/{orderId}`; none when there are several.
    pub fn in_order(body: &Value) -> Option<Seen> {
        match body.get("attempts")?.as_array()?.as_slice() {
            [payment] => Seen::in_payment(payment),
            _ => None,
        }
    }

    /// From a payment's body; none when it is not understood.
    pub fn in_payment(body: &Value) -> Option<Seen> {
        let paid = match body.get("status")?.as_str()? {
            "IN_PROGRESS" | "UNKNOWN" | "UNRESOLVED" => Paid::Asked,
            "DONE" | "PARTIAL_CANCELED" | "CANCELED" => Paid::Yes,
            "ABORTED" => Paid::No,
            _ => return None,
        };
        let mut cancels = BTreeMap::new();
        for cancel in body.get("cancels")?.as_array()? {
            let state = match cancel.get("cancelStatus")?.as_str()? {
                "IN_PROGRESS" | "UNKNOWN" | "UNRESOLVED" => CancelState::Asked,
                "DONE" => CancelState::Done,
                "ABORTED" => CancelState::No,
                _ => return None,
            };
            cancels.insert(cancel.get("cancelAmount")?.as_i64()?, state);
        }
        Some(Seen { paid, cancels })
    }
}

/// What a caller did, and was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A payment begins, if it has not begun.
    Pay,
    /// It ends like that, if it has not ended; it cannot end in two ways.
    Paid(Paid),
    /// A cancel of this amount begins, if it has not.
    Cancel(i64),
    /// It ends like that.
    Cancelled(i64, CancelState),
    /// A cancel of this amount was refused: nothing of it was recorded.
    Refused(i64),
    /// It looked like this.
    Read(Seen),
}

/// How a payment may go.
#[derive(Clone, Copy, Debug)]
pub struct PaymentModel;

impl Model for PaymentModel {
    type State = Seen;
    type Step = Step;

    fn start(&self) -> Seen {
        Seen::default()
    }

    fn apply(&self, state: &Seen, step: &Step) -> Option<Seen> {
        let mut next = state.clone();
        match step {
            Step::Pay if state.paid == Paid::Absent => next.paid = Paid::Asked,
            Step::Pay => {}
            Step::Paid(end) if state.paid == Paid::Asked || state.paid == *end => next.paid = *end,
            Step::Paid(_) => return None,
            Step::Cancel(amount) if state.paid == Paid::Yes => {
                next.cancels.entry(*amount).or_insert(CancelState::Asked);
            }
            Step::Cancel(_) => return None,
            Step::Cancelled(amount, end) => {
                let cancel = next.cancels.get_mut(amount)?;
                if *cancel != CancelState::Asked && cancel != end {
                    return None;
                }
                *cancel = *end;
            }
            Step::Refused(amount) if state.cancels.contains_key(amount) => return None,
            Step::Refused(_) => {}
            Step::Read(seen) if seen == state => {}
            Step::Read(_) => return None,
        }
        Some(next)
    }

    fn only_looks(&self, step: &Step) -> bool {
        match step {
            Step::Refused(_) | Step::Read(_) => true,
            Step::Pay | Step::Paid(_) | Step::Cancel(_) | Step::Cancelled(..) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::{Operation, check};

    fn seen(paid: Paid, cancels: &[(i64, CancelState)]) -> Step {
        Step::Read(Seen { paid, cancels: cancels.iter().copied().collect() })
    }

    /// Paid at 0..10, cancelled by 30 at 20..30, read in between and after.
    fn history() -> Vec<Operation<Step>> {
        let operation = |step, asked, answered| Operation { step, asked, answered: Some(answered) };
        vec![
            operation(Step::Pay, 0, 10),
            operation(seen(Paid::Absent, &[]), 1, 2),
            operation(seen(Paid::Asked, &[]), 3, 4),
            operation(Step::Paid(Paid::Yes), 0, 10),
            operation(seen(Paid::Yes, &[]), 11, 12),
            operation(Step::Cancel(30), 20, 30),
            operation(seen(Paid::Yes, &[(30, CancelState::Asked)]), 21, 29),
            operation(Step::Cancelled(30, CancelState::Done), 20, 30),
            operation(seen(Paid::Yes, &[(30, CancelState::Done)]), 31, 32),
        ]
    }

    #[test]
    fn what_may_be_is_explained_and_a_stale_answer_is_not() {
        assert!(check(&PaymentModel, &history()).is_ok());
        for stale in [
            seen(Paid::Absent, &[]),
            seen(Paid::Asked, &[]),
            seen(Paid::Yes, &[]),
            seen(Paid::Yes, &[(30, CancelState::Asked)]),
        ] {
            let mut planted = history();
            planted.push(Operation { step: stale.clone(), asked: 33, answered: Some(34) });
            assert!(check(&PaymentModel, &planted).is_err(), "{stale:?}");
        }
    }

    #[test]
    fn two_ends_of_one_payment_are_a_lie() {
        let mut told_twice = history();
        told_twice.push(Operation { step: Step::Paid(Paid::No), asked: 5, answered: Some(40) });
        assert!(check(&PaymentModel, &told_twice).is_err());
        let mut refused = history();
        refused.push(Operation { step: Step::Refused(30), asked: 31, answered: Some(40) });
        assert!(check(&PaymentModel, &refused).is_err());
    }
}
