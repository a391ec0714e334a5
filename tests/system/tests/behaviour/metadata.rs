//! A merchant's own keys on its payment, on the running product: kept, read back at once, replayed, confined to the merchant, seen
//! among the payment's events, and of no effect on money.

use std::time::Duration;

use ledger_tests::ensure;
use ledger_tests::failure::Done;
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Order, cancel, note};
use serde_json::json;

#[test]
fn metadata_is_changed_key_by_key_by_its_merchant_alone_and_moves_no_money() -> Done {
    let rig = Rig::start("metadata")?;
    let people = rig.people()?;
    rig.block(walk(&rig, &people))?;
    let book = rig.settled(Duration::from_secs(30))?;
    let noted: usize = book.payments.values().map(|account| account.count("metadata-changed")).sum();
    ensure!(noted == 3, "{noted} changes are in the ledger, not three");
    rig.verify().map(|_| ())
}

async fn walk(rig: &Rig, people: &People) -> Done {
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    let paid = merchant.pay(&mut client, &Order::new("noted", 50_000)).await?.ok()?;
    let payment = paid.text("paymentId")?.to_owned();
    ensure!(paid.body["metadata"] == json!({}), "a new payment has none: {}", paid.body);

    let wanted = json!({ "campaign": "겨울", "invoice.no": "A-1" });
    let first = note(&mut client, &payment, "note-1", &wanted).await?.ok()?;
    ensure!(first.body["metadata"] == wanted && first.body["status"] == "DONE", "{}", first.body);
    let read = client.get(&format!("/v1/payments/{payment}")).await?.ok()?;
    ensure!(read.body == first.body, "it reads otherwise than it was told: {}", read.body);

    let second =
        note(&mut client, &payment, "note-2", &json!({ "campaign": "", "shop": "강남" })).await?.ok()?;
    ensure!(second.body["metadata"] == json!({ "invoice.no": "A-1", "shop": "강남" }), "{}", second.body);
    let again = note(&mut client, &payment, "note-1", &wanted).await?.ok()?;
    ensure!(again.is_replayed() && again.body == first.body, "the first answer again: {}", again.body);
    // "Set to nothing" and "another key set to nothing" are two requests, not one.
    note(&mut client, &payment, "note-2", &json!({ "shop": "" }))
        .await?
        .refused(422, "IDEMPOTENCY_KEY_REUSED")?;

    let many: serde_json::Map<_, _> = (0..19).map(|number| (format!("k{number}"), json!("v"))).collect();
    let refused = note(&mut client, &payment, "note-3", &json!(many)).await?;
    let refused = refused.refused(422, "TOO_MANY_METADATA_KEYS")?;
    ensure!(refused.body["maximumKeys"] == 20, "{}", refused.body);
    for (key, value, code) in [("a b", "v", "INVALID_METADATA_KEY"), ("a", "   ", "INVALID_TEXT")] {
        note(&mut client, &payment, "note-3", &json!({ key: value })).await?.refused(400, code)?;
    }
    note(&mut client, &payment, "note-3", &json!({})).await?.refused(400, "NO_METADATA_CHANGE")?;

    let mut stranger = people.merchant(1)?.client(&rig.url());
    note(&mut stranger, &payment, "theirs", &json!({ "k": "v" })).await?.refused(404, "NOT_FOUND_PAYMENT")?;

    // It stays when all the money has gone back, and may be changed then too.
    cancel(&mut client, &payment, "noted-cancel", None).await?.ok()?;
    let last = note(&mut client, &payment, "note-4", &json!({ "returned": "yes" })).await?.ok()?;
    ensure!(last.body["status"] == "CANCELED" && last.body["metadata"]["shop"] == "강남", "{}", last.body);
    let position = last.position().unwrap_or_default();
    let seen = client.get_after(&format!("/v1/transactions/{payment}"), position).await?.ok()?;
    let events = seen.list("events")?;
    let noted = events.iter().filter(|event| event["type"].as_str().is_some_and(|t| t.contains("metadata")));
    ensure!(noted.count() == 3, "the payment's events tell of them: {}", seen.body);
    Ok(())
}
