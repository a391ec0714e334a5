//! A stack of a test's own with people in it: started, broken and ended by that test alone, one at a time in a process,
//! because two cores carry one Kafka under load and not two.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ledger_dev::{Server, Stack, StackOptions};
use ledger_log::kafka::KafkaSettings;
use tokio::runtime::Runtime;

use crate::audit::{Book, Memory};
use crate::client::Client;
use crate::failure::{Done, During};
use crate::sql::Database;
use crate::town::{Member, Merchant, Registrar, Terms, contract};
use crate::{Failure, ensure};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A running stack.
pub struct Rig {
    /// Its servers.
    pub stack: Stack,
    runtime: Runtime,
    // After the stack: the next one starts when this one is gone.
    _turn: MutexGuard<'static, ()>,
}

/// Who is in it: two agencies, so that one can try to see the other.
#[derive(Clone)]
pub struct People {
    /// Has two branches.
    pub agency: Member,
    /// Of that agency: the first two merchants.
    pub branch: Member,
    /// Of that agency: the third merchant.
    pub branch_two: Member,
    /// Another one.
    pub other_agency: Member,
    /// Its branch: the last merchant.
    pub other_branch: Member,
    /// Four.
    pub merchants: Vec<Merchant>,
}

/// The example of the money rules: 3 % and VAT on top, branch 0.5 %, agency 0.2 %, D+2, acquirer 2 %, fees returned.
pub const EXAMPLE: Terms<'static> = Terms {
    fee: "0.03",
    fee_vat: "EXCLUDED",
    fixed: 0,
    branch_rate: "0.005",
    agency_rate: "0.002",
    cycle_days: 2,
    cost: "0.02",
    minimum: 100,
    fee_return: "YES",
};

impl Rig {
    /// Starts a whole stack.
    ///
    /// # Errors
    /// Something does not start; the message holds the end of its log.
    pub fn start(name: &str) -> Done<Rig> {
        Rig::start_with(name, |options| options)
    }

    /// Starts a stack with other options.
    ///
    /// # Errors
    /// As [`Rig::start`].
    pub fn start_with(name: &str, change: impl FnOnce(StackOptions) -> StackOptions) -> Done<Rig> {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let stack = change(Stack::options(name)).start()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Rig { stack, runtime, _turn: turn })
    }

    /// Waits for a future here, while others go on.
    pub fn block<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Starts a future beside the test.
    pub fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(future)
    }

    /// Where [`crate::load::Load`] runs.
    pub fn handle(&self) -> &tokio::runtime::Handle {
        self.runtime.handle()
    }

    /// The api's URL.
    pub fn url(&self) -> String {
        self.stack.api_url(0)
    }

    /// A caller with the first operator's key.
    pub fn operator(&self) -> Client {
        Client::new(&self.url(), self.stack.operator_key())
    }

    /// The api's process.
    ///
    /// # Errors
    /// This stack has none.
    pub fn api(&mut self) -> Done<&mut Server> {
        self.api_number(0)
    }

    /// One of several api processes.
    ///
    /// # Errors
    /// This stack has fewer.
    pub fn api_number(&mut self, number: usize) -> Done<&mut Server> {
        self.stack.apis.get_mut(number).during(|| format!("this stack has no api {number}"))
    }

    /// Restarts the acquirer as one that keeps no tombstones; an api learns of it by `,no-tombstone` in `LEDGER_ACQUIRERS`.
    ///
    /// # Errors
    /// This stack has no acquirer, or it does not start.
    pub fn acquirer_without_tombstones(&mut self) -> Done {
        let acquirer = self.stack.acquirer.as_mut().during(|| "no acquirer".to_owned())?;
        acquirer.stop()?;
        acquirer.recipe_mut().args.push("--no-tombstone".into());
        Ok(acquirer.start()?)
    }

    /// The projector's process.
    ///
    /// # Errors
    /// This stack has none.
    pub fn projector(&mut self) -> Done<&mut Server> {
        self.stack.projectors.first_mut().during(|| "this stack has no projector".to_owned())
    }

    /// Kafka's first node.
    ///
    /// # Errors
    /// This stack has none.
    pub fn broker(&mut self) -> Done<&mut Server> {
        self.stack.brokers.first_mut().during(|| "this stack has no Kafka".to_owned())
    }

    /// Registers everybody.
    ///
    /// # Errors
    /// The API refuses something.
    pub fn people(&self) -> Done<People> {
        let mut registrar = Registrar::new(&self.url(), self.stack.operator_key(), "rig");
        self.block(register(&mut registrar))
    }

    /// Registers everybody in a system whose clock is put forward so far.
    ///
    /// # Errors
    /// The API refuses something.
    pub fn people_ahead(&self, ahead: Duration) -> Done<People> {
        let mut people = self.people()?;
        for merchant in &mut people.merchants {
            merchant.clock_ahead_ms = i64::try_from(ahead.as_millis())?;
        }
        Ok(people)
    }

    /// Where the ledger is.
    pub fn kafka(&self) -> KafkaSettings {
        KafkaSettings::new(&self.stack.kafka_bootstrap(), "ledger")
    }

    /// The ledger, read from its beginning, every record judged.
    ///
    /// # Errors
    /// It is damaged or cannot be read.
    pub fn book(&self) -> Done<Book> {
        Book::read(&self.kafka())
    }

    /// All that the acquirer remembers.
    ///
    /// # Errors
    /// It does not answer.
    pub fn memory(&self) -> Done<Memory> {
        self.block(Memory::read(&self.stack.acquirer_url()))
    }

    /// The tables, for SQL of the test's own.
    pub fn database(&self) -> Done<Database> {
        Database::new(&self.stack.mariadb_url())
    }

    /// Waits until a condition holds, asking again and again.
    ///
    /// # Errors
    /// It does not hold in time, or asking fails.
    pub fn until(&self, what: &str, within: Duration, mut holds: impl FnMut() -> Done<bool>) -> Done {
        let begun = Instant::now();
        while !holds()? {
            ensure!(begun.elapsed() < within, "{what}: not within {} s", within.as_secs());
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Waits until nothing is under way in the ledger any more: every intent has its outcome.
    ///
    /// # Errors
    /// Something stays open.
    pub fn settled(&self, within: Duration) -> Done<Book> {
        let begun = Instant::now();
        loop {
            let book = self.book()?;
            let open = book.open();
            if open.is_empty() {
                return Ok(book);
            }
            let first = open.first().cloned().unwrap_or_default();
            ensure!(begun.elapsed() < within, "{} still open, the first: {first}", open.len());
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Waits until every table has reached the ledger's end.
    ///
    /// # Errors
    /// One does not in time.
    pub fn projected(&self, book: &Book, within: Duration) -> Done {
        let database = self.database()?;
        let mut lacking = Vec::new();
        let reached = self.until("the tables reach the ledger's end", within, || {
            lacking = self.block(database.lacking(&book.heads))?;
            Ok(lacking.is_empty())
        });
        let said = |server: &Server| ledger_dev::logfile::tail(server.log(), 20);
        reached.during(|| {
            let projector = self.stack.projectors.first().map(said).unwrap_or_default();
            format!("{}{projector}\n", lacking.join(", "))
        })
    }

    /// `ledger-projector verify`: every table equals a fresh replay. Returns what it says.
    ///
    /// # Errors
    /// There is a difference; the words are its own.
    pub fn verify(&self) -> Done<String> {
        let output = self.stack.run("ledger-projector", &["verify"])?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "ledger-projector verify: {}: {said}", output.status);
        ensure!(said.contains("no difference"), "verify said: {said}");
        Ok(said)
    }

    /// Whether the api takes commands.
    pub fn is_ready(&self) -> bool {
        let mut client = Client::anonymous(&self.url());
        self.block(client.get("/health/ready")).is_ok_and(|reply| reply.status() == 200)
    }

    /// Waits until the api takes commands again.
    ///
    /// # Errors
    /// It does not in time; the words are those of its readiness and of its log.
    pub fn ready_again(&self, within: Duration) -> Done {
        let again = self.until("the api is ready again", within, || Ok(self.is_ready()));
        again.during(|| {
            let said = self.block(Client::anonymous(&self.url()).get("/health/ready"));
            let said = said.map_or_else(|failure| failure.to_string(), |reply| reply.body.to_string());
            let log = self.stack.apis.first().map(|api| ledger_dev::logfile::tail(api.log(), 30));
            format!("{said}{}\n", log.unwrap_or_default())
        })
    }

    /// How long it takes from now until every merchant's command is taken, by way of the api of that number. `word` begins keys
    /// that were not used before.
    ///
    /// # Errors
    /// Nobody serves a merchant.
    pub fn served_again(&self, people: &People, number: usize, word: &str) -> Done<Duration> {
        let begun = Instant::now();
        let url = self.stack.api_url(number);
        self.block(async {
            for (number, merchant) in people.merchants.iter().enumerate() {
                let body = serde_json::json!({ "metadata": { "a": "b" } }).to_string();
                let mut client = merchant.client(&url);
                let path = "/v1/payments/pay_00000000000070008000000000000000/metadata";
                let key = format!("{word}-{number}");
                let request = client.bytes("PATCH", path, &[("Idempotency-Key", &key)], body.as_bytes());
                // Only the partition's leader can say that there is no such payment.
                while client.exchange(&request).await?.refused(404, "NOT_FOUND_PAYMENT").is_err() {
                    ensure!(begun.elapsed() < Duration::from_secs(120), "nobody serves merchant {number}");
                }
            }
            Ok(begun.elapsed())
        })
    }

    /// How many records the ledger's partitions hold, by their high watermarks.
    ///
    /// # Errors
    /// Kafka does not answer.
    pub fn book_records(&self) -> Done<u64> {
        let (kafka, mut all) = (self.kafka(), 0);
        let topics = kafka.topics();
        for topic in [topics.directory, topics.payments] {
            for partition in 0..ledger_log::kafka::partitions(&kafka, &topic)? {
                let at = ledger_log::PartitionId::new(&topic, partition);
                all += u64::try_from(ledger_log::kafka::watermarks(&kafka, &at)?.1)?;
            }
        }
        Ok(all)
    }

    /// Changes the chances of faults at the sandbox acquirer (`POST /settings`).
    ///
    /// # Errors
    /// It refuses them.
    pub fn acquirer_faults(&self, settings: &serde_json::Value) -> Done {
        let mut acquirer = Client::anonymous(&self.stack.acquirer_url());
        self.block(acquirer.post("/settings", "-", settings))?.ok().map(|_| ())
    }
}

/// Registers everybody, or finds them again.
///
/// # Errors
/// The API refuses something.
pub async fn register(registrar: &mut Registrar) -> Done<People> {
    let agency = registrar.agency("agency", "첫째대리점").await?;
    let branch = registrar.branch("branch", "첫째영업점", &agency).await?;
    let branch_two = registrar.branch("branch-two", "둘째영업점", &agency).await?;
    let other_agency = registrar.agency("other-agency", "다른대리점").await?;
    let other_branch = registrar.branch("other-branch", "다른영업점", &other_agency).await?;
    let places =
        [(&branch, &agency), (&branch, &agency), (&branch_two, &agency), (&other_branch, &other_agency)];
    let mut merchants = Vec::new();
    for (number, (branch, agency)) in places.into_iter().enumerate() {
        let (word, terms) = (format!("merchant-{number}"), contract(&EXAMPLE, branch, agency));
        let name = format!("가맹점 {number}");
        merchants.push(registrar.merchant(&word, &name, branch, "TAXABLE", &terms).await?);
    }
    Ok(People { agency, branch, branch_two, other_agency, other_branch, merchants })
}

impl People {
    /// One of the four.
    ///
    /// # Errors
    /// There are only four.
    pub fn merchant(&self, number: usize) -> Done<&Merchant> {
        self.merchants.get(number).ok_or_else(|| Failure::new(format!("there is no merchant {number}")))
    }
}
