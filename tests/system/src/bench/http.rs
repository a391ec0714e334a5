//! `http`: approvals through the whole path (envelope, owner, Kafka flushed, sandbox acquirer, Kafka again) at 1 and 64
//! connections, from envelopes sealed beforehand. The control sends approvals straight to the sandbox acquirer: what this
//! machine can do over HTTP with one flush to disk each.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use super::figures::{last_line, ms, per_second, percentile, ratio};
use crate::client::Client;
use crate::ensure;
use crate::envelope::{GOOD_CARD, PATH};
use crate::failure::{Done, During};
use crate::rig::{People, Rig};
use crate::town::{Merchant, Order};

const CONNECTIONS: usize = 64;
/// Approvals at one connection and at many: some ten seconds of each.
const APPROVALS: (usize, usize) = (3_000, 20_000);
const CONTROLS: usize = 40_000;

/// Runs it.
///
/// # Errors
/// A payment is not approved.
pub fn run() -> Done {
    let rig = Rig::start("bench_http")?;
    let people = rig.people()?;
    rig.acquirer_faults(&json!({ "seed": 1 }))?;
    let (_, warm) = measure(&rig, &people, "warm-up", CONNECTIONS, 2_000)?;
    let (_, one) = measure(&rig, &people, "one", 1, APPROVALS.0)?;
    let (rate, many) = measure(&rig, &people, "many", CONNECTIONS, APPROVALS.1)?;
    let book = rig.settled(Duration::from_secs(60))?;
    let expected = warm + one + many;
    let approved = book.payments.values().filter(|account| account.count("approved") == 1).count();
    ensure!(approved == expected, "{approved} of {expected} approvals are in the ledger");
    let straight = rig.spawn(control(rig.stack.acquirer_url()));
    let control = rig.block(straight)??;
    let of = "approvals sent straight to the sandbox acquirer";
    last_line("http", rate, "approvals/s", &ratio(rate, control), of);
    Ok(())
}

/// So many approvals over so many connections, each in a closed loop: the rate, and how many they were.
fn measure(rig: &Rig, people: &People, word: &str, clients: usize, approvals: usize) -> Done<(u64, usize)> {
    let mut ready = Vec::new();
    for client in 0..clients {
        let merchant = people.merchant(client % people.merchants.len())?;
        let client_word = format!("{word}-{client}");
        ready.push((
            merchant.client(&rig.url()),
            sealed(merchant, &client_word, approvals / clients, &rig.url())?,
        ));
    }
    let begun = Instant::now();
    let run = rig.spawn(async move {
        let mut running = JoinSet::new();
        for (client, requests) in ready {
            running.spawn(closed_loop(client, requests));
        }
        let mut all = Vec::new();
        while let Some(latencies) = running.join_next().await {
            all.extend(latencies??);
        }
        Ok::<_, crate::Failure>(all)
    });
    let mut all = rig.block(run)??;
    let rate = per_second(all.len() as u64, begun.elapsed());
    all.sort_unstable();
    let (half, most) = (ms(percentile(&all, 50)), ms(percentile(&all, 99)));
    println!("http, {word}: {clients} connections, {rate} approvals/s, p50 {half}, p99 {most}");
    Ok((rate, all.len()))
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

async fn closed_loop(mut client: Client, requests: Vec<Vec<u8>>) -> Done<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(requests.len());
    for request in requests {
        let begun = Instant::now();
        let reply = client.exchange(&request).await?;
        latencies.push(begun.elapsed());
        reply.ok().during(|| "an approval".to_owned())?;
    }
    Ok(latencies)
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
