//! `forward`: a command at a process that does not lead the merchant's partition, beside the same at the one that does, one
//! connection each, one durable record a request. What the hop costs a caller.

use std::time::Duration;

use serde_json::json;

use super::ROUNDS;
use super::figures::{last_line, median, ms, percentile, ratio};
use super::loops::closed_loop;
use crate::client::Client;
use crate::ensure;
use crate::failure::{Done, During};
use crate::rig::Rig;
use crate::town::{Merchant, Order};

/// Requests of each measurement.
const CHANGES: usize = 60;
/// How long the partitions may need to find their leaders.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs it.
///
/// # Errors
/// A change is refused, or nobody leads.
pub fn run() -> Done {
    let rig = Rig::start_with("bench_forward", |options| options.apis(2).projectors(0))?;
    let people = rig.people()?;
    let merchant = people.merchant(0)?;
    let (payment, partition) = rig.block(paid(merchant, &rig.url()))?;
    let urls = [rig.stack.api_url(0), rig.stack.api_url(1)];
    let mut leader = None;
    rig.until("the partition has a leader", PATIENCE, || {
        for (number, url) in urls.iter().enumerate() {
            if rig.block(leads(url, &partition))? {
                leader = Some(number);
            }
        }
        Ok(leader.is_some())
    })?;
    let leader = leader.during(|| format!("nobody leads {partition}"))?;
    let (mut direct, mut forwarded) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for (number, url) in urls.iter().enumerate() {
            let word = format!("forward-{round}-{number}");
            let latency = rig.block(changes(merchant, url, &payment, &word))?;
            let side = if number == leader { &mut direct } else { &mut forwarded };
            // The first round warms everything up.
            if round > 0 {
                side.push(u64::try_from(latency.as_micros())?);
            }
        }
    }
    let (direct, forwarded) = (median(direct), median(forwarded));
    let shown = ms(Duration::from_micros(direct));
    last_line(
        "forward",
        forwarded,
        "µs a command",
        &ratio(forwarded, direct),
        &format!("a direct one, {shown}"),
    );
    Ok(())
}

/// A payment of the merchant, and the partition it is in.
async fn paid(merchant: &Merchant, url: &str) -> Done<(String, String)> {
    let order = Order::new("forwarded", 10_000);
    let reply = merchant.pay(&mut merchant.client(url), &order).await?.ok()?;
    let position = reply.position().unwrap_or_default();
    let (partition, _) = position.rsplit_once(':').during(|| format!("no position: {position}"))?;
    Ok((reply.text("paymentId")?.to_owned(), partition.to_owned()))
}

/// Whether the process at `url` leads the partition.
async fn leads(url: &str, partition: &str) -> Done<bool> {
    let reply = Client::anonymous(url).get("/health/ready").await?;
    let partitions = reply.list("partitions")?;
    Ok(partitions.iter().any(|at| at["partition"] == partition && at["state"] == "leading"))
}

/// The middle latency of so many changes.
async fn changes(merchant: &Merchant, url: &str, payment: &str, word: &str) -> Done<Duration> {
    let client = merchant.client(url);
    let path = format!("/v1/payments/{payment}/metadata");
    let requests = (0..CHANGES).map(|number| {
        let key = format!("{word}-{number}");
        let body = json!({ "metadata": { "invoice": key } }).to_string();
        client.bytes("PATCH", &path, &[("Idempotency-Key", &key)], body.as_bytes())
    });
    let requests = requests.collect();
    let mut latencies = closed_loop(client, requests).await?;
    latencies.sort_unstable();
    ensure!(!latencies.is_empty(), "nothing was measured");
    Ok(percentile(&latencies, 50))
}
