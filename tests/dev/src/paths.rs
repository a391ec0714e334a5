//! Where everything of the local stack lies. Nothing outside the target folder is ever written.

use std::path::{Path, PathBuf};

use crate::DevError;

/// The folders of this checkout.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The checkout.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// The local stack's folder: `target/dev`, or `LEDGER_DEV_DIR`.
    pub dev: PathBuf,
    /// What all stacks of this checkout share: Kafka's jars and the initialised data folders that are copied.
    pub engines: PathBuf,
}

impl Paths {
    /// Finds the checkout from the current folder upwards, or where this crate was compiled.
    pub fn find() -> Paths {
        let here = std::env::current_dir().unwrap_or_default();
        let built = Path::new(env!("CARGO_MANIFEST_DIR"));
        let is_root = |folder: &&Path| folder.join("tests/dev/pom.xml").is_file();
        let root = here.ancestors().chain(built.ancestors()).find(is_root).unwrap_or(built).to_path_buf();
        let from_env = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let target = from_env("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |t| root.join(t));
        let dev = from_env("LEDGER_DEV_DIR").map_or_else(|| target.join("dev"), |d| here.join(d));
        let engines = target.join("dev").join("engines");
        Paths { root, target, dev, engines }
    }

    /// Where the product's binaries are: `LEDGER_TEST_BIN_DIR`, or the target folder of that profile.
    pub fn bins(&self, profile: &str) -> PathBuf {
        std::env::var_os("LEDGER_TEST_BIN_DIR").map_or_else(|| self.target.join(profile), PathBuf::from)
    }

    /// What survives a stop: the engines' data, the store, secrets. `cargo dev reset` deletes it.
    pub fn data(&self) -> PathBuf {
        self.dev.join("data")
    }

    /// One file a server, each bounded.
    pub fn logs(&self) -> PathBuf {
        self.dev.join("logs")
    }

    /// What a shell sources.
    pub fn env(&self) -> PathBuf {
        self.dev.join("env")
    }

    /// What the day of business wrote: part of `env`, kept with the data it belongs to.
    pub fn day(&self) -> PathBuf {
        self.data().join("env.day")
    }

    /// What the day of business had to say, until it has been shown.
    pub fn report(&self) -> PathBuf {
        self.data().join("day-report.txt")
    }

    /// Creates a folder and what is above it.
    pub fn make(folder: &Path) -> Result<(), DevError> {
        std::fs::create_dir_all(folder).map_err(DevError::at("create the folder", folder))
    }
}
