//! The network between the processes: what one passes on to another is lost, late, answered late or not at all, and may arrive when
//! nobody waits for it any more. Only where no connection came about does the sender know that nothing was sent.

use super::http::Request;
use super::told::Said;
use ledger_api::http::search::Passed;

/// Who waits for what comes back: the process, its life, its search.
pub type Sender = (usize, u64, u64);

struct Passing {
    id: u64,
    from: Sender,
    to: usize,
    /// On its way.
    request: Option<Request>,
    arrives_ms: i64,
    /// The connection lasts no longer: the sender gives up, or the network does.
    breaks_ms: i64,
    /// What comes back, and when.
    answer: Option<(i64, Passed<Said>)>,
    /// Somebody waits.
    waited_for: bool,
    reached: bool,
}

/// Something happens at a process.
pub enum Happens {
    Arrives { to: usize, request: Request },
    ComesBack { to: Sender, passed: Passed<Said> },
}

#[derive(Default)]
pub struct Peers {
    under_way: Vec<Passing>,
    next: u64,
    /// In per cent of what is sent.
    pub trouble: u32,
    pub sent: u32,
    pub uncertain: u32,
    /// Arrived when its sender had given up.
    pub too_late: u32,
}

impl Peers {
    pub fn new(trouble: u32) -> Self {
        Self { trouble, ..Self::default() }
    }

    /// Sends a request on. `is_up` says whether anybody listens there.
    pub fn send(
        &mut self,
        rng: &mut fastrand::Rng,
        from: Sender,
        (to, is_up): (usize, bool),
        request: Request,
        within_ms: i64,
        now_ms: i64,
    ) {
        self.next += 1;
        self.sent += 1;
        let mut bad = || rng.u32(0..100) < self.trouble;
        let (refused, lost, slow, breaks) = (!is_up || bad(), bad(), bad(), bad());
        let delay_ms = match (slow, rng.u32(0..4)) {
            (false, _) => rng.i64(0..8),
            (true, 0) => rng.i64(9_000..40_000),
            (true, _) => rng.i64(0..9_000),
        };
        let breaks_ms = now_ms + if breaks { rng.i64(0..3_000) } else { within_ms };
        let request = Request { passing: Some(self.next), ..request };
        self.under_way.push(Passing {
            id: self.next,
            from,
            to,
            request: (!refused && !lost).then_some(request),
            arrives_ms: now_ms + delay_ms,
            breaks_ms,
            answer: refused.then_some((now_ms + 1, Passed::NotReached)),
            waited_for: true,
            reached: false,
        });
    }

    /// A process answers what was passed to it.
    pub fn reply(&mut self, rng: &mut fastrand::Rng, passing: u64, passed: Passed<Said>, now_ms: i64) {
        let Some(passing) = self.under_way.iter_mut().find(|known| known.id == passing) else { return };
        if rng.u32(0..100) < self.trouble {
            passing.breaks_ms = passing.breaks_ms.min(now_ms + rng.i64(0..500));
        } else {
            let slow = rng.u32(0..100) < self.trouble;
            let delay_ms = if slow { rng.i64(0..5_000) } else { rng.i64(0..8) };
            passing.answer = Some((now_ms + delay_ms, passed));
        }
    }

    /// A process died: its connections break, and what it had sent goes on.
    pub fn crash(&mut self, number: usize, now_ms: i64) {
        for passing in &mut self.under_way {
            if passing.from.0 == number {
                passing.waited_for = false;
            }
            if passing.to == number && passing.reached {
                passing.answer = None;
                passing.breaks_ms = passing.breaks_ms.min(now_ms + 1);
            }
        }
    }

    /// Lets time pass. `is_up` says whether anybody listens at a process.
    pub fn pass(&mut self, now_ms: i64, is_up: impl Fn(usize) -> bool) -> Vec<Happens> {
        let mut happens = Vec::new();
        for mut passing in std::mem::take(&mut self.under_way) {
            let Passing { to, from, .. } = passing;
            if passing.arrives_ms <= now_ms
                && let Some(request) = passing.request.take()
            {
                passing.reached = true;
                if is_up(to) {
                    self.too_late += u32::from(!passing.waited_for);
                    happens.push(Happens::Arrives { to, request });
                } else {
                    passing.breaks_ms = passing.breaks_ms.min(now_ms);
                }
            }
            if passing.waited_for
                && let Some((_, passed)) = passing.answer.take_if(|(at_ms, _)| *at_ms <= now_ms)
            {
                passing.waited_for = false;
                happens.push(Happens::ComesBack { to: from, passed });
            }
            if passing.waited_for && passing.breaks_ms <= now_ms {
                passing.waited_for = false;
                self.uncertain += 1;
                happens.push(Happens::ComesBack { to: from, passed: Passed::Uncertain });
            }
            if passing.waited_for || passing.request.is_some() {
                self.under_way.push(passing);
            }
        }
        happens
    }

    pub fn is_idle(&self) -> bool {
        self.under_way.is_empty()
    }
}
