//! Ports: chosen free, remembered, chosen anew only when somebody else has taken one.
//! They come from below the kernel's ephemeral range, so no outgoing connection can hold one while a server restarts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::{DevError, secrets};

const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// What this process has given out and nobody may listen on yet.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// Whether a server could listen there now.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A free port that this process has not given out before.
pub fn free() -> Result<u16, DevError> {
    let mut given = GIVEN.lock().unwrap_or_else(|e| e.into_inner());
    for _ in 0..1_000 {
        let port = FIRST + secrets::random_u16()? % COUNT;
        if !given.contains(&port) && is_free(port) {
            given.insert(port);
            return Ok(port);
        }
    }
    Err(DevError::Said(format!("found no free port from {FIRST} to {}", FIRST + COUNT)))
}

/// `127.0.0.1:port`.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Ports by name, kept in a file.
#[derive(Debug)]
pub struct Ports {
    file: PathBuf,
    known: BTreeMap<String, u16>,
}

impl Ports {
    /// Reads what was remembered; a file that is missing or unreadable remembers nothing.
    pub fn load(file: &Path) -> Ports {
        let known =
            std::fs::read(file).ok().and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default();
        Ports { file: file.to_path_buf(), known }
    }

    /// The port of that name: the remembered one if it is free, else a new one, remembered from now on.
    pub fn get(&mut self, name: &str) -> Result<u16, DevError> {
        match self.known.get(name) {
            Some(&port) if is_free(port) => Ok(port),
            _ => self.set(name, free()?),
        }
    }

    /// Remembers a port somebody asked for; an error when it is taken.
    pub fn wish(&mut self, name: &str, port: u16) -> Result<u16, DevError> {
        if is_free(port) {
            self.set(name, port)
        } else {
            Err(DevError::Said(format!("port {port} is taken")))
        }
    }

    fn set(&mut self, name: &str, port: u16) -> Result<u16, DevError> {
        self.known.insert(name.to_owned(), port);
        let text = serde_json::to_vec_pretty(&self.known).map_err(|e| DevError::Said(e.to_string()))?;
        std::fs::write(&self.file, text).map_err(DevError::at("write", &self.file))?;
        Ok(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_port_stays_until_somebody_takes_it() {
        let folder = crate::testing::folder("ports");
        let file = folder.join("ports.json");
        let first = Ports::load(&file).get("kafka").unwrap();
        assert_eq!(Ports::load(&file).get("kafka").unwrap(), first);
        let taken = TcpListener::bind(loopback(first)).unwrap();
        let second = Ports::load(&file).get("kafka").unwrap();
        assert_ne!(second, first);
        drop(taken);
        assert_eq!(Ports::load(&file).get("kafka").unwrap(), second);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_wish_for_a_taken_port_is_refused() {
        let folder = crate::testing::folder("port-wish");
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = Ports::load(&folder.join("ports.json")).wish("api", port).unwrap_err();
        assert!(error.to_string().contains("is taken"));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn no_port_is_given_twice_or_from_the_ephemeral_range() {
        let ports: BTreeSet<u16> = (0..50).map(|_| free().unwrap()).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|p| (20_000..32_000).contains(p)));
    }
}
