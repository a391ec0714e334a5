//! The few system calls that std does not offer: dying with the parent, signals through a pidfd, catching Ctrl-C.
//! The only unsafe code of the local stack; nothing in here knows what it is used for.

#![expect(unsafe_code, reason = "thin calls into libc; each states why it is sound")]

use std::io::{Error, Read, Result};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

/// Makes the child die with SIGKILL when the *thread* that starts it ends, however that happens.
/// (Linux ties the parent-death signal to the thread; see `spawner`.)
pub fn die_with_parent(command: &mut Command) {
    let parent = i32::try_from(std::process::id()).unwrap_or(0);
    // SAFETY: prctl and getppid are async-signal-safe; nothing allocates between fork and exec.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(Error::last_os_error());
            }
            // The parent may have died before prctl ran: nobody would send the signal then.
            if libc::getppid() == parent { Ok(()) } else { Err(Error::from_raw_os_error(libc::ESRCH)) }
        });
    }
}

/// Gives the child a session of its own, so that closing the terminal does not end it.
pub fn own_session(command: &mut Command) {
    // SAFETY: setsid is async-signal-safe.
    unsafe {
        command.pre_exec(|| if libc::setsid() < 0 { Err(Error::last_os_error()) } else { Ok(()) });
    }
}

/// A handle on a process that cannot be confused with a later one of the same number.
#[derive(Debug)]
pub struct PidFd(OwnedFd);

impl PidFd {
    /// Opens a handle on a running, or ended but not yet reaped, process.
    pub fn open(pid: u32) -> Result<PidFd> {
        // SAFETY: pidfd_open takes two integers and returns a new descriptor that we own, or -1.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let fd = RawFd::try_from(fd).map_err(Error::other)?;
        if fd < 0 {
            return Err(Error::last_os_error());
        }
        // SAFETY: fd is a descriptor that nobody else owns.
        Ok(PidFd(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Sends a signal; a process that has ended is no error.
    pub fn signal(&self, signal: i32) -> Result<()> {
        let none = std::ptr::null::<libc::siginfo_t>();
        // SAFETY: the descriptor is open and a null siginfo is allowed.
        let sent = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, self.0.as_raw_fd(), signal, none, 0) };
        match Error::last_os_error() {
            _ if sent == 0 => Ok(()),
            gone if gone.raw_os_error() == Some(libc::ESRCH) => Ok(()),
            error => Err(error),
        }
    }

    /// Waits until the process has ended (it is not reaped), at most `limit`; true when it has.
    pub fn wait(&self, limit: Option<Duration>) -> bool {
        let millis = limit.map_or(-1, |d| i32::try_from(d.as_millis()).unwrap_or(i32::MAX));
        let mut poll = libc::pollfd { fd: self.0.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid pollfd.
        unsafe { libc::poll(&raw mut poll, 1, millis) > 0 }
    }

    /// A second handle on the same process.
    pub fn try_clone(&self) -> Result<PidFd> {
        self.0.try_clone().map(PidFd)
    }
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static WAKE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn note_signal(_: libc::c_int) {
    INTERRUPTED.store(true, Ordering::SeqCst);
    // SAFETY: write is async-signal-safe; the descriptor stays open for the life of the process.
    unsafe {
        libc::write(WAKE.load(Ordering::SeqCst), [1u8].as_ptr().cast(), 1);
    }
}

/// From now on SIGINT, SIGTERM and SIGHUP do not end this process: `interrupted` turns true, and `heard` is called once
/// per signal, from a thread of its own.
pub fn catch_signals(heard: impl Fn() + Send + 'static) -> Result<()> {
    let (mut read, write) = std::io::pipe()?;
    // The handler may write at any time from now on, so the descriptor is never closed.
    WAKE.store(std::os::fd::IntoRawFd::into_raw_fd(write), Ordering::SeqCst);
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let handler: extern "C" fn(libc::c_int) = note_signal;
        // SAFETY: the handler only stores to atomics and writes one byte.
        if unsafe { libc::signal(signal, handler as libc::sighandler_t) } == libc::SIG_ERR {
            return Err(Error::last_os_error());
        }
    }
    std::thread::spawn(move || {
        let mut byte = [0u8; 1];
        while read.read_exact(&mut byte).is_ok() {
            heard();
        }
    });
    Ok(())
}

/// Whether Ctrl-C (or SIGTERM, SIGHUP) has come since `catch_signals`.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Whether this process may install packages.
pub fn is_root() -> bool {
    // SAFETY: geteuid cannot fail.
    unsafe { libc::geteuid() == 0 }
}
