//! `cancel`: cancels of payments spread over a long history, each an intent, one acquirer call and an outcome, at 64 connections.
//! The control are cancels over a history of 100,000: what reading an old payment from the store costs beyond a recent one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::json;
use tokio::task::JoinSet;

use super::figures::{last_line, ratio};
use super::loops::{closed_loop, closed_loops};
use crate::client::Client;
use crate::ensure;
use crate::envelope::GOOD_CARD;
use crate::failure::{Done, During};
use crate::generate::{Standing, Wish, generate};
use crate::rig::Rig;
use crate::town::Registrar;

const CONNECTIONS: usize = 64;
const CANCELS: usize = 20_000;
/// Kafka's machine code is not made before it has seen some load.
const WARM_UP: usize = 6_000;
/// The history of the control.
const FEW: u64 = 100_000;
const MERCHANTS: usize = 1_000;

/// Runs it.
///
/// # Errors
/// A cancel is not done.
pub fn run(payments: u64) -> Done {
    ensure!(payments > FEW, "the control has {FEW} payments: ask for more with --payments");
    let few = over(FEW)?;
    let many = over(payments)?;
    let name = &format!("cancel, over {payments}");
    last_line(name, many, "cancels/s", &ratio(many, few), &format!("cancels over {FEW}"));
    Ok(())
}

/// The rate of cancels over a history of so many payments.
fn over(payments: u64) -> Done<u64> {
    let mut rig = Rig::start_with("bench_cancel", |options| options.apis(1).projectors(0).product_later())?;
    rig.stack.initialise()?;
    let wish = Wish { payments, days: 365, seed: 1, merchants: MERCHANTS };
    let mut made = generate(&rig.kafka(), &rig.stack.store_dir(0), wish, |_| ())?;
    println!("a history of {payments} payments made in {} s", made.took.as_secs());
    made.cancellable.truncate(WARM_UP + CANCELS);
    ensure!(made.cancellable.len() == WARM_UP + CANCELS, "too few payments can be cancelled");
    rig.stack.start_product()?;
    let keys = keys(&rig, &made.cancellable)?;
    let told = rig.spawn(tell_the_acquirer(rig.stack.acquirer_url(), made.cancellable.clone()));
    rig.block(told)??;
    let url = rig.url();
    let (first, rest) = made.cancellable.split_at(WARM_UP);
    closed_loops(&rig, &format!("cancel, over {payments}, warm-up"), ready(first, &keys, &url)?)?;
    let (rate, done) = closed_loops(&rig, &format!("cancel, over {payments}"), ready(rest, &keys, &url)?)?;
    ensure!(done == CANCELS, "{done} of {CANCELS} cancels were done");
    Ok(rate)
}

/// A key for every merchant among them.
fn keys(rig: &Rig, all: &[Standing]) -> Done<BTreeMap<String, String>> {
    let mut registrar = Registrar::new(&rig.url(), rig.stack.operator_key(), "bench-cancel");
    let mut keys = BTreeMap::new();
    rig.block(async {
        for standing in all {
            let merchant = standing.merchant.to_string();
            if let Entry::Vacant(vacant) = keys.entry(merchant.clone()) {
                vacant.insert(registrar.key(&merchant, "MERCHANT", &merchant).await?);
            }
        }
        Ok(keys)
    })
}

/// The history was made without the sandbox acquirer: it is told of the approvals that are to be cancelled.
async fn tell_the_acquirer(url: String, all: Vec<Standing>) -> Done {
    let mut running = JoinSet::new();
    for part in all.chunks(all.len().div_ceil(CONNECTIONS)) {
        let client = Client::anonymous(&url);
        let requests = part.iter().map(|standing| {
            let card = json!({ "number": GOOD_CARD, "expiryYear": 35, "expiryMonth": 12 });
            let body = json!({
                "operationId": standing.approval, "paymentId": standing.payment,
                "merchantId": standing.merchant, "orderId": standing.order_id, "amount": standing.amount,
                "currency": "KRW", "installmentMonths": 0, "card": card,
            });
            client.bytes("POST", "/approve", &[], body.to_string().as_bytes())
        });
        let requests = requests.collect();
        running.spawn(closed_loop(client, requests));
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(())
}

/// Full cancels, dealt over the connections.
fn ready(all: &[Standing], keys: &BTreeMap<String, String>, url: &str) -> Done<Vec<(Client, Vec<Vec<u8>>)>> {
    let mut ready = Vec::new();
    for part in all.chunks(all.len().div_ceil(CONNECTIONS)) {
        let mut requests = Vec::new();
        for standing in part {
            let merchant = standing.merchant.to_string();
            let key = keys.get(&merchant).during(|| format!("{merchant} has no key"))?;
            let path = format!("/v1/payments/{}/cancel", standing.payment);
            let word = format!("cancel-{}", standing.payment);
            let body = json!({ "cancelReason": "고객 변심" }).to_string();
            let headers = [("Idempotency-Key", word.as_str())];
            requests.push(Client::new(url, key).bytes("POST", &path, &headers, body.as_bytes()));
        }
        ready.push((Client::anonymous(url), requests));
    }
    Ok(ready)
}
