//! Whether a command of which the owner has recorded nothing may still come, without IO: as long as this process received it lately,
//! and as long as another one has not said the same of itself.

use std::collections::VecDeque;

use crate::http::search::Passed;

/// What is left to ask before "nothing was recorded, and nothing will be" may be said.
#[derive(Clone, Debug)]
pub struct Doubt {
    remains: bool,
    others: VecDeque<String>,
}

impl Doubt {
    /// Whether this process received it lately must be looked up before the owner is asked, so that whatever arrives in between
    /// still counts as on its way. `others` are the processes that were heard lately; each answers for itself alone, and so does
    /// this one where another process asks it.
    #[must_use]
    pub fn begin(may_still_arrive: bool, asked_by_another: bool, others: &[String]) -> Self {
        let alone = may_still_arrive || asked_by_another;
        let others = if alone { VecDeque::new() } else { others.iter().cloned().collect() };
        Self { remains: may_still_arrive, others }
    }

    /// Whom to ask next; nobody when it is decided.
    #[must_use]
    pub fn whom_to_ask(&self) -> Option<&str> {
        self.others.front().map(String::as_str)
    }

    /// What the one asked last said: whether nothing was recorded. One that does not say so, or says nothing, may still bring it.
    pub fn learn(&mut self, says_nothing_recorded: &Passed<bool>) {
        self.others.pop_front();
        match says_nothing_recorded {
            Passed::Reply(true) => {}
            Passed::Reply(false) | Passed::Elsewhere(_) | Passed::NotReached | Passed::Uncertain => {
                self.others.clear();
                self.remains = true;
            }
        }
    }

    /// Whether it may still come, once nobody is left to ask.
    #[must_use]
    pub const fn remains(&self) -> bool {
        self.remains
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others() -> Vec<String> {
        vec!["b".to_owned(), "c".to_owned()]
    }

    #[test]
    fn nothing_is_said_for_good_before_everybody_has_said_it() {
        let mut doubt = Doubt::begin(false, false, &others());
        for other in ["b", "c"] {
            assert_eq!(doubt.whom_to_ask(), Some(other));
            doubt.learn(&Passed::Reply(true));
        }
        assert_eq!((doubt.whom_to_ask(), doubt.remains()), (None, false));
    }

    #[test]
    fn one_that_does_not_say_so_is_enough() {
        for passed in [Passed::Reply(false), Passed::Elsewhere(None), Passed::NotReached, Passed::Uncertain] {
            let mut doubt = Doubt::begin(false, false, &others());
            doubt.learn(&passed);
            assert_eq!((doubt.whom_to_ask(), doubt.remains()), (None, true));
        }
    }

    #[test]
    fn nobody_is_asked_who_need_not_be() {
        for (lately, asked_by_another) in [(true, false), (false, true), (true, true)] {
            let doubt = Doubt::begin(lately, asked_by_another, &others());
            assert_eq!((doubt.whom_to_ask(), doubt.remains()), (None, lately));
        }
    }
}
