//! When a reader that hears nothing should doubt its client. Quiet is normal at the end of a log, and after a broker's
//! restart librdkafka has been seen to stay quiet though the log went on; only the log's end tells the two apart.

use std::time::{Duration, Instant};

/// What a reader knows of the quiet it is in.
pub(super) struct Silence {
    /// After so much quiet, and every time it has passed again, the log's end is asked for.
    patience: Duration,
    since: Instant,
    /// One past the last offset, as last asked.
    end: i64,
    /// Up to here the client has said that there is nothing more: control records at the end are never delivered.
    covered: i64,
    /// The end was found to be further on than what was heard, once already.
    doubted: bool,
    /// The client was asked for the end and did not answer, once already.
    deaf: bool,
}

impl Silence {
    /// A reader just positioned, in a log that ends at `end`.
    pub(super) fn new(patience: Duration, end: i64, now: Instant) -> Silence {
        Silence { patience, since: now, end, covered: 0, doubted: false, deaf: false }
    }

    /// A message came.
    pub(super) fn broken(&mut self, now: Instant) {
        (self.since, self.doubted, self.deaf) = (now, false, false);
    }

    /// The client says that the partition's end is reached.
    pub(super) fn at_end(&mut self, now: Instant) {
        self.broken(now);
        self.covered = self.end;
    }

    /// True when the log's end should be asked for and given to [`Silence::is_wrong`]. The quiet counts anew from here.
    pub(super) fn is_long(&mut self, now: Instant) -> bool {
        let is_long = now.saturating_duration_since(self.since) >= self.patience;
        if is_long {
            self.since = now;
        }
        is_long
    }

    /// The client does not answer the question for the end: true when it is the second time in one quiet. Kafka may be down, and then
    /// another client answers no better; but one that lost its connections may not come back by itself.
    pub(super) fn is_deaf(&mut self) -> bool {
        std::mem::replace(&mut self.deaf, true)
    }

    /// The log ends at `end`, and the reader waits for offset `next`: true when the client keeps back what is there. A
    /// record may have come this very moment, so that only the second doubt counts.
    pub(super) fn is_wrong(&mut self, end: i64, next: i64) -> bool {
        (self.end, self.deaf) = (end, false);
        let doubtful = end > next.max(self.covered);
        std::mem::replace(&mut self.doubted, doubtful) && doubtful
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[test]
    fn quiet_is_long_once_every_patience() {
        let begun = Instant::now();
        let mut silence = Silence::new(PATIENCE, 10, begun);
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(
            [4, 5, 6, 9, 10].map(|seconds| silence.is_long(at(seconds))),
            [false, true, false, false, true]
        );
        silence.broken(at(12));
        assert_eq!([16, 17].map(|seconds| silence.is_long(at(seconds))), [false, true]);
    }

    #[test]
    fn a_log_that_ends_where_the_reader_is_keeps_nothing_back() {
        let mut silence = Silence::new(PATIENCE, 10, Instant::now());
        assert_eq!([silence.is_wrong(10, 10), silence.is_wrong(10, 10)], [false, false]);
    }

    #[test]
    fn only_the_second_doubt_in_one_quiet_counts() {
        let mut silence = Silence::new(PATIENCE, 10, Instant::now());
        assert_eq!([silence.is_wrong(11, 10), silence.is_wrong(12, 10)], [false, true]);
        silence.broken(Instant::now());
        assert!(!silence.is_wrong(12, 11), "a message came in between");
        assert!(!silence.is_wrong(12, 12), "what was doubted has come");
        assert!(!silence.is_wrong(13, 12), "a new doubt");
    }

    #[test]
    fn a_client_that_twice_does_not_answer_is_deaf() {
        let mut silence = Silence::new(PATIENCE, 10, Instant::now());
        assert_eq!([silence.is_deaf(), silence.is_deaf()], [false, true]);
        silence.is_wrong(10, 10);
        assert!(!silence.is_deaf(), "it has answered in between");
        silence.broken(Instant::now());
        assert!(!silence.is_deaf(), "a message came in between");
    }

    #[test]
    fn an_end_that_was_seen_covers_what_is_never_delivered() {
        let mut silence = Silence::new(PATIENCE, 12, Instant::now());
        silence.at_end(Instant::now());
        assert_eq!([silence.is_wrong(12, 10), silence.is_wrong(12, 10)], [false, false]);
        assert_eq!([silence.is_wrong(13, 10), silence.is_wrong(13, 10)], [false, true]);
    }
}
