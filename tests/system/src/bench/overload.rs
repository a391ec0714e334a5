//! `overload`: three times as many approvals as the stack can do, at random moments. What is done must stay near the peak, what
//! cannot be done is told so at once, and nothing that was accepted is lost. Then the peak again with idle, slow and half-open
//! connections beside it.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::figures::{last_line, ms, per_second, percentile, ratio};
use super::http::closed;
use super::open_loop::{Arrivals, open_loop};
use crate::ensure;
use crate::failure::{Done, During};
use crate::rig::Rig;

const SPAN: Duration = Duration::from_secs(20);
/// More than may be under way.
const CONNECTIONS: usize = 6_000;
/// Connections that do nothing, that send a byte a second, and that sent half a request.
const IDLE: usize = 10_000;
const SLOW: usize = 1_000;
const HALF: usize = 1_000;

/// Runs it.
///
/// # Errors
/// An answer is neither an approval nor a 503 with `Retry-After`, or something accepted is lost.
pub fn run() -> Done {
    let rig = Rig::start_with("bench_overload", |options| options.projectors(0))?;
    let people = rig.people()?;
    rig.acquirer_faults(&serde_json::json!({ "seed": 1 }))?;
    let (_, warm) = closed(&rig, &people.merchants, "warm-up", 64, 8_000)?;
    let (peak, some) = closed(&rig, &people.merchants, "peak", 64, 12_000)?;
    let arrivals = Arrivals { rate: 3 * peak, span: SPAN, connections: CONNECTIONS, word: "over".to_owned() };
    let used = super::cpu::Look::now(&rig);
    let outcome = open_loop(&rig, &people.merchants, &arrivals)?;
    let done = outcome.done.len() as u64;
    let rate = per_second(done, SPAN);
    println!(
        "overload: {}/s came, {rate}/s done, p50 {}, p99 {}",
        3 * peak,
        ms(percentile(&outcome.done, 50)),
        ms(percentile(&outcome.done, 99))
    );
    println!(
        "  {} told to come again, p50 {}, p99 {}",
        outcome.refused.len(),
        ms(percentile(&outcome.refused, 50)),
        ms(percentile(&outcome.refused, 99))
    );
    println!("  CPU of each, µs a request done: {}", used.since(&rig, done));
    ensure!(outcome.others.is_empty(), "{:?}", outcome.others);
    let mut expected = done + u64::try_from(warm + some)?;
    let crowd = rig.block(crowd(&rig))?;
    let (beside, more) = closed(&rig, &people.merchants, "beside a crowd", 64, 12_000)?;
    expected += u64::try_from(more)?;
    println!("overload: beside {} connections that do nothing useful", crowd.len());
    let book = rig.settled(Duration::from_secs(180))?;
    let approved = book.payments.values().filter(|account| account.count("approved") == 1).count();
    ensure!(u64::try_from(approved)? == expected, "{approved} of {expected} approvals are in the ledger");
    drop(crowd);
    last_line("overload, crowd", beside, "approvals/s", &ratio(beside, peak), "the peak without the crowd");
    last_line("overload", rate, "approvals/s", &ratio(rate, peak), "the peak at 64 connections");
    Ok(())
}

/// Connections of whoever does not mean well, or does not know better.
async fn crowd(rig: &Rig) -> Done<Vec<tokio::task::JoinHandle<()>>> {
    let url = rig.url();
    let address = url.strip_prefix("http://").during(|| "no http".to_owned())?.to_owned();
    let mut all = Vec::new();
    for number in 0..IDLE + SLOW + HALF {
        let mut stream = TcpStream::connect(&address).await?;
        all.push(tokio::spawn(async move {
            if number >= IDLE + SLOW {
                let _ = stream
                    .write_all(
                        b"POST /v1/payments/key-in HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{\"half",
                    )
                    .await;
            } else if number >= IDLE {
                for byte in
                    b"GET /health/live HTTP/1.1\r\nHost: somebody-who-takes-his-time\r\n".iter().cycle()
                {
                    if stream.write_all(&[*byte]).await.is_err() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
            // Held until the benchmark ends.
            std::future::pending::<()>().await;
            drop(stream);
        }));
    }
    Ok(all)
}
