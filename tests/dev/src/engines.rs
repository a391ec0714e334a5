//! What every stack of this checkout shares, made once: Kafka's jars (Maven brings them), a formatted Kafka folder and
//! an initialised MariaDB folder, which each new stack copies instead of waiting for both tools again.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::progress::Step;
use crate::{DevError, Paths, install, kafka, mariadb, secrets};

const COPY_JARS: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// Where the shared parts lie.
#[derive(Clone, Debug)]
pub struct Engines {
    /// Kafka's class path.
    pub jars: PathBuf,
    /// A formatted Kafka data folder.
    pub kafka: PathBuf,
    /// An initialised MariaDB data folder.
    pub mariadb: PathBuf,
}

impl Engines {
    /// Makes whatever is missing; several processes may ask at the same time.
    pub fn ensure(paths: &Paths) -> Result<Engines, DevError> {
        Paths::make(&paths.engines)?;
        let pom = paths.root.join("tests/dev/pom.xml");
        let text = std::fs::read(&pom).map_err(DevError::at("read", &pom))?;
        // Another pom or other settings are other jars and other templates; old ones are left for older checkouts.
        let mut hash = DefaultHasher::new();
        (&text, mariadb::SETTINGS).hash(&mut hash);
        let named = |what: &str| paths.engines.join(format!("{what}-{:016x}", hash.finish()));
        let engines = Engines { jars: named("kafka-jars"), kafka: named("kafka"), mariadb: named("mariadb") };
        if engines.missing() {
            let path = paths.engines.join("lock");
            let lock = File::create(&path).map_err(DevError::at("open", &path))?;
            lock.lock().map_err(DevError::at("lock", &path))?;
            install::check_servers()?;
            make(&engines.jars, |new| fetch_jars(paths, &pom, new))?;
            make(&engines.kafka, |new| format_kafka(paths, &engines, new))?;
            make(&engines.mariadb, |new| initialise_mariadb(paths, new))?;
        }
        Ok(engines)
    }

    fn missing(&self) -> bool {
        [&self.jars, &self.kafka, &self.mariadb].into_iter().any(|folder| !folder.is_dir())
    }

    /// Copies a template; the copy appears whole or not at all.
    pub fn copy(&self, template: &Path, to: &Path) -> Result<(), DevError> {
        make(to, |new| copy_folder(template, new))
    }

    /// The server program: Debian keeps it in a folder that is not on every user's path.
    pub fn mariadbd(&self) -> PathBuf {
        install::find("mariadbd").unwrap_or_else(|| PathBuf::from("mariadbd"))
    }
}

/// Fills a folder under another name and puts it in place when it is whole.
fn make(folder: &Path, fill: impl FnOnce(&Path) -> Result<(), DevError>) -> Result<(), DevError> {
    if folder.is_dir() {
        return Ok(());
    }
    let new = folder.with_extension(format!("new-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&new);
    Paths::make(&new)?;
    let done =
        fill(&new).and_then(|()| std::fs::rename(&new, folder).map_err(DevError::at("put in place", folder)));
    if done.is_err() {
        let _ = std::fs::remove_dir_all(&new);
    }
    done
}

fn fetch_jars(paths: &Paths, pom: &Path, new: &Path) -> Result<(), DevError> {
    let step = Step::begin("Maven brings Kafka's jars");
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--file"]).arg(pom).args([COPY_JARS, "-DincludeScope=runtime"]);
    maven.arg(format!("-DoutputDirectory={}", new.display()));
    step.run(maven, &paths.logs().join("maven.log"))
}

fn format_kafka(paths: &Paths, engines: &Engines, new: &Path) -> Result<(), DevError> {
    let step = Step::begin("Kafka formats a data folder");
    // The addresses are not kept in the formatted folder.
    let ports = kafka::KafkaPorts { broker: 1, controller: 2 };
    let settings = paths.engines.join("format");
    let args = kafka::java_args(engines, &settings, &kafka::properties(new, 0, &[ports]))?;
    let mut java = Command::new("java");
    java.args(args).args(["kafka.tools.StorageTool", "format", "--cluster-id", &secrets::random_id()?]);
    java.arg("--config").arg(settings.join("server.properties"));
    step.run(java, &paths.logs().join("kafka-format.log"))
}

fn initialise_mariadb(paths: &Paths, new: &Path) -> Result<(), DevError> {
    let step = Step::begin("MariaDB initialises a data folder");
    let mut install = Command::new("mariadb-install-db");
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    install.arg(format!("--datadir={}", new.display())).args(mariadb::as_this_user());
    // The size of the log is fixed here; a server told another size would resize it at its first start.
    install
        .args(mariadb::SETTINGS.iter().filter(|(name, _)| name.contains("log-file")).map(mariadb::argument));
    step.run(install, &paths.logs().join("mariadb-install.log"))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), DevError> {
    Paths::make(to)?;
    for entry in std::fs::read_dir(from).map_err(DevError::at("read", from))? {
        let path = entry.map_err(DevError::at("read", from))?.path();
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(DevError::at("copy", &path))?;
        }
    }
    Ok(())
}
