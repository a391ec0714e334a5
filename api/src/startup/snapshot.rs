//! `ledger-api snapshot`: a running process's store into a file, for a folder that `LEDGER_SNAPSHOT_DIR` names or for safe keeping.
//! A file that has its name is whole: what is cut or damaged never gets it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ledger_runtime::{Telemetry, TelemetrySettings, Vars};

use super::first_store::ENDING;
use super::settings::{Settings, address};
use super::{Failure, genesis, open_vault};
use crate::durable;
use crate::engine::{StartError, now_ms};
use crate::http::peers::Peers;
use crate::store::{FORMAT, snapshot};

/// Asks the process at `from` (`http://host:port`; this configuration's own address where it is not given) and writes `to`.
///
/// # Errors
/// Configuration, Kafka, no ledger, a process that gives none, a snapshot that is cut or damaged, or the disk.
pub fn snapshot(to: &Path, from: Option<&str>) -> Result<(), Failure> {
    let vars = Vars::from_process();
    let _telemetry = Telemetry::start(&TelemetrySettings::read(&vars)?)?;
    let settings = Settings::read(&vars)?;
    let from = from.map_or_else(|| Ok(settings.address.clone()), address);
    let from = from.map_err(|_| "--from is not http://HOST:PORT")?;
    let topic = settings.kafka.topics().directory;
    let ledger_id = genesis(&settings)?.ok_or(StartError::NotInitialised { topic })?.ledger_id;
    let pepper = open_vault(&settings)?.pepper()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let peers = Peers::new(runtime.handle().clone(), settings.address)?;
    let incoming = peers.snapshot(&from, &pepper, now_ms()).map_err(|why| format!("{from}: {why}"))?;
    let copied = write(to, incoming, &ledger_id).map_err(|why| format!("{}: {why}", to.display()))?;
    let (bytes, rows, digest) = (copied.bytes, copied.rows, copied.digest);
    tracing::info!(from, to = %to.display(), bytes, rows, digest, "the snapshot is written, its digests are equal");
    if to.extension().is_none_or(|ending| ending != ENDING) {
        tracing::warn!("only files that end in .{ENDING} are found in LEDGER_SNAPSHOT_DIR");
    }
    Ok(())
}

fn write(to: &Path, incoming: impl Read, ledger_id: &str) -> Result<snapshot::Copied, Failure> {
    let writing = beside(to);
    let written = write_whole(&writing, incoming, ledger_id).and_then(|copied| {
        durable::rename(&writing, to)?;
        Ok(copied)
    });
    if written.is_err() {
        // It may never have been made.
        let _ = fs::remove_file(&writing);
    }
    written
}

fn write_whole(writing: &Path, incoming: impl Read, ledger_id: &str) -> Result<snapshot::Copied, Failure> {
    let mut copying = Copying { incoming, file: File::create(writing)? };
    let copied = snapshot::check(&mut copying, FORMAT, ledger_id)?;
    copying.file.sync_all()?;
    Ok(copied)
}

fn beside(file: &Path) -> PathBuf {
    let mut name: OsString = file.as_os_str().to_owned();
    name.push(".writing");
    name.into()
}

/// Writes whatever is read.
struct Copying<R> {
    incoming: R,
    file: File,
}

impl<R: Read> Read for Copying<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.incoming.read(into)?;
        self.file.write_all(into.get(..read).unwrap_or_default())?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Disk, DiskSettings};

    #[test]
    fn a_file_has_its_name_only_when_it_is_whole() {
        let folder = std::env::temp_dir().join(format!("ledger-written-{:016x}", fastrand::u64(..)));
        let disk = Disk::open_sound(&folder.join("store"), DiskSettings::default()).unwrap();
        disk.belongs_to("led_1").unwrap();
        let mut bytes = Vec::new();
        let made = disk.write_snapshot(&mut bytes).unwrap();
        let to = folder.join("a.snapshot");
        let longer = [bytes.as_slice(), b"x"].concat();
        for wrong in [&bytes[..bytes.len() - 1], &[], longer.as_slice()] {
            assert!(write(&to, wrong, "led_1").is_err());
            assert!(!to.exists() && !beside(&to).exists());
        }
        assert!(write(&to, bytes.as_slice(), "led_2").is_err());
        assert_eq!(write(&to, bytes.as_slice(), "led_1").unwrap(), made);
        assert_eq!(fs::read(&to).unwrap(), bytes);
        // One that fails later leaves the one that is there.
        assert!(write(&to, &bytes[..9], "led_1").is_err());
        assert_eq!(fs::read(&to).unwrap(), bytes);
        fs::remove_dir_all(&folder).unwrap();
    }
}
