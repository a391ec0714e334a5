//! Watches the free space under the ledger, where a path on that file system is configured: before the broker runs into a full
//! disk, new payments are refused, so that the outcomes of those under way, and cancels, can still be written.

use super::{Input, StartError};
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use std::path::PathBuf;
use std::time::Duration;

/// How often the space is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Where to look, and how much must be free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskGuard {
    /// Anything on the file system that holds the broker's data.
    pub path: PathBuf,
    /// Less than so many bytes free, and no new payment is taken.
    pub free_min: u64,
}

/// Ends the thread when dropped.
pub struct DiskWatch {
    _end: Sender<()>,
}

impl DiskGuard {
    /// Looks once: how much is free, bytes.
    ///
    /// # Errors
    /// The path cannot be asked about.
    pub fn free(&self) -> std::io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// Why no new payment may be taken; a path that cannot be asked about says nothing.
    fn finding(&self) -> Option<String> {
        let path = self.path.display();
        match self.free() {
            Ok(free) => {
                #[expect(clippy::cast_precision_loss, reason = "a metric")]
                metrics::gauge!("ledger_disk_free_bytes").set(free as f64);
                let mib = |bytes: u64| bytes / (1024 * 1024);
                let (is, min) = (mib(free), mib(self.free_min));
                (free < self.free_min)
                    .then(|| format!("the disk under the ledger is nearly full: {is} MiB free, not {min}"))
            }
            Err(error) => {
                tracing::warn!(target: "engine", %error, %path, "the free space could not be read");
                None
            }
        }
    }
}

/// Starts looking; what is found comes through the channel when it changes.
pub fn start(guard: DiskGuard, inputs: Sender<Input>) -> Result<DiskWatch, StartError> {
    let (end, ended) = bounded::<()>(0);
    let thread = std::thread::Builder::new().name("ledger disk".to_owned());
    let look = move || {
        let mut full = false;
        loop {
            let finding = guard.finding();
            if finding.is_some() != full {
                full = finding.is_some();
                match &finding {
                    Some(why) => tracing::error!(target: "engine", why, "no new payments are taken"),
                    None => tracing::info!(target: "engine", "there is space again; payments are taken"),
                }
                if inputs.send(Input::Disk(finding)).is_err() {
                    return;
                }
            }
            if ended.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    };
    thread.spawn(look).map_err(StartError::Thread)?;
    Ok(DiskWatch { _end: end })
}
