//! A store that comes from a snapshot is made in a folder beside its place and moved there when every digest was equal: whoever dies
//! in between, or meets a wrong byte, leaves no store behind. It decides nothing about where snapshots come from.

use super::condemned::{Opening, beside};
use super::snapshot::{Copied, SnapshotError};
use super::{Disk, DiskSettings};
use crate::durable;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// In the folder of a store that was taken: where from. Damage in it may have come along, so that the ledger is the better source.
const MARK: &str = "TAKEN";

/// Whether a store may be put there: the folder is empty or not there.
#[must_use]
pub fn holds_nothing(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Whether the store in this folder was taken from a snapshot.
#[must_use]
pub fn is_taken(folder: &Path) -> bool {
    folder.join(MARK).exists()
}

/// Takes away what a process left that died while it took a store.
///
/// # Errors
/// It cannot be deleted.
pub fn clear(folder: &Path) -> Result<(), SnapshotError> {
    match std::fs::remove_dir_all(beside(folder, "taking")) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
            Err(SnapshotError::Folder { doing: "removing what an earlier start left".to_owned(), why })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes the store in this folder, which holds nothing, out of a snapshot. `from` says where that is from.
///
/// # Errors
/// The snapshot is cut, damaged, of another ledger or of another format, or the disk fails; the folder holds nothing then.
pub fn take(
    folder: &Path,
    settings: DiskSettings,
    ledger_id: &str,
    from: &str,
    input: impl Read,
) -> Result<Copied, SnapshotError> {
    clear(folder)?;
    let making = beside(folder, "taking");
    let kills = Opening::kills(&making);
    // Gone when this is over, one way or another; lines stay of those who died in here.
    let _opening = Opening::begin(&making);
    if kills {
        let why = std::io::Error::other("the process died twice in a row of it");
        return Err(SnapshotError::Folder { doing: format!("making {}", making.display()), why });
    }
    let taken = Disk::fill(&making, settings, input, ledger_id).and_then(|copied| {
        put(&making, folder, from)?;
        Ok(copied)
    });
    if taken.is_err() {
        clear(folder)?;
    }
    taken
}

/// Moves it in, so that it is there after a power cut or is not.
fn put(making: &Path, folder: &Path, from: &str) -> Result<(), SnapshotError> {
    let moved = || {
        std::fs::write(making.join(MARK), format!("{from}\n"))?;
        File::open(making.join(MARK))?.sync_all()?;
        File::open(making)?.sync_all()?;
        durable::rename(making, folder)
    };
    moved().map_err(|why| SnapshotError::Folder { doing: format!("moving {}", making.display()), why })
}
