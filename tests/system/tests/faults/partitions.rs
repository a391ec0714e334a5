//! Partitions are added to a running ledger: nobody stops, nobody moves, and whoever is registered later goes there too.

use std::collections::BTreeSet;
use std::time::Duration;

use ledger_tests::audit::{against_acquirer, against_callers, nothing_found};
use ledger_tests::client::Client;
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::load::Load;
use ledger_tests::rig::{EXAMPLE, People, Rig};
use ledger_tests::town::{Order, Registrar, contract};

const BEFORE: usize = 4;
const AFTER: usize = 8;
/// The processes look at the topics every half minute.
const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn partitions_are_added_while_payments_go_on() -> Done {
    let rig = Rig::start_with("partitions", |options| options.apis(2))?;
    let people = rig.people()?;
    let load = Load {
        urls: rig.stack.site.api_urls(),
        merchants: people.merchants.clone(),
        clients: 6,
        operations: None,
        seed: 3,
        word: "partitions".to_owned(),
        patience: Duration::from_secs(60),
    };
    let running = load.start(rig.handle())?;
    let added = rig.stack.run("ledger-api", &["add-partitions", "--to", &AFTER.to_string()])?;
    ensure!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    rig.until("every partition is served", PATIENCE, || {
        let said = rig.block(Client::anonymous(&rig.url()).get("/health/ready"))?;
        Ok(said.status() == 200 && said.list("partitions")?.len() == AFTER + 1)
    })?;
    let places = rig.block(newcomers(&rig, &people))?;
    ensure!(places.iter().any(|place| *place >= BEFORE), "nobody came to a new partition: {places:?}");
    running.stop();
    let history = rig.block(running.finish())?;
    let failed: Vec<_> = history.deeds.iter().filter(|deed| deed.told.answers.len() > 1).collect();
    ensure!(failed.is_empty(), "{failed:?}");
    let book = rig.settled(PATIENCE)?;
    nothing_found("ledger and callers", &against_callers(&book, &history.deeds))?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    rig.projected(&book, PATIENCE)?;
    rig.verify()?;
    let fewer = rig.stack.run("ledger-api", &["add-partitions", "--to", "2"])?;
    ensure!(!fewer.status.success(), "fewer partitions were made");
    Ok(())
}

/// Which partitions a dozen new merchants' payments are in.
async fn newcomers(rig: &Rig, people: &People) -> Done<BTreeSet<usize>> {
    let mut registrar = Registrar::new(&rig.url(), rig.stack.operator_key(), "new");
    let terms = contract(&EXAMPLE, &people.branch, &people.agency);
    let mut places = BTreeSet::new();
    for number in 0..12 {
        let word = format!("newcomer-{number}");
        let merchant = registrar.merchant(&word, "새 가맹점", &people.branch, "TAXABLE", &terms).await?;
        // At the other process, which reads the directory.
        let mut client = merchant.client(&rig.stack.api_url(number % 2));
        let paid = merchant.pay(&mut client, &Order::new(&word, 10_000)).await?.ok()?;
        let place = paid.position().and_then(|at| at.split(['/', ':']).nth(1)?.parse().ok());
        places.insert(place.during(|| format!("{:?} is no position", paid.position()))?);
    }
    Ok(places)
}
