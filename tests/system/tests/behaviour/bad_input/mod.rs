//! What a careless or hostile caller sends: every mistake has its own answer, none is a 500, and none leaves a trace in
//! the ledger or at the acquirer.

mod cards;
mod http;
mod ids;
mod json;

use std::collections::BTreeMap;
use std::time::Duration;

use ledger_tests::client::{Client, Reply};
use ledger_tests::ensure;
use ledger_tests::envelope::PATH;
use ledger_tests::failure::Done;
use ledger_tests::rig::Rig;
use ledger_tests::town::{Merchant, Order};
use serde_json::Value;

#[test]
fn every_mistake_has_its_own_answer_and_leaves_nothing_behind() -> Done {
    let rig = Rig::start("bad_input")?;
    let people = rig.people()?;
    let mut asker = Asker::new(&rig.url(), people.merchant(0)?);
    // The only payments there are; the second one is another merchant's.
    let (mine, theirs) = (Order::new("mine", 30_000), Order::new("theirs", 30_000));
    let (paid, foreign) = rig.block(async {
        let mut other = people.merchant(3)?.client(&rig.url());
        let paid = people.merchant(0)?.pay(&mut asker.client, &mine).await?.ok()?;
        Ok::<_, ledger_tests::Failure>((paid, people.merchant(3)?.pay(&mut other, &theirs).await?.ok()?))
    })?;
    let records = rig.settled(Duration::from_secs(30))?.records;
    rig.block(async {
        json::all(&mut asker).await?;
        cards::all(&mut asker, people.merchant(3)?).await?;
        ids::all(&mut asker, paid.text("paymentId")?, foreign.text("paymentId")?, &people).await?;
        http::all(&mut asker).await
    })?;
    asker.judge()?;
    ensure!(rig.book()?.records == records, "a refused request was recorded");
    ensure!(rig.memory()?.operations.len() == 2, "a refused request reached the acquirer");
    rig.verify().map(|_| ())
}

/// Asks, and remembers which answers came.
struct Asker {
    url: String,
    client: Client,
    merchant: Merchant,
    made: u32,
    wrong: Vec<String>,
    codes: BTreeMap<String, u32>,
}

impl Asker {
    fn new(url: &str, merchant: &Merchant) -> Asker {
        let (wrong, codes) = (Vec::new(), BTreeMap::new());
        let (url, merchant) = (url.to_owned(), merchant.clone());
        Asker { client: merchant.client(&url), url, merchant, made: 0, wrong, codes }
    }

    /// An order id and idempotency key that nobody used.
    fn fresh(&mut self) -> String {
        self.made += 1;
        format!("bad-{}", self.made)
    }

    fn expect(&mut self, what: &str, reply: &Reply, status: u16, code: &str) {
        *self.codes.entry(reply.code().to_owned()).or_default() += 1;
        if reply.status() != status || reply.code() != code {
            self.wrong.push(format!("{what}: {}", reply.unexpected(&format!("{status} {code}"))));
        }
        for member in ["type", "title", "detail", "recommendedAction", "requestId"] {
            if reply.body.get(member).and_then(Value::as_str).is_none_or(str::is_empty) {
                self.wrong.push(format!("{what}: no {member} in {}", reply.body));
            }
        }
    }

    /// A key-in whose body was changed after it was made.
    async fn key_in(&mut self, what: &str, status: u16, code: &str, change: impl FnOnce(&mut Value)) -> Done {
        let key = self.fresh();
        let mut body = self.merchant.key_in(&Order::new(&key, 10_000), &key)?;
        change(&mut body);
        let reply = self.client.post(PATH, &key, &body).await?;
        self.expect(what, &reply, status, code);
        Ok(())
    }

    /// A key-in of these very bytes.
    async fn bytes(&mut self, what: &str, status: u16, code: &str, body: &[u8]) -> Done {
        let key = self.fresh();
        let request = self.client.bytes("POST", PATH, &[("Idempotency-Key", &key)], body);
        let reply = self.client.exchange(&request).await?;
        self.expect(what, &reply, status, code);
        Ok(())
    }

    async fn get(&mut self, path: &str, status: u16, code: &str) -> Done {
        let reply = self.client.get(path).await?;
        self.expect(path, &reply, status, code);
        Ok(())
    }

    async fn post(&mut self, path: &str, body: &Value, status: u16, code: &str) -> Done {
        let key = self.fresh();
        let reply = self.client.post(path, &key, body).await?;
        self.expect(&format!("{path} {body}"), &reply, status, code);
        Ok(())
    }

    fn judge(&self) -> Done {
        ensure!(self.wrong.is_empty(), "{} wrong answers:\n  {}", self.wrong.len(), self.wrong.join("\n  "));
        ensure!(self.codes.len() > 40, "only {} different codes: {:?}", self.codes.len(), self.codes);
        Ok(())
    }
}
