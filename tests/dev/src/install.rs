//! What the machine must have beside Rust, and how it gets it: through apt-get as root, after saying so; elsewhere the
//! one line to run is printed. No system service is ever started.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::progress::Step;
use crate::{DevError, Paths, out, sys};

/// Something the machine must have.
struct Need {
    what: &'static str,
    /// Debian's name.
    packages: &'static [&'static str],
    there: fn() -> bool,
}

const SERVERS: &[Need] = &[
    Need {
        what: "Java 17 or later (for Kafka)",
        packages: &["default-jre-headless"],
        there: java_is_new_enough,
    },
    Need { what: "Maven (brings Kafka's jars)", packages: &["maven"], there: || find("mvn").is_some() },
    // The `-core` packages hold the programs without a system service.
    Need {
        what: "MariaDB's server",
        packages: &["mariadb-server-core", "mariadb-client-core"],
        there: || ["mariadbd", "mariadb-install-db", "my_print_defaults"].iter().all(|p| find(p).is_some()),
    },
];

const BUILD: &[Need] = &[
    Need { what: "make (builds librdkafka)", packages: &["make"], there: || find("make").is_some() },
    Need {
        what: "a C and C++ compiler",
        packages: &["gcc", "g++", "libc6-dev"],
        there: || find("g++").is_some(),
    },
    Need { what: "pkg-config", packages: &["pkg-config"], there: || find("pkg-config").is_some() },
    Need { what: "OpenSSL's headers", packages: &["libssl-dev"], there: || has_library("openssl") },
    Need { what: "zlib's headers", packages: &["zlib1g-dev"], there: || has_library("zlib") },
];

const TOOLS: &[Need] = &[Need {
    what: "curl (for the requests you paste)",
    packages: &["curl"],
    there: || find("curl").is_some(),
}];

/// A program on the path, or in the folders for the system's own programs.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/local/sbin", "/usr/libexec"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn java_is_new_enough() -> bool {
    let said = Command::new("java").arg("-version").output();
    said.is_ok_and(|out| java_major(&String::from_utf8_lossy(&out.stderr)).is_some_and(|major| major >= 17))
}

/// `openjdk version "17.0.15" …` is 17; `"1.8.0"` is 1, old enough to be refused.
fn java_major(said: &str) -> Option<u32> {
    said.split('"').nth(1)?.split(['.', '-', '+']).next()?.parse().ok()
}

fn has_library(name: &str) -> bool {
    let mut ask = Command::new("pkg-config");
    ask.args(["--exists", name]).stdout(Stdio::null()).stderr(Stdio::null());
    ask.status().is_ok_and(|status| status.success())
}

fn missing(needs: &[&'static [Need]]) -> Vec<&'static Need> {
    needs.iter().flat_map(|group| group.iter()).filter(|need| !(need.there)()).collect()
}

/// Installs whatever is missing, for building and for running.
pub fn ensure(paths: &Paths) -> Result<(), DevError> {
    let missing = missing(&[BUILD, SERVERS, TOOLS]);
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    let wanted: Vec<&str> = missing.iter().map(|need| need.what).collect();
    out::note(format_args!("This machine lacks: {}.", wanted.join(", ")));
    if find("apt-get").is_none() || !sys::is_root() {
        return Err(DevError::Said(by_hand(&packages)));
    }
    let log = paths.logs().join("apt.log");
    Step::begin("apt-get update").run(apt(&["update"]), &log)?;
    let step = Step::begin(format!("apt-get install {}", packages.join(" ")));
    step.run(apt(&[&["install", "--yes", "--no-install-recommends"], packages.as_slice()].concat()), &log)?;
    check(&[BUILD, SERVERS, TOOLS])
}

/// An error that says what is missing for running the servers, if anything is.
pub fn check_servers() -> Result<(), DevError> {
    check(&[SERVERS])
}

fn check(needs: &[&'static [Need]]) -> Result<(), DevError> {
    let missing = missing(needs);
    if missing.is_empty() {
        return Ok(());
    }
    let wanted: Vec<&str> = missing.iter().map(|need| need.what).collect();
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    Err(DevError::Said(format!("Still missing: {}. {}", wanted.join(", "), by_hand(&packages))))
}

fn by_hand(packages: &[&str]) -> String {
    format!(
        "Install them, then try again. On Debian or Ubuntu:\n    \
         sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

fn apt(args: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn java_versions_old_and_new_are_told_apart() {
        assert_eq!(java_major("openjdk version \"17.0.15\" 2025-04-15"), Some(17));
        assert_eq!(java_major("openjdk version \"21\" 2023-09-19"), Some(21));
        assert_eq!(java_major("openjdk version \"26-ea\" 2026-03-17"), Some(26));
        assert_eq!(java_major("java version \"1.8.0_392\""), Some(1));
        assert_eq!(java_major("command not found"), None);
    }

    #[test]
    fn the_line_to_run_by_hand_names_every_package() {
        assert!(by_hand(&["maven", "make"]).ends_with("--no-install-recommends maven make"));
    }

    #[test]
    fn a_program_in_the_systems_folders_is_found() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program-here").is_none());
    }
}
