//! What HTTP hands to the ledger, and what commands on the directory answer.

use std::sync::{Arc, Mutex};

use ledger_api::http::command::identity::{command_id, fingerprint};
use ledger_api::ledger::{Answer, ClientCommand, CommandResult, CommandView, Unavailable};
use ledger_domain::Rejection;
use ledger_domain::days::Moment;
use ledger_domain::directory::{
    AgencyRegistered, CardKeyIssued, DirectoryCommand, DirectoryEvent, KeyIssued, PartitionRef,
};
use ledger_domain::ids::KeyId;
use ledger_domain::recorded::Actor;
use ledger_log::{PartitionId, Position};
use serde_json::Value;

use super::cards::{Sealing, key_in};
use super::stories::{approved, at, recorded, story};
use super::support::*;

fn directory_event(event: DirectoryEvent, replayed: bool) -> Answer {
    let position = Position { partition: PartitionId::new("ledger.directory", 0), seq: 9 };
    Answer::Recorded { position, replayed, result: CommandResult::Directory(Box::new(event)) }
}

/// Answers a command that creates a key with the event it asks for.
async fn created(path: &str, body: &str, key: &str, idempotency_key: &str) -> Reply {
    let at = Moment::from_ms(NOW_MS);
    let world = World::new().answers(Answer::Unknown);
    let request = || {
        command(path, key).insert_header(("Idempotency-Key", idempotency_key)).set_payload(body.to_owned())
    };
    world.send(request()).await;
    let asked = world.ledger.submitted.lock().unwrap().pop().unwrap();
    let ClientCommand::Directory(asked) = asked.command else { panic!("not a command on the directory") };
    let event = match asked {
        DirectoryCommand::IssueKey(issue) => DirectoryEvent::KeyIssued(KeyIssued {
            at,
            key_id: issue.key_id,
            scope: issue.scope,
            hash: issue.hash,
        }),
        DirectoryCommand::IssueCardKey(issue) => {
            let (card_key_id, merchant_id) = (issue.card_key_id, issue.merchant_id);
            // Durable before the event that names it: the key topic has it although nothing was recorded.
            assert!(world.keys.0.lock().unwrap().contains_key(&card_key_id.to_string()));
            DirectoryEvent::CardKeyIssued(CardKeyIssued { at, card_key_id, merchant_id })
        }
        other => panic!("{other:?}"),
    };
    let world = world.answers(directory_event(event, false));
    let (first, again) = (world.send(request()).await, world.send(request()).await);
    assert_eq!((first.status, &first.body), (201, &again.body), "a retry shows another secret");
    first
}

#[actix_web::test]
async fn a_submission_carries_who_what_when_and_the_callers_ids() {
    let world = World::new();
    let world = {
        let answer = recorded(at(story(&world, &[approved()]), None), false);
        world.answers(answer)
    };
    let body = key_in(&Sealing::default().envelope()).to_string();
    let request = command("/v1/payments/key-in", MERCHANT)
        .insert_header(("X-Request-Id", "mine"))
        .set_payload(body.clone());
    world.send(request).await;
    let submission = world.ledger.submitted.lock().unwrap().pop().unwrap();
    assert_eq!(submission.command_id, command_id(&merchant(1).to_string(), "key-1"));
    assert_eq!(submission.caller, Actor::Key(KeyId::new(uuid(4))));
    assert_eq!((submission.idempotency_key.as_str(), submission.request_id.as_str()), ("key-1", "mine"));
    assert_eq!(submission.fingerprint, fingerprint("POST", "/v1/payments/key-in", body.as_bytes()).unwrap());
    assert_eq!((submission.not_after_ms, submission.deadline_ms), (NOW_MS + 10_000, NOW_MS + 28_000));
    let ClientCommand::KeyIn(key_in) = submission.command else { panic!("not a key-in") };
    assert_eq!(
        (key_in.merchant_id, key_in.amount.minor(), key_in.order_id.as_str()),
        (merchant(1), 11_000, "order-1")
    );
}

#[actix_web::test]
async fn keys_of_different_scopes_and_of_different_keys_are_different_commands_with_different_secrets() {
    let body = format!(r#"{{"scope":"MERCHANT","subjectId":"{}"}}"#, merchant(1));
    let one = created("/v1/keys", &body, OPERATOR, "a").await;
    let two = created("/v1/keys", &body, OPERATOR, "b").await;
    let text = one.body["key"].as_str().unwrap();
    assert!(text.starts_with("test_mer_") && text.len() == "test_mer_".len() + 43, "{text}");
    assert_ne!(one.body["key"], two.body["key"]);
    assert_eq!(one.body["subjectId"], merchant(1).to_string());
    let operator = created("/v1/keys", r#"{"scope":"OPERATOR"}"#, OPERATOR, "c").await;
    assert!(operator.body["key"].as_str().unwrap().starts_with("test_op_"));
}

#[actix_web::test]
async fn a_card_key_is_durable_before_it_is_named_and_a_retry_writes_no_second_one() {
    let path = format!("/v1/merchants/{}/card-keys", merchant(1));
    let made = created(&path, "{}", OPERATOR, "a").await;
    assert!(made.body["cardKeyId"].as_str().unwrap().starts_with("cky_"));
    let world = World::new();
    let reply = world.post(&format!("/v1/merchants/{}/card-keys", merchant(9)), OPERATOR, "{}").await;
    assert_eq!((reply.status, reply.code()), (404, "NOT_FOUND_MERCHANT"));
    assert_eq!(world.keys.0.lock().unwrap().len(), 2, "a key was stored for nobody");
}

#[actix_web::test]
async fn a_replay_shows_the_ids_that_were_recorded_and_not_fresh_ones() {
    let event = DirectoryEvent::AgencyRegistered(AgencyRegistered {
        at: Moment::from_ms(NOW_MS),
        agency_id: agency(7),
        name: "대리점".to_owned(),
        partition: PartitionRef { topic: "ledger.payments".to_owned(), partition: 0 },
    });
    let world = World::new().answers(directory_event(event, true));
    let reply = world.post("/v1/agencies", OPERATOR, r#"{"name":"대리점"}"#).await;
    assert_eq!((reply.status, reply.header("idempotent-replayed")), (201, "true"));
    assert_eq!(reply.body["agencyId"], agency(7).to_string());
    assert_eq!(reply.header("location"), format!("/v1/agencies/{}", agency(7)));
    assert_eq!(reply.header("ledger-position"), "ledger.directory/0:9");
}

#[actix_web::test]
async fn a_rejection_says_which_rule_and_the_numbers_one_needs() {
    let cancelable = ledger_domain::money::Amount::new(700).unwrap();
    let world = World::new().answers(Answer::Rejected(Rejection::ExceedsCancelable { cancelable }));
    let path = format!("/v1/payments/{}/cancel", super::stories::payment_id());
    let reply = world.post(&path, MERCHANT, r#"{"cancelReason":"x","cancelAmount":701}"#).await;
    assert_eq!((reply.status, reply.code(), reply.param()), (409, "NOT_CANCELABLE_AMOUNT", "cancelAmount"));
    assert_eq!(reply.body["cancelableAmount"], 700);
}

#[actix_web::test]
async fn nothing_recorded_is_final_only_when_nothing_can_come_any_more() {
    let world = World::new().answers(Answer::Unknown);
    let asked = |world: &World| {
        let path = "/v1/commands?idempotencyKey=key-1".to_owned();
        let (app, ledger, keys) = (world.app.clone(), world.ledger.clone(), world.keys.clone());
        async move { World { app, ledger, keys }.get(&path, MERCHANT).await }
    };
    assert_eq!(asked(&world).await.body["status"], "NOT_RECORDED");
    world.post("/v1/payments/key-in", MERCHANT, key_in(&Sealing::default().envelope()).to_string()).await;
    assert_eq!(asked(&world).await.body["status"], "NOT_YET_KNOWN");
    let payment = at(story(&world, &[]), None);
    let (position, result) = (payment.position.clone(), CommandResult::Payment(Box::new(payment.clone())));
    *world.ledger.command.lock().unwrap() =
        Some(Ok(CommandView::Running { position: position.clone(), payment: Box::new(payment) }));
    assert_eq!(asked(&world).await.body["status"], "RUNNING");
    *world.ledger.command.lock().unwrap() = Some(Ok(CommandView::Done { position, result }));
    let done = asked(&world).await;
    assert_eq!((&done.body["status"], &done.body["payment"]["orderId"]), (&"DONE".into(), &"order-1".into()));
    *world.ledger.command.lock().unwrap() = Some(Err(Unavailable { why: "no".to_owned(), retry_after_s: 4 }));
    let reply = asked(&world).await;
    assert_eq!((reply.status, reply.code(), reply.header("retry-after")), (503, "READ_UNAVAILABLE", "4"));
    assert_eq!(reply.body["payment"], Value::Null);
}

#[actix_web::test]
async fn a_command_may_come_from_the_moment_it_was_received_also_while_its_cards_key_is_looked_for() {
    let world = World::new().answers(Answer::Unknown);
    let (app, found) = (world.app.clone(), Arc::new(Mutex::new(None)));
    let tell = Arc::clone(&found);
    *world.ledger.while_reading.lock().unwrap() = Some(Box::new(move || {
        let command = command_id(&merchant(1).to_string(), "key-1");
        *tell.lock().unwrap() = Some(app.recent.may_still_arrive(command, NOW_MS));
    }));
    let not_known_yet = Sealing { key_id: 9, ..Sealing::default() }.envelope();
    world.post("/v1/payments/key-in", MERCHANT, key_in(&not_known_yet).to_string()).await;
    assert_eq!(*found.lock().unwrap(), Some(true));
}
