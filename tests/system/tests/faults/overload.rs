//! More than can be done: what is not taken is told so at once and leaves nothing behind, and nobody uses up the room of others.

use std::time::{Duration, Instant};

use ledger_api::engine::DiskGuard;
use ledger_tests::audit::{against_acquirer, nothing_found};
use ledger_tests::client::Reply;
use ledger_tests::ensure;
use ledger_tests::failure::Done;
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Merchant, Order, cancel};
use serde_json::json;
use tokio::task::JoinSet;

/// Requests that may be under way; a merchant alone gets half of them.
const PLACES: usize = 64;
const WISHES: usize = 150;
/// How long the acquirer takes for the first merchant.
const SLOW_MS: u64 = 4_000;

#[test]
fn a_slow_acquirer_holds_up_its_own_merchant_and_nobody_else() -> Done {
    let rig = Rig::start_with("overload", |o| o.env("LEDGER_REQUESTS_MAX", &PLACES.to_string()))?;
    let people = rig.people()?;
    rig.block(crowd(&rig, &people))?;
    let book = rig.settled(Duration::from_secs(60))?;
    ensure!(book.doubled.is_empty(), "{:?}", book.doubled);
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    for number in 0..WISHES {
        let order = slow(number).id;
        let payments = book.of_order(&order);
        ensure!(payments.len() == 1, "{order}: {payments:?}");
    }
    Ok(())
}

/// What is left when the guard closes, and what a test's own servers may use up meanwhile, MiB.
const MARGIN_MIB: u64 = 256;

#[test]
fn on_a_nearly_full_disk_new_payments_are_refused_while_cancels_and_outcomes_are_written() -> Done {
    let folder = ledger_dev::Paths::find().dev;
    let guard = DiskGuard { path: folder.clone(), free_min: 0 };
    let free_mib = guard.free()? >> 20;
    ensure!(free_mib > 4 * MARGIN_MIB, "{free_mib} MiB free are too few for this test");
    let rig = Rig::start_with("full_disk", |options| {
        let options = options.env("LEDGER_DISK_PATH", &folder.to_string_lossy());
        options.env("LEDGER_DISK_FREE_MIN_MIB", &(free_mib - MARGIN_MIB).to_string())
    })?;
    let people = rig.people()?;
    rig.block(fill_up(&rig, &people))?;
    let book = rig.settled(Duration::from_secs(60))?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))
}

async fn fill_up(rig: &Rig, people: &People) -> Done {
    let merchant = people.merchant(0)?;
    let (before, _) = ask(merchant, &rig.url(), &Order::new("before", 20_000)).await?;
    let before = before.ok()?;
    // Its outcome comes when there is no space any more.
    let late = tokio::spawn({
        let (merchant, url) = (merchant.clone(), rig.url());
        async move { ask(&merchant, &url, &slow(1)).await }
    });
    let ballast = rig.stack.folder().join("ballast");
    std::fs::write(&ballast, vec![1; usize::try_from((2 * MARGIN_MIB) << 20)?])?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (refused, took) = ask(merchant, &rig.url(), &Order::new("new", 20_000)).await?;
    refused.refused(503, "NOT_READY")?;
    ensure!(took < Duration::from_secs(1), "the refusal took {took:?}");
    let mut client = merchant.client(&rig.url());
    let payment = before.text("paymentId")?;
    let undone = cancel(&mut client, payment, "full/c", Some(5_000)).await?.ok()?;
    ensure!(undone.text("status")? == "PARTIAL_CANCELED", "{}", undone.body);
    let note = ledger_tests::town::note(&mut client, payment, "full/n", &json!({ "a": "b" })).await?;
    note.refused(503, "NOT_READY")?;
    let again = merchant.pay(&mut client, &Order::new("before", 20_000)).await?.ok()?;
    ensure!(again.is_replayed(), "an old key is not told its answer: {}", again.body);
    let (reply, _) = late.await??;
    ensure!(reply.status() == 200, "{}", reply.unexpected("the outcome of what was begun"));
    std::fs::remove_file(&ballast)?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    ask(merchant, &rig.url(), &Order::new("new", 20_000)).await?.0.ok().map(|_| ())
}

fn slow(number: usize) -> Order {
    Order::new(&format!("sbx-approve_late_{SLOW_MS}-{number}"), 20_000)
}

async fn crowd(rig: &Rig, people: &People) -> Done {
    let (slow_merchant, other) = (people.merchant(0)?, people.merchant(1)?);
    let mut asked = JoinSet::new();
    for number in 0..WISHES {
        let (merchant, url) = (slow_merchant.clone(), rig.url());
        asked.spawn(async move { ask(&merchant, &url, &slow(number)).await });
    }
    // While those wait, another merchant is served as ever.
    tokio::time::sleep(Duration::from_millis(500)).await;
    for number in 0..20 {
        let (reply, took) = ask(other, &rig.url(), &Order::new(&format!("other-{number}"), 20_000)).await?;
        ensure!(reply.status() == 200, "{}", reply.unexpected("200"));
        ensure!(took < Duration::from_millis(SLOW_MS / 2), "the other merchant waited {took:?}");
    }
    let (mut done, mut refused) = (0, 0);
    while let Some(answered) = asked.join_next().await {
        let (reply, took) = answered??;
        if reply.status() == 200 {
            done += 1;
            continue;
        }
        let reply = reply.refused(503, "NOT_READY")?;
        ensure!(reply.retry_after().is_some(), "no Retry-After");
        ensure!(took < Duration::from_millis(SLOW_MS / 2), "a refusal took {took:?}");
        refused += 1;
    }
    eprintln!("{done} of {WISHES} slow payments were taken at once, {refused} refused");
    ensure!((1..=PLACES / 2).contains(&done), "{done} were taken");
    // Nothing of a refused one was recorded: its key is free, and does what it asked for.
    let mut again = Vec::new();
    let mut client = slow_merchant.client(&rig.url());
    for order in (0..WISHES).map(slow) {
        let found = client.get(&format!("/v1/payments/orders/{}", order.id)).await?;
        if found.status() == 404 {
            again.push(order);
        }
    }
    ensure!(again.len() == refused, "{} of {refused} refused ones are not in the ledger", again.len());
    for order in again {
        let (merchant, url) = (slow_merchant.clone(), rig.url());
        asked.spawn(async move { until_taken(&merchant, &url, &order).await });
    }
    while let Some(answered) = asked.join_next().await {
        let (reply, _) = answered??;
        ensure!(reply.status() == 200 && !reply.is_replayed(), "{}", reply.unexpected("200"));
    }
    Ok(())
}

async fn until_taken(merchant: &Merchant, url: &str, order: &Order) -> Done<(Reply, Duration)> {
    loop {
        let (reply, took) = ask(merchant, url, order).await?;
        match reply.retry_after().filter(|_| reply.status() == 503) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Ok((reply, took)),
        }
    }
}

async fn ask(merchant: &Merchant, url: &str, order: &Order) -> Done<(Reply, Duration)> {
    let begun = Instant::now();
    let reply = merchant.pay(&mut merchant.client(url), order).await?;
    Ok((reply, begun.elapsed()))
}
