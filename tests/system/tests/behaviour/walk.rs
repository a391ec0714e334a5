//! Invariant 8 on the running server: every operation of its own OpenAPI document refuses a caller without a key, with a
//! wrong key, and with a key of another scope; and no answer to a stranger holds anything of ours.

use std::collections::BTreeMap;
use std::time::Duration;

use ledger_tests::client::{Client, Reply};
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::{Order, cancel};
use serde_json::Value;

/// What one may call without a key.
const PUBLIC: [&str; 5] = ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/v1/errors"];

/// What belongs to the first merchant and must not show up elsewhere.
struct Ours {
    payment: String,
    cancel: String,
    order: &'static str,
    position: String,
}

#[test]
fn every_operation_of_the_document_refuses_strangers_and_confines_by_scope() -> Done {
    let rig = Rig::start("walk")?;
    let people = rig.people()?;
    let ours = rig.block(trade(&rig, &people))?;
    let operations = rig.block(operations(&rig))?;
    ensure!(operations.len() >= 22, "the document lists only {} operations", operations.len());
    rig.block(async {
        for (method, path) in &operations {
            let path = filled(path, &ours, &people)?;
            without_a_valid_key(&rig, method, &path).await?;
            as_strangers(&rig, &people, &ours, method, &path).await?;
        }
        confined_lists(&rig, &people, &ours).await
    })?;
    let book = rig.settled(Duration::from_secs(30))?;
    ensure!(book.payments.len() == 2, "a stranger made a payment");
    ensure!(book.payments.values().all(|account| account.undos.len() <= 1), "a stranger cancelled");
    Ok(())
}

async fn trade(rig: &Rig, people: &People) -> Done<Ours> {
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    let order = "walk-ours-7f3a";
    let paid = merchant.pay(&mut client, &Order::new(order, 77_000)).await?.ok()?;
    let payment = paid.text("paymentId")?.to_owned();
    let undone = cancel(&mut client, &payment, "walk-cancel", Some(7_000)).await?.ok()?;
    let stranger = people.merchant(3)?;
    let mut theirs = stranger.client(&rig.url());
    let last = stranger.pay(&mut theirs, &Order::new("walk-theirs", 1_000)).await?.ok()?;
    let at = |reply: &Reply| reply.position().unwrap_or_default().to_owned();
    // Two merchants may share a partition: then the later position says both.
    let (one, two) = (at(&undone), at(&last));
    let partition = |position: &str| position.split(':').next().unwrap_or_default().to_owned();
    let position = if partition(&one) == partition(&two) { two } else { format!("{one},{two}") };
    let cancel = undone.text("/cancels/0/cancelId")?.to_owned();
    Ok(Ours { payment, cancel, order, position })
}

async fn operations(rig: &Rig) -> Done<Vec<(String, String)>> {
    let document = Client::anonymous(&rig.url()).get("/openapi.json").await?.ok()?;
    let paths = document.body.get("paths").and_then(Value::as_object).during(|| "no paths".to_owned())?;
    let methods = |(path, item): (&String, &Value)| {
        let item: Vec<String> =
            item.as_object().into_iter().flatten().map(|(method, _)| method.clone()).collect();
        item.into_iter().map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
    };
    Ok(paths.iter().flat_map(methods).filter(|(_, path)| !PUBLIC.contains(&path.as_str())).collect())
}

/// The path with our ids in it.
fn filled(path: &str, ours: &Ours, people: &People) -> Done<String> {
    let ids: BTreeMap<&str, &str> = [
        ("{paymentId}", ours.payment.as_str()),
        ("{transactionId}", ours.cancel.as_str()),
        ("{orderId}", ours.order),
        ("{commandId}", "cmd_00000000000080008000000000000000"),
        ("{agencyId}", people.agency.id.as_str()),
        ("{branchId}", people.branch.id.as_str()),
        ("{nodeId}", people.agency.id.as_str()),
        ("{merchantId}", people.merchant(0)?.id.as_str()),
        ("{payeeId}", people.merchant(0)?.id.as_str()),
        ("{payOutId}", "pyo_00000000000070008000000000000000"),
        ("{proposalId}", "prp_00000000000070008000000000000000"),
        ("{keyId}", "key_00000000000070008000000000000000"),
        ("{id}", ours.payment.as_str()),
    ]
    .into();
    let filled = ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id));
    ensure!(!filled.contains('{'), "{path}: the test does not know this parameter");
    Ok(filled)
}

async fn ask(client: &mut Client, method: &str, path: &str) -> Done<Reply> {
    Ok(match method {
        "GET" => client.get(path).await?,
        _ => {
            let headers = [("Idempotency-Key", "walk-stranger")];
            let request = client.bytes(method, path, &headers, b"{}");
            client.exchange(&request).await?
        }
    })
}

async fn without_a_valid_key(rig: &Rig, method: &str, path: &str) -> Done {
    let url = rig.url();
    let mut nobody = Client::anonymous(&url);
    ask(&mut nobody, method, path).await?.refused(401, "API_KEY_REQUIRED")?;
    let mut guesser = Client::new(&url, "test_op_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    ask(&mut guesser, method, path).await?.refused(401, "API_KEY_INVALID").map(|_| ())
}

/// Another merchant, another branch, another agency: refused, empty, or not found; and never a word of ours.
async fn as_strangers(rig: &Rig, people: &People, ours: &Ours, method: &str, path: &str) -> Done {
    let keys = [&people.merchant(3)?.api_key, &people.other_branch.api_key, &people.other_agency.api_key];
    for key in keys {
        let reply = ask(&mut Client::new(&rig.url(), key), method, path).await?;
        // As it came: a file is no JSON.
        let body = String::from_utf8_lossy(&reply.response.body).into_owned();
        // The amount as a member of an object and as a cell; the digits alone may stand in a request's id.
        let amounts = [":77000", ",77000"];
        let shown = [ours.payment.as_str(), &ours.cancel, ours.order, &people.merchant(0)?.id];
        let shown: Vec<&str> = shown.into_iter().chain(amounts).collect();
        ensure!(!shown.iter().any(|ours| body.contains(ours)), "{method} {path} shows a stranger {body}");
        ensure!(reply.status() < 500, "{method} {path}: {} {body}", reply.status());
        // What a stranger may do at all is to read its own (empty) lists.
        let is_list = method == "GET" && !path.contains('_');
        ensure!(is_list || reply.status() >= 400 || path.contains("/commands/"), "{method} {path}: {body}");
    }
    // An operator's command is no merchant's, whoever's merchant it is.
    let own = ask(&mut people.merchant(0)?.client(&rig.url()), method, path).await?;
    let is_directory = ["/v1/agencies", "/v1/branches", "/v1/merchants", "/v1/keys"].contains(&path)
        || path.contains("/payees/")
        || path.ends_with("/contracts")
        || path.ends_with("/card-keys")
        || path.ends_with("/revoke")
        || path.ends_with("/resolve");
    if method != "GET" && is_directory {
        own.refused(403, "SCOPE_FORBIDDEN")?;
    }
    Ok(())
}

/// Each list shows each caller exactly its own: counted over both merchants' rows.
async fn confined_lists(rig: &Rig, people: &People, ours: &Ours) -> Done {
    let url = rig.url();
    let both = 3; // an approval and a cancel of ours, an approval of theirs
    let callers = [
        (rig.stack.operator_key(), both, 2),
        (people.agency.api_key.as_str(), 2, 1),
        (people.branch.api_key.as_str(), 2, 1),
        (people.branch_two.api_key.as_str(), 0, 0),
        (people.merchant(0)?.api_key.as_str(), 2, 0),
        (people.merchant(1)?.api_key.as_str(), 0, 0),
        (people.other_agency.api_key.as_str(), 1, 1),
        (people.other_branch.api_key.as_str(), 1, 1),
        (people.merchant(3)?.api_key.as_str(), 1, 0),
    ];
    for (key, transactions, branches) in callers {
        let mut client = Client::new(&url, key);
        let list = client.get_after("/v1/transactions", &ours.position).await?;
        let rows = list.list("transactions")?.len();
        ensure!(rows == transactions, "{key} sees {rows} transactions, not {transactions}: {}", list.body);
        if key.contains("_mer_") {
            client.get("/v1/branches/sales").await?.refused(403, "SCOPE_FORBIDDEN")?;
        } else {
            let sales = client.get_after("/v1/branches/sales", &ours.position).await?;
            let rows = sales.list("sales")?.len();
            ensure!(rows == branches, "{key} sees {rows} branches, not {branches}: {}", sales.body);
        }
        for path in ["/v1/settlements", "/v1/settlements/entries"] {
            let all = client.get_after(path, &ours.position).await?;
            let body = all.body.to_string();
            let stranger = transactions == 1 || transactions == 0;
            ensure!(!(stranger && body.contains(&people.merchant(0)?.id)), "{path} shows {key} {body}");
            ensure!(
                stranger || body.contains("payOutAmount"),
                "{path} shows {key} nothing of its own: {body}"
            );
        }
        own_settlement(&mut client, key, rig, people, ours).await?;
    }
    Ok(())
}

/// What each payee is owed is told to it alone, and to operators; a file of entries holds what the list holds.
async fn own_settlement(client: &mut Client, key: &str, rig: &Rig, people: &People, ours: &Ours) -> Done {
    let ids = [&people.merchant(0)?.id, &people.branch.id, &people.agency.id];
    let keys = [&people.merchant(0)?.api_key, &people.branch.api_key, &people.agency.api_key];
    let operator = key == rig.stack.operator_key();
    let paths = ["status", "closings", "receipts", "pay-outs"];
    for path in paths.map(|path| format!("/v1/settlements/{path}")) {
        let body = client.get_after(&path, &ours.position).await?.body.to_string();
        for (id, own) in ids.iter().zip(keys) {
            let may = operator || key == own;
            ensure!(may || !body.contains(id.as_str()), "{path} shows {key} {body}");
            let is_there = body.contains(id.as_str()) || !path.ends_with("status");
            ensure!(!may || is_there, "{path} shows {key} nothing of its own: {body}");
        }
    }
    let list = client.get_after("/v1/settlements/entries", &ours.position).await?;
    let file = client.get_after("/v1/settlements/entries.csv", &ours.position).await?;
    let rows = String::from_utf8_lossy(&file.response.body).lines().count();
    ensure!(rows == list.list("entries")?.len() + 1, "{key}: the file has {rows} lines: {}", list.body);
    if operator {
        let balances = client.get_after("/v1/ledger/balances", &ours.position).await?;
        let (debits, credits) = (balances.number("debitAmount")?, balances.number("creditAmount")?);
        ensure!(debits == credits && debits > 0, "debits {debits}, credits {credits}");
    } else {
        client.get("/v1/ledger/balances").await?.refused(403, "SCOPE_FORBIDDEN")?;
    }
    Ok(())
}
