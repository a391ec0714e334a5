//! How far the own clock is from the broker's, by the LogAppendTime of delivery reports: a record is stamped after it was handed
//! over and before its report, so a stamp outside that span shows a difference for sure.

use std::time::Instant;

/// The difference as last measured.
#[derive(Debug)]
pub struct BrokerClock {
    bound_ms: i64,
    measured: Option<Measured>,
}

#[derive(Clone, Copy, Debug)]
struct Measured {
    /// Broker's minus own, ms.
    ahead_ms: i64,
    own_ms: i64,
    at: Instant,
}

impl BrokerClock {
    /// Nothing measured yet.
    pub const fn new(bound_ms: i64) -> Self {
        Self { bound_ms, measured: None }
    }

    /// A record handed over at `sent_ms` at the earliest was stamped `stamp_ms`, and its report is here at `now_ms`.
    pub fn measure(&mut self, stamp_ms: i64, sent_ms: i64, now_ms: i64) {
        if stamp_ms < 0 {
            return;
        }
        let ahead_ms = (stamp_ms - now_ms).max(0) + (stamp_ms - sent_ms).min(0);
        self.measured = Some(Measured { ahead_ms, own_ms: now_ms, at: Instant::now() });
    }

    /// Why no client command may be decided, if the clocks are too far apart. While nothing is recorded nothing is measured, so a
    /// correction of the own clock since the last measurement counts too.
    pub fn trouble(&self, now_ms: i64) -> Option<String> {
        let measured = self.measured.filter(|measured| measured.ahead_ms.abs() > self.bound_ms)?;
        let passed_ms = i64::try_from(measured.at.elapsed().as_millis()).unwrap_or(i64::MAX);
        let corrected_ms = now_ms - measured.own_ms - passed_ms;
        let ahead_ms = measured.ahead_ms - corrected_ms;
        (ahead_ms.abs() > self.bound_ms).then(|| {
            format!("the clock is {} ms off the broker's, more than {} ms", -ahead_ms, self.bound_ms)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_stamp_outside_the_span_of_its_sending_shows_a_difference() {
        // stamp, sent, now: what is known of the difference.
        for (stamp_ms, sent_ms, now_ms, off) in [
            (1_000, 900, 1_100, false),
            (1_000, 900, 60_000, false),
            (1_000, 900, 800, false),
            (9_000, 900, 1_100, true),
            (1_000, 9_000, 9_100, true),
            (-1, 9_000, 9_100, false),
        ] {
            let mut clock = BrokerClock::new(2_000);
            clock.measure(stamp_ms, sent_ms, now_ms);
            assert_eq!(clock.trouble(now_ms).is_some(), off, "{stamp_ms} {sent_ms} {now_ms}");
        }
    }

    #[test]
    fn a_corrected_clock_is_trusted_again() {
        let mut clock = BrokerClock::new(2_000);
        clock.measure(60_000, 900, 1_000);
        assert!(clock.trouble(1_000).is_some());
        assert_eq!(clock.trouble(60_000), None);
    }
}
