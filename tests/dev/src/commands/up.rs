//! `up`: sets everything up and keeps it running, in the foreground or detached. On an empty ledger it has a day of
//! business played first. Data survive; only `reset` deletes them.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::builds;
use crate::engines::Engines;
use crate::process::in_words;
use crate::progress::Step;
use crate::site::{Site, Size};
use crate::stack::Stack;
use crate::state::{self, Board};
use crate::supervisor::{Event, Notice, Status, Supervisor};
use crate::{DevError, Paths, envfile, logfile, out, sys};

use super::{status, summary};

/// How to run it.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// On an empty ledger register one merchant, instead of playing a day of business
    #[arg(long)]
    empty: bool,
    /// Return when it serves, and leave it running
    #[arg(long)]
    detach: bool,
    /// The api's port, kept for later starts (default: a free one)
    #[arg(long, value_name = "N")]
    api_port: Option<u16>,
    /// How many api processes share the partitions, each behind a port of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    api: u8,
    /// Run what is built already
    #[arg(long)]
    no_build: bool,
}

/// Sets up, then runs or detaches.
pub fn run(paths: &Paths, args: &Args) -> Result<(), DevError> {
    if state::running(paths)?.is_some() {
        out::say("It runs already.");
        return status::print(paths).map(|_| ());
    }
    super::setup(paths)?;
    if !args.no_build {
        builds::product(paths, "debug")?;
    }
    if args.detach { detach(paths, args) } else { supervise(paths, args, true) }
}

/// Starts the supervisor in a session of its own and waits until it serves.
fn detach(paths: &Paths, args: &Args) -> Result<(), DevError> {
    Paths::make(&paths.logs())?;
    let log = paths.logs().join("dev.log");
    let file = std::fs::File::create(&log).map_err(DevError::at("create", &log))?;
    let second = file.try_clone().map_err(DevError::at("open", &log))?;
    let mut command = Command::new(std::env::current_exe().map_err(DevError::io("find this program"))?);
    command.arg("supervise").args(args.empty.then_some("--empty"));
    command.arg(format!("--api={}", args.api));
    command.args(args.api_port.map(|port| format!("--api-port={port}")));
    command.stdin(Stdio::null()).stdout(file).stderr(second).current_dir(&paths.root);
    sys::own_session(&mut command);
    let step = Step::begin("The stack starts");
    let mut child = command.spawn().map_err(DevError::io("start the supervisor"))?;
    loop {
        if let Some(status) = child.try_wait().map_err(DevError::io("wait for the supervisor"))? {
            let (name, status) = ("the stack".to_owned(), in_words(status));
            return Err(DevError::Died { name, status, tail: logfile::tail(&log, 25) });
        }
        match state::running(paths)? {
            Some(state) if state.ready => break,
            Some(state) => step.note(&state.stage),
            None => {}
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    step.done();
    summary::print(paths)?;
    out::say("It runs in the background: `cargo dev status`, `cargo dev logs`, `cargo dev down`.");
    Ok(())
}

/// Runs the stack in this process until it is told to stop; with `announce`, says what a client needs when it serves.
pub fn supervise(paths: &Paths, args: &Args, announce: bool) -> Result<(), DevError> {
    let Some(board) = Board::take(paths)? else {
        return Err(DevError::Said("it runs already (`cargo dev status`)".to_owned()));
    };
    board.write("starting Kafka and MariaDB", false, &[])?;
    let size = Size { apis: usize::from(args.api), ..Size::default() };
    let site = Site::remembered(paths, Engines::ensure(paths)?, args.api_port, size)?;
    let mut stack = Stack::prepare(site, &Stack::options("up").apis(size.apis))?;
    let (wake, woken) = std::sync::mpsc::channel();
    sys::catch_signals(move || wake.send(()).unwrap_or_default()).map_err(DevError::io("catch signals"))?;
    let served = serve(paths, args, announce, &board, &mut stack, woken);
    board.write("stopping", false, &[])?;
    let step = Step::begin("Everything stops: projector, api, acquirer, MariaDB, Kafka");
    let stopped = stack.stop();
    if stopped.is_ok() {
        step.done();
    }
    match served {
        Ok(()) | Err(DevError::Interrupted) => stopped,
        Err(error) => Err(error),
    }
}

fn serve(
    paths: &Paths,
    args: &Args,
    announce: bool,
    board: &Board,
    stack: &mut Stack,
    woken: std::sync::mpsc::Receiver<()>,
) -> Result<(), DevError> {
    stack.start_engines()?;
    board.write("starting the ledger", false, &[])?;
    stack.start_product()?;
    let site = stack.site.clone();
    let mut supervisor = Supervisor::new(stack.servers_mut())?;
    let (events, task) = (supervisor.events(), supervisor.events());
    std::thread::spawn(move || woken.iter().for_each(|()| drop(events.send(Event::Interrupt))));
    let stage = if paths.day().is_file() { "serving" } else { "playing a day of business" };
    board.write(stage, false, &supervisor.statuses())?;
    let (day_paths, minimal) = (paths.clone(), args.empty);
    std::thread::spawn(move || drop(task.send(Event::TaskDone(prepare_env(&day_paths, &site, minimal)))));
    let mut ready = false;
    supervisor.run(&mut |servers: &[Status], notice| {
        match notice {
            Notice::Said(text) => out::note(text),
            Notice::TaskDone(result) => {
                result?;
                ready = true;
                board.write("serving", ready, servers)?;
                return if announce { summary::print(paths) } else { Ok(()) };
            }
        }
        board.write(if ready { "serving" } else { stage }, ready, servers)
    })
}

/// Has the day of business played unless an earlier start did, and writes `target/dev/env`.
fn prepare_env(paths: &Paths, site: &Site, minimal: bool) -> Result<(), DevError> {
    if !paths.day().is_file() {
        play_day(paths, site, minimal)?;
    }
    let mut all = envfile::read(&paths.day())?;
    all.extend(site.client_env());
    let comment = "What a client of the running stack needs: set -a; . target/dev/env; set +a";
    envfile::write(&paths.env(), comment, &all)
}

/// Its progress is shown; what it has to say at its end is kept for the summary.
fn play_day(paths: &Paths, site: &Site, minimal: bool) -> Result<(), DevError> {
    let step =
        Step::begin(if minimal { "One merchant is registered" } else { "A day of business is played" });
    let unfinished = paths.data().join("env.day-unfinished");
    let mut day = site.tool("day", &[]);
    day.envs(site.client_env()).arg("--env-file").arg(&unfinished).args(minimal.then_some("--minimal"));
    let report = paths.report();
    let file = File::create(&report).map_err(DevError::at("create", &report))?;
    step.run_into(day, &paths.logs().join("day.log"), file)?;
    std::fs::rename(&unfinished, paths.day()).map_err(DevError::at("put in place", &paths.day()))
}
