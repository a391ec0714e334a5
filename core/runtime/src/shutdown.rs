//! The wish to end: asked for by a signal or by the process itself, awaited by tasks, waited for by threads.
//! It ends nothing by itself: whoever works finishes what was accepted and returns.

use std::future::Future;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How much the process shall end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wish {
    Run,
    /// Finish what was begun, within a deadline.
    End,
    /// Asked a second time: do not wait for anything.
    EndNow,
}

/// A handle on the wish to end; clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wish: watch::Sender<Wish>,
    /// The same, for threads.
    ending: Mutex<bool>,
    woken: Condvar,
}

impl Default for Shutdown {
    fn default() -> Shutdown {
        Shutdown::new()
    }
}

impl Shutdown {
    /// Nobody has asked yet.
    pub fn new() -> Shutdown {
        let shared =
            Shared { wish: watch::Sender::new(Wish::Run), ending: Mutex::new(false), woken: Condvar::new() };
        Shutdown(Arc::new(shared))
    }

    /// From now on SIGTERM and SIGINT ask for the end; a second one asks not to wait any longer. Needs a tokio
    /// runtime that lives as long as the process.
    ///
    /// # Errors
    /// The signals cannot be received.
    pub fn listen_to_signals(&self) -> io::Result<()> {
        let (mut terminate, mut interrupt) =
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let shutdown = self.clone();
        tokio::spawn(async move {
            while let Some(name) = next(&mut terminate, &mut interrupt).await {
                tracing::info!(signal = name, "asked to end");
                shutdown.request();
            }
        });
        Ok(())
    }

    /// Asks for the end; a second time, not to wait any longer.
    pub fn request(&self) {
        self.0.wish.send_modify(|wish| {
            *wish = if *wish == Wish::Run { Wish::End } else { Wish::EndNow };
        });
        *self.0.ending.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.woken.notify_all();
    }

    /// Whether somebody has asked.
    pub fn is_requested(&self) -> bool {
        *self.0.wish.borrow() > Wish::Run
    }

    /// Returns when somebody has asked.
    pub async fn requested(&self) {
        self.reached(Wish::End).await;
    }

    /// For threads: waits so long, or until somebody asks; true when somebody has.
    pub fn wait(&self, time: Duration) -> bool {
        let ending = self.0.ending.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.woken.wait_timeout_while(ending, time, |ending| !*ending);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Lets `work` finish, but for no longer than the deadline and not beyond a second request. None when it did
    /// not finish; it is dropped then, and that is said in the log.
    pub async fn finish<T>(
        &self,
        what: &str,
        deadline: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            done = work => return Some(done),
            () = tokio::time::sleep(deadline) => {}
            () = self.reached(Wish::EndNow) => {}
        }
        tracing::warn!(what, deadline_ms = deadline.as_millis(), "did not end in time; left behind");
        None
    }

    async fn reached(&self, wanted: Wish) {
        // An error would mean that the sender is gone, and this handle holds it.
        let _ = self.0.wish.subscribe().wait_for(|wish| *wish >= wanted).await;
    }
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> Option<&'static str> {
    tokio::select! {
        got = terminate.recv() => got.map(|()| "SIGTERM"),
        got = interrupt.recv() => got.map(|()| "SIGINT"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_request_reaches_tasks_and_threads() {
        let shutdown = Shutdown::new();
        assert!(!shutdown.is_requested() && !shutdown.wait(Duration::ZERO));
        let (task, thread) = (shutdown.clone(), shutdown.clone());
        let task = tokio::spawn(async move { task.requested().await });
        let thread = std::thread::spawn(move || thread.wait(LONG));
        shutdown.request();
        task.await.unwrap();
        assert!(thread.join().unwrap());
        // Who comes later does not wait.
        shutdown.requested().await;
        assert!(shutdown.is_requested() && shutdown.wait(LONG));
    }

    #[tokio::test]
    async fn work_finishes_or_is_left_behind() {
        let shutdown = Shutdown::new();
        shutdown.request();
        assert_eq!(shutdown.finish("quick", LONG, async { 7 }).await, Some(7));
        assert_eq!(shutdown.finish("endless", Duration::from_millis(1), pending::<u8>()).await, None);
        shutdown.request();
        assert_eq!(shutdown.finish("forced", LONG, pending::<u8>()).await, None);
    }
}
