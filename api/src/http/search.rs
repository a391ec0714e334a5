//! The search for the process that leads a command's partition, without IO and without a clock: whom to pass the command to, and
//! when to stop. It looks further only while it is certain that nobody has taken the command; a receipt that is uncertain ends it.

use super::command::LAST_RESORT;
use std::time::Duration;

/// How long a command looks for the process that leads its partition, from its arrival, ms.
const LOOKS_FOR_MS: i64 = 5_000;
/// The pause before it looks again.
pub const PAUSE: Duration = Duration::from_millis(25);

/// What came of sending a request on.
#[derive(Debug)]
pub enum Passed<T> {
    /// Answered.
    Reply(T),
    /// That process does not lead either and has recorded nothing of it.
    Elsewhere(Option<String>),
    /// Nothing was sent.
    NotReached,
    /// It may have been received, and there is no answer.
    Uncertain,
}

impl<T> Passed<T> {
    /// The same with something else made of the answer.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Passed<U> {
        match self {
            Self::Reply(reply) => Passed::Reply(f(reply)),
            Self::Elsewhere(to) => Passed::Elsewhere(to),
            Self::NotReached => Passed::NotReached,
            Self::Uncertain => Passed::Uncertain,
        }
    }
}

/// What is done next.
#[derive(Debug)]
pub enum Next<T> {
    /// Tell the caller this.
    Tell(T),
    /// Tell the caller that it is not known, and where to ask: never sent a second time.
    TellUnknown,
    /// Tell the caller to come again: nobody has taken it.
    TellNotReady,
    /// Pass it on again, after a [`PAUSE`].
    Again,
}

/// One command that this process does not lead.
#[derive(Clone, Debug)]
pub struct Search {
    me: String,
    to: String,
    received_ms: i64,
}

impl Search {
    /// Begins with where this process believes the leader to be, if it knows; otherwise with itself, which hears who comes next.
    /// `received_ms` is when the command arrived. None for a command that another process passed on: that one looks further.
    #[must_use]
    pub fn begin(me: &str, to: Option<&str>, received_ms: i64, passed_on: bool) -> Option<Self> {
        let search = || Self { me: me.to_owned(), to: to.unwrap_or(me).to_owned(), received_ms };
        (!passed_on).then(search)
    }

    /// Whom to pass it to.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.to
    }

    /// For how long to wait for the answer.
    #[must_use]
    pub fn within(&self, now_ms: i64) -> Duration {
        let since_ms = now_ms.saturating_sub(self.received_ms).max(0).unsigned_abs();
        LAST_RESORT.saturating_sub(Duration::from_millis(since_ms))
    }

    /// What to do after it was passed on.
    pub fn learn<T>(&mut self, passed: Passed<T>, now_ms: i64) -> Next<T> {
        match passed {
            Passed::Reply(reply) => return Next::Tell(reply),
            Passed::Elsewhere(Some(other)) => self.to = other,
            // It will be there in a moment.
            Passed::Elsewhere(None) => {}
            // Whoever led is gone: this process hears who comes next.
            Passed::NotReached => self.me.clone_into(&mut self.to),
            Passed::Uncertain => return Next::TellUnknown,
        }
        if now_ms.saturating_sub(self.received_ms) > LOOKS_FOR_MS { Next::TellNotReady } else { Next::Again }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere(to: Option<&str>) -> Passed<()> {
        Passed::Elsewhere(to.map(str::to_owned))
    }

    #[test]
    fn it_goes_where_it_is_sent_and_asks_its_own_process_when_nobody_is_there() {
        let mut search = Search::begin("me", Some("b"), 1_000, false).unwrap();
        assert_eq!(search.to(), "b");
        assert!(matches!(search.learn(elsewhere(Some("c")), 1_010), Next::Again));
        assert_eq!(search.to(), "c");
        assert!(matches!(search.learn(elsewhere(None), 1_020), Next::Again));
        assert_eq!(search.to(), "c");
        assert!(matches!(search.learn(Passed::<()>::NotReached, 1_030), Next::Again));
        assert_eq!(search.to(), "me");
        assert_eq!(search.within(1_500), LAST_RESORT - Duration::from_millis(500));
    }

    #[test]
    fn what_another_process_passed_on_is_not_passed_on_again() {
        assert!(Search::begin("me", Some("b"), 1_000, true).is_none());
    }

    #[test]
    fn an_uncertain_receipt_ends_it_and_so_does_time() {
        let mut search = Search::begin("me", None, 1_000, false).unwrap();
        assert_eq!(search.to(), "me");
        assert!(matches!(search.learn(elsewhere(None), 1_001 + LOOKS_FOR_MS), Next::TellNotReady));
        assert!(matches!(search.learn(Passed::<()>::Uncertain, 1_000), Next::TellUnknown));
        assert!(matches!(search.learn(Passed::Reply(7), 90_000), Next::Tell(7)));
    }
}
