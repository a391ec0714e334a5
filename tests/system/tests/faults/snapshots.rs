//! A process that has no store begins with a snapshot: of another process, or of a file. Whatever is wrong with it, the ledger is
//! read instead, and nobody is told anything else for it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ledger_api::store::{Disk, DiskSettings, Row, Rows};
use ledger_log::PartitionId;
use ledger_tests::audit::{against_acquirer, against_callers, nothing_found};
use ledger_tests::client::{Client, Reply};
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::load::{Load, Running};
use ledger_tests::rig::{People, Rig};
use ledger_tests::town::Order;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_secs(60);
/// Every process's partitions.
const PAYMENTS: i32 = 4;
/// Paid once at the beginning, and asked for again by every newcomer.
const EARLY: usize = 12;

const TAKEN: &str = "the store was taken from a snapshot, its digests are equal";
const REFUSED: &str = "a snapshot cannot be used";
const FROM_THE_LOG: &str = "the store is empty: it is built from the log";

#[test]
fn a_process_without_a_store_takes_another_ones_or_a_files_and_answers_like_it() -> Done {
    let mut rig =
        Rig::start_with("snapshots", |options| options.apis(2).env("LEDGER_SNAPSHOT_MIN_RECORDS", "1"))?;
    let people = rig.people()?;
    let early = rig.block(pay(&rig, &people, 0, "early"))?;
    let running = load(&rig, &people, "peer")?;
    rig.until("answers come", PATIENCE, || Ok(running.answered() > 100))?;

    // From the other process, which is under load all the while.
    let said = begin_anew(&mut rig)?;
    ensure!(said.contains(TAKEN) && !said.contains(FROM_THE_LOG), "it took no snapshot: {said}");
    ensure!(said.contains(&format!("from=\"{}\"", rig.stack.api_url(0))), "from elsewhere: {said}");
    replayed(&rig, &people, &early)?;
    let given = ledger_dev::logfile::whole(rig.api_number(0)?.log());
    ensure!(given.contains("another process has been given a snapshot"), "the other one says nothing of it");

    // From a file that was written meanwhile.
    let folder = rig.stack.folder().join("snapshots");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("one.snapshot");
    written(&rig, &file)?;
    let late = rig.block(pay(&rig, &people, 0, "late"))?;
    rig.api_number(1)?.set_env("LEDGER_SNAPSHOT_DIR", &folder.to_string_lossy());
    let said = begin_anew(&mut rig)?;
    ensure!(said.contains(TAKEN) && said.contains("one.snapshot"), "it took no file: {said}");
    replayed(&rig, &people, &early)?;
    replayed(&rig, &people, &late)?;

    // A newer one that is damaged: then the other process's.
    let mut bytes = std::fs::read(&file)?;
    let middle = bytes.len() / 2;
    bytes.get_mut(middle).into_iter().for_each(|byte| *byte ^= 1);
    std::fs::write(folder.join("two.snapshot"), bytes)?;
    let said = begin_anew(&mut rig)?;
    ensure!(said.contains(REFUSED) && said.contains("two.snapshot"), "the damage was not seen: {said}");
    ensure!(said.contains(TAKEN) && !said.contains("one.snapshot"), "it took no other: {said}");
    running.stop();
    let history = rig.block(running.finish())?;

    // It leads as well as any.
    rig.api_number(0)?.kill()?;
    rig.served_again(&people, 1, "after")?;
    rig.block(pay(&rig, &people, 1, "after"))?;
    rig.api_number(0)?.start()?;
    let book = rig.settled(PATIENCE)?;
    nothing_found("ledger and callers", &against_callers(&book, &history.deeds))?;
    nothing_found("replays", &history.wrong_replays)?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    rig.projected(&book, PATIENCE)?;
    rig.verify()?;
    stores_are_equal(&mut rig)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    None,
    Cut,
    Turn,
}

#[test]
fn a_snapshot_that_is_cut_or_damaged_on_its_way_is_refused_and_the_ledger_is_read() -> Done {
    let mut rig = Rig::start_with("snapshots_harmed", |options| {
        options.apis(2).product_later().env("LEDGER_SNAPSHOT_MIN_RECORDS", "1")
    })?;
    let harm = Arc::new(Mutex::new(Harm::None));
    let between = rig.block(Between::start(&rig.stack.api_url(0), &harm))?;
    rig.api_number(0)?.set_env("LEDGER_ADDRESS", &between);
    rig.stack.start_product()?;
    let people = rig.people()?;
    let early = rig.block(pay(&rig, &people, 0, "early"))?;
    for how in [Harm::Cut, Harm::Turn, Harm::None] {
        *harm.lock().unwrap_or_else(PoisonError::into_inner) = how;
        let said = begin_anew(&mut rig)?;
        let (refused, read) = (said.contains(REFUSED), said.contains(FROM_THE_LOG));
        let harmed = how != Harm::None;
        ensure!(refused == harmed && read == harmed && said.contains(TAKEN) != harmed, "{how:?}: {said}");
        let left = rig.stack.store_dir(1).with_extension("taking");
        ensure!(!left.exists(), "{how:?}: {} is left", left.display());
        replayed(&rig, &people, &early)?;
    }
    let book = rig.settled(PATIENCE)?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    stores_are_equal(&mut rig)
}

/// The second process stops, loses its store and starts again. What it says meanwhile.
fn begin_anew(rig: &mut Rig) -> Done<String> {
    let store = rig.stack.store_dir(1);
    rig.api_number(1)?.stop()?;
    std::fs::remove_dir_all(&store)?;
    let log = rig.api_number(1)?.log().to_path_buf();
    let before = ledger_dev::logfile::whole(&log).len();
    rig.api_number(1)?.start()?;
    let said = ledger_dev::logfile::whole(&log);
    Ok(said.get(before..).unwrap_or(&said).to_owned())
}

/// One payment for each merchant in turn, by way of the process of that number.
async fn pay(rig: &Rig, people: &People, number: usize, word: &str) -> Done<Vec<(Order, Reply)>> {
    let mut all = Vec::new();
    for place in 0..EARLY {
        let merchant = people.merchant(place % people.merchants.len())?;
        let order = Order::new(&format!("{word}-{place}"), 20_000);
        let paid = merchant.pay(&mut merchant.client(&rig.stack.api_url(number)), &order).await?.ok()?;
        all.push((order, paid));
    }
    Ok(all)
}

/// The second process knows every answer that was given.
fn replayed(rig: &Rig, people: &People, paid: &[(Order, Reply)]) -> Done {
    rig.block(async {
        for (place, (order, first)) in paid.iter().enumerate() {
            let merchant = people.merchant(place % people.merchants.len())?;
            let mut client = merchant.client(&rig.stack.api_url(1));
            let again = merchant.pay(&mut client, order).await?.ok()?;
            ensure!(again.is_replayed() && again.body == first.body, "{} after {}", again.body, first.body);
            ensure!(again.position() == first.position(), "{:?}: another position", again.position());
        }
        Ok(())
    })
}

fn load(rig: &Rig, people: &People, word: &str) -> Done<Running> {
    let load = Load {
        urls: vec![rig.url()],
        merchants: people.merchants.clone(),
        clients: 4,
        operations: None,
        seed: 11,
        word: word.to_owned(),
        patience: PATIENCE,
    };
    load.start(rig.handle())
}

/// `ledger-api snapshot` writes the first process's store, and leaves nothing where it cannot.
fn written(rig: &Rig, file: &Path) -> Done {
    let to = file.to_string_lossy();
    let run = |from: &[&str]| rig.stack.run("ledger-api", &[&["snapshot", "--to", &to], from].concat());
    let nobody = run(&["--from", "http://127.0.0.1:9"])?;
    ensure!(!nobody.status.success() && !file.exists(), "there is no process at port 9");
    let done = run(&[])?;
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let folder = file.parent().during(|| "a folder".to_owned())?;
    let left: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    ensure!(left == [file], "{left:?}");
    Ok(())
}

/// Both processes have read the same, end, and hold the same rows.
fn stores_are_equal(rig: &mut Rig) -> Done {
    let seqs = |number: usize| -> Done<Vec<Option<i64>>> {
        let said = rig.block(Client::anonymous(&rig.stack.api_url(number)).get("/health/ready"))?.ok()?;
        Ok(said.list("partitions")?.iter().map(|at| at.get("seq").and_then(Value::as_i64)).collect())
    };
    rig.until("both have read the same", PATIENCE, || Ok(seqs(0)? == seqs(1)?))?;
    rig.api_number(1)?.stop()?;
    rig.api_number(0)?.stop()?;
    let topics = rig.kafka().topics();
    let payments = (0..PAYMENTS).map(|number| PartitionId::new(&topics.payments, number));
    for at in [PartitionId::new(&topics.directory, 0)].into_iter().chain(payments) {
        let (one, two) = (rows(&rig.stack.store_dir(0), &at)?, rows(&rig.stack.store_dir(1), &at)?);
        ensure!(!one.is_empty() && one.len() == two.len(), "{at}: {} and {} rows", one.len(), two.len());
        let differs = one.iter().zip(&two).find(|(one, two)| one != two);
        ensure!(differs.is_none(), "{at}: {differs:?}");
    }
    Ok(())
}

/// All that come from the ledger, but for the cursor: whoever stops last has written fences. The rows that number a store's own
/// batches, `y` and `z`, come behind all others.
fn rows(store: &Path, at: &PartitionId) -> Done<Vec<Row>> {
    let disk = Disk::open(store, DiskSettings::default())?;
    let mut rows = disk.partition(at)?.range(&[], b"y", usize::MAX)?;
    rows.retain(|(key, _)| key != b"c");
    Ok(rows)
}

/// The way to a process, on which its snapshots come to harm.
struct Between;

impl Between {
    /// After so many bytes of the answer: behind its head, and long before its end.
    const AT: usize = 3_000;

    /// Its address.
    async fn start(to: &str, harm: &Arc<Mutex<Harm>>) -> Done<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let (to, harm) = (to.trim_start_matches("http://").to_owned(), Arc::clone(harm));
        tokio::spawn(async move {
            while let Ok((from, _)) = listener.accept().await {
                tokio::spawn(carry(from, to.clone(), Arc::clone(&harm)));
            }
        });
        Ok(address)
    }
}

async fn carry(client: TcpStream, to: String, harm: Arc<Mutex<Harm>>) -> std::io::Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (mut asks, mut hears) = client.into_split();
    let (mut answers, mut is_asked) = TcpStream::connect(to).await?.into_split();
    let mut piece = vec![0; 64 * 1024];
    let first = asks.read(&mut piece).await?;
    let question = piece.get(..first).unwrap_or_default();
    let is_snapshot = question.starts_with(b"GET /internal/snapshot ");
    let now = *harm.lock().unwrap_or_else(PoisonError::into_inner);
    let harm = if is_snapshot { now } else { Harm::None };
    is_asked.write_all(question).await?;
    let asking = tokio::spawn(async move { tokio::io::copy(&mut asks, &mut is_asked).await });
    let mut passed = 0;
    loop {
        let length = answers.read(&mut piece).await?;
        let Some(bytes) = piece.get_mut(..length).filter(|bytes| !bytes.is_empty()) else { break };
        let place = Between::AT.checked_sub(passed).filter(|place| *place < length);
        match (harm, place) {
            (Harm::Cut, Some(place)) => {
                hears.write_all(bytes.get(..place).unwrap_or_default()).await?;
                break;
            }
            (Harm::Turn, Some(place)) => bytes.get_mut(place).into_iter().for_each(|byte| *byte ^= 4),
            (Harm::None, _) | (Harm::Cut | Harm::Turn, None) => {}
        }
        hears.write_all(bytes).await?;
        passed += length;
    }
    asking.abort();
    Ok(())
}
