//! Closed loops: so many connections, each sending its next request when the answer to the last one is there.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::cpu::Look;
use super::figures::{ms, per_second, percentile};
use crate::client::Client;
use crate::failure::{Done, During};
use crate::rig::Rig;

/// Runs every connection's requests to their end: the rate, and how many they were.
///
/// # Errors
/// A request is not answered well.
pub fn closed_loops(rig: &Rig, word: &str, ready: Vec<(Client, Vec<Vec<u8>>)>) -> Done<(u64, usize)> {
    let connections = ready.len();
    let (used, begun) = (Look::now(rig), Instant::now());
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
    println!("{word}: {connections} connections, {rate}/s, p50 {half}, p99 {most}");
    println!("  CPU of each, µs: {}", used.since(rig, all.len() as u64));
    Ok((rate, all.len()))
}

/// One connection's requests: how long each took.
///
/// # Errors
/// A request is not answered well.
pub async fn closed_loop(mut client: Client, requests: Vec<Vec<u8>>) -> Done<Vec<Duration>> {
    let mut latencies = Vec::with_capacity(requests.len());
    for request in requests {
        let begun = Instant::now();
        let reply = client.exchange(&request).await?;
        latencies.push(begun.elapsed());
        reply.ok().during(|| "a request of a benchmark".to_owned())?;
    }
    Ok(latencies)
}
