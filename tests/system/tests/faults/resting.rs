//! With no standby wanted, a partition is followed by nobody but its leader until somebody asks about it elsewhere: every answer
//! is the same as ever, and a takeover reads what it has to.

use std::time::Duration;

use ledger_tests::client::Client;
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::rig::Rig;
use ledger_tests::town::{Order, cancel};

const PROCESSES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_process_that_need_not_stand_by_reads_when_it_is_asked_or_takes_over() -> Done {
    let mut rig = Rig::start_with("resting", |options| {
        options.apis(PROCESSES).projectors(0).env("LEDGER_STANDBYS", "0")
    })?;
    let people = rig.people()?;
    let merchant = people.merchant(0)?;
    let leader = rig.url();
    let first = rig.block(merchant.pay(&mut merchant.client(&leader), &Order::new("first", 20_000)))?.ok()?;
    let position = first.position().during(|| "no position".to_owned())?;
    let (partition, _) = position.rsplit_once(':').during(|| position.to_owned())?;
    let mut resting = None;
    rig.until("one leads and the other rests", PATIENCE, || {
        let states = (0..PROCESSES).map(|number| state(&rig, number, partition)).collect::<Done<Vec<_>>>()?;
        resting = states.iter().position(|(state, _)| state.starts_with("resting behind"));
        Ok(resting.is_some() && states.iter().any(|(state, _)| state == "leading"))
    })?;
    let resting = resting.during(|| "nobody rests".to_owned())?;
    // Commands are passed on, and wake nobody.
    let url = rig.stack.api_url(resting);
    let (_, before) = state(&rig, resting, partition)?;
    for number in 0..20 {
        let order = Order::new(&format!("more-{number}"), 20_000);
        rig.block(merchant.pay(&mut merchant.client(&url), &order))?.ok()?;
    }
    let (state_now, after) = state(&rig, resting, partition)?;
    ensure!(before == after, "it read on from {before} to {after}: {state_now}");
    // A question does.
    let payment = first.text("paymentId")?;
    let path = format!("/v1/payments/{payment}");
    let read = rig.block(merchant.client(&url).get(&path))?.ok()?;
    ensure!(read.body == first.body, "read at the resting process: {}", read.body);
    rig.until("it follows", PATIENCE, || {
        let (state_now, read_to) = state(&rig, resting, partition)?;
        Ok(read_to > after && state_now.starts_with("following"))
    })?;
    // A process that never followed takes over, and every key still has its answer.
    rig.api_number(1 - resting)?.kill()?;
    rig.served_again(&people, resting, "resting")?;
    let again = rig.block(merchant.pay(&mut merchant.client(&url), &Order::new("first", 20_000)))?.ok()?;
    ensure!(again.is_replayed() && again.body == first.body, "after the takeover: {}", again.body);
    let undone =
        rig.block(async { cancel(&mut merchant.client(&url), payment, "undo", None).await })?.ok()?;
    ensure!(undone.body["status"] == "CANCELED", "{}", undone.body);
    rig.api_number(1 - resting)?.start()?;
    let there = rig.block(merchant.client(&rig.stack.api_url(1 - resting)).get(&path))?.ok()?;
    ensure!(there.body == undone.body, "read at the process that came back: {}", there.body);
    Ok(())
}

/// What a process says of a partition, and how far it has read.
fn state(rig: &Rig, number: usize, partition: &str) -> Done<(String, u64)> {
    let reply = rig.block(Client::anonymous(&rig.stack.api_url(number)).get("/health/ready"))?;
    let all = reply.list("partitions")?;
    let at = all.iter().find(|at| at["partition"] == partition).during(|| reply.body.to_string())?;
    let state = at["state"].as_str().unwrap_or_default().to_owned();
    Ok((state, at["seq"].as_u64().unwrap_or_default()))
}
