//! Architecture, section 4: the same key is the same command, for ever.

use std::time::Duration;

use ledger_tests::client::Reply;
use ledger_tests::envelope::{self, PATH};
use ledger_tests::failure::{Done, During};
use ledger_tests::honest::{self, Ending, command_id};
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Order, cancel};
use ledger_tests::{Failure, ensure};
use serde_json::json;

#[test]
fn the_same_key_is_the_same_command_for_ever() -> Done {
    let mut rig = Rig::start("idempotency")?;
    let people = rig.people()?;
    let first = rig.block(first_answers(&rig, &people))?;
    rig.block(concurrent_duplicates(&rig, &people))?;
    rig.block(found_by_key(&rig, &people))?;
    rig.block(rejections_bind_nothing(&rig, &people))?;
    rig.block(truth_after_504(&rig, &people))?;
    // A key never expires: not with the process either.
    rig.api()?.kill()?;
    rig.api()?.start()?;
    let (order, answered) = first;
    let again = rig.block(async {
        let mut client = people.merchant(0)?.client(&rig.url());
        people.merchant(0)?.pay(&mut client, &order).await
    })?;
    same(&again, &answered, "after a restart")?;
    let book = rig.settled(Duration::from_secs(60))?;
    let memory = rig.memory()?;
    let findings = ledger_tests::audit::against_acquirer(&book, &memory);
    ledger_tests::audit::nothing_found("ledger and acquirer", &findings)
}

fn same(again: &Reply, first: &Reply, when: &str) -> Done {
    let equal = again.status() == first.status() && again.body == first.body;
    ensure!(equal, "{when}: {} instead of {}", again.body, first.body);
    ensure!(again.is_replayed(), "{when}: a replay is not marked");
    ensure!(again.position() == first.position(), "{when}: another position");
    Ok(())
}

/// Replayed and marked; another body is refused; after a later cancel it is still the first answer.
async fn first_answers(rig: &Rig, people: &People) -> Done<(Order, Reply)> {
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    let order = Order::new("idem-1", 20_000);
    let first = merchant.pay(&mut client, &order).await?.ok()?;
    ensure!(!first.is_replayed(), "the first answer is no replay");
    same(&merchant.pay(&mut client, &order).await?, &first, "at once")?;

    let mut other = order.clone();
    other.amount = 20_010;
    merchant.pay(&mut client, &other).await?.refused(422, "IDEMPOTENCY_KEY_REUSED")?;
    let payment = first.text("paymentId")?.to_owned();
    // The same key at another operation is another request too.
    cancel(&mut client, &payment, "idem-1", None).await?.refused(422, "IDEMPOTENCY_KEY_REUSED")?;

    let part = cancel(&mut client, &payment, "idem-1/c1", Some(5_000)).await?.ok()?;
    let rest = cancel(&mut client, &payment, "idem-1/c2", None).await?.ok()?;
    ensure!(rest.text("status")? == "CANCELED", "{}", rest.body);
    same(&merchant.pay(&mut client, &order).await?, &first, "after cancels")?;
    same(&cancel(&mut client, &payment, "idem-1/c1", Some(5_000)).await?, &part, "the first cancel")?;

    // A decline binds its key as well.
    let declined = Order::new("idem-declined", 14_401);
    let no = merchant.pay(&mut client, &declined).await?.refused(402, "PAYMENT_DECLINED")?;
    let again = merchant.pay(&mut client, &declined).await?.refused(402, "PAYMENT_DECLINED")?;
    ensure!(again.is_replayed(), "a replayed decline is marked");
    ensure!(again.text("paymentId")? == no.text("paymentId")?, "another payment was made: {}", again.body);
    Ok((order, first))
}

/// Twenty connections send the same request at the same moment: one charge.
async fn concurrent_duplicates(rig: &Rig, people: &People) -> Done {
    let merchant = people.merchant(1)?.clone();
    let order = Order::new("idem-rush", 33_000);
    let body = merchant.key_in(&order, &order.id)?;
    let mut rush = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (mut client, merchant, body) = (merchant.client(&rig.url()), merchant.clone(), body.clone());
        rush.spawn(async move {
            honest::command(&mut client, &merchant.id, PATH, "idem-rush", &body, Duration::from_secs(30))
                .await
        });
    }
    let mut payments = std::collections::BTreeSet::new();
    while let Some(told) = rush.join_next().await {
        let told = told?;
        ensure!(told.ending == Ending::Done, "a duplicate ended {:?}: {:?}", told.ending, told.answers);
        payments.insert(told.last.as_ref().during(|| "no answer".to_owned())?.text("paymentId")?.to_owned());
    }
    ensure!(payments.len() == 1, "duplicates became {payments:?}");
    let memory = ledger_tests::audit::Memory::read(&rig.stack.acquirer_url()).await?;
    let charges = memory.of_order("idem-rush").len();
    ensure!(charges == 1, "{charges} charges at the acquirer");
    Ok(())
}

/// A caller that got no reply finds its command by the id it computes, and by its key; nobody else does.
async fn found_by_key(rig: &Rig, people: &People) -> Done {
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    let id = command_id(&merchant.id, "idem-1");
    let by_id = client.get(&format!("/v1/commands/{id}")).await?.ok()?;
    ensure!(by_id.text("status")? == "DONE", "{}", by_id.body);
    ensure!(by_id.text("/payment/status")? == "DONE", "as it was answered then: {}", by_id.body);
    let by_key = client.get("/v1/commands?idempotencyKey=idem-1").await?.ok()?;
    ensure!(by_key.body == by_id.body, "by key {}, by id {}", by_key.body, by_id.body);
    let mut stranger = people.merchant(1)?.client(&rig.url());
    let unseen = stranger.get(&format!("/v1/commands/{id}")).await?.ok()?;
    ensure!(unseen.body.get("payment").is_none(), "another merchant's command is shown: {}", unseen.body);
    Ok(())
}

/// A refusal before any record is decided afresh.
async fn rejections_bind_nothing(rig: &Rig, people: &People) -> Done {
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    let (small, enough) = (Order::new("idem-free", 50), Order::new("idem-free", 5_000));
    merchant.pay(&mut client, &small).await?.refused(422, "BELOW_MINIMUM_AMOUNT")?;
    let mut body = merchant.key_in(&enough, &enough.id)?;
    body["card"]["ciphertext"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    client.post(PATH, &enough.id, &body).await?.refused(400, "CARD_DECRYPT_FAILED")?;
    let paid = merchant.pay(&mut client, &enough).await?.ok()?;
    ensure!(!paid.is_replayed(), "the key was free");
    // A late retry finds its answer though its envelope is stale by then.
    let bound = envelope::Bound { merchant: &merchant.id, order_id: &enough.id, idempotency_key: &enough.id };
    let stale = envelope::now_ms() - 3_600_000;
    let mut late = merchant.key_in(&enough, &enough.id)?;
    late["card"] = envelope::seal(&merchant.card_key, &enough.card, bound, stale)?;
    let again = client.post(PATH, &enough.id, &late).await?.ok()?;
    same(&again, &paid, "with a stale envelope")
}

/// Nobody answers in time; afterwards the same key gives the truth, and nothing was charged twice.
async fn truth_after_504(rig: &Rig, people: &People) -> Done {
    let merchant = people.merchant(2)?;
    let mut client = merchant.client(&rig.url());
    // Neither the approval nor the first inquiries are answered, so that the caller's time runs out.
    let order = Order::new("sbx-approve_never-inquire_never_x6-idem", 41_000);
    let body = merchant.key_in(&order, &order.id)?;
    let patience = Duration::from_secs(120);
    let told = honest::command(&mut client, &merchant.id, PATH, &order.id, &body, patience).await;
    let first = told.answers.first().cloned().unwrap_or_default();
    ensure!(
        first.starts_with("504 RESULT_UNKNOWN"),
        "the first answer was {first}, not 504: {:?}",
        told.answers
    );
    let last = told.last.ok_or_else(|| Failure::new("no answer"))?;
    let memory = ledger_tests::audit::Memory::read(&rig.stack.acquirer_url()).await?;
    let stands: i64 = memory.of_order(&order.id).iter().map(|operation| operation.net_amount).sum();
    let said = match told.ending {
        Ending::Done => last.number("balanceAmount")?,
        Ending::Failed | Ending::Refused | Ending::Open => 0,
    };
    ensure!(
        told.ending != Ending::Open && stands == said,
        "told {said} ({:?}), charged {stands}",
        told.answers
    );
    Ok(())
}
