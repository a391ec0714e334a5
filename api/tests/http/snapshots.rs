//! A process's store as another process asks for it: over a real connection, with the product's own client.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use ledger_api::http::peers::{Incoming, NoSnapshot, Peers};
use ledger_api::http::server::{ServerSettings, start};
use ledger_api::keys::Pepper;
use ledger_api::store::{Disk, DiskSettings, FORMAT, Snapshots, snapshot, taking};
use ledger_log::PartitionId;
use tokio::runtime::Runtime;

use super::support::*;

const LEDGER: &str = "led_1";
/// More than lies between two processes: 40 rows of a mebibyte.
const ROWS: u8 = 40;
const ROW_BYTES: usize = 1 << 20;

/// A process with a store, and another one's way to it.
struct Two {
    url: String,
    handle: ServerHandle,
    folder: PathBuf,
    ledger: Arc<Double>,
    pepper: Arc<Pepper>,
}

impl Two {
    fn start(with_store: bool) -> Self {
        let folder = std::env::temp_dir().join(format!("ledger-http-snapshot-{:016x}", fastrand::u64(..)));
        std::fs::create_dir_all(&folder).unwrap();
        let world = World::new();
        let mut app = Arc::into_inner(world.app.into_inner()).unwrap();
        app.snapshots = with_store.then(|| Snapshots::of(store(&folder.join("theirs"))));
        let pepper = Arc::new(app.vault.pepper().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let settings = ServerSettings { workers: 1, ..ServerSettings::default() };
        let server = start(listener, Data::new(app), no_extras(), settings).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url, handle, folder, ledger: world.ledger, pepper }
    }

    /// What another process does, on a thread that may wait.
    async fn other<T: Send + 'static>(
        &self,
        does: impl FnOnce(&dyn Fn(&Pepper, i64) -> Result<Incoming, NoSnapshot>, &Pepper) -> T + Send + 'static,
    ) -> T {
        let (url, pepper) = (self.url.clone(), Arc::clone(&self.pepper));
        let done = actix_web::rt::task::spawn_blocking(move || {
            let runtime = Runtime::new().unwrap();
            let peers = Peers::new(runtime.handle().clone(), "http://me".to_owned()).unwrap();
            does(&|pepper, now_ms| peers.snapshot(&url, pepper, now_ms), &pepper)
        });
        done.await.unwrap()
    }
}

impl Drop for Two {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn store(path: &std::path::Path) -> Disk {
    let disk = Disk::open_sound(path, DiskSettings::default()).unwrap();
    disk.belongs_to(LEDGER).unwrap();
    let rows = disk.partition(&PartitionId::new("t.payments", 0)).unwrap();
    for number in 0..ROWS {
        rows.commit([(vec![b'a', number], Some(vec![number; ROW_BYTES]))].into()).unwrap();
    }
    disk
}

#[actix_web::test]
async fn another_process_takes_the_store_and_nobody_else_learns_that_it_could() {
    let two = Two::start(true);
    let folder = two.folder.join("mine");
    two.other(move |ask, pepper| {
        let says = |asked: Result<Incoming, NoSnapshot>| asked.map(drop).unwrap_err().to_string();
        // Another ledger's process, and somebody who saw a request go by.
        for (pepper, now_ms) in
            [(&Pepper::new(&[1; 32]), NOW_MS), (pepper, NOW_MS - 60_000), (pepper, NOW_MS + 60_000)]
        {
            assert!(says(ask(pepper, now_ms)).contains("404"));
        }
        let incoming = ask(pepper, NOW_MS - 59_000).unwrap();
        let copied = taking::take(&folder, DiskSettings::default(), LEDGER, "the other", incoming).unwrap();
        assert!(copied.bytes > u64::from(ROWS) * ROW_BYTES as u64);
        let again = snapshot::check(ask(pepper, NOW_MS).unwrap(), FORMAT, LEDGER).unwrap();
        assert_eq!(again, copied);
    })
    .await;
    two.handle.stop(true).await;
}

#[actix_web::test]
async fn one_taker_is_served_at_a_time_and_one_that_hangs_up_frees_its_place() {
    let two = Two::start(true);
    two.other(|ask, pepper| {
        let first = ask(pepper, NOW_MS).unwrap();
        assert!(matches!(ask(pepper, NOW_MS), Err(NoSnapshot::NotNow)));
        drop(first);
        let until = Instant::now() + Duration::from_secs(20);
        while let Err(why) = ask(pepper, NOW_MS) {
            assert!(matches!(why, NoSnapshot::NotNow), "{why}");
            assert!(Instant::now() < until, "its place is not free again");
            std::thread::sleep(Duration::from_millis(20));
        }
    })
    .await;
    two.handle.stop(true).await;
}

#[actix_web::test]
async fn a_process_without_a_store_or_one_that_is_not_ready_gives_none_at_this_moment() {
    let (without, not_ready) = (Two::start(false), Two::start(true));
    *not_ready.ledger.ready.lock().unwrap() = false;
    for two in [without, not_ready] {
        let asked = two.other(|ask, pepper| ask(pepper, NOW_MS).map(drop)).await;
        assert!(matches!(asked, Err(NoSnapshot::NotNow)), "{asked:?}");
        two.handle.stop(true).await;
    }
}
