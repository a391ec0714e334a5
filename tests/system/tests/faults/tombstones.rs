//! An acquirer that keeps no tombstones: "not found" never closes a payment. It stays open, holds its order id, and ends by
//! two people's word.

use std::time::Duration;

use ledger_tests::client::Client;
use ledger_tests::ensure;
use ledger_tests::envelope::PATH;
use ledger_tests::failure::{Done, During};
use ledger_tests::honest;
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Merchant, Order, Registrar, cancel};
use serde_json::json;

#[test]
fn without_tombstones_not_found_never_closes_a_payment_and_two_people_do() -> Done {
    let mut rig = Rig::start("tombstones")?;
    without_tombstones(&mut rig)?;
    let people = rig.people()?;
    let merchant = people.merchant(0)?.clone();
    let order = Order::new("sbx-approve_dropbefore-t", 30_000);
    let payment = rig.block(lost(&rig, &merchant, &order))?;
    rig.until("it is unresolved", Duration::from_secs(90), || {
        let book = rig.book()?;
        let account = book.payments.get(&payment).during(|| "the payment is gone".to_owned())?;
        let closed = ["approved", "declined", "not-attempted", "net-cancelled"];
        let closing = closed.iter().find(|event| account.count(event) > 0);
        ensure!(closing.is_none(), "\"not found\" closed the payment: {:?}", account.events);
        Ok(account.count("unresolved") == 1)
    })?;
    rig.block(holds_its_order(&rig, &merchant, &order, &payment))?;
    rig.block(two_people(&rig, &people, &payment))?;
    let book = rig.settled(Duration::from_secs(10))?;
    let account = book.payments.get(&payment).during(|| "the payment is gone".to_owned())?;
    ensure!(account.approved == 0 && account.count("resolved") == 1, "{:?}", account.events);
    ledger_tests::audit::nothing_found(
        "ledger and acquirer",
        &ledger_tests::audit::against_acquirer(&book, &rig.memory()?),
    )?;
    rig.projected(&book, Duration::from_secs(30))?;
    rig.verify().map(|_| ())
}

/// Restarts the acquirer and the api in that mode.
fn without_tombstones(rig: &mut Rig) -> Done {
    let acquirers = format!("sandbox={},no-tombstone", rig.stack.acquirer_url());
    rig.acquirer_without_tombstones()?;
    rig.api()?.stop()?;
    rig.api()?.set_env("LEDGER_ACQUIRERS", &acquirers);
    rig.api()?.start()?;
    Ok(())
}

/// A payment whose approval never reached the acquirer; its caller is told that nobody knows.
async fn lost(rig: &Rig, merchant: &Merchant, order: &Order) -> Done<String> {
    let mut client = merchant.client(&rig.url());
    let body = merchant.key_in(order, &order.id)?;
    let patience = Duration::from_secs(35);
    let told = honest::command(&mut client, &merchant.id, PATH, &order.id, &body, patience).await;
    let first = told.answers.first().cloned().unwrap_or_default();
    ensure!(first.starts_with("504 RESULT_UNKNOWN"), "told {:?}", told.answers);
    let found = client.get(&format!("/v1/payments/orders/{}", order.id)).await?.ok()?;
    Ok(found.text("/attempts/0/paymentId")?.to_owned())
}

async fn holds_its_order(rig: &Rig, merchant: &Merchant, order: &Order, payment: &str) -> Done {
    let mut client = merchant.client(&rig.url());
    let read = client.get(&format!("/v1/payments/{payment}")).await?.ok()?;
    ensure!(read.text("status")? == "UNRESOLVED", "{}", read.body);
    let body = merchant.key_in(order, "another-key")?;
    client.post(PATH, "another-key", &body).await?.refused(409, "DUPLICATED_ORDER_ID")?;
    cancel(&mut client, payment, "t-cancel", None).await?.refused(409, "PAYMENT_UNRESOLVED").map(|_| ())
}

async fn two_people(rig: &Rig, people: &People, payment: &str) -> Done {
    let mut registrar = Registrar::new(&rig.url(), rig.stack.operator_key(), "t");
    let second = registrar.command("/v1/keys", "second", &json!({ "scope": "OPERATOR" })).await?;
    let mut first = rig.operator();
    let mut second = Client::new(&rig.url(), second.text("key")?);
    let path = format!("/v1/payments/{payment}/resolve");
    let evidence = |reference: &str| json!({ "kind": "ACQUIRER_LETTER", "reference": reference });
    let word = json!({ "outcome": "NOT_PAID", "evidence": evidence("letter 1") });
    let proposed = first.post(&path, "t-1", &word).await?;
    ensure!(proposed.status() == 202, "{}", proposed.unexpected("202"));
    first.post(&path, "t-2", &word).await?.refused(403, "RESOLUTION_NEEDS_ANOTHER_KEY")?;
    let other = json!({ "outcome": "REVERSED", "evidence": evidence("letter 2") });
    second.post(&path, "t-3", &other).await?.refused(409, "RESOLUTION_DIFFERS")?;
    let mut merchant = people.merchant(0)?.client(&rig.url());
    merchant.post(&path, "t-4", &word).await?.refused(403, "SCOPE_FORBIDDEN")?;
    let done = second.post(&path, "t-5", &word).await?;
    ensure!(done.status() == 200, "{}", done.unexpected("200"));
    ensure!(done.text("status")? == "ABORTED", "{}", done.body);
    Ok(())
}
