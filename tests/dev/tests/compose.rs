//! compose.yaml and the local stack say the same.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ledger_dev::engines::Engines;
use ledger_dev::site::{Site, Size};
use ledger_dev::{Paths, kafka, mariadb, testing};
use yaml_rust2::{Yaml, YamlLoader};

fn root() -> PathBuf {
    Paths::find().root
}

fn service(name: &str) -> Yaml {
    let text = std::fs::read_to_string(root().join("compose.yaml")).unwrap();
    let mut all = YamlLoader::load_from_str(&text).unwrap();
    let found = all.remove(0)["services"][name].clone();
    assert!(!found.is_badvalue(), "compose.yaml has no service {name}");
    found
}

fn environment(name: &str) -> BTreeMap<String, String> {
    let service = service(name);
    let map = service["environment"].as_hash().unwrap();
    let text = |y: &Yaml| y.as_str().expect("every value is quoted or a plain word").to_owned();
    map.iter().map(|(k, v)| (text(k), text(v))).collect()
}

#[test]
fn kafka_has_the_same_settings() {
    let here =
        kafka::properties(Path::new("/data"), 0, &[kafka::KafkaPorts { broker: 9092, controller: 9093 }]);
    let mut here: BTreeMap<String, String> =
        here.lines().map(|l| l.split_once('=').unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let there = environment("kafka").into_iter();
    let mut there: BTreeMap<String, String> =
        there.map(|(k, v)| (k.strip_prefix("KAFKA_").unwrap().to_lowercase().replace('_', "."), v)).collect();
    // Where it listens and keeps its data is each one's own; that it says so is not.
    for address in ["controller.quorum.voters", "listeners", "advertised.listeners", "log.dirs"] {
        assert!(here.remove(address).is_some() && there.remove(address).is_some(), "{address}");
    }
    assert_eq!(here, there);
}

#[test]
fn kafka_has_the_same_version() {
    let pom = std::fs::read_to_string(root().join("tests/dev/pom.xml")).unwrap();
    let version = pom.split_once("<kafka.version>").unwrap().1.split_once('<').unwrap().0;
    assert_eq!(service("kafka")["image"].as_str().unwrap(), format!("apache/kafka:{version}"));
}

#[test]
fn mariadb_has_the_same_settings() {
    let here: BTreeSet<String> = mariadb::SETTINGS.iter().map(mariadb::argument).collect();
    let service = service("mariadb");
    let there = service["command"].as_vec().unwrap().iter().map(|a| a.as_str().unwrap().to_owned());
    assert_eq!(here, there.collect());
}

#[test]
fn the_products_programs_get_the_same_variables() {
    let folder = testing::folder("compose");
    let nothing = || folder.join("none");
    let engines = Engines { jars: nothing(), kafka: nothing(), mariadb: nothing() };
    let here = Site::fresh(&folder, nothing(), engines, Size::default()).unwrap().env(0);
    for program in ["init", "api", "projector"] {
        let there = environment(program);
        let names = |all: &BTreeMap<String, String>| all.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&here), names(&there), "of {program}");
        for same in ["LEDGER_MODE", "LEDGER_PAYMENT_PARTITIONS", "LEDGER_TOPIC_PREFIX"] {
            assert_eq!(here.get(same), there.get(same), "{same} of {program}");
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}
