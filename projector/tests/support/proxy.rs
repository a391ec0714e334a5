//! A way to MariaDB that a test can cut: whoever is connected loses the connection in the middle of what it does.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Forwards to one address.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    target: String,
    open: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
    /// Cut when so many bytes more have come back from the server; u64::MAX is never.
    answers_left: AtomicU64,
}

impl Proxy {
    pub fn to(target: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target: target.to_owned(),
            open: AtomicBool::new(true),
            streams: Mutex::default(),
            answers_left: AtomicU64::new(u64::MAX),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                accepting.connect(client);
            }
        });
        Proxy { address, shared }
    }

    /// Breaks every connection, and refuses new ones until `mend`.
    pub fn cut(&self) {
        self.shared.open.store(false, Ordering::SeqCst);
        self.shared.break_all();
    }

    /// Breaks every connection after so many more bytes from the server; new ones are accepted.
    pub fn break_after(&self, bytes: u64) {
        self.shared.answers_left.store(bytes, Ordering::SeqCst);
    }

    /// Whether `break_after` has come true.
    pub fn was_broken(&self) -> bool {
        self.shared.answers_left.load(Ordering::SeqCst) == u64::MAX
    }

    pub fn mend(&self) {
        self.shared.open.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    fn connect(self: &Arc<Shared>, client: TcpStream) {
        if !self.open.load(Ordering::SeqCst) {
            return;
        }
        let Ok(server) = TcpStream::connect(&self.target) else { return };
        let mut streams = self.streams.lock().unwrap();
        streams.push(client.try_clone().unwrap());
        streams.push(server.try_clone().unwrap());
        drop(streams);
        let (to_server, to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let (asking, answering) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || asking.forward(client, to_server, false));
        thread::spawn(move || answering.forward(server, to_client, true));
    }

    fn forward(&self, mut from: TcpStream, mut to: TcpStream, answers: bool) {
        let mut bytes = [0; 16_384];
        while let Ok(read) = from.read(&mut bytes) {
            if read == 0 || (answers && self.is_spent(read)) || to.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }

    /// Counts what comes back; the answer that goes beyond is never delivered.
    fn is_spent(&self, read: usize) -> bool {
        let left = self.answers_left.load(Ordering::SeqCst);
        if left == u64::MAX {
            return false;
        }
        match left.checked_sub(read as u64) {
            Some(left) => {
                self.answers_left.store(left, Ordering::SeqCst);
                false
            }
            None => {
                self.answers_left.store(u64::MAX, Ordering::SeqCst);
                self.break_all();
                true
            }
        }
    }

    fn break_all(&self) {
        for stream in self.streams.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
