//! The supervisor with children that die on command.

use std::path::Path;

use ledger_dev::ready::Ready;
use ledger_dev::supervisor::{Event, Notice, Status, Supervisor};
use ledger_dev::{DevError, Recipe, Server, testing};

/// A child that lives until it is told to end.
fn child(folder: &Path, name: &str, script: &str) -> Server {
    let mut recipe = Recipe::new("sh", folder, folder.join(format!("{name}.log")), Ready::AtOnce);
    recipe.args = vec!["-c".into(), script.into()];
    Server::new(name, recipe)
}

fn stop_here() -> Result<(), DevError> {
    Err(DevError::Said("seen enough".to_owned()))
}

#[test]
fn a_server_that_dies_is_started_again_and_that_is_said() {
    let folder = testing::folder("supervised");
    let mut steady = child(&folder, "steady", "exec sleep 1000");
    let mut mortal = child(&folder, "mortal", "exec sleep 1000");
    steady.start().unwrap();
    mortal.start().unwrap();
    let (first, steady_pid) = (mortal.pid().unwrap(), steady.pid());
    mortal.process().unwrap().signal(libc::SIGKILL).unwrap();
    let mut supervisor = Supervisor::new(vec![&mut steady, &mut mortal]).unwrap();
    let mut said = Vec::new();
    let ended = supervisor.run(&mut |servers: &[Status], notice| match notice {
        Notice::Said(text) => {
            said.push(text);
            let again = servers.iter().any(|s| s.name == "mortal" && s.restarts == 1);
            if again { stop_here() } else { Ok(()) }
        }
        Notice::TaskDone(_) => Ok(()),
    });
    assert_eq!(ended.unwrap_err().to_string(), "seen enough");
    assert!(said[0].starts_with("mortal died (signal 9); it starts again in 200 ms"), "{said:?}");
    assert_eq!(said[1], "mortal was started again");
    drop(supervisor);
    assert!(mortal.is_running() && mortal.pid() != Some(first));
    assert_eq!(steady.pid(), steady_pid);
    mortal.stop().unwrap();
    steady.stop().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_server_that_keeps_dying_is_started_ever_more_slowly() {
    let folder = testing::folder("backoff");
    let mut hopeless = child(&folder, "hopeless", "exit 3");
    // Without waiting: it may be dead before anybody could call it ready.
    hopeless.spawn().unwrap();
    let mut supervisor = Supervisor::new(vec![&mut hopeless]).unwrap();
    let mut waits = Vec::new();
    let ended = supervisor.run(&mut |_, notice| {
        if let Notice::Said(text) = notice
            && let Some((_, rest)) = text.split_once("(exit code 3); it starts again in ")
        {
            waits.push(rest.split_once(' ').unwrap().0.to_owned());
        }
        if waits.len() == 3 { stop_here() } else { Ok(()) }
    });
    assert!(ended.is_err());
    assert_eq!(waits, ["200", "400", "800"]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_task_that_fails_ends_the_supervision_with_its_error() {
    let folder = testing::folder("task");
    let mut steady = child(&folder, "steady", "exec sleep 1000");
    steady.start().unwrap();
    let mut supervisor = Supervisor::new(vec![&mut steady]).unwrap();
    supervisor.events().send(Event::TaskDone(stop_here())).unwrap();
    let ended = supervisor.run(&mut |_, notice| match notice {
        Notice::TaskDone(result) => result,
        Notice::Said(_) => Ok(()),
    });
    assert_eq!(ended.unwrap_err().to_string(), "seen enough");
    drop(supervisor);
    steady.stop().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_child_that_ignores_sigterm_is_killed_when_its_time_is_up() {
    use std::os::unix::process::ExitStatusExt;
    let folder = testing::folder("stubborn");
    let deaf = folder.join("deaf");
    let script = format!("trap '' TERM; : > '{}'; while :; do sleep 0.05; done", deaf.display());
    let mut stubborn = child(&folder, "stubborn", &script);
    stubborn.recipe_mut().stop_within = std::time::Duration::from_millis(100);
    stubborn.start().unwrap();
    while !deaf.exists() {
        std::thread::yield_now();
    }
    assert_eq!(stubborn.stop().unwrap().unwrap().signal(), Some(libc::SIGKILL));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_server_outlives_the_thread_that_started_it() {
    let folder = testing::folder("thread");
    let mut steady = child(&folder, "steady", "exec sleep 1000");
    let mut steady = std::thread::spawn(move || {
        steady.start().unwrap();
        steady
    })
    .join()
    .unwrap();
    // The parent-death signal would come with the thread's end; half a second is given to see that it does not.
    let ended = steady.process().unwrap().wait(std::time::Duration::from_millis(500));
    assert!(ended.is_none() && steady.is_running());
    steady.stop().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}
