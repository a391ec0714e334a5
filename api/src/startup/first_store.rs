//! Where a process's first store comes from: a snapshot in a folder, one of another process, or, when neither can be used, the
//! ledger. It is asked only where there is no store; whatever goes wrong here costs time and nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ledger_log::PartitionId;
use ledger_log::kafka::{Beat, KafkaError, KafkaSettings, heard_lately, partitions, watermarks};

use crate::engine::now_ms;
use crate::http::peers::{NoSnapshot, Peers};
use crate::keys::Pepper;
use crate::store::{DiskSettings, taking};

/// What a snapshot's file ends in.
pub const ENDING: &str = "snapshot";
/// A process that has not been heard for so long, measured from the last that was, is not asked, ms.
const SILENT_MS: i64 = 5_000;
/// How long to wait for one that gives none at this moment: it is busy with another, or a partition changes hands.
const WAITS: Duration = Duration::from_secs(15);
/// The pause before it is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// What is needed to get one.
pub struct Sources {
    /// The store's place.
    pub store: PathBuf,
    /// The store's memory.
    pub disk: DiskSettings,
    /// The folder with snapshots, if there is one.
    pub folder: Option<PathBuf>,
    /// A ledger with fewer records is read instead of asked for.
    pub min_records: u64,
    /// Where the log and the processes' beats are.
    pub kafka: KafkaSettings,
    /// The way to other processes.
    pub peers: Peers,
    /// For the seal.
    pub pepper: Pepper,
}

impl Sources {
    /// Puts a store of this ledger where there is none, if one is to be had.
    pub fn begin(&self, ledger_id: &str) {
        if !self.take_file(ledger_id) {
            self.take_from_peers(ledger_id);
        }
    }

    fn take_file(&self, ledger_id: &str) -> bool {
        let Some(folder) = &self.folder else { return false };
        let name = |file: &Path| file.display().to_string();
        match newest(folder) {
            Ok(Some(file)) => match fs::File::open(&file) {
                Ok(input) => self.take(ledger_id, &name(&file), input),
                Err(why) => cannot_use(&name(&file), &why.to_string()),
            },
            Ok(None) => {
                tracing::info!(target: "store", folder = name(folder), "there is no snapshot in the folder");
                false
            }
            Err(why) => cannot_use(&name(folder), &why.to_string()),
        }
    }

    fn take_from_peers(&self, ledger_id: &str) {
        match records(&self.kafka, self.min_records) {
            Ok(records) if records < self.min_records => {
                let least = self.min_records;
                tracing::info!(target: "store", records, least, "so few records are read from the log");
                return;
            }
            Ok(_) => {}
            Err(why) => {
                cannot_use("another process", &why.to_string());
                return;
            }
        }
        let mut given_up = Vec::new();
        let until = Instant::now() + WAITS;
        loop {
            let alive = heard_lately(&self.kafka).map(|beats| alive(beats, self.peers.me()));
            let mut alive = alive.unwrap_or_else(|why| {
                cannot_use("another process", &why.to_string());
                Vec::new()
            });
            alive.retain(|address| !given_up.contains(address));
            for address in &alive {
                match self.peers.snapshot(address, &self.pepper, now_ms()) {
                    Ok(input) => {
                        if self.take(ledger_id, address, input) {
                            return;
                        }
                        given_up.push(address.clone());
                    }
                    Err(NoSnapshot::NotNow) => {}
                    Err(why @ NoSnapshot::Failed(_)) => {
                        cannot_use(address, &why.to_string());
                        given_up.push(address.clone());
                    }
                }
            }
            if alive.iter().all(|address| given_up.contains(address)) || Instant::now() > until {
                tracing::info!(target: "store", "no other process gives a snapshot");
                return;
            }
            thread::sleep(AGAIN);
        }
    }

    fn take(&self, ledger_id: &str, from: &str, input: impl Read) -> bool {
        tracing::info!(target: "store", from, "there is no store: a snapshot is taken");
        let begun = Instant::now();
        match taking::take(&self.store, self.disk, ledger_id, from, input) {
            Ok(copied) => {
                let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                let (bytes, rows, digest) = (copied.bytes, copied.rows, copied.digest);
                tracing::info!(target: "store", from, bytes, rows, ms, digest, "the store was taken from a snapshot, its digests are equal");
                metrics::counter!("ledger_snapshots_taken_total").increment(1);
                true
            }
            Err(why) => cannot_use(from, &why.to_string()),
        }
    }
}

fn cannot_use(from: &str, why: &str) -> bool {
    tracing::warn!(target: "store", from, why, "a snapshot cannot be used; the ledger has everything as well");
    false
}

/// The file that was written last.
fn newest(folder: &Path) -> std::io::Result<Option<PathBuf>> {
    let mut found: Option<(SystemTime, PathBuf)> = None;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) && path.is_file() {
            let file = (fs::metadata(&path)?.modified()?, path);
            found = found.max(Some(file));
        }
    }
    Ok(found.map(|(_, path)| path))
}

/// How many records the ledger's partitions hold, counted no further than `enough`.
fn records(kafka: &KafkaSettings, enough: u64) -> Result<u64, KafkaError> {
    let (topics, mut all) = (kafka.topics(), 0_u64);
    for topic in [topics.directory, topics.payments] {
        for partition in 0..partitions(kafka, &topic)? {
            if all >= enough {
                return Ok(all);
            }
            let (low, high) = watermarks(kafka, &PartitionId::new(&topic, partition))?;
            all = all.saturating_add(high.saturating_sub(low).max(0).unsigned_abs());
        }
    }
    Ok(all)
}

/// Whoever said lately that it is there and stays, the last to say so first.
fn alive(beats: Vec<Beat>, me: &str) -> Vec<String> {
    let mut last = BTreeMap::new();
    for beat in beats {
        let known: &mut Beat = last.entry(beat.member.address.clone()).or_insert_with(|| beat.clone());
        if beat.at_ms >= known.at_ms {
            *known = beat;
        }
    }
    let newest_ms = last.values().map(|beat| beat.at_ms).max().unwrap_or_default();
    let stays = |beat: &Beat| !beat.leaving && newest_ms.saturating_sub(beat.at_ms) < SILENT_MS;
    let mut alive: Vec<Beat> =
        last.into_values().filter(|beat| stays(beat) && beat.member.address != me).collect();
    alive.sort_by_key(|beat| std::cmp::Reverse(beat.at_ms));
    alive.into_iter().map(|beat| beat.member.address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_log::Fence;

    fn beat(name: &str, at_ms: i64, leaving: bool) -> Beat {
        let member = Fence { incarnation: format!("{name}-{at_ms}"), address: format!("http://{name}") };
        Beat { member, leaving, at_ms }
    }

    #[test]
    fn whoever_was_heard_lately_and_stays_is_asked_the_last_first_and_never_oneself() {
        let beats = vec![
            beat("a", 1_000, false),
            beat("old", 2_000, false),
            beat("me", 9_000, false),
            beat("leaves", 8_000, false),
            beat("b", 8_600, false),
            beat("a", 8_500, false),
            beat("leaves", 8_700, true),
            beat("a", 8_400, false),
        ];
        assert_eq!(alive(beats, "http://me"), ["http://b", "http://a"]);
        assert!(alive(Vec::new(), "http://me").is_empty());
    }

    #[test]
    fn the_file_that_was_written_last_is_the_newest_whatever_it_is_called() {
        let folder = std::env::temp_dir().join(format!("ledger-newest-{:016x}", fastrand::u64(..)));
        fs::create_dir_all(folder.join("a.folder.snapshot")).unwrap();
        assert_eq!(newest(&folder).unwrap(), None);
        for (name, seconds) in [("z.snapshot", 10), ("a.snapshot", 20), ("b.snapshot.writing", 30), ("c", 40)]
        {
            let file = fs::File::create(folder.join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        }
        assert_eq!(newest(&folder).unwrap(), Some(folder.join("a.snapshot")));
        fs::remove_dir_all(&folder).unwrap();
        assert!(newest(&folder).is_err());
    }
}
