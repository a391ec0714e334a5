//! To be loaded into a server with `LD_PRELOAD`: after each `fsync` and `fdatasync` that succeeded, a line `SIZE PATH` goes to the
//! file that `LEDGER_SYNCED` names, with the size that the file had before the call, all of which is on the disk then. What a
//! test finds beyond that size when it has killed the server, a power cut could have taken.

use std::ffi::CStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::raw::c_int;
use std::path::Path;
use std::sync::OnceLock;

/// Where the notes go.
const NOTES: &str = "LEDGER_SYNCED";

type Sync = unsafe extern "C" fn(c_int) -> c_int;

/// The C library's own function of that name.
fn real(name: &CStr, known: &'static OnceLock<Option<Sync>>) -> Option<Sync> {
    *known.get_or_init(|| {
        // SAFETY: `name` ends with a zero byte, and `RTLD_NEXT` asks for the next library's symbol.
        #[expect(unsafe_code, reason = "there is no safe way to the function behind this one")]
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
        // SAFETY: both functions have this type in every C library; a null pointer becomes None.
        #[expect(unsafe_code, reason = "a symbol has no type")]
        let sync = unsafe { std::mem::transmute::<*mut libc::c_void, Option<Sync>>(found) };
        sync
    })
}

fn synced(fd: c_int, name: &CStr, known: &'static OnceLock<Option<Sync>>) -> c_int {
    let Some(real) = real(name, known) else { return -1 };
    let place = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok();
    let size = place.as_ref().and_then(|place| std::fs::metadata(place).ok()).filter(|about| about.is_file());
    // SAFETY: the C library's function takes any number, and says -1 for one that is no file.
    #[expect(unsafe_code, reason = "a function of the C library")]
    let result = unsafe { real(fd) };
    if let (0, Some(place), Some(size)) = (result, place, size) {
        note(&place, size.len());
    }
    result
}

fn note(place: &Path, size: u64) {
    let Some(notes) = std::env::var_os(NOTES) else { return };
    let line = format!("{size} {}\n", place.display());
    // One write of a short line to a file opened for appending is whole. A note that is not written makes the test throw away
    // too much, which it then notices.
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(notes) {
        let _ = file.write_all(line.as_bytes());
    }
}

/// See the library.
#[expect(unsafe_code, reason = "this is the name that programs call")]
#[unsafe(no_mangle)]
pub extern "C" fn fsync(fd: c_int) -> c_int {
    static REAL: OnceLock<Option<Sync>> = OnceLock::new();
    synced(fd, c"fsync", &REAL)
}

/// See the library.
#[expect(unsafe_code, reason = "this is the name that programs call")]
#[unsafe(no_mangle)]
pub extern "C" fn fdatasync(fd: c_int) -> c_int {
    static REAL: OnceLock<Option<Sync>> = OnceLock::new();
    synced(fd, c"fdatasync", &REAL)
}
