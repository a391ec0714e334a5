//! The engine on a real Kafka with the sandbox acquirer as a process: initialisation, the first key, a payment's life, a kill
//! without a goodbye, a lost store, a foreign store, a second process. Needs `LEDGER_TEST_KAFKA_BOOTSTRAP`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what a test's helpers meet unexpectedly fails the test"
)]

mod owner_support;

use ledger_api::acquirers::{AcquirerSettings, Acquirers};
use ledger_api::engine::{Engine, EngineSettings, FirstKey, InitSettings, StartError, init, now_ms};
use ledger_api::ledger::{
    Answer, ClientCommand, CommandResult, CommandScope, CommandView, Ledger, Submission,
};
use ledger_api::owner::own_command_id;
use ledger_domain::directory::{Digest, DirectoryCommand};
use ledger_domain::ids::{KeyId, MerchantId};
use ledger_domain::payment::PaymentStatus;
use ledger_domain::recorded::Actor;
use ledger_log::Mode;
use ledger_log::kafka::KafkaSettings;
use owner_support::desk::{cancel, key_in, recorded};
use owner_support::directory::{commands, merchant};
use owner_support::wishes::Wish;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use uuid::Uuid;

fn kafka() -> KafkaSettings {
    let bootstrap = std::env::var("LEDGER_TEST_KAFKA_BOOTSTRAP")
        .expect("LEDGER_TEST_KAFKA_BOOTSTRAP is not set; run `cargo dev test`, or `cargo dev with -- cargo test -p ledger-api`");
    KafkaSettings::new(&bootstrap, &format!("owner-{}", Uuid::now_v7().simple()))
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ledger-owner-{}", Uuid::now_v7().simple()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The sandbox acquirer as a process.
struct Sandbox {
    child: Child,
    url: String,
}

impl Sandbox {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sandbox-acquirer"))
            .args(["--listen", "127.0.0.1:0", "--file"])
            .arg(folder.join("acquirer.jsonl"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("the first line").to_owned();
        Self { child, url }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

struct Stage {
    kafka: KafkaSettings,
    folder: Folder,
    sandbox: Sandbox,
    runtime: Runtime,
}

impl Stage {
    fn new() -> Self {
        let folder = Folder::new();
        let sandbox = Sandbox::start(&folder.0);
        Self { kafka: kafka(), folder, sandbox, runtime: Runtime::new().unwrap() }
    }

    fn init(&self) -> Result<String, StartError> {
        let settings = InitSettings {
            kafka: self.kafka.clone(),
            payments_partitions: 2,
            mode: Mode::Test,
            depth: 1_000,
            address: "test://init".to_owned(),
            within: Duration::from_secs(20),
        };
        init(&settings).map(|made| made.ledger_id)
    }

    fn settings(&self, store: &str) -> EngineSettings {
        let mut settings = EngineSettings::new(self.kafka.clone(), self.folder.0.join(store));
        settings.payments_partitions = 2;
        settings.address = format!("test://{store}");
        settings.acquirers = vec![("sandbox".parse().unwrap(), true)];
        settings.first_operator_key =
            Some(FirstKey { key_id: KeyId::new(Uuid::from_u128(9)), hash: Digest([9; 32]) });
        settings
    }

    fn start(&self, settings: EngineSettings) -> Result<(Ledger, Engine), StartError> {
        let line = format!("sandbox={}", self.sandbox.url);
        let acquirers =
            Acquirers::new(AcquirerSettings::parse_list(&line).unwrap(), Arc::new(now_ms)).unwrap();
        Engine::start(settings, self.runtime.handle().clone(), acquirers)
    }

    fn ready(&self, store: &str) -> (Ledger, Engine) {
        let (ledger, engine) = self.start(self.settings(store)).unwrap_or_else(|why| panic!("{why}"));
        wait_until(
            "the ledger is ready",
            || ledger.readiness().is_ready(),
            || format!("{:?}", ledger.readiness()),
        );
        (ledger, engine)
    }

    /// Ready, and nobody else leads anything: one that has just stopped is believed to be there for a moment.
    fn alone(&self, store: &str) -> (Ledger, Engine) {
        let (ledger, engine) = self.ready(store);
        wait_until(
            "it leads everything",
            || ledger.readiness().partitions.iter().all(|one| one.ready && one.state == "leading"),
            || format!("{:?}", ledger.readiness()),
        );
        (ledger, engine)
    }

    fn told(&self, ledger: &Ledger, wish: &Wish) -> Answer {
        let fresh = Uuid::now_v7().as_u128() >> 32;
        self.runtime.block_on(ledger.submit(wish.submission(fresh, now_ms())))
    }

    fn operate(&self, ledger: &Ledger, key: &str, command: DirectoryCommand) -> Answer {
        self.runtime.block_on(ledger.submit(Submission {
            command_id: own_command_id(key),
            caller: Actor::Key(KeyId::new(Uuid::from_u128(9))),
            idempotency_key: key.to_owned(),
            fingerprint: [1; 32],
            request_id: key.to_owned(),
            not_after_ms: now_ms() + 20_000,
            deadline_ms: now_ms() + 28_000,
            command: ClientCommand::Directory(command),
            card: None,
        }))
    }

    fn register(&self, ledger: &Ledger) {
        for (number, command) in commands(true).into_iter().enumerate() {
            if matches!(command, DirectoryCommand::OpenPartition(_) | DirectoryCommand::RegisterAcquirer(_)) {
                continue;
            }
            let answer = self.operate(ledger, &format!("register-{number}"), command);
            assert!(
                matches!(&answer, Answer::Recorded { result: CommandResult::Directory(_), .. }),
                "{number}: {answer:?}"
            );
        }
    }

    fn status(&self, ledger: &Ledger, merchant: MerchantId, order_id: &str) -> Option<PaymentStatus> {
        let read = self.runtime.block_on(ledger.payment_by_order(merchant, order_id.to_owned())).unwrap()?;
        read.live.map(|live| live.view.status)
    }
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool, now: impl Fn() -> String) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < until, "never: {what}; now {}", now());
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn a_ledger_is_initialised_once_and_never_by_serving_it() {
    let stage = Stage::new();
    assert!(matches!(stage.start(stage.settings("a")), Err(StartError::NotInitialised { .. })));
    let id = stage.init().unwrap();
    match stage.init() {
        Err(StartError::AlreadyInitialised { ledger_id, .. }) => assert_eq!(ledger_id, id),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_payments_life_survives_restarts_with_and_without_the_store() {
    let stage = Stage::new();
    stage.init().unwrap();
    let (ledger, engine) = stage.alone("a");
    let directory = ledger.directory();
    assert!(!directory.has_no_keys(), "the first operator's key is taken on an empty directory");
    assert_eq!(directory.partitions().count(), 2);
    stage.register(&ledger);
    let wish = key_in(1, "A", 50_000);
    let (first, replayed) = recorded(stage.told(&ledger, &wish));
    assert_eq!((first.view.status, replayed), (PaymentStatus::Done, false));
    let (declined, _) = recorded(stage.told(&ledger, &key_in(2, "B", 54_401)));
    assert_eq!(declined.view.status, PaymentStatus::Aborted);
    let (after, _) = recorded(stage.told(&ledger, &cancel(3, &first, Some(20_000))));
    assert_eq!(after.view.balance_amount.minor(), 30_000);
    engine.stop(Duration::from_secs(10));
    assert!(matches!(stage.told(&ledger, &key_in(4, "C", 50_000)), Answer::NotReady { .. }));

    let (ledger, engine) = stage.alone("a");
    assert_eq!(recorded(stage.told(&ledger, &wish)), (first.clone(), true));
    engine.stop(Duration::from_secs(10));

    // Another folder is an empty store: it is rebuilt from the log.
    let (ledger, engine) = stage.alone("b");
    assert_eq!(recorded(stage.told(&ledger, &wish)), (first.clone(), true));
    assert_eq!(stage.status(&ledger, merchant(1), "A"), Some(PaymentStatus::PartialCanceled));
    let view = stage.runtime.block_on(ledger.command(wish.command_id(), CommandScope::Operator)).unwrap();
    assert!(matches!(view, CommandView::Done { .. }), "{view:?}");
    let nothing = stage.runtime.block_on(ledger.command(own_command_id("never"), CommandScope::Operator));
    assert_eq!(nothing.unwrap(), CommandView::NothingRecorded);
    engine.stop(Duration::from_secs(10));
}

#[test]
fn a_store_of_another_ledger_is_refused() {
    let mut stage = Stage::new();
    stage.init().unwrap();
    let (_, engine) = stage.alone("a");
    engine.stop(Duration::from_secs(10));
    let own = std::mem::replace(&mut stage.kafka, kafka());
    stage.init().unwrap();
    // Each gives back what it took, or the next one would find the store open.
    for _ in 0..3 {
        let refused = stage.start(stage.settings("a")).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("belongs to ledger") && !refused.passes(), "{refused}");
    }
    stage.kafka = own;
    let (_, engine) = stage.alone("a");
    engine.stop(Duration::from_secs(10));
}

#[test]
fn a_kafka_that_does_not_answer_passes_and_a_ledger_that_is_none_does_not() {
    let mut stage = Stage::new();
    let none = stage.start(stage.settings("a")).map(|_| ()).unwrap_err();
    assert!(matches!(none, StartError::NotInitialised { .. }) && !none.passes(), "{none}");
    stage.kafka = KafkaSettings::new("127.0.0.1:9", "nowhere");
    stage.kafka.request_timeout_ms = 300;
    let away = stage.start(stage.settings("a")).map(|_| ()).unwrap_err();
    assert!(away.passes(), "{away}");
}

/// Asks one process, and the other where the first says so. Which of them took it.
fn told_by_one_of(stage: &Stage, ledgers: [&Ledger; 2], first: usize, wish: &Wish) -> (usize, Answer) {
    let until = Instant::now() + Duration::from_secs(20);
    let mut at = first;
    loop {
        match stage.told(ledgers[at], wish) {
            Answer::Elsewhere { to: Some(to) } => at = usize::from(to == "test://b"),
            Answer::Elsewhere { to: None } => {}
            answer => return (at, answer),
        }
        assert!(Instant::now() < until, "nobody takes {wish:?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn two_processes_share_the_partitions_and_each_says_where_the_other_leads() {
    let stage = Stage::new();
    stage.init().unwrap();
    let (first, first_engine) = stage.alone("a");
    stage.register(&first);
    let (paid, _) = recorded(stage.told(&first, &key_in(1, "A", 50_000)));
    let (second, second_engine) = stage.ready("b");
    let both = [&first, &second];
    wait_until("both are ready", || first.readiness().is_ready(), || format!("{:?}", first.readiness()));

    for number in 0..20_u64 {
        let mut wish = key_in(100 + number, &format!("order-{number}"), 50_000);
        wish.merchant = merchant(1 + u128::from(number % 2));
        let asked = usize::from(number % 3 == 0);
        let (took, answer) = told_by_one_of(&stage, both, asked, &wish);
        let (at, replayed) = recorded(answer);
        assert!(!replayed && at.view.status == PaymentStatus::Done, "{at:?}");
        // Whoever has it, both read it at once, and whoever has it then tells it again.
        for ledger in both {
            let read = stage.runtime.block_on(ledger.payment(at.view.payment_id, wish.merchant)).unwrap();
            assert_eq!(read.map(|found| found.view), Some(at.view.clone()));
        }
        let (_, answer) = told_by_one_of(&stage, both, 1 - took, &wish);
        assert_eq!(recorded(answer), (at, true));
    }
    // The directory is read by both, whoever leads it.
    let (from, to) = (first.directory(), second.directory());
    assert_eq!(from.partitions().collect::<Vec<_>>(), to.partitions().collect::<Vec<_>>());

    // One leaves: the other takes everything, at once, and the first passes nothing off as its own.
    let begun = Instant::now();
    first_engine.leave(Duration::from_secs(10));
    println!("the partitions were handed over within {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(recorded(stage.told(&second, &key_in(1, "A", 50_000))), (paid, true));
    let (took, answer) = told_by_one_of(&stage, both, 0, &key_in(3, "C", 50_000));
    assert!(took == 1 && !recorded(answer).1);
    first_engine.stop(Duration::from_secs(5));
    assert!(!recorded(stage.told(&second, &key_in(4, "D", 50_000))).1);
    second_engine.stop(Duration::from_secs(5));
}

#[test]
fn an_approval_whose_answer_was_lost_is_found_out_also_after_a_restart() {
    let stage = Stage::new();
    stage.init().unwrap();
    let (ledger, engine) = stage.alone("a");
    stage.register(&ledger);
    let order = "sbx-approve_drop-Order-1";
    assert_eq!(stage.told(&ledger, &key_in(1, order, 50_000)), Answer::Unknown);
    engine.stop(Duration::from_millis(1));
    let (ledger, engine) = stage.alone("a");
    let done = || stage.status(&ledger, merchant(1), order) == Some(PaymentStatus::Done);
    wait_until("it is found out", done, || format!("{:?}", stage.status(&ledger, merchant(1), order)));
    let (now, replayed) = recorded(stage.told(&ledger, &key_in(1, order, 50_000)));
    assert_eq!((now.view.status, replayed), (PaymentStatus::Done, true));
    engine.stop(Duration::from_secs(10));
}

#[test]
fn many_payments_at_once_are_all_answered_and_recorded_once() {
    let stage = Stage::new();
    stage.init().unwrap();
    let (ledger, engine) = stage.alone("a");
    stage.register(&ledger);
    let started = Instant::now();
    let answers = stage.runtime.block_on(async {
        let all = (0..400_u64).map(|number| {
            let ledger = ledger.clone();
            let mut wish = key_in(1_000 + number, &format!("order-{number}"), 50_000);
            wish.merchant = merchant(1 + u128::from(number % 2));
            let submission = wish.submission((1 << 60) + u128::from(number), now_ms());
            tokio::spawn(async move { ledger.submit(submission).await })
        });
        let mut answers = Vec::new();
        for one in all.collect::<Vec<_>>() {
            answers.push(one.await.unwrap());
        }
        answers
    });
    println!("400 payments in {:?}", started.elapsed());
    let mut seen = std::collections::BTreeSet::new();
    for answer in answers {
        let (at, replayed) = recorded(answer);
        assert!(!replayed && at.view.status == PaymentStatus::Done, "{at:?}");
        assert!(seen.insert(at.view.payment_id));
    }
    assert_eq!(seen.len(), 400);
    engine.stop(Duration::from_secs(10));
}
