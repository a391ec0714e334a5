//! Linearizability: whether what callers saw of one thing can be put in one order that respects real time. The search of
//! Wing and Gong, with the memory of Lowe: a set of operations that led to a state once leads nowhere new a second time. Operations
//! with effects that all overlap still cost a doubling each; an unanswered one overlaps everything after it.

mod payment;

pub use payment::{CancelState, Paid, PaymentModel, Seen, Step};

use std::collections::HashSet;
use std::hash::Hash;

/// What the thing is when nobody interferes.
pub trait Model {
    /// Its state.
    type State: Clone + Eq + Hash;
    /// What callers do to it, with what they were told.
    type Step;

    /// Before everything.
    fn start(&self) -> Self::State;
    /// The state after a step; none when it could not have gone like that in this state.
    fn apply(&self, state: &Self::State, step: &Self::Step) -> Option<Self::State>;
    /// Whether it never changes the state. One that may come next and fits is then as well taken at once: nothing that comes
    /// later can need it, and so many callers who look at the same time cost nothing.
    fn only_looks(&self, step: &Self::Step) -> bool;
}

/// One operation of a caller.
#[derive(Clone, Debug)]
pub struct Operation<S> {
    /// What, and what was told.
    pub step: S,
    /// When it was asked for, on a clock that all callers share.
    pub asked: u64,
    /// When the answer was there; none when there was none: it may take effect at any time from `asked` on, or never.
    pub answered: Option<u64>,
}

/// Whether one order explains everything; if not, how many operations the longest explained beginning has.
///
/// # Errors
/// No order does.
pub fn check<M: Model>(model: &M, operations: &[Operation<M::Step>]) -> Result<(), usize> {
    let mut search = Search { model, operations, known: HashSet::new(), longest: 0 };
    let none = vec![0; operations.len().div_ceil(64)];
    if search.goes_on(none, model.start(), 0) { Ok(()) } else { Err(search.longest) }
}

struct Search<'a, M: Model> {
    model: &'a M,
    operations: &'a [Operation<M::Step>],
    known: HashSet<(Vec<u64>, M::State)>,
    longest: usize,
}

impl<M: Model> Search<'_, M> {
    /// Depth first; `done` is a set of operations by their number, one bit each.
    fn goes_on(&mut self, done: Vec<u64>, state: M::State, depth: usize) -> bool {
        self.longest = self.longest.max(depth);
        if !self.known.insert((done.clone(), state.clone())) {
            return false;
        }
        let left = |number: usize| done.get(number / 64).is_some_and(|bits| bits & (1 << (number % 64)) == 0);
        let open: Vec<usize> = (0..self.operations.len()).filter(|number| left(*number)).collect();
        // Whatever was answered first must come before what was asked for after that.
        let answered = open.iter().filter_map(|number| self.operations.get(*number)?.answered).min();
        let Some(first_answer) = answered else { return true };
        let (mut with_looks, mut looks, mut effects) = (done.clone(), 0, Vec::new());
        for number in open {
            let Some(operation) = self.operations.get(number) else { continue };
            if operation.asked > first_answer {
                continue;
            }
            let Some(next) = self.model.apply(&state, &operation.step) else { continue };
            if self.model.only_looks(&operation.step) {
                take(&mut with_looks, number);
                looks += 1;
            } else {
                effects.push((number, next));
            }
        }
        if looks > 0 {
            // What was answered first may be another now.
            return self.goes_on(with_looks, state, depth + looks);
        }
        effects.into_iter().any(|(number, next)| {
            let mut with = done.clone();
            take(&mut with, number);
            self.goes_on(with, next, depth + 1)
        })
    }
}

fn take(done: &mut [u64], number: usize) {
    if let Some(bits) = done.get_mut(number / 64) {
        *bits |= 1 << (number % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number that can be written and read.
    struct Register;

    #[derive(Clone, Copy)]
    enum Access {
        Write(u32),
        Read(u32),
    }

    impl Model for Register {
        type State = u32;
        type Step = Access;

        fn start(&self) -> u32 {
            0
        }

        fn apply(&self, state: &u32, step: &Access) -> Option<u32> {
            match step {
                Access::Write(number) => Some(*number),
                Access::Read(number) => (number == state).then_some(*state),
            }
        }

        fn only_looks(&self, step: &Access) -> bool {
            matches!(step, Access::Read(_))
        }
    }

    fn explained(operations: &[(Access, u64, Option<u64>)]) -> bool {
        let operation = |(step, asked, answered): &(Access, u64, Option<u64>)| Operation {
            step: *step,
            asked: *asked,
            answered: *answered,
        };
        check(&Register, &operations.iter().map(operation).collect::<Vec<_>>()).is_ok()
    }

    #[test]
    fn histories_known_to_be_right_and_wrong() {
        use Access::{Read, Write};
        assert!(explained(&[]));
        assert!(explained(&[(Write(1), 0, Some(1)), (Read(1), 2, Some(3))]));
        assert!(!explained(&[(Write(1), 0, Some(1)), (Read(0), 2, Some(3))]), "stale");
        // At the same time as the write both are right, but not the old one after the new one.
        assert!(explained(&[(Write(1), 0, Some(9)), (Read(0), 1, Some(2)), (Read(1), 3, Some(4))]));
        assert!(!explained(&[(Write(1), 0, Some(9)), (Read(1), 1, Some(2)), (Read(0), 3, Some(4))]));
        // A write without an answer may have taken place late, or never, but not before it was asked for.
        assert!(explained(&[(Write(1), 0, None), (Read(0), 1, Some(2)), (Read(1), 3, Some(4))]));
        assert!(explained(&[(Write(1), 0, None), (Read(0), 1, Some(2)), (Read(0), 3, Some(4))]));
        assert!(!explained(&[(Write(1), 5, None), (Read(1), 1, Some(2))]));
        assert!(!explained(&[(Write(1), 0, None), (Read(1), 1, Some(2)), (Read(0), 3, Some(4))]));
    }

    /// Tried in every order these would not end: 14 writes have 87 billion of them, 200 reads more than there are atoms.
    #[test]
    fn many_at_the_same_time_are_not_tried_in_every_order() {
        use Access::{Read, Write};
        let mut operations: Vec<_> = (0..14).map(|number| (Write(number), 0, Some(1_000))).collect();
        operations.push((Read(3), 1_001, Some(1_002)));
        assert!(explained(&operations));
        operations.push((Read(99), 1_003, Some(1_004)));
        assert!(!explained(&operations));

        let mut operations = vec![(Write(1), 5, Some(1_000))];
        operations.extend((0..200).map(|number| (Read(number % 2), 0, Some(1_000))));
        assert!(explained(&operations));
        operations.push((Read(0), 1_001, Some(1_002)));
        assert!(!explained(&operations));
    }
}
