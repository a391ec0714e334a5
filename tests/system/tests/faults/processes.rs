//! Three api processes share the partitions. Whichever is killed, stopped or paused under load, the others go on: nothing that was
//! acknowledged is lost, nothing is doubled, and a process that ends in order makes no request fail.

use std::time::Duration;

use ledger_tests::audit::{against_acquirer, against_callers, nothing_found};
use ledger_tests::client::Client;
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::load::{Deed, History, Load, Running};
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Order, cancel};

const PROCESSES: usize = 3;
/// How many answers must come from the others after each blow.
const AFTER: u64 = 60;
/// A killed process's partitions are served again within this time.
const TAKEN_OVER: Duration = Duration::from_secs(3);
/// Longer than the others wait for a word of it.
const PAUSED: Duration = Duration::from_secs(6);

#[test]
fn three_processes_share_the_partitions_and_any_of_them_may_go() -> Done {
    let mut rig = Rig::start_with("processes", |options| options.apis(PROCESSES))?;
    let people = rig.people()?;
    rig.block(any_process_takes_any_command(&rig, &people))?;
    let mut all = History::default();
    let (mut killed, mut stopped) = (Duration::ZERO, Duration::ZERO);
    for victim in 0..PROCESSES {
        let history = under_load(&mut rig, &people, victim, &format!("kill-{victim}"), |rig| {
            rig.api_number(victim)?.kill()?;
            killed = killed.max(rig.served_again(
                &people,
                (victim + 1) % PROCESSES,
                &format!("served-{victim}"),
            )?);
            Ok(())
        })?;
        add(&mut all, history);
        let history = under_load(&mut rig, &people, victim, &format!("stop-{victim}"), |rig| {
            rig.api_number(victim)?.stop()?;
            Ok(())
        })?;
        stopped =
            stopped.max(none_failed(&history.deeds).during(|| format!("process {victim} ended in order"))?);
        add(&mut all, history);
    }
    let history = under_load(&mut rig, &people, 0, "pause", |rig| {
        rig.api_number(0)?.pause()?;
        std::thread::sleep(PAUSED);
        Ok(rig.api_number(0)?.resume()?)
    })?;
    add(&mut all, history);
    let book = rig.settled(Duration::from_secs(60))?;
    nothing_found("ledger and callers", &against_callers(&book, &all.deeds))?;
    nothing_found("replays", &all.wrong_replays)?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    rig.projected(&book, Duration::from_secs(60))?;
    let said = rig.verify()?;
    eprintln!(
        "{} commands; a killed process's partitions were served again within {} ms, the slowest command while one ended in order took {} ms\n{said}",
        all.deeds.len(),
        killed.as_millis(),
        stopped.as_millis()
    );
    ensure!(
        killed <= TAKEN_OVER,
        "a killed process's partitions were served after {} ms",
        killed.as_millis()
    );
    Ok(())
}

fn add(all: &mut History, more: History) {
    all.deeds.extend(more.deeds);
    all.wrong_replays.extend(more.wrong_replays);
    all.replays += more.replays;
}

/// A payment made through one process is cancelled through the next and read through the third, at once.
async fn any_process_takes_any_command(rig: &Rig, people: &People) -> Done {
    for number in 0..people.merchants.len() * PROCESSES {
        let merchant = people.merchant(number % people.merchants.len())?;
        let url = |offset: usize| rig.stack.api_url((number + offset) % PROCESSES);
        let order = Order::new(&format!("any-{number}"), 30_000);
        let paid = merchant.pay(&mut merchant.client(&url(0)), &order).await?.ok()?;
        let payment = paid.text("paymentId")?;
        let mut next = merchant.client(&url(1));
        let undone = cancel(&mut next, payment, &format!("any-{number}/c"), Some(10_000)).await?.ok()?;
        let again = merchant.pay(&mut merchant.client(&url(2)), &order).await?.ok()?;
        ensure!(again.is_replayed() && again.body == paid.body, "replayed elsewhere: {}", again.body);
        ensure!(again.position() == paid.position(), "another position: {:?}", again.position());
        let read = merchant.client(&url(2)).get(&format!("/v1/payments/{payment}")).await?.ok()?;
        ensure!(read.body == undone.body, "read elsewhere: {} instead of {}", read.body, undone.body);
        let mut stranger = people.merchant((number + 1) % people.merchants.len())?.client(&url(1));
        cancel(&mut stranger, payment, "theirs", None).await?.refused(404, "NOT_FOUND_PAYMENT")?;
    }
    // Nobody but a process of this ledger may say when a request was received.
    let mut client = people.merchant(0)?.client(&rig.url());
    let body = people.merchant(0)?.key_in(&Order::new("forged", 1_000), "forged")?.to_string();
    let headers = [("Idempotency-Key", "forged"), ("Ledger-Passed-On", "1 00")];
    let request = client.bytes("POST", "/v1/payments/key-in", &headers, body.as_bytes());
    client.exchange(&request).await?.ok().map(|_| ())
}

/// Load on every process but the victim, which meets its fate meanwhile and is there again in the end.
fn under_load(
    rig: &mut Rig,
    people: &People,
    victim: usize,
    word: &str,
    fate: impl FnOnce(&mut Rig) -> Done,
) -> Done<History> {
    let others: Vec<usize> = (0..PROCESSES).filter(|number| *number != victim).collect();
    let mut loads = Vec::new();
    for number in &others {
        let load = Load {
            urls: vec![rig.stack.api_url(*number)],
            merchants: people.merchants.clone(),
            clients: 4,
            operations: None,
            seed: 7 + *number as u64,
            word: format!("{word}-{number}"),
            patience: Duration::from_secs(60),
        };
        loads.push(load.start(rig.handle())?);
    }
    answers(rig, &loads, AFTER)?;
    fate(rig).during(|| word.to_owned())?;
    answers(rig, &loads, AFTER).during(|| format!("after {word}"))?;
    if !rig.api_number(victim)?.is_running() {
        rig.api_number(victim)?.start()?;
    }
    answers(rig, &loads, AFTER).during(|| format!("after {word}, when it was back"))?;
    let mut history = History::default();
    for load in loads {
        load.stop();
        add(&mut history, rig.block(load.finish())?);
    }
    ready(rig)?;
    Ok(history)
}

fn answers(rig: &Rig, loads: &[Running], count: u64) -> Done {
    let answered = || loads.iter().map(Running::answered).sum::<u64>();
    let goal = answered() + count;
    rig.until("answers come", Duration::from_secs(60), || Ok(answered() >= goal))
}

fn ready(rig: &Rig) -> Done {
    let is_ready = |number: usize| {
        let asked = rig.block(Client::anonymous(&rig.stack.api_url(number)).get("/health/ready"));
        asked.is_ok_and(|reply| reply.status() == 200)
    };
    rig.until("every process is ready", Duration::from_secs(60), || Ok((0..PROCESSES).all(is_ready)))
}

/// Every command had its final answer at the first attempt; how long the slowest took.
fn none_failed(deeds: &[Deed]) -> Done<Duration> {
    for deed in deeds {
        let told = &deed.told;
        ensure!(told.answers.len() == 1, "{}: {:?}", told.key, told.answers);
    }
    Ok(deeds.iter().map(|deed| deed.told.took).max().unwrap_or_default())
}
