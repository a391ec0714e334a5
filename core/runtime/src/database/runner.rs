//! The thread on which all work on connections runs. It never lets a connection whose conversation was broken off
//! back into the pool.

use super::error::DatabaseError;
use super::settings::DatabaseSettings;
use mysql_async::{Conn, Pool};
use std::future::Future;
use std::pin::Pin;
use std::thread;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinSet, LocalSet};

/// What it may take to say goodbye on a connection that is given up; then the socket is closed without.
const GOODBYE: Duration = Duration::from_millis(50);

/// Makes the future of one piece of work, on the thread.
type Job = Box<dyn FnOnce(Pool) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

enum Message {
    Work(Job),
    Close(oneshot::Sender<()>),
}

/// A way to the thread.
pub(super) struct Runner {
    messages: mpsc::UnboundedSender<Message>,
    acquire_timeout: Duration,
    work_timeout: Duration,
}

impl Runner {
    pub(super) fn start(settings: &DatabaseSettings) -> Result<Runner, DatabaseError> {
        let opts = settings.opts()?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(DatabaseError::Thread)?;
        let (messages, inbox) = mpsc::unbounded_channel();
        let body = move || {
            let _entered = runtime.enter();
            let pool = Pool::new(opts);
            LocalSet::new().block_on(&runtime, serve(inbox, pool));
        };
        thread::Builder::new().name("mariadb".to_owned()).spawn(body).map_err(DatabaseError::Thread)?;
        Ok(Runner {
            messages,
            acquire_timeout: settings.acquire_timeout,
            work_timeout: settings.work_timeout,
        })
    }

    pub(super) async fn run<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let (acquire_timeout, work_timeout) = (self.acquire_timeout, self.work_timeout);
        let job: Job = Box::new(move |pool| {
            Box::pin(async move {
                let conn = connection(pool, acquire_timeout).await.map_err(E::from);
                // Whoever gave up waiting before the work began does not want it done.
                if answer.is_closed() {
                    return;
                }
                let done = match conn {
                    Ok(conn) => with_connection(conn, work_timeout, work).await,
                    Err(error) => Err(error),
                };
                let _ = answer.send(done);
            })
        });
        self.messages.send(Message::Work(job)).map_err(|_| DatabaseError::Closed)?;
        answered.await.map_err(|_| DatabaseError::Broken)?
    }

    pub(super) async fn close(&self, deadline: Duration) -> bool {
        let (closed, wait) = oneshot::channel();
        if self.messages.send(Message::Close(closed)).is_err() {
            return true;
        }
        tokio::time::timeout(deadline, wait).await.is_ok()
    }
}

/// Runs until asked to close, or until nobody can ask for anything any more.
async fn serve(mut inbox: mpsc::UnboundedReceiver<Message>, pool: Pool) {
    let mut working = JoinSet::new();
    let mut closing = None;
    loop {
        tokio::select! {
            message = inbox.recv() => match message {
                Some(Message::Work(job)) => drop(working.spawn_local(job(pool.clone()))),
                Some(Message::Close(closed)) => {
                    closing = Some(closed);
                    break;
                }
                None => break,
            },
            Some(_) = working.join_next() => {}
        }
    }
    inbox.close();
    while working.join_next().await.is_some() {}
    if let Err(error) = pool.disconnect().await {
        tracing::warn!(%error, "closing the MariaDB connections");
    }
    drop(closing);
}

/// The pool itself would wait for ever.
async fn connection(pool: Pool, limit: Duration) -> Result<Conn, DatabaseError> {
    match tokio::time::timeout(limit, pool.get_conn()).await {
        Ok(conn) => Ok(conn?),
        Err(_) => Err(DatabaseError::NoConnection(limit)),
    }
}

async fn with_connection<T, E, F>(mut conn: Conn, limit: Duration, work: F) -> Result<T, E>
where
    F: AsyncFnOnce(&mut Conn) -> Result<T, E>,
    E: From<DatabaseError>,
{
    match tokio::time::timeout(limit, work(&mut conn)).await {
        Ok(done) => done,
        Err(_) => {
            // Broken off in the middle: its answer would be the next one's. Disconnecting marks it as unusable at
            // once, whether or not the goodbye gets through.
            let _ = tokio::time::timeout(GOODBYE, conn.disconnect()).await;
            Err(DatabaseError::TimedOut(limit).into())
        }
    }
}
