//! One thread that starts every child and lives as long as this process.
//! Linux sends the parent-death signal when the starting *thread* ends; a server started by a test's thread would die
//! with that test. This thread never ends before the process does.

use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use crate::sys;

type Job = (Command, Sender<std::io::Result<Child>>);

/// Starts a child that cannot outlive this process, not even after kill -9.
pub fn spawn(mut command: Command) -> std::io::Result<Child> {
    static JOBS: OnceLock<Sender<Job>> = OnceLock::new();
    let jobs = JOBS.get_or_init(|| {
        let (send, receive) = channel::<Job>();
        std::thread::spawn(move || {
            for (mut command, answer) in receive {
                // Nobody listens when the asking thread is gone; the child then dies with this process.
                let _ = answer.send(command.spawn());
            }
        });
        send
    });
    sys::die_with_parent(&mut command);
    let (answer, result) = channel();
    let gone = || std::io::Error::other("the thread that starts processes is gone");
    jobs.send((command, answer)).map_err(|_| gone())?;
    result.recv().map_err(|_| gone())?
}
