//! Every way in which the sandbox acquirer loses an answer, through the public API: each ends resolved, and acquirer and
//! ledger agree; also when the api is killed in the middle of it.

use std::time::Duration;

use ledger_tests::audit::{against_acquirer, nothing_found};
use ledger_tests::ensure;
use ledger_tests::envelope::PATH;
use ledger_tests::failure::{Done, During};
use ledger_tests::honest::{self, Ending, Told};
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Merchant, Order};
use serde_json::json;
use tokio::task::JoinSet;

const PATIENCE: Duration = Duration::from_secs(150);

/// Fault of the sandbox, and how a payment over it may end: true if the money had moved before the answer was lost.
const APPROVALS: [(&str, bool); 13] = [
    ("late_12000", true),
    ("latebefore_12000", true),
    ("never", true),
    ("neverbefore", false),
    ("drop", true),
    ("dropbefore", false),
    ("half", true),
    ("halfbefore", false),
    ("garbage", true),
    ("garbagebefore", false),
    ("500", true),
    ("500before", false),
    ("hold", false),
];

/// The same for cancels; those are repeated under their own id, so that each ends done.
const CANCELS: [&str; 6] = ["never", "drop", "dropbefore", "garbage", "500", "halfbefore"];

#[test]
fn every_lost_answer_is_resolved_and_acquirer_and_ledger_agree() -> Done {
    let rig = Rig::start("unknowns")?;
    let people = rig.people()?;
    let told = rig.block(async {
        let mut all = approvals(&rig.url(), people.merchant(0)?, "u");
        let mut undone = cancels(&rig.url(), people.merchant(1)?, "u").await?;
        let mut told = Vec::new();
        while let Some(one) = all.join_next().await {
            told.push(one??);
        }
        while let Some(one) = undone.join_next().await {
            let one: Told = one??;
            ensure!(one.ending == Ending::Done, "{} ended {:?}: {:?}", one.key, one.ending, one.answers);
        }
        Ok(told)
    })?;
    for (told, had_moved) in &told {
        as_it_was(told, *had_moved)?;
    }
    agree(&rig, &people, "u")
}

#[test]
fn a_killed_api_resolves_what_it_had_begun() -> Done {
    let mut rig = Rig::start("unknowns_restart")?;
    let people = rig.people()?;
    let (url, merchants) = (rig.url(), people.merchants.clone());
    let asking = rig.spawn(async move {
        let first = merchants.first().during(|| "no merchant".to_owned())?;
        let second = merchants.get(1).during(|| "no merchant".to_owned())?;
        let mut all = approvals(&url, first, "r");
        let mut undone = cancels(&url, second, "r").await?;
        let mut told: Vec<Told> = Vec::new();
        while let Some(one) = all.join_next().await {
            told.push(one??.0);
        }
        while let Some(one) = undone.join_next().await {
            told.push(one??);
        }
        Ok::<_, ledger_tests::Failure>(told)
    });
    // Once when every approval is on its way, and once when inquiries and net cancels are.
    let has = |rig: &Rig, event: &str, count: usize| -> Done<bool> {
        Ok(rig.book()?.payments.values().filter(|account| account.count(event) > 0).count() >= count)
    };
    rig.until("all are asked for", Duration::from_secs(60), || {
        has(&rig, "requested", APPROVALS.len() + CANCELS.len())
    })?;
    rig.api()?.kill()?;
    rig.api()?.start()?;
    rig.until("some are unknown", Duration::from_secs(60), || has(&rig, "approval-unknown", 3))?;
    rig.api()?.kill()?;
    rig.api()?.start()?;
    let told = rig.block(asking)??;
    for one in &told {
        ensure!(one.ending != Ending::Open, "{} was never answered: {:?}", one.key, one.answers);
    }
    agree(&rig, &people, "r")
}

fn order_id(fault: &str, word: &str) -> String {
    format!("sbx-approve_{fault}-{word}")
}

/// One payment a fault, all at once.
fn approvals(url: &str, merchant: &Merchant, word: &str) -> JoinSet<Done<(Told, bool)>> {
    let mut all = JoinSet::new();
    for (fault, had_moved) in APPROVALS {
        let (url, merchant, id) = (url.to_owned(), merchant.clone(), order_id(fault, word));
        all.spawn(async move {
            let body = merchant.key_in(&Order::new(&id, 30_000), &id)?;
            let mut client = merchant.client(&url);
            Ok((honest::command(&mut client, &merchant.id, PATH, &id, &body, PATIENCE).await, had_moved))
        });
    }
    all
}

/// One paid payment a fault, then its cancels, all at once.
async fn cancels(url: &str, merchant: &Merchant, word: &str) -> Done<JoinSet<Done<Told>>> {
    let mut all = JoinSet::new();
    let mut client = merchant.client(url);
    for fault in CANCELS {
        let order = Order::new(&format!("sbx-cancel_{fault}-{word}"), 40_000);
        let paid = merchant.pay(&mut client, &order).await?.ok()?;
        let path = format!("/v1/payments/{}/cancel", paid.text("paymentId")?);
        let (url, merchant) = (url.to_owned(), merchant.clone());
        all.spawn(async move {
            let (key, body) =
                (format!("{}/c", order.id), json!({ "cancelReason": "x", "cancelAmount": 15_000 }));
            let mut client = merchant.client(&url);
            Ok(honest::command(&mut client, &merchant.id, &path, &key, &body, PATIENCE).await)
        });
    }
    Ok(all)
}

/// Done only if money had moved; and if it had, done, or undone by a net cancel whose merchant is told so.
fn as_it_was(told: &Told, had_moved: bool) -> Done {
    let code = told.last.as_ref().map(|reply| reply.code().to_owned()).unwrap_or_default();
    let right = match told.ending {
        Ending::Done => had_moved,
        Ending::Failed => code == "PAYMENT_NET_CANCELED",
        Ending::Refused | Ending::Open => false,
    };
    ensure!(right, "{} ended {:?} {code}: {:?}", told.key, told.ending, told.answers);
    Ok(())
}

fn agree(rig: &Rig, people: &People, word: &str) -> Done {
    let book = rig.settled(Duration::from_secs(90))?;
    // A request that was held back arrives after its net cancel: the acquirer must have refused it.
    let held = order_id("hold", word);
    rig.until("the request held back was delivered", Duration::from_secs(30), || {
        Ok(rig
            .memory()?
            .of_order(&held)
            .iter()
            .all(|operation| operation.refused_late || operation.net_amount == 0))
    })?;
    let memory = rig.memory()?;
    let late = memory.of_order(&held);
    ensure!(late.iter().all(|operation| operation.net_amount == 0), "a late approval stands: {late:?}");
    nothing_found("ledger and acquirer", &against_acquirer(&book, &memory))?;
    ensure!(book.doubled.is_empty(), "commands stand twice: {:?}", book.doubled);
    rig.projected(&book, Duration::from_secs(30))?;
    rig.verify()?;
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    for (fault, _) in APPROVALS {
        let id = order_id(fault, word);
        let reply = rig.block(client.get(&format!("/v1/payments/orders/{id}")))?.ok()?;
        let attempts = reply.list("attempts")?.len();
        ensure!(attempts == 1, "{id} was attempted {attempts} times: {}", reply.body);
    }
    Ok(())
}
