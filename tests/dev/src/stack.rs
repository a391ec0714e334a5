//! A whole stack: Kafka, MariaDB, the sandbox acquirer, api(s), projector, in the order they need one another.
//! `cargo dev up` keeps one running; tests start their own, kill and restart its servers, and leave nothing behind.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::engines::Engines;
use crate::envfile::Variables;
use crate::progress::Step;
use crate::server::Server;
use crate::site::{Site, Size};
use crate::{DevError, Paths, spawner, testing};

/// Which servers a test wants.
#[derive(Clone, Debug)]
pub struct StackOptions {
    name: String,
    engines_only: bool,
    product_later: bool,
    size: Size,
    env: Variables,
}

impl StackOptions {
    /// Only Kafka and MariaDB.
    pub fn engines_only(mut self) -> Self {
        self.engines_only = true;
        self
    }

    /// The product is started by whoever asks for this, after something else.
    pub fn product_later(mut self) -> Self {
        self.product_later = true;
        self
    }

    /// So many apis (1 unless told), each with a store of its own.
    pub fn apis(mut self, count: usize) -> Self {
        self.size.apis = count;
        self
    }

    /// So many projectors (1 unless told).
    pub fn projectors(mut self, count: usize) -> Self {
        self.size.projectors = count;
        self
    }

    /// So many nodes of Kafka (1 unless told); with three, every record is on three disks.
    pub fn brokers(mut self, count: usize) -> Self {
        self.size.brokers = count;
        self
    }

    /// A variable for every api and the projector.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Starts everything in a new folder, and returns when everything is ready.
    pub fn start(self) -> Result<Stack, DevError> {
        let paths = Paths::find();
        let engines = Engines::ensure(&paths)?;
        let parent = std::env::var_os("LEDGER_TEST_DIR").map_or_else(|| paths.dev.clone(), PathBuf::from);
        let folder = parent.join(testing::unique(&self.name));
        let mut site = Site::fresh(&folder, paths.bins("debug"), engines, self.size)?;
        site.extra = self.env.clone();
        let mut stack = Stack::prepare(site, &self)?;
        stack.own = Some(folder);
        stack.start_engines()?;
        if !self.engines_only && !self.product_later {
            stack.start_product()?;
        }
        Ok(stack)
    }
}

/// The servers of one stack. Dropping it kills what still runs; a test's folder goes with it, unless the test panics.
#[derive(Debug)]
pub struct Stack {
    /// Kafka's nodes.
    pub brokers: Vec<Server>,
    /// MariaDB.
    pub mariadb: Server,
    /// The sandbox acquirer.
    pub acquirer: Option<Server>,
    /// The apis.
    pub apis: Vec<Server>,
    /// The projectors.
    pub projectors: Vec<Server>,
    /// Where it all lies.
    pub site: Site,
    own: Option<PathBuf>,
}

impl Stack {
    /// A stack for a test; `name` is a word for its folder.
    pub fn options(name: &str) -> StackOptions {
        let name = name.to_owned();
        StackOptions {
            name,
            engines_only: false,
            product_later: false,
            size: Size::default(),
            env: Variables::new(),
        }
    }

    /// The servers of a site, none of them running.
    pub fn prepare(site: Site, options: &StackOptions) -> Result<Stack, DevError> {
        let product = !options.engines_only;
        let of_product = |count: usize| 0..if product { count } else { 0 };
        Ok(Stack {
            brokers: (0..options.size.brokers).map(|number| site.broker(number)).collect::<Result<_, _>>()?,
            mariadb: site.mariadb()?,
            acquirer: product.then(|| site.acquirer()),
            apis: of_product(options.size.apis).map(|number| site.api(number)).collect(),
            projectors: of_product(options.size.projectors).map(|number| site.projector(number)).collect(),
            site,
            own: None,
        })
    }

    /// Starts Kafka and MariaDB, side by side.
    pub fn start_engines(&mut self) -> Result<(), DevError> {
        let step = Step::begin("Kafka and MariaDB start");
        for broker in &mut self.brokers {
            broker.spawn()?;
        }
        self.mariadb.spawn()?;
        self.mariadb.wait_ready()?;
        for broker in &self.brokers {
            broker.wait_ready()?;
        }
        step.done();
        Ok(())
    }

    /// Starts the rest: acquirer, initialisation of an empty ledger, apis, projector.
    pub fn start_product(&mut self) -> Result<(), DevError> {
        if let Some(acquirer) = &mut self.acquirer {
            acquirer.start()?;
        }
        self.initialise()?;
        let step = Step::begin("api and projector start");
        let mut product: Vec<&mut Server> = self.projectors.iter_mut().chain(&mut self.apis).collect();
        for server in &mut product {
            server.spawn()?;
        }
        for server in &product {
            server.wait_ready()?;
        }
        step.done();
        Ok(())
    }

    /// Makes the ledger if there is none.
    pub fn initialise(&self) -> Result<(), DevError> {
        let init = self.site.tool("ledger-api", &["init", "--if-empty"]);
        Step::begin("The ledger is initialised if it is empty").run(init, &self.site.logs.join("init.log"))
    }

    /// Every server in the order of starting; the reverse is the order of stopping.
    pub fn servers_mut(&mut self) -> Vec<&mut Server> {
        let Stack { brokers, mariadb, acquirer, apis, projectors, .. } = self;
        brokers.iter_mut().chain([mariadb]).chain(acquirer).chain(apis).chain(projectors).collect()
    }

    /// Stops everything in order: projector, apis, acquirer, MariaDB, Kafka.
    pub fn stop(&mut self) -> Result<(), DevError> {
        let mut first_error = Ok(());
        for server in self.servers_mut().into_iter().rev() {
            let stopped = server.stop().map(|_| ());
            first_error = first_error.and(stopped);
        }
        first_error
    }

    /// `127.0.0.1:PORT` of every Kafka, with commas between.
    pub fn kafka_bootstrap(&self) -> String {
        self.site.kafka_bootstrap()
    }

    /// The product's database.
    pub fn mariadb_url(&self) -> String {
        self.site.mariadb_url()
    }

    /// A user who may create databases; without a database.
    pub fn mariadb_admin_url(&self) -> String {
        self.site.mariadb_admin_url()
    }

    /// The api of that number, from 0.
    pub fn api_url(&self, number: usize) -> String {
        self.site.api_url(number)
    }

    /// The sandbox acquirer.
    pub fn acquirer_url(&self) -> String {
        self.site.acquirer_url()
    }

    /// What the sandbox acquirer remembers.
    pub fn acquirer_file(&self) -> PathBuf {
        self.site.acquirer_file()
    }

    /// The first operator's key.
    pub fn operator_key(&self) -> &str {
        self.site.operator_key()
    }

    /// The store of the api of that number.
    pub fn store_dir(&self, number: usize) -> PathBuf {
        self.site.store_dir(number)
    }

    /// Where data lie.
    pub fn folder(&self) -> &Path {
        &self.site.data
    }

    /// Every variable the product reads, for programs run against this stack.
    pub fn env(&self) -> Variables {
        self.site.env(0)
    }

    /// Runs a command of the product against this stack, for example `ledger-projector verify`.
    pub fn run(&self, program: &str, args: &[&str]) -> Result<Output, DevError> {
        let mut command = self.site.tool(program, args);
        command.stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = spawner::spawn(command).map_err(DevError::io(format!("start {program}")))?;
        child.wait_with_output().map_err(DevError::io(format!("wait for {program}")))
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let Some(folder) = self.own.take() else { return };
        for server in self.servers_mut().into_iter().rev() {
            // What cannot be killed now dies with this process.
            let _ = server.kill();
        }
        if std::thread::panicking() {
            eprintln!("the stack's data and logs are kept in {}", folder.display());
        } else {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
