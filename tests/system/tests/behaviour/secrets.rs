//! Invariant 7: no card number, in any spelling, in the contents of Kafka, MariaDB, the store, logs or responses. A canary
//! that is planted where an order's name goes, and in a request's id, must be found by the very same search.

use ledger_tests::client::{Client, Reply};
use ledger_tests::envelope::{Card, PATH};
use ledger_tests::failure::{Done, During};
use ledger_tests::rig::{People, Rig};
use ledger_tests::secrets::{self, Found, Place, search, spellings};
use ledger_tests::town::{Merchant, Order, cancel};
use ledger_tests::{ensure, honest};
use serde_json::json;
use std::time::Duration;

/// Passes the check digit, and is nobody's test number.
const CARD: &str = "5438902716354087";
const CANARY: &str = "5520731849260377";

#[test]
fn no_card_number_comes_to_rest_anywhere_and_a_canary_would_be_found() -> Done {
    let mut rig = Rig::start("secrets")?;
    let people = rig.people()?;
    let mut said = Said { merchant: people.merchant(0)?.clone(), places: Vec::new() };
    rig.block(said.pay_in_every_way(&rig.url()))?;
    rig.block(said.err_in_every_way(&rig.url()))?;
    rig.block(said.plant_canaries(&rig.url()))?;
    rig.api()?.kill()?;
    rig.api()?.start()?;
    let book = rig.settled(Duration::from_secs(120))?;
    rig.projected(&book, Duration::from_secs(30))?;
    rig.block(said.read_everything(&rig, &people))?;

    let mut places = said.places;
    places.extend(secrets::kafka(&rig.stack.kafka_bootstrap())?);
    places.extend(rig.block(secrets::mariadb(&rig.database()?))?);
    rig.stack.stop()?;
    places.extend(secrets::store(&rig.stack.store_dir(0), &secrets::partitions(4))?);
    let root = rig.stack.folder().parent().during(|| "no folder".to_owned())?.to_path_buf();
    places.extend(secrets::files(&root)?);
    judge(&places)
}

fn judge(places: &[Place]) -> Done {
    for what in ["Kafka ", "MariaDB ", "store ", "file ", "response "] {
        ensure!(places.iter().any(|place| place.name.starts_with(what)), "nothing of {what}was looked at");
    }
    let canaries = search(places, &spellings(CANARY));
    for spelling in spellings(CANARY) {
        for what in ["Kafka ledger.payments", "MariaDB transactions", "store ledger.payments", "response "] {
            ensure!(
                has(&canaries, what, spelling.name),
                "the canary, {}, is not found in {what}",
                spelling.name
            );
        }
    }
    ensure!(has(&canaries, "file ", "plain"), "the canary is not found in any file");
    let logged = canaries.iter().any(|found| found.place.ends_with("api.log"));
    ensure!(logged, "the canary in a request's id is not found in the api's log: {canaries:?}");
    let leaks = search(places, &spellings(CARD));
    ensure!(leaks.is_empty(), "the card number came to rest: {leaks:?}");
    Ok(())
}

fn has(found: &[Found], what: &str, spelling: &str) -> bool {
    found.iter().any(|found| found.place.starts_with(what) && found.spelling == spelling)
}

/// Everything that was answered.
struct Said {
    merchant: Merchant,
    places: Vec<Place>,
}

impl Said {
    fn keep(&mut self, reply: &Reply) {
        let headers: String =
            reply.response.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let bytes = [headers.as_bytes(), &reply.response.body].concat();
        self.places.push(Place { name: format!("response {}", self.places.len()), bytes });
    }

    fn order(id: &str, amount: i64) -> Order {
        let mut card = Card::number(CARD);
        (card.identity, card.password) = (Some("900101".to_owned()), Some("12".to_owned()));
        Order { card, ..Order::new(id, amount) }
    }

    /// Approved, declined, not attempted, cancelled, and lost on every way there is.
    async fn pay_in_every_way(&mut self, url: &str) -> Done {
        let mut client = self.merchant.client(url);
        let paid = self.merchant.pay(&mut client, &Said::order("s-1", 50_000)).await?.ok()?;
        self.keep(&paid);
        let undone = cancel(&mut client, paid.text("paymentId")?, "s-1/c", None).await?.ok()?;
        self.keep(&undone);
        for (id, amount) in [("s-declined", 14_409), ("s-maintenance", 14_491)] {
            let reply = self.merchant.pay(&mut client, &Said::order(id, amount)).await?;
            ensure!(reply.status() >= 400, "{id} was approved");
            self.keep(&reply);
        }
        let mut lost = tokio::task::JoinSet::new();
        for fault in ["drop", "dropbefore", "garbage", "500", "half", "hold"] {
            let (merchant, mut client) = (self.merchant.clone(), self.merchant.client(url));
            lost.spawn(async move {
                let order = Said::order(&format!("sbx-approve_{fault}-s"), 60_000);
                let body = merchant.key_in(&order, &order.id)?;
                let patience = Duration::from_secs(60);
                Ok(honest::command(&mut client, &merchant.id, PATH, &order.id, &body, patience).await)
            });
        }
        while let Some(told) = lost.join_next().await {
            let told: Done<_> = told?;
            told?.last.iter().for_each(|reply| self.keep(reply));
        }
        Ok(())
    }

    /// What careless callers do with a card number: none of it may be repeated or kept.
    async fn err_in_every_way(&mut self, url: &str) -> Done {
        let mut client = self.merchant.client(url);
        let grouped = CARD.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-");
        let bodies = [
            json!({ "orderId": "x", "orderName": "x", "amount": 1000, "card": CARD }),
            json!({ "orderId": "x", "orderName": "x", "amount": 1000, "cardNumber": CARD }),
            json!({ "orderId": "x", "orderName": "x", "amount": 1000, "card": { "cardNumber": grouped } }),
            json!({ CARD: 1 }),
            json!({ grouped: 1 }),
            json!({ "orderId": "x", "orderName": "x", "amount": CARD }),
            json!({ "orderId": "x", "orderName": "x", "amount": 1000, "currency": CARD }),
            json!([CARD]),
        ];
        for (number, body) in bodies.iter().enumerate() {
            let reply = client.post(PATH, &format!("s-bad-{number}"), body).await?;
            ensure!(reply.status() == 400, "{}", reply.unexpected("400"));
            self.keep(&reply);
        }
        let cut = format!("{{\"orderId\":\"x\",\"card\":\"{CARD}");
        let request = client.bytes("POST", PATH, &[("Idempotency-Key", "s-cut")], cut.as_bytes());
        let reply = client.exchange(&request).await?;
        self.keep(&reply);
        for path in [
            format!("/v1/payments/{CARD}"),
            format!("/v1/transactions?cursor={CARD}"),
            format!("/v1/transactions?{CARD}=1"),
            format!("/v1/transactions?orderId={CARD}"),
            format!("/{CARD}"),
        ] {
            let reply = client.get(&path).await?;
            self.keep(&reply);
        }
        // Sealed, but wrong.
        for (id, card) in [
            ("s-month", Card { month: "13".into(), ..Card::number(CARD) }),
            ("s-old", Card { year: "20".into(), ..Card::number(CARD) }),
        ] {
            let reply = self.merchant.pay(&mut client, &Order { card, ..Order::new(id, 10_000) }).await?;
            ensure!(reply.status() >= 400, "{id} was approved");
            self.keep(&reply);
        }
        Ok(())
    }

    async fn plant_canaries(&mut self, url: &str) -> Done {
        let mut client = self.merchant.client(url);
        for (number, spelling) in spellings(CANARY).into_iter().enumerate() {
            let mut order = Order::new(&format!("canary-{number}"), 10_000);
            order.name = String::from_utf8_lossy(&spelling.bytes).into_owned();
            let reply = self.merchant.pay(&mut client, &order).await?.ok()?;
            self.keep(&reply);
        }
        // A failure is logged, with its request's id.
        let headers = [("Idempotency-Key", "canary"), ("X-Request-Id", CANARY)];
        let request = client.bytes("POST", PATH, &headers, b"{}");
        let reply = client.exchange(&request).await?;
        self.keep(&reply);
        Ok(())
    }

    async fn read_everything(&mut self, rig: &Rig, people: &People) -> Done {
        let url = rig.url();
        let callers = [rig.stack.operator_key(), &people.branch.api_key, &self.merchant.api_key.clone()];
        for key in callers {
            for path in [
                "/v1/transactions?limit=1000",
                "/v1/branches/sales",
                "/v1/settlements",
                "/v1/settlements/entries",
                "/metrics",
                "/health/ready",
                "/openapi.json",
            ] {
                let reply = Client::new(&url, key).get(path).await?;
                self.keep(&reply);
            }
        }
        Ok(())
    }
}
