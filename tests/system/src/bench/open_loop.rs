//! Open loops: requests come when they come, as customers do, whether or not earlier ones have been answered. A request's time
//! runs from when it was due, so that a server that stops for a second is charged for everybody who came in that second.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Failure;
use crate::envelope::PATH;
use crate::failure::Done;
use crate::rig::Rig;
use crate::town::{Merchant, Order};

/// How requests come.
pub struct Arrivals {
    /// So many a second on average, at random moments (Poisson).
    pub rate: u64,
    /// For so long.
    pub span: Duration,
    /// Connections that carry them; a request waits for one, and its time runs.
    pub connections: usize,
    /// Begins every order id.
    pub word: String,
}

/// What came of them.
#[derive(Default)]
pub struct Outcome {
    /// From when a request was due to its answer; of those that were done, in rising order.
    pub done: Vec<Duration>,
    /// The same of those that were told to come again (503).
    pub refused: Vec<Duration>,
    /// Any other answers, by their status.
    pub others: BTreeMap<u16, u64>,
}

/// When the next request is due.
struct Schedule {
    random: fastrand::Rng,
    due: Duration,
    number: u64,
}

/// Sends card approvals of these merchants, in turn.
///
/// # Errors
/// A connection breaks.
pub fn open_loop(rig: &Rig, merchants: &[Merchant], arrivals: &Arrivals) -> Done<Outcome> {
    let schedule = Arc::new(std::sync::Mutex::new(Schedule {
        random: fastrand::Rng::with_seed(7),
        due: Duration::ZERO,
        number: 0,
    }));
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for (merchant, _) in merchants.iter().cycle().zip(0..arrivals.connections) {
        let worker = Worker {
            merchant: merchant.clone(),
            url: rig.url(),
            schedule: Arc::clone(&schedule),
            begun,
            mean: Duration::from_nanos(1_000_000_000 / arrivals.rate.max(1)),
            span: arrivals.span,
            word: arrivals.word.clone(),
        };
        running.spawn_on(worker.run(), rig.handle());
    }
    let mut all = Outcome::default();
    while let Some(outcome) = rig.block(running.join_next()) {
        let outcome = outcome??;
        all.done.extend(outcome.done);
        all.refused.extend(outcome.refused);
        for (status, count) in outcome.others {
            *all.others.entry(status).or_default() += count;
        }
    }
    all.done.sort_unstable();
    all.refused.sort_unstable();
    Ok(all)
}

struct Worker {
    merchant: Merchant,
    url: String,
    schedule: Arc<std::sync::Mutex<Schedule>>,
    begun: Instant,
    mean: Duration,
    span: Duration,
    word: String,
}

impl Worker {
    /// The next request's number, and when it is due.
    fn next(&self) -> Option<(u64, Instant)> {
        let mut schedule = self.schedule.lock().ok()?;
        // An exponential gap: -ln(u) times the mean, with u in (0, 1].
        let nanos = u64::try_from(self.mean.as_nanos()).unwrap_or(u64::MAX);
        let gap = exponential(&mut schedule.random, nanos);
        schedule.due += Duration::from_nanos(gap);
        schedule.number += 1;
        (schedule.due < self.span).then(|| (schedule.number, self.begun + schedule.due))
    }

    async fn run(self) -> Done<Outcome> {
        let mut client = self.merchant.client(&self.url);
        let mut outcome = Outcome::default();
        while let Some((number, due)) = self.next() {
            let key = format!("{}-{number}", self.word);
            let amount = 10_000 + 10 * i64::try_from(number % 500)?;
            let body = self.merchant.key_in(&Order::new(&key, amount), &key)?.to_string();
            let request = client.bytes("POST", PATH, &[("Idempotency-Key", &key)], body.as_bytes());
            tokio::time::sleep_until(due.into()).await;
            let reply = client.exchange(&request).await?;
            let took = due.elapsed();
            match reply.status() {
                200 => outcome.done.push(took),
                503 if reply.retry_after().is_some() => outcome.refused.push(took),
                status => *outcome.others.entry(status).or_default() += 1,
            }
        }
        Ok(outcome)
    }
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a random gap, not money"
)]
fn exponential(random: &mut fastrand::Rng, mean: u64) -> u64 {
    let uniform = 1.0 - random.f64();
    (-uniform.ln() * mean as f64) as u64
}

/// Writes and syncs a small block every tenth of a second beside a measurement: what the disk itself took.
pub struct DiskClock {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<std::io::Result<Vec<Duration>>>,
}

impl DiskClock {
    /// Starts, on the disk that the stack's data are on.
    pub fn start(rig: &Rig) -> DiskClock {
        let (stop, path) = (Arc::new(AtomicBool::new(false)), rig.stack.folder().join("disk-clock"));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut file = std::fs::File::create(path)?;
            let mut all = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let begun = Instant::now();
                std::io::Write::write_all(&mut file, &[1; 4_096])?;
                file.sync_data()?;
                all.push(begun.elapsed());
                std::thread::sleep(Duration::from_millis(100));
            }
            Ok(all)
        });
        DiskClock { stop, thread }
    }

    /// Every measurement, in rising order.
    ///
    /// # Errors
    /// The disk could not be written.
    pub fn stop(self) -> Done<Vec<Duration>> {
        self.stop.store(true, Ordering::Relaxed);
        let measured = self.thread.join().map_err(|_| Failure::new("the disk's clock panicked"))?;
        let mut all = measured?;
        all.sort_unstable();
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::exponential;

    #[test]
    fn gaps_have_the_mean_they_should() {
        let mut random = fastrand::Rng::with_seed(1);
        let sum: u64 = (0..10_000).map(|_| exponential(&mut random, 1_000)).sum();
        assert!((9_500_000..10_500_000).contains(&sum), "{sum}");
    }
}
