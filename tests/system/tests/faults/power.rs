//! Flushing proved, not assumed: what the broker had not synced when it was killed is thrown away, as a power cut may do it, and
//! everything that was acknowledged is still there. A topic that is not flushed loses its acknowledged record in the same cut.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ledger_tests::audit::{against_acquirer, against_callers, nothing_found};
use ledger_tests::client::Client;
use ledger_tests::ensure;
use ledger_tests::failure::{Done, During};
use ledger_tests::load::Load;
use ledger_tests::rig::Rig;
use ledger_tests::town::Order;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

const PATIENCE: Duration = Duration::from_secs(60);
/// A topic with the broker's own settings: the operating system writes it when it likes.
const UNFLUSHED: &str = "unflushed";
const ROUNDS: u32 = 3;

#[test]
fn a_power_cut_takes_nothing_that_was_acknowledged() -> Done {
    let mut rig = Rig::start("power")?;
    let people = rig.people()?;
    let data = rig.stack.folder().join("kafka/data");
    let notes = rig.stack.folder().join("synced");
    // The broker ends in order, which syncs everything, and comes back with the library that takes notes.
    rig.broker()?.stop()?;
    let mut synced = sizes(&data)?;
    let library = ledger_dev::testing::bin("libledger_unsynced.so");
    ensure!(library.is_file(), "{} was not built", library.display());
    rig.broker()?.set_env("LD_PRELOAD", &library.to_string_lossy());
    rig.broker()?.set_env("LEDGER_SYNCED", &notes.to_string_lossy());
    rig.broker()?.start()?;
    rig.ready_again(PATIENCE)?;
    rig.block(create_unflushed(&rig.stack.kafka_bootstrap()))?;
    let (mut deeds, mut lost) = (Vec::new(), 0);
    for round in 0..ROUNDS {
        let acknowledged = produce_unflushed(&rig.stack.kafka_bootstrap())?;
        let load = Load {
            urls: vec![rig.url()],
            merchants: people.merchants.clone(),
            clients: 8,
            operations: None,
            seed: round.into(),
            word: format!("power-{round}"),
            patience: PATIENCE * 2,
        };
        let running = load.start(rig.handle())?;
        rig.until("answers come", PATIENCE, || Ok(running.answered() > 100))?;
        rig.broker()?.kill()?;
        let thrown_away = cut(&data, &mut synced, &notes)?;
        rig.broker()?.start()?;
        rig.ready_again(PATIENCE)?;
        let left = high_watermark(&rig.stack.kafka_bootstrap())?;
        eprintln!(
            "round {round}: {thrown_away} bytes thrown away; unflushed: {acknowledged} acknowledged, {left} left"
        );
        lost += u32::from(left < acknowledged);
        let goal = running.answered() + 20;
        rig.until("answers come again", PATIENCE, || Ok(running.answered() > goal))?;
        running.stop();
        deeds.extend(rig.block(running.finish())?.deeds);
    }
    ensure!(lost > 0, "no cut took an acknowledged record of the unflushed topic: these cuts take nothing");
    let book = rig.settled(PATIENCE)?;
    nothing_found("ledger and callers", &against_callers(&book, &deeds))?;
    nothing_found("ledger and acquirer", &against_acquirer(&book, &rig.memory()?))?;
    rig.projected(&book, PATIENCE)?;
    rig.verify().map(|_| ())
}

/// Every segment of every partition, with its size.
fn sizes(folder: &Path) -> Done<BTreeMap<PathBuf, u64>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sizes(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "log") {
            found.insert(path.clone(), std::fs::metadata(&path)?.len());
        }
    }
    Ok(found)
}

/// Throws away what was written after each file's last sync; how many bytes that were. Indexes are made anew from what is left.
fn cut(data: &Path, synced: &mut BTreeMap<PathBuf, u64>, notes: &Path) -> Done<u64> {
    let text = std::fs::read_to_string(notes).during(|| "the broker's notes".to_owned())?;
    for line in text.lines() {
        let (size, path) = line.split_once(' ').during(|| format!("a note: {line}"))?;
        synced.insert(PathBuf::from(path), size.parse()?);
    }
    let mut thrown_away = 0;
    for (path, size) in sizes(data)? {
        let kept = synced.get(&path).copied().unwrap_or(0);
        if size > kept {
            thrown_away += size - kept;
            std::fs::OpenOptions::new().write(true).open(&path)?.set_len(kept)?;
        }
        for ending in ["index", "timeindex", "txnindex"] {
            // Not every segment has every one.
            let _ = std::fs::remove_file(path.with_extension(ending));
        }
    }
    Ok(thrown_away)
}

fn client(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("acks", "all");
    config
}

async fn create_unflushed(bootstrap: &str) -> Done {
    let admin: AdminClient<DefaultClientContext> = client(bootstrap).create()?;
    let topic = NewTopic::new(UNFLUSHED, 1, TopicReplication::Fixed(1));
    let made = admin.create_topics([&topic], &AdminOptions::new()).await?;
    for result in made {
        result.map_err(|(name, code)| ledger_tests::Failure::new(format!("{name}: {code}")))?;
    }
    Ok(())
}

/// Ten records that the broker acknowledges; how many the topic has then.
fn produce_unflushed(bootstrap: &str) -> Done<i64> {
    let producer: BaseProducer = client(bootstrap).create()?;
    for _ in 0..10 {
        let record = BaseRecord::<(), str>::to(UNFLUSHED).payload("acknowledged");
        producer.send(record).map_err(|(error, _)| error)?;
    }
    producer.flush(PATIENCE)?;
    high_watermark(bootstrap)
}

/// Where the topic ends. A broker that has just come back answers before it leads each of its partitions, and the topic of this test
/// is none of those the product waits for.
fn high_watermark(bootstrap: &str) -> Done<i64> {
    let consumer: BaseConsumer = client(bootstrap).create()?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match consumer.fetch_watermarks(UNFLUSHED, 0, PATIENCE) {
            Ok((_, end)) => return Ok(end),
            Err(KafkaError::MetadataFetch(RDKafkaErrorCode::NotLeaderForPartition))
                if Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(100));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// A disk that lies, or a last replica that came back without its tail: the log ends before what was acknowledged.
#[test]
fn a_log_that_lost_its_tail_is_not_served_and_says_so() -> Done {
    let mut rig = Rig::start("lost_tail")?;
    let people = rig.people()?;
    let merchant = people.merchant(0)?;
    let mut client = merchant.client(&rig.url());
    let paid = rig.block(async {
        for number in 0..5 {
            merchant.pay(&mut client, &Order::new(&format!("tail-{number}"), 20_000)).await?.ok()?;
        }
        merchant.pay(&mut client, &Order::new("tail-last", 20_000)).await?.ok()
    })?;
    let book = rig.settled(PATIENCE)?;
    rig.projected(&book, PATIENCE)?;
    let (partition, _) =
        paid.position().and_then(|at| at.rsplit_once(':')).during(|| "no position".to_owned())?;
    let partition = partition.to_owned();
    rig.broker()?.stop()?;
    let folder = rig.stack.folder().join("kafka/data").join(partition.replace('/', "-"));
    for (segment, size) in sizes(&folder)? {
        // A part of the last batch is gone, and with it the whole batch.
        std::fs::OpenOptions::new().write(true).open(&segment)?.set_len(size - 10)?;
        std::fs::remove_file(segment.with_extension("index"))?;
    }
    std::fs::remove_file(rig.stack.folder().join("kafka/data/.kafka_cleanshutdown"))?;
    rig.broker()?.start()?;
    // The process that runs notices, and so does one that starts on its store.
    for _ in 0..2 {
        rig.until("the partition is stopped", PATIENCE, || {
            let said = rig.block(Client::anonymous(&rig.url()).get("/health/ready"))?;
            let about = said
                .list("partitions")
                .map(|all| all.iter().find(|at| at["partition"] == *partition).cloned());
            let state = about.ok().flatten().map(|at| at["state"].to_string()).unwrap_or_default();
            Ok(said.status() == 503 && (state.contains("stopped") || state.is_empty()))
        })?;
        rig.block(async {
            let mut client = merchant.client(&rig.url());
            let refused = merchant.pay(&mut client, &Order::new("tail-more", 20_000)).await?;
            refused.refused(503, "NOT_READY")
        })?;
        rig.api()?.kill()?;
        rig.api()?.spawn()?;
        rig.until("the api answers", PATIENCE, || {
            Ok(rig.block(Client::anonymous(&rig.url()).get("/health/live")).is_ok())
        })?;
    }
    let said = std::fs::read_to_string(rig.stack.apis.first().during(|| "no api".to_owned())?.log())?;
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("ERROR")).collect();
    eprintln!("the api said:\n{}", lines.join("\n"));
    ensure!(
        lines.iter().any(|line| line.contains(&partition)),
        "the api does not say which partition: {lines:?}"
    );
    let projector = std::fs::read_to_string(rig.projector()?.log())?;
    ensure!(projector.contains(&partition) && projector.contains("ERROR"), "the projector says nothing");
    Ok(())
}
