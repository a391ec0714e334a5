//! `http`: approvals through the whole path (envelope, owner, Kafka flushed, sandbox acquirer, Kafka again) at 1 and 64
//! connections, from envelopes sealed beforehand. The control sends approvals straight to the sandbox acquirer: what this
//! machine can do over HTTP with one flush to disk each.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use super::ROUNDS;
use super::figures::{last_line, median, ms, per_second, ratio};
use super::loops::{closed_loop, closed_loops};
use crate::audit::Book;
use crate::client::Client;
use crate::ensure;
use crate::envelope::{GOOD_CARD, PATH};
use crate::failure::Done;
use crate::rig::Rig;
use crate::town::{Merchant, Order};

const CONNECTIONS: usize = 64;
/// Approvals at one connection and at many: some ten seconds of each.
const APPROVALS: (usize, usize) = (3_000, 20_000);
/// Approvals of each of the six measurements of `http-hot`.
const HOT: usize = 6_400;
const CONTROLS: usize = 40_000;
/// Kafka's machine code is not made before it has seen some load.
const WARM_UP: usize = 8_000;
/// How long the ledger may need to settle, and the tables to follow.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs it: first while nobody projects, then with the projector beside it, which shares the same cores.
///
/// # Errors
/// A payment is not approved.
pub fn run() -> Done {
    let mut rig = Rig::start("bench_http")?;
    let people = rig.people()?;
    rig.acquirer_faults(&json!({ "seed": 1 }))?;
    let all = &people.merchants;
    let (_, mut count) = closed(&rig, all, "warm-up", CONNECTIONS, WARM_UP)?;
    rig.projector()?.stop()?;
    let (_, some) = closed(&rig, all, "one", 1, APPROVALS.0)?;
    let (rate, more) = closed(&rig, all, "many", CONNECTIONS, APPROVALS.1)?;
    count += some + more;
    rig.projector()?.start()?;
    rig.projected(&rig.settled(PATIENCE)?, PATIENCE)?;
    let (_, some) = closed(&rig, all, "one beside the projector", 1, APPROVALS.0)?;
    let (beside, more) = closed(&rig, all, "many beside the projector", CONNECTIONS, APPROVALS.1)?;
    let ended = Instant::now();
    count += some + more;
    rig.projected(&in_the_ledger(&rig, count)?, PATIENCE)?;
    println!("http: the tables were level {} after the last approval", ms(ended.elapsed()));
    let straight = rig.spawn(control(rig.stack.acquirer_url()));
    let control = rig.block(straight)??;
    let of = "approvals sent straight to the sandbox acquirer";
    last_line("http, beside the projector", beside, "approvals/s", &ratio(beside, control), of);
    last_line("http", rate, "approvals/s", &ratio(rate, control), of);
    Ok(())
}

/// `http-hot`: all approvals are one merchant's, so they meet in one partition; the control spreads them over all merchants.
///
/// # Errors
/// A payment is not approved.
pub fn run_hot() -> Done {
    let rig = Rig::start("bench_hot")?;
    let people = rig.people()?;
    rig.acquirer_faults(&json!({ "seed": 1 }))?;
    let (all, one) = (&people.merchants, std::slice::from_ref(people.merchant(0)?));
    let (_, mut count) = closed(&rig, all, "warm-up", CONNECTIONS, 2_000)?;
    let (mut hot, mut spread) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        for (of, word, rates) in [(one, "one merchant", &mut hot), (all, "all merchants", &mut spread)] {
            let (rate, some) = closed(&rig, of, &format!("{word}, round {round}"), CONNECTIONS, HOT)?;
            rates.push(rate);
            count += some;
        }
    }
    in_the_ledger(&rig, count)?;
    let (hot, spread) = (median(hot), median(spread));
    last_line("http-hot", hot, "approvals/s", &ratio(hot, spread), "the same over all merchants");
    Ok(())
}

fn in_the_ledger(rig: &Rig, expected: usize) -> Done<Book> {
    let book = rig.settled(PATIENCE)?;
    let approved = book.payments.values().filter(|account| account.count("approved") == 1).count();
    ensure!(approved == expected, "{approved} of {expected} approvals are in the ledger");
    Ok(book)
}

/// So many approvals over so many connections, each in a closed loop: the rate, and how many they were.
///
/// # Errors
/// A payment is not approved.
pub fn closed(
    rig: &Rig,
    merchants: &[Merchant],
    word: &str,
    clients: usize,
    approvals: usize,
) -> Done<(u64, usize)> {
    let mut ready = Vec::new();
    for (client, merchant) in merchants.iter().cycle().take(clients).enumerate() {
        let client_word = format!("{}-{client}", word.replace([' ', ','], "-"));
        ready.push((
            merchant.client(&rig.url()),
            sealed(merchant, &client_word, approvals / clients, &rig.url())?,
        ));
    }
    closed_loops(rig, &format!("http, {word}"), ready)
}

fn sealed(merchant: &Merchant, word: &str, count: usize, url: &str) -> Done<Vec<Vec<u8>>> {
    let client = merchant.client(url);
    let made = (0..count).map(|number| {
        let key = format!("{word}-{number}");
        let body = merchant.key_in(&Order::new(&key, 10_000 + 10 * i64::try_from(number % 500)?), &key)?;
        Ok(client.bytes("POST", PATH, &[("Idempotency-Key", &key)], body.to_string().as_bytes()))
    });
    made.collect()
}

/// The same number of connections, straight to the acquirer, which writes each outcome to disk before it answers.
async fn control(url: String) -> Done<u64> {
    let begun = Instant::now();
    let mut running = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let client = Client::anonymous(&url);
        let bodies = (0..CONTROLS / CONNECTIONS).map(|number| {
            let id = format!("control-{connection}-{number}");
            let card = json!({ "number": GOOD_CARD, "expiryYear": 35, "expiryMonth": 12 });
            let body = json!({
                "operationId": id, "paymentId": id, "merchantId": "mer_0", "orderId": id, "amount": 10_000,
                "currency": "KRW", "installmentMonths": 0, "card": card,
            });
            client.bytes("POST", "/approve", &[], body.to_string().as_bytes())
        });
        let requests = bodies.collect();
        running.spawn(closed_loop(client, requests));
    }
    let mut count = 0;
    while let Some(ended) = running.join_next().await {
        count += ended??.len() as u64;
    }
    Ok(per_second(count, begun.elapsed()))
}
