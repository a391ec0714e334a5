//! One stack's place: its folder, its ports, its secrets, and from these each server's recipe.
//! The variables the product reads are written here and nowhere else; compose.yaml says the same, and a test compares.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::engines::Engines;
use crate::envfile::Variables;
use crate::kafka::KafkaPorts;
use crate::ports::{Ports, loopback};
use crate::ready::Ready;
use crate::server::{Recipe, Server};
use crate::{DevError, Paths, kafka, mariadb, ports, secrets};

/// Where one stack lives.
#[derive(Clone, Debug)]
pub struct Site {
    /// Data and secrets.
    pub data: PathBuf,
    /// One log a server.
    pub logs: PathBuf,
    /// The product's binaries.
    pub bins: PathBuf,
    /// Jars and templates.
    pub engines: Engines,
    ports: SitePorts,
    password: String,
    operator_key: String,
    /// On top of what is written here, for the api and the projector.
    pub extra: Variables,
}

/// How many of each there are; one unless told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Kafka's nodes.
    pub brokers: usize,
    /// The api's processes.
    pub apis: usize,
    /// The projector's.
    pub projectors: usize,
}

impl Default for Size {
    fn default() -> Size {
        Size { brokers: 1, apis: 1, projectors: 1 }
    }
}

#[derive(Clone, Debug)]
struct SitePorts {
    kafka: Vec<KafkaPorts>,
    mariadb: u16,
    acquirer: u16,
    apis: Vec<u16>,
    projectors: Vec<u16>,
}

impl SitePorts {
    fn choose(size: Size, mut port: impl FnMut(&str) -> Result<u16, DevError>) -> Result<Self, DevError> {
        let mut of = |name: &str, count: usize| {
            (0..count).map(|number| port(&numbered(name, number))).collect::<Result<Vec<u16>, DevError>>()
        };
        let (brokers, controllers) = (of("kafka", size.brokers)?, of("controller", size.brokers)?);
        let nodes = brokers.into_iter().zip(controllers);
        Ok(SitePorts {
            kafka: nodes.map(|(broker, controller)| KafkaPorts { broker, controller }).collect(),
            apis: of("api", size.apis)?,
            projectors: of("projector", size.projectors)?,
            mariadb: port("mariadb")?,
            acquirer: port("acquirer")?,
        })
    }
}

/// The name of one of several: the first has no number.
fn numbered(name: &str, number: usize) -> String {
    if number == 0 { name.to_owned() } else { format!("{name}-{number}") }
}

impl Site {
    /// The stack of `cargo dev up`: everything is remembered from one start to the next.
    pub fn remembered(
        paths: &Paths,
        engines: Engines,
        api_port: Option<u16>,
        size: Size,
    ) -> Result<Site, DevError> {
        Paths::make(&paths.dev)?;
        let mut known = Ports::load(&paths.dev.join("ports.json"));
        if let Some(port) = api_port {
            known.wish("api", port)?;
        }
        let ports = SitePorts::choose(size, |name| known.get(name))?;
        Site::at(paths.data(), paths.logs(), paths.bins("debug"), engines, ports)
    }

    /// A stack in a folder of its own, for a test.
    pub fn fresh(folder: &Path, bins: PathBuf, engines: Engines, size: Size) -> Result<Site, DevError> {
        let ports = SitePorts::choose(size, |_| ports::free())?;
        Site::at(folder.join("data"), folder.join("logs"), bins, engines, ports)
    }

    fn at(
        data: PathBuf,
        logs: PathBuf,
        bins: PathBuf,
        engines: Engines,
        ports: SitePorts,
    ) -> Result<Site, DevError> {
        let folder = data.join("secrets");
        Paths::make(&folder)?;
        secrets::kept(&folder.join("master.key"), secrets::master_key)?;
        let operator_key = secrets::kept(&folder.join("operator.key"), secrets::operator_key)?;
        let password = secrets::kept(&folder.join("mariadb.password"), secrets::random_id)?;
        Ok(Site { data, logs, bins, engines, ports, password, operator_key, extra: Variables::new() })
    }

    /// Where the master key of this stack's ledger lies.
    pub fn master_key_file(&self) -> PathBuf {
        self.data.join("secrets/master.key")
    }

    /// The key that the ledger's first operator has.
    pub fn operator_key(&self) -> &str {
        &self.operator_key
    }

    /// `127.0.0.1:PORT` of every Kafka.
    pub fn kafka_bootstrap(&self) -> String {
        let addresses: Vec<String> =
            self.ports.kafka.iter().map(|node| loopback(node.broker).to_string()).collect();
        addresses.join(",")
    }

    /// The product's database.
    pub fn mariadb_url(&self) -> String {
        format!("mysql://ledger:{}@{}/ledger", self.password, loopback(self.ports.mariadb))
    }

    /// A user who may create databases; without a database.
    pub fn mariadb_admin_url(&self) -> String {
        format!("mysql://admin:{}@{}", self.password, loopback(self.ports.mariadb))
    }

    /// The sandbox acquirer.
    pub fn acquirer_url(&self) -> String {
        format!("http://{}", loopback(self.ports.acquirer))
    }

    /// What the sandbox acquirer remembers.
    pub fn acquirer_file(&self) -> PathBuf {
        self.data.join("acquirer.jsonl")
    }

    /// The api of that number, from 0; the first one's for a number there is none of.
    pub fn api_url(&self, number: usize) -> String {
        format!("http://{}", loopback(self.api_port(number)))
    }

    /// Every api's.
    pub fn api_urls(&self) -> Vec<String> {
        (0..self.ports.apis.len()).map(|number| self.api_url(number)).collect()
    }

    fn api_port(&self, number: usize) -> u16 {
        let first = self.ports.apis.first().copied().unwrap_or_default();
        self.ports.apis.get(number).copied().unwrap_or(first)
    }

    /// That api's store.
    pub fn store_dir(&self, number: usize) -> PathBuf {
        self.data.join(format!("store-{number}"))
    }

    /// Every variable that any program of the product reads, for the api of that number.
    pub fn env(&self, api: usize) -> Variables {
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        let pairs = [
            ("LEDGER_ACQUIRERS", format!("sandbox={}", self.acquirer_url())),
            ("LEDGER_ADDRESS", self.api_url(api)),
            ("LEDGER_FIRST_OPERATOR_KEY", self.operator_key.clone()),
            ("LEDGER_KAFKA_BOOTSTRAP", self.kafka_bootstrap()),
            ("LEDGER_LISTEN", loopback(self.api_port(api)).to_string()),
            ("LEDGER_MARIADB_URL", self.mariadb_url()),
            ("LEDGER_MASTER_KEY_FILE", path(self.master_key_file())),
            ("LEDGER_MODE", "test".to_owned()),
            ("LEDGER_PAYMENT_PARTITIONS", "4".to_owned()),
            ("LEDGER_STORE_DIR", path(self.store_dir(api))),
            ("LEDGER_TOPIC_PREFIX", "ledger".to_owned()),
        ];
        let mut all: Variables = pairs.map(|(name, value)| (name.to_owned(), value)).into();
        all.extend(self.extra.clone());
        all
    }

    /// What a client of the running stack needs.
    pub fn client_env(&self) -> Variables {
        let pairs = [
            ("LEDGER_ACQUIRER_URL", self.acquirer_url()),
            ("LEDGER_API_URL", self.api_url(0)),
            ("LEDGER_API_URLS", self.api_urls().join(",")),
            ("LEDGER_KAFKA_BOOTSTRAP", self.kafka_bootstrap()),
            ("LEDGER_MARIADB_URL", self.mariadb_url()),
            ("LEDGER_OPERATOR_KEY", self.operator_key.clone()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// Kafka's node of that number.
    pub fn broker(&self, number: usize) -> Result<Server, DevError> {
        let name = numbered("kafka", number);
        kafka::server(&self.engines, &self.data.join(&name), &self.log(&name), number, &self.ports.kafka)
    }

    /// MariaDB.
    pub fn mariadb(&self) -> Result<Server, DevError> {
        let folder = self.data.join("mariadb");
        mariadb::server(&self.engines, &folder, &self.log("mariadb"), self.ports.mariadb, &self.password)
    }

    /// The sandbox acquirer.
    pub fn acquirer(&self) -> Server {
        let address = loopback(self.ports.acquirer);
        let mut recipe = self.recipe("sandbox-acquirer", "acquirer", Ready::Port(address));
        recipe.args = vec!["--listen".into(), address.to_string().into(), "--file".into()];
        recipe.args.push(self.acquirer_file().into());
        Server::new("acquirer", recipe)
    }

    /// The api of that number.
    pub fn api(&self, number: usize) -> Server {
        let name = numbered("api", number);
        let ready = Ready::Http(loopback(self.api_port(number)), "/health/ready".to_owned());
        let mut recipe = self.recipe("ledger-api", &name, ready);
        recipe.args = vec!["serve".into()];
        recipe.env = self.env(number);
        // An answer may take 30 s, and it gives every one that it owes.
        recipe.stop_within = Duration::from_secs(40);
        Server::new(&name, recipe)
    }

    /// The projector of that number.
    pub fn projector(&self, number: usize) -> Server {
        let name = numbered("projector", number);
        let address = loopback(self.ports.projectors.get(number).copied().unwrap_or_default());
        let ready = Ready::Http(address, "/health/live".to_owned());
        let mut recipe = self.recipe("ledger-projector", &name, ready);
        recipe.args = vec!["run".into()];
        recipe.env = self.env(0);
        recipe.env.insert("LEDGER_LISTEN".to_owned(), address.to_string());
        Server::new(&name, recipe)
    }

    /// A command of the product against this stack, for example `ledger-projector verify`; it does not run yet.
    pub fn tool(&self, program: &str, args: &[&str]) -> Command {
        let mut recipe = self.recipe(program, program, Ready::AtOnce);
        recipe.env = self.env(0);
        recipe.args = args.iter().map(Into::into).collect();
        recipe.command()
    }

    fn recipe(&self, program: &str, name: &str, ready: Ready) -> Recipe {
        Recipe::new(self.bins.join(program), &self.data, self.log(name), ready)
    }
}
