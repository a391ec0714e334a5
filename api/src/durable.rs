//! Names that are still there after a power cut: a file or folder has its name for good once the folder it lies in is on disk.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Waits until the name of this file or folder is on disk.
///
/// # Errors
/// The folder it lies in cannot be opened or written.
pub fn sync_name(of: &Path) -> io::Result<()> {
    let parent = of.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

/// Renames it, so that it has the new name after a power cut as well.
///
/// # Errors
/// It cannot be renamed, or as [`sync_name`].
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_name(to)
}
