//! Watches single payments: two callers pay with one key and cancel parts, two others read all the while, each by way of
//! another process. Who did what, when, and what was told is kept for the checker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::envelope;
use crate::failure::Done;
use crate::honest::{self, Ending};
use crate::linear::{CancelState, Operation, Paid, Seen, Step};
use crate::rig::{People, Rig};
use crate::town::{Merchant, Order};

const AMOUNT: i64 = 100_000;
/// What each of the two payers cancels.
const PARTS: [[i64; 2]; 2] = [[10_000, 20_000], [30_000, 15_000]];
/// Between two reads of one reader, milliseconds.
const READ_EVERY_MS: u64 = 25;

/// One payment's history.
pub type Watched = (String, Vec<Operation<Step>>);

/// Those who watch.
pub struct Probes {
    tasks: JoinSet<Done<Vec<Watched>>>,
    stop: Arc<AtomicBool>,
}

impl Probes {
    /// So many payments at a time, one after another until told to stop.
    pub fn start(rig: &Rig, people: &People, urls: &[String], count: usize, patience: Duration) -> Probes {
        let stop = Arc::new(AtomicBool::new(false));
        let next = Arc::new(AtomicU64::new(0));
        let mut tasks = JoinSet::new();
        let (urls, begun) = (Arc::<[String]>::from(urls), Instant::now());
        for (_, merchant) in (0..count).zip(people.merchants.iter().cycle()) {
            let (stop, next, urls, merchant) =
                (Arc::clone(&stop), Arc::clone(&next), Arc::clone(&urls), merchant.clone());
            let watch = async move {
                let mut all = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let probe = Probe {
                        order: format!("watched-{number}"),
                        number: usize::try_from(number).unwrap_or_default(),
                        merchant: merchant.clone(),
                        urls: Arc::clone(&urls),
                        begun,
                        patience,
                        over: Arc::default(),
                    };
                    all.push((probe.order.clone(), probe.watch().await?));
                }
                Ok(all)
            };
            tasks.spawn_on(watch, rig.handle());
        }
        Probes { tasks, stop }
    }

    /// No further payment.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Every history.
    pub async fn finish(mut self) -> Done<Vec<Watched>> {
        let mut all = Vec::new();
        while let Some(watched) = self.tasks.join_next().await {
            all.extend(watched??);
        }
        Ok(all)
    }
}

#[derive(Clone)]
struct Probe {
    order: String,
    number: usize,
    merchant: Merchant,
    urls: Arc<[String]>,
    begun: Instant,
    patience: Duration,
    over: Arc<AtomicBool>,
}

impl Probe {
    async fn watch(self) -> Done<Vec<Operation<Step>>> {
        let mut readers = JoinSet::new();
        for number in 0..2 {
            readers.spawn(self.clone().read(number + 1));
        }
        let (one, two) = tokio::join!(self.pay_and_cancel(0), self.pay_and_cancel(1));
        self.over.store(true, Ordering::Relaxed);
        let mut all = one?;
        all.extend(two?);
        while let Some(reads) = readers.join_next().await {
            all.extend(reads?);
        }
        Ok(all)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    async fn pay_and_cancel(&self, payer: usize) -> Done<Vec<Operation<Step>>> {
        let mut client = self.merchant.client_among(&self.urls, self.number + payer);
        let body = self.merchant.key_in(&Order::new(&self.order, AMOUNT), &self.order)?;
        let asked = self.now();
        let (merchant, patience) = (&self.merchant.id, self.patience);
        let told = honest::command(&mut client, merchant, envelope::PATH, &self.order, &body, patience).await;
        let mut all =
            self.steps(asked, told.ending, Step::Pay, [Step::Paid(Paid::Yes), Step::Paid(Paid::No)]);
        let paid = told.last.filter(|_| told.ending == Ending::Done);
        let Some(payment) = paid.and_then(|reply| reply.text("paymentId").ok().map(str::to_owned)) else {
            return Ok(all);
        };
        let path = format!("/v1/payments/{payment}/cancel");
        for amount in PARTS.get(payer).into_iter().flatten().copied() {
            let body = json!({ "cancelReason": "고객 변심", "cancelAmount": amount });
            let asked = self.now();
            let key = format!("{}/{amount}", self.order);
            let told = honest::command(&mut client, merchant, &path, &key, &body, patience).await;
            let cancelled = |state| Step::Cancelled(amount, state);
            if told.ending == Ending::Refused {
                let answered = Some(self.now());
                all.push(Operation { step: Step::Refused(amount), asked, answered });
                continue;
            }
            let ends = [cancelled(CancelState::Done), cancelled(CancelState::No)];
            all.extend(self.steps(asked, told.ending, Step::Cancel(amount), ends));
        }
        Ok(all)
    }

    /// What a command did from `asked` until now. One without an answer may have begun, and ended in either way.
    fn steps(
        &self,
        asked: u64,
        ending: Ending,
        begin: Step,
        [done, failed]: [Step; 2],
    ) -> Vec<Operation<Step>> {
        let answered = Some(self.now());
        let steps = match ending {
            Ending::Done => vec![(begin, answered), (done, answered)],
            Ending::Failed => vec![(begin, answered), (failed, answered)],
            Ending::Refused => Vec::new(),
            Ending::Open => vec![(begin, None), (done, None), (failed, None)],
        };
        steps.into_iter().map(|(step, answered)| Operation { step, asked, answered }).collect()
    }

    async fn read(self, reader: usize) -> Vec<Operation<Step>> {
        let mut client = self.merchant.client_among(&self.urls, self.number + reader);
        let path = format!("/v1/payments/orders/{}", self.order);
        let mut all: Vec<Operation<Step>> = Vec::new();
        let mut last = false;
        loop {
            let asked = self.now();
            let seen = match client.get(&path).await {
                // What the tables say may be older, and says so.
                Ok(reply) if reply.response.header("ledger-source").is_some() => None,
                Ok(reply) if reply.status() == 200 => Seen::in_order(&reply.body),
                Ok(reply) if reply.status() == 404 => Some(Seen::default()),
                Ok(_) | Err(_) => None,
            };
            if let Some(seen) = seen {
                all.push(Operation { step: Step::Read(seen), asked, answered: Some(self.now()) });
            }
            if last {
                return all;
            }
            last = self.over.load(Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(fastrand::u64(1..READ_EVERY_MS * 2))).await;
        }
    }
}
