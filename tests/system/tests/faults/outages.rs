//! An engine that is away. MariaDB: approvals and cancels go on. Kafka: commands are told to wait or to ask, never a lie,
//! and reads go on. Afterwards everything agrees.

use std::time::{Duration, Instant};

use ledger_dev::Server;
use ledger_tests::audit::{against_acquirer, against_callers, nothing_found};
use ledger_tests::client::{Client, Reply};
use ledger_tests::failure::{Done, During};
use ledger_tests::honest::{self, Ending, command_id};
use ledger_tests::load::Load;
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Merchant, Order, cancel};
use ledger_tests::{ensure, envelope};
use serde_json::Value;

const READS: [&str; 4] =
    ["/v1/transactions", "/v1/branches/sales", "/v1/settlements", "/v1/settlements/entries"];

#[test]
fn with_mariadb_stopped_payments_go_on_and_reads_say_so() -> Done {
    let mut rig = Rig::start("outage_mariadb")?;
    let people = rig.people()?;
    let before = rig.block(pay(&rig, people.merchant(0)?, "before"))?.ok()?;
    rig.stack.mariadb.stop()?;
    let last = rig.block(without_mariadb(&rig, &people, before.text("paymentId")?))?;
    // A process that starts now serves payments too.
    rig.api()?.kill()?;
    rig.api()?.start()?;
    rig.block(pay(&rig, people.merchant(1)?, "after-restart"))?.ok()?;
    rig.stack.mariadb.start()?;
    let mut operator = rig.operator();
    rig.until("reads come back", Duration::from_secs(30), || {
        Ok(rig.block(operator.get_with("/v1/transactions", &[("Ledger-Position", &last)]))?.status() == 200)
    })?;
    agree(&rig)
}

async fn without_mariadb(rig: &Rig, people: &People, paid_before: &str) -> Done<String> {
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    let mut last = String::new();
    for number in 0..10 {
        let paid = pay(rig, merchant, &format!("without-{number}")).await?.ok()?;
        let payment = paid.text("paymentId")?.to_owned();
        let undone =
            cancel(&mut client, &payment, &format!("without-{number}/c"), Some(1_000)).await?.ok()?;
        undone.position().unwrap_or_default().clone_into(&mut last);
        // Single payments come from the owner, which needs no table.
        let read = client.get(&format!("/v1/payments/{payment}")).await?.ok()?;
        ensure!(read.text("status")? == "PARTIAL_CANCELED", "{}", read.body);
    }
    cancel(&mut client, paid_before, "before/c", None).await?.ok()?;
    let mut operator = rig.operator();
    for path in READS {
        let reply = operator.get(path).await?.refused(503, "READ_UNAVAILABLE")?;
        ensure!(reply.retry_after().is_some(), "{path}: no Retry-After");
    }
    ensure!(rig_ready(rig).await?, "without MariaDB the api is ready for payments");
    Ok(last)
}

async fn rig_ready(rig: &Rig) -> Done<bool> {
    Ok(Client::anonymous(&rig.url()).get("/health/ready").await?.status() == 200)
}

async fn pay(rig: &Rig, merchant: &Merchant, word: &str) -> Done<Reply> {
    merchant.pay(&mut merchant.client(&rig.url()), &Order::new(word, 20_000)).await
}

#[test]
fn with_kafka_stopped_commands_wait_or_say_unknown_and_reads_go_on() -> Done {
    let mut rig = Rig::start("outage_kafka")?;
    let people = rig.people()?;
    let before = rig.block(pay(&rig, people.merchant(0)?, "before"))?.ok()?;
    let book = rig.settled(Duration::from_secs(20))?;
    rig.projected(&book, Duration::from_secs(20))?;
    // Under load, so that some commands are in the middle of it when Kafka goes.
    let load = Load {
        urls: vec![rig.url()],
        merchants: people.merchants.clone(),
        clients: 8,
        operations: None,
        seed: 7,
        word: "outage".to_owned(),
        patience: Duration::from_secs(180),
    };
    let running = load.start(rig.handle())?;
    rig.until("the load runs", Duration::from_secs(60), || Ok(running.answered() > 50))?;
    rig.broker()?.stop()?;
    let unanswered = rig.block(without_kafka(&rig, &people))?;
    rig.block(reads_go_on(&rig, before.text("paymentId")?))?;
    rig.block(the_tables_speak_for_the_owner(&rig, &people, &before))?;
    rig.broker()?.start()?;
    rig.ready_again(Duration::from_secs(60))?;
    let answered = running.answered();
    rig.until("the load goes on", Duration::from_secs(60), || Ok(running.answered() > answered + 50))?;
    running.stop();
    let history = rig.block(running.finish())?;
    nothing_found("replays", &history.wrong_replays)?;
    rig.block(truth_afterwards(&rig, &people, &unanswered))?;
    let book = rig.settled(Duration::from_secs(120))?;
    nothing_found("ledger and callers", &against_callers(&book, &history.deeds))?;
    agree(&rig)
}

#[test]
fn an_idle_api_notices_that_kafka_is_gone_before_a_command_does() -> Done {
    let mut rig = Rig::start("outage_idle")?;
    let people = rig.people()?;
    // Only some restarts meet a broker that answers before it leads anything.
    for round in 0..4 {
        rig.broker()?.stop()?;
        rig.until("no partition calls itself ready", Duration::from_secs(15), || {
            rig.block(none_ready(&rig))
        })?;
        rig.block(refused_at_once(&rig, people.merchant(0)?))?;
        rig.broker()?.start()?;
        rig.ready_again(Duration::from_secs(60))?;
        let reply = rig.block(pay(&rig, people.merchant(0)?, &format!("after-{round}")))?;
        ensure!(reply.status() == 200, "{}", reply.unexpected("200"));
        let book = rig.settled(Duration::from_secs(60))?;
        rig.projected(&book, Duration::from_secs(60))?;
    }
    Ok(())
}

/// What an api says that waits at its start.
const WAITS: &str = "Kafka does not answer; waiting for it";

#[test]
fn an_api_that_starts_while_kafka_is_away_waits_for_it_and_ends_when_it_is_asked_to() -> Done {
    let mut rig = Rig::start("outage_start")?;
    let people = rig.people()?;
    let before = rig.block(pay(&rig, people.merchant(0)?, "before"))?.ok()?;
    rig.api()?.stop()?;
    rig.broker()?.stop()?;
    waits(&mut rig)?;
    rig.block(says_why(&rig, people.merchant(0)?))?;
    // Asked to end, it does not wait for Kafka.
    let begun = Instant::now();
    let ended = rig.api()?.stop()?;
    ensure!(ended.is_some_and(|status| status.success()), "asked to end, it ended with {ended:?}");
    ensure!(begun.elapsed() < Duration::from_secs(4), "it took {:?} to end", begun.elapsed());

    waits(&mut rig)?;
    rig.broker()?.start()?;
    rig.ready_again(Duration::from_secs(60))?;
    let again = rig.block(pay(&rig, people.merchant(0)?, "before"))?.ok()?;
    ensure!(again.is_replayed() && again.body == before.body, "{} after {}", again.body, before.body);
    rig.block(pay(&rig, people.merchant(0)?, "after"))?.ok()?;
    agree(&rig)?;

    // What waiting cannot help is not waited for.
    rig.api()?.stop()?;
    rig.api()?.set_env("LEDGER_TOPIC_PREFIX", "nobodys");
    rig.api()?.spawn()?;
    rig.until("it ends by itself", Duration::from_secs(15), || {
        Ok(!rig.stack.apis.iter().any(Server::is_running))
    })?;
    let said = ledger_dev::logfile::tail(rig.api()?.log(), 3);
    ensure!(said.contains("was never initialised"), "{said}");
    Ok(())
}

/// Starts the api, which says more than once that it waits, and is there.
fn waits(rig: &mut Rig) -> Done {
    let log = rig.api()?.log().to_path_buf();
    let said = || ledger_dev::logfile::whole(&log).matches(WAITS).count();
    let before = said();
    rig.api()?.spawn()?;
    rig.until("it waits", Duration::from_secs(40), || Ok(said() >= before + 2))?;
    ensure!(rig.api()?.is_running(), "it has ended{}", ledger_dev::logfile::tail(&log, 5));
    Ok(())
}

/// Alive, not ready and why; and no command is taken.
async fn says_why(rig: &Rig, merchant: &Merchant) -> Done {
    let mut anyone = Client::anonymous(&rig.url());
    anyone.get("/health/live").await?.ok()?;
    let reply = anyone.get("/health/ready").await?;
    let why = reply.list("problems")?.iter().filter_map(Value::as_str).collect::<Vec<_>>();
    let says_so = why.iter().any(|why| why.starts_with("waiting for Kafka: "));
    ensure!(reply.status() == 503 && says_so, "{}", reply.unexpected("503 and why"));
    let reply = pay(rig, merchant, "meanwhile").await?.refused(503, "NOT_READY")?;
    ensure!(reply.retry_after().is_some(), "no Retry-After");
    Ok(())
}

/// Partitions notice one after another: each has its own word with Kafka.
async fn none_ready(rig: &Rig) -> Done<bool> {
    let reply = Client::anonymous(&rig.url()).get("/health/ready").await?;
    let partitions =
        reply.body["partitions"].as_array().during(|| reply.unexpected("partitions").to_string())?;
    Ok(partitions.len() > 1 && partitions.iter().all(|at| at["ready"] == false))
}

/// Each is told 503 with `Retry-After`, or 504 with the command's URL. Gives back their keys.
async fn without_kafka(rig: &Rig, people: &People) -> Done<Vec<String>> {
    let merchant = people.merchant(0)?;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..6 {
        let (merchant, url) = (merchant.clone(), rig.url());
        asking.spawn(async move {
            let order = Order::new(&format!("without-{number}"), 20_000);
            Ok::<_, ledger_tests::Failure>((
                order.id.clone(),
                merchant.pay(&mut merchant.client(&url), &order).await?,
            ))
        });
    }
    let (mut keys, mut statuses) = (Vec::new(), Vec::new());
    while let Some(asked) = asking.join_next().await {
        let (key, reply) = asked??;
        let honest = match reply.status() {
            503 => reply.retry_after().is_some(),
            504 => {
                let url = format!("/v1/commands/{}", command_id(&merchant.id, &key));
                reply.text("commandUrl")? == url && reply.response.header("location") == Some(&url)
            }
            _ => false,
        };
        statuses.push(reply.status());
        ensure!(honest, "{key}: {}", reply.unexpected("503 with Retry-After, or 504 with the command's URL"));
        keys.push(key);
    }
    eprintln!("without Kafka commands were answered {statuses:?}");
    refused_at_once(rig, merchant).await?;
    Ok(keys)
}

/// Once the log has been silent for a while nothing more is let in to wait: 503, and the api says that it is not ready.
async fn refused_at_once(rig: &Rig, merchant: &Merchant) -> Done {
    let begun = Instant::now();
    let reply = pay(rig, merchant, "without-late").await?;
    let waited = begun.elapsed();
    ensure!(
        reply.status() == 503 && reply.retry_after().is_some(),
        "{}",
        reply.unexpected("503 with Retry-After")
    );
    ensure!(waited < Duration::from_secs(10), "a command waited {waited:?} for its 503");
    ensure!(!rig_ready(rig).await?, "without Kafka the api calls itself ready");
    Ok(())
}

/// History, sales and settlement, and the single payment that the tables hold.
async fn reads_go_on(rig: &Rig, payment: &str) -> Done {
    let mut operator = rig.operator();
    for path in READS {
        let reply = operator.get(path).await?.ok()?;
        ensure!(!reply.text("projectedThrough")?.is_empty(), "{path} does not say how far: {}", reply.body);
    }
    operator.get(&format!("/v1/transactions/{payment}")).await?.ok()?;
    let live = operator.get("/health/live").await?;
    ensure!(live.status() == 200, "the api is not alive");
    Ok(())
}

/// A single payment is answered at once, in the owner's words, with how far the tables had got. What they do not have is not
/// denied.
async fn the_tables_speak_for_the_owner(rig: &Rig, people: &People, before: &Reply) -> Done {
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    let (payment, order) = (before.text("paymentId")?, before.text("orderId")?);
    let same = |found: &serde_json::Value| {
        let mut found = found.clone();
        found.as_object_mut().is_some_and(|members| members.remove("projectedThrough").is_some())
            && found == before.body
    };
    let begun = Instant::now();
    let read = client.get(&format!("/v1/payments/{payment}")).await?.ok()?;
    ensure!(begun.elapsed() < Duration::from_secs(2), "a read waited {:?}", begun.elapsed());
    ensure!(same(&read.body), "{} instead of {}", read.body, before.body);
    let read = client.get(&format!("/v1/payments/orders/{order}")).await?.ok()?;
    ensure!(read.response.header("ledger-source") == Some("tables"), "{:?}", read.response.headers);
    let mut live = read.body["live"].clone();
    live["projectedThrough"] = read.body["projectedThrough"].clone();
    ensure!(same(&live) && read.list("attempts")?.len() == 1, "{}", read.body);
    client.get("/v1/payments/orders/nobody-knows").await?.refused(503, "READ_UNAVAILABLE")?;
    let mut stranger = people.merchant(1)?.client(&rig.url());
    stranger.get(&format!("/v1/payments/{payment}")).await?.refused(503, "READ_UNAVAILABLE").map(|_| ())
}

/// The same key after the outage tells the truth: a caller never has to guess.
async fn truth_afterwards(rig: &Rig, people: &People, keys: &[String]) -> Done {
    let merchant = people.merchant(0)?;
    for key in keys {
        let mut client = merchant.client(&rig.url());
        let body = merchant.key_in(&Order::new(key, 20_000), key)?;
        let patience = Duration::from_secs(60);
        let told = honest::command(&mut client, &merchant.id, envelope::PATH, key, &body, patience).await;
        let last = told.last.as_ref().during(|| format!("{key}: {:?}", told.answers))?;
        let failed = last.code() == "PAYMENT_NET_CANCELED" || last.code() == "PAYMENT_NOT_ATTEMPTED";
        ensure!(told.ending == Ending::Done || failed, "{key}: {:?}", told.answers);
    }
    Ok(())
}

fn agree(rig: &Rig) -> Done {
    let book = rig.settled(Duration::from_secs(60))?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    rig.projected(&book, Duration::from_secs(60))?;
    rig.verify().map(|_| ())
}
