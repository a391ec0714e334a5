//! Load as honest clients make it: so many connections, each in a closed loop of payments, cancels, declines and repeated
//! requests, each keeping what it was told. Seeded, so that the same seed asks for the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{Client, Reply};
use crate::envelope;
use crate::failure::{Done, During};
use crate::honest::{self, Ending, Told};
use crate::town::{Merchant, Order};

/// What to do.
#[derive(Clone)]
pub struct Load {
    /// The api's processes; clients begin with each in turn, and go on to the next when theirs does not answer.
    pub urls: Vec<String>,
    /// Whose payments; clients take them in turn.
    pub merchants: Vec<Merchant>,
    /// Connections.
    pub clients: usize,
    /// Payments and cancels in all; without a limit until told to stop.
    pub operations: Option<i64>,
    /// For what is random.
    pub seed: u64,
    /// A word that begins every order id.
    pub word: String,
    /// How long a caller asks for the outcome of one command.
    pub patience: Duration,
}

/// What a command was.
#[derive(Clone, Debug)]
pub enum What {
    /// A key-in.
    Pay {
        /// The order.
        order_id: String,
        /// Won.
        amount: i64,
    },
    /// A cancel.
    Cancel {
        /// The payment.
        payment: String,
        /// Won.
        amount: i64,
    },
}

/// A command and what its caller was told.
#[derive(Clone, Debug)]
pub struct Deed {
    /// `mer_…`
    pub merchant: String,
    /// What it was.
    pub what: What,
    /// What was told.
    pub told: Told,
}

/// A running load.
pub struct Running {
    clients: JoinSet<Done<History>>,
    shared: Arc<Shared>,
}

/// What all clients know together.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    left: AtomicI64,
    unlimited: AtomicBool,
    answered: AtomicU64,
}

/// What came of it.
#[derive(Default)]
pub struct History {
    /// Every payment and cancel.
    pub deeds: Vec<Deed>,
    /// Repeated requests that were not answered as the first time, in words.
    pub wrong_replays: Vec<String>,
    /// Requests that were repeated.
    pub replays: u64,
}

/// A payment that is worth cancelling.
struct Standing {
    payment: String,
    balance: i64,
}

struct Caller {
    load: Load,
    number: usize,
    merchant: Merchant,
    client: Client,
    shared: Arc<Shared>,
    random: fastrand::Rng,
    made: u64,
    standing: Vec<Standing>,
    /// Requests whose first answer came at once, with that answer: what a repetition must give.
    repeatable: Vec<(Vec<u8>, Reply)>,
    history: History,
}

impl Load {
    /// Starts all clients on this runtime.
    ///
    /// # Errors
    /// There is no merchant.
    pub fn start(&self, runtime: &tokio::runtime::Handle) -> Done<Running> {
        let shared = Arc::new(Shared::default());
        shared.left.store(self.operations.unwrap_or(i64::MAX), Ordering::Relaxed);
        shared.unlimited.store(self.operations.is_none(), Ordering::Relaxed);
        let mut clients = JoinSet::new();
        for number in 0..self.clients {
            let merchant =
                self.merchants.iter().cycle().nth(number).during(|| "no merchant".to_owned())?.clone();
            let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(number as u64);
            let caller = Caller {
                number,
                client: merchant.client_among(&self.urls, number),
                merchant,
                shared: Arc::clone(&shared),
                random: fastrand::Rng::with_seed(seed),
                made: 0,
                standing: Vec::new(),
                repeatable: Vec::new(),
                history: History::default(),
                load: self.clone(),
            };
            clients.spawn_on(caller.run(), runtime);
        }
        Ok(Running { clients, shared })
    }
}

impl Running {
    /// How many commands have had their final answer.
    pub fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// Lets every client finish what it is at.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Waits for all clients.
    ///
    /// # Errors
    /// One could not go on.
    pub async fn finish(mut self) -> Done<History> {
        let mut all = History::default();
        while let Some(history) = self.clients.join_next().await {
            let history = history??;
            all.deeds.extend(history.deeds);
            all.wrong_replays.extend(history.wrong_replays);
            all.replays += history.replays;
        }
        Ok(all)
    }
}

impl Caller {
    async fn run(mut self) -> Done<History> {
        while !self.shared.stop.load(Ordering::Relaxed) && self.takes_one() {
            match self.random.u32(0..100) {
                0..10 if !self.repeatable.is_empty() => {
                    // Repeating makes nothing new: it does not count.
                    self.shared.left.fetch_add(1, Ordering::Relaxed);
                    self.repeat().await;
                }
                10..40 if !self.standing.is_empty() => self.cancel().await?,
                _ => self.pay().await?,
            }
        }
        Ok(self.history)
    }

    fn takes_one(&self) -> bool {
        self.shared.unlimited.load(Ordering::Relaxed) || self.shared.left.fetch_sub(1, Ordering::Relaxed) > 0
    }

    fn key(&mut self) -> String {
        self.made += 1;
        format!("{}-{}-{}", self.load.word, self.number, self.made)
    }

    async fn pay(&mut self) -> Done {
        let key = self.key();
        // An amount that ends in 0 is never magic; 44nn is a decline.
        let declined = self.random.u32(0..100) < 8;
        let amount =
            if declined { 14_401 + self.random.i64(0..8) } else { self.random.i64(100..30_000) * 10 };
        let body = self.merchant.key_in(&Order::new(&key, amount), &key)?;
        let told = self.send(envelope::PATH, &key, &body).await;
        if let (Ending::Done, Some(reply)) = (told.ending, &told.last) {
            self.standing.push(Standing { payment: reply.text("paymentId")?.to_owned(), balance: amount });
        }
        self.note(What::Pay { order_id: key, amount }, told);
        Ok(())
    }

    async fn cancel(&mut self) -> Done {
        let at = self.random.usize(0..self.standing.len());
        let Standing { payment, balance } = self.standing.swap_remove(at);
        let part = self.random.i64(1..=balance / 10) * 10;
        let amount = if self.random.bool() { balance } else { part };
        let key = self.key();
        let path = format!("/v1/payments/{payment}/cancel");
        let body = json!({ "cancelReason": "고객 변심", "cancelAmount": amount });
        let told = self.send(&path, &key, &body).await;
        let balance = if told.ending == Ending::Done { balance - amount } else { balance };
        if balance >= 10 && told.ending != Ending::Open {
            self.standing.push(Standing { payment: payment.clone(), balance });
        }
        self.note(What::Cancel { payment, amount }, told);
        Ok(())
    }

    async fn send(&mut self, path: &str, key: &str, body: &serde_json::Value) -> Told {
        let headers = [("Idempotency-Key", key)];
        let request = self.client.bytes("POST", path, &headers, body.to_string().as_bytes());
        let told = honest::send(&mut self.client, &self.merchant.id, key, &request, self.load.patience).await;
        // After a 504 the same key gives what is true then, which may change until it is final.
        if let (1, Some(first)) = (told.answers.len(), &told.last)
            && matches!(told.ending, Ending::Done | Ending::Failed)
        {
            self.repeatable.push((request, first.clone()));
        }
        told
    }

    fn note(&mut self, what: What, told: Told) {
        self.shared.answered.fetch_add(1, Ordering::Relaxed);
        self.history.deeds.push(Deed { merchant: self.merchant.id.clone(), what, told });
    }

    /// The same request once more: the first answer, marked, whatever happened since.
    async fn repeat(&mut self) {
        let at = self.random.usize(0..self.repeatable.len());
        let Some((request, first)) = self.repeatable.get(at) else { return };
        let (request, first) = (request.clone(), first.clone());
        let told = honest::send(&mut self.client, &self.merchant.id, "-", &request, self.load.patience).await;
        self.history.replays += 1;
        let Some(again) = told.last else { return };
        let same = again.status() == first.status()
            && again.is_replayed()
            && without_request_id(&again) == without_request_id(&first);
        if !same {
            let (first, again) = (first.unexpected("first"), again.unexpected("the same"));
            self.history.wrong_replays.push(format!("{first}\n    then {again}; {:?}", told.answers));
        }
    }
}

fn without_request_id(reply: &Reply) -> serde_json::Value {
    let mut body = reply.body.clone();
    if let Some(members) = body.as_object_mut() {
        members.remove("requestId");
    }
    body
}
