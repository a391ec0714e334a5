//! The local stack's Kafka: KRaft nodes, each broker and controller in one process, on ports of its own; one unless told.
//! It is given the settings that matter on one node and none that would weaken a topic of the ledger.

use std::path::Path;
use std::time::Duration;

use crate::engines::Engines;
use crate::ports::loopback;
use crate::ready::Ready;
use crate::server::{Recipe, Server};
use crate::{DevError, Paths};

/// What the node is told beside its addresses; compose.yaml says the same, and a test compares the two.
pub const SETTINGS: &[(&str, &str)] = &[
    // A killed node stays unavailable until its former incarnation's session has ended.
    ("broker.session.timeout.ms", "1000"),
    ("broker.heartbeat.interval.ms", "250"),
    // One node: internal topics cannot have three replicas, and need no fifty partitions.
    ("offsets.topic.replication.factor", "1"),
    ("offsets.topic.num.partitions", "1"),
    ("transaction.state.log.replication.factor", "1"),
    ("transaction.state.log.min.isr", "1"),
    ("transaction.state.log.num.partitions", "1"),
    ("share.coordinator.state.topic.replication.factor", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("share.coordinator.state.topic.num.partitions", "1"),
    ("group.initial.rebalance.delay.ms", "0"),
    // A topic that nobody created on purpose would have the wrong settings.
    ("auto.create.topics.enable", "false"),
    ("unclean.leader.election.enable", "false"),
    // The ledger keeps everything for ever.
    ("log.retention.ms", "-1"),
    ("log.retention.bytes", "-1"),
    // The default of 128 MiB is for a broker with thousands of compacted partitions.
    ("log.cleaner.dedupe.buffer.size", "8388608"),
];

/// To standard output, which becomes the log file; the dump of every setting at each start is left out.
const LOGGING: &str = "status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %m (%c{1})%n
logger.config.name = org.apache.kafka.common.config.AbstractConfig
logger.config.level = warn
rootLogger.level = info
rootLogger.appenderRef.out.ref = out
";

/// A node's two ports.
#[derive(Clone, Copy, Debug, Default)]
pub struct KafkaPorts {
    /// For clients.
    pub broker: u16,
    /// For the controller.
    pub controller: u16,
}

/// `server.properties` of the node of that number, from 0. The voters are named by the settings, not by the data, so that ports
/// may change.
pub fn properties(data: &Path, number: usize, nodes: &[KafkaPorts]) -> String {
    let KafkaPorts { broker, controller } = nodes.get(number).copied().unwrap_or_default();
    let voters: Vec<String> =
        nodes.iter().zip(1..).map(|(node, id)| format!("{id}@127.0.0.1:{}", node.controller)).collect();
    let (id, voters) = (number + 1, voters.join(","));
    let listeners = format!("BROKER://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}");
    let mut text = format!(
        "process.roles=broker,controller\n\
         node.id={id}\n\
         controller.quorum.voters={voters}\n\
         listeners={listeners}\n\
         advertised.listeners={listeners}\n\
         listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         inter.broker.listener.name=BROKER\n\
         controller.listener.names=CONTROLLER\n\
         log.dirs={}\n",
        data.display()
    );
    for (name, value) in SETTINGS {
        text.push_str(&format!("{name}={value}\n"));
    }
    text
}

/// Writes the settings a JVM of Kafka needs into `folder`; returns the arguments up to the main class.
pub fn java_args(engines: &Engines, folder: &Path, properties: &str) -> Result<Vec<String>, DevError> {
    Paths::make(folder)?;
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(DevError::at("write", &file)).map(|()| file)
    };
    write("server.properties", properties)?;
    let logging = write("log4j2.properties", LOGGING)?;
    Ok(vec![
        "-Xms256m".to_owned(),
        "-Xmx768m".to_owned(),
        "-XX:+UseSerialGC".to_owned(),
        format!("-Dlog4j2.configurationFile={}", logging.display()),
        "-cp".to_owned(),
        format!("{}/*", engines.jars.display()),
    ])
}

/// The node of that number, from 0, of those that have these ports; its data lie in `folder`, made from the formatted template
/// if they are not there yet.
pub fn server(
    engines: &Engines,
    folder: &Path,
    log: &Path,
    number: usize,
    nodes: &[KafkaPorts],
) -> Result<Server, DevError> {
    let data = folder.join("data");
    if !data.is_dir() {
        engines.copy(&engines.kafka, &data)?;
        rename_node(&data, number)?;
    }
    let address = loopback(nodes.get(number).copied().unwrap_or_default().broker);
    let mut recipe = Recipe::new("java", folder, log.to_path_buf(), Ready::Kafka(address));
    let settings = properties(&data, number, nodes);
    recipe.args = java_args(engines, folder, &settings)?.into_iter().map(Into::into).collect();
    recipe.args.push("kafka.Kafka".into());
    recipe.args.push(folder.join("server.properties").into());
    recipe.stop_within = Duration::from_secs(30);
    let name = if number == 0 { "Kafka".to_owned() } else { format!("Kafka {}", number + 1) };
    Ok(Server::new(&name, recipe))
}

/// The template is the first node's. Another one has another number, and gives its folder an id of its own when it starts.
fn rename_node(data: &Path, number: usize) -> Result<(), DevError> {
    if number == 0 {
        return Ok(());
    }
    let file = data.join("meta.properties");
    let text = std::fs::read_to_string(&file).map_err(DevError::at("read", &file))?;
    let lines =
        text.lines().filter(|line| !line.starts_with("node.id=") && !line.starts_with("directory.id="));
    let text: Vec<String> =
        lines.map(str::to_owned).chain([format!("node.id={}", number + 1), String::new()]).collect();
    std::fs::write(&file, text.join("\n")).map_err(DevError::at("write", &file))
}
