//! `http-record`: one durable record a request and nobody outside to ask: changes of payments' metadata, at 64 and at 256
//! connections. The control asks the same server for something that costs nothing (`/health/live`): what HTTP, this load
//! generator and this machine can do without a ledger.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;

use super::figures::{last_line, ratio};
use super::loops::closed_loops;
use crate::client::Client;
use crate::ensure;
use crate::failure::Done;
use crate::rig::{People, Rig};
use crate::town::{Merchant, Order};

/// Payments that are written on, spread over the merchants.
const PAYMENTS: usize = 512;
/// Changes of each measurement. Below 500 for each payment, which is as often as one may be changed.
const CHANGES: usize = 60_000;
const CONTROLS: usize = 100_000;

/// Runs it.
///
/// # Errors
/// A change is refused.
pub fn run() -> Done {
    let rig = Rig::start("bench_record")?;
    let people = rig.people()?;
    let payments = rig.block(paid(&rig, &people))?;
    let (_, warm) = measure(&rig, &people, &payments, "warm-up", 64, 5_000)?;
    let (rate, some) = measure(&rig, &people, &payments, "record", 64, CHANGES)?;
    let (_, many) = measure(&rig, &people, &payments, "record", 256, CHANGES)?;
    let book = rig.settled(Duration::from_secs(60))?;
    let recorded: usize = book.payments.values().map(|account| account.count("metadata-changed")).sum();
    ensure!(recorded == warm + some + many, "{recorded} of {} changes are in the ledger", warm + some + many);
    let control = (0..64).map(|_| {
        let client = Client::anonymous(&rig.url());
        let request = client.bytes("GET", "/health/live", &[], b"");
        (client, vec![request; CONTROLS / 64])
    });
    let (control, _) = closed_loops(&rig, "http-record, control", control.collect())?;
    last_line("http-record", rate, "records/s", &ratio(rate, control), "requests that record nothing");
    Ok(())
}

/// A payment and whose it is, by the merchant's number.
type Paid = Vec<(usize, String)>;

async fn paid(rig: &Rig, people: &People) -> Done<Paid> {
    let mut running = JoinSet::new();
    for number in 0..people.merchants.len() {
        let (merchant, url) = (people.merchant(number)?.clone(), rig.url());
        running.spawn(pay(merchant, url, number, PAYMENTS / people.merchants.len()));
    }
    let mut all = Vec::new();
    while let Some(some) = running.join_next().await {
        all.extend(some??);
    }
    Ok(all)
}

async fn pay(merchant: Merchant, url: String, number: usize, count: usize) -> Done<Paid> {
    let mut client = merchant.client(&url);
    let mut all = Vec::with_capacity(count);
    for order in 0..count {
        let reply = merchant.pay(&mut client, &Order::new(&format!("noted-{order}"), 10_000)).await?.ok()?;
        all.push((number, reply.text("paymentId")?.to_owned()));
    }
    Ok(all)
}

fn measure(
    rig: &Rig,
    people: &People,
    payments: &Paid,
    word: &str,
    connections: usize,
    changes: usize,
) -> Done<(u64, usize)> {
    let mut ready = Vec::with_capacity(connections);
    for connection in 0..connections {
        // A connection speaks for one merchant, as a merchant's server does.
        let number = connection % people.merchants.len();
        let own: Vec<&String> = payments.iter().filter(|(of, _)| *of == number).map(|(_, id)| id).collect();
        let client = people.merchant(number)?.client(&rig.url());
        let mut requests = Vec::with_capacity(changes / connections);
        for change in 0..changes / connections {
            let Some(payment) = own.get((connection + change) % own.len().max(1)) else { continue };
            let key = format!("{word}-{connections}-{connection}-{change}");
            let body = json!({ "metadata": { "invoice": key, "campaign": "겨울" } }).to_string();
            let path = format!("/v1/payments/{payment}/metadata");
            requests.push(client.bytes("PATCH", &path, &[("Idempotency-Key", &key)], body.as_bytes()));
        }
        ready.push((client, requests));
    }
    closed_loops(rig, &format!("http-record, {word}"), ready)
}
