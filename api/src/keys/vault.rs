//! Every key of `ledger.keys`, unwrapped, in memory. A new key is durable in the topic before anybody learns its id.
//! Reading and writing the topic blocks: call from a thread that may.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use super::derive::{PEPPER_KEY_ID, Pepper};
use super::master::{MasterKey, MasterKeyError};

/// The compacted topic, as far as the vault sees it.
pub trait KeyStore: Send + Sync {
    /// Durable when it returns.
    fn put(&self, key_id: &str, record: &[u8]) -> Result<(), KeyStoreError>;
    /// The last record of every key id that has not been deleted.
    fn load_all(&self) -> Result<HashMap<String, Vec<u8>>, KeyStoreError>;
}

/// Why the topic was not read or written.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub struct KeyStoreError {
    /// For a person.
    pub why: String,
    /// Whether the same may go well a moment later.
    pub passes: bool,
}

/// Why keys are not to be had.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Wrapping or unwrapping failed.
    #[error(transparent)]
    Master(#[from] MasterKeyError),
    /// The topic did not answer.
    #[error("the key topic cannot be used: {0}")]
    Store(KeyStoreError),
    /// Nothing has been initialised here.
    #[error(
        "the key topic holds no pepper: run `ledger-api init` first, or restore the topic that belongs to this ledger"
    )]
    NoPepper,
}

impl VaultError {
    /// Whether the same may go well a moment later.
    #[must_use]
    pub const fn passes(&self) -> bool {
        match self {
            Self::Store(error) => error.passes,
            Self::Master(_) | Self::NoPepper => false,
        }
    }
}

type Plain = HashMap<String, Arc<Zeroizing<Vec<u8>>>>;

/// The keys this process knows.
pub struct KeyVault {
    master: MasterKey,
    store: Box<dyn KeyStore>,
    keys: RwLock<Plain>,
}

impl KeyVault {
    /// Reads the whole topic and unwraps it; one record that cannot be unwrapped stops the start.
    pub fn open(master: MasterKey, store: Box<dyn KeyStore>) -> Result<Self, VaultError> {
        let vault = Self { master, store, keys: RwLock::default() };
        vault.reload()?;
        Ok(vault)
    }

    /// Reads the topic again: another process may have added a key.
    pub fn reload(&self) -> Result<(), VaultError> {
        let mut keys = Plain::new();
        for (key_id, record) in self.store.load_all().map_err(VaultError::Store)? {
            let plain = self.master.unwrap_record(&key_id, &record)?;
            keys.insert(key_id, Arc::new(plain));
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// A key by its id.
    #[must_use]
    pub fn get(&self, key_id: &str) -> Option<Arc<Zeroizing<Vec<u8>>>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(key_id).cloned()
    }

    /// Makes the key durable, then known. The same key again writes nothing.
    pub fn put(&self, key_id: &str, plain: Zeroizing<Vec<u8>>) -> Result<(), VaultError> {
        if self.get(key_id).is_some_and(|known| *known == plain) {
            return Ok(());
        }
        let record = self.master.wrap(key_id, &plain)?;
        self.store.put(key_id, &record).map_err(VaultError::Store)?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(key_id.to_owned(), Arc::new(plain));
        Ok(())
    }

    /// The pepper of this ledger.
    pub fn pepper(&self) -> Result<Pepper, VaultError> {
        self.get(PEPPER_KEY_ID).map(|bytes| Pepper::new(&bytes)).ok_or(VaultError::NoPepper)
    }

    /// Makes the pepper if there is none; only the explicit initialisation calls this, so that two processes cannot
    /// make two.
    pub fn ensure_pepper(&self) -> Result<Pepper, VaultError> {
        if self.get(PEPPER_KEY_ID).is_none() {
            let mut bytes = Zeroizing::new(vec![0_u8; 32]);
            SystemRandom::new().fill(&mut bytes).map_err(|_| MasterKeyError::NoRandomness)?;
            self.put(PEPPER_KEY_ID, bytes)?;
        }
        self.pepper()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::super::master::tests::file;
    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<HashMap<String, Vec<u8>>>>, Arc<Mutex<usize>>);

    impl KeyStore for Memory {
        fn put(&self, key_id: &str, record: &[u8]) -> Result<(), KeyStoreError> {
            *self.1.lock().unwrap() += 1;
            self.0.lock().unwrap().insert(key_id.to_owned(), record.to_vec());
            Ok(())
        }
        fn load_all(&self) -> Result<HashMap<String, Vec<u8>>, KeyStoreError> {
            Ok(self.0.lock().unwrap().clone())
        }
    }

    fn vault(store: &Memory) -> KeyVault {
        let path = file("vault", 5, 0o600);
        let vault = KeyVault::open(MasterKey::read(&path).unwrap(), Box::new(store.clone()));
        std::fs::remove_file(path).unwrap();
        vault.unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_key_written_by_one_process_is_seen_by_another_after_a_reload() {
        let store = Memory::default();
        let (one, two) = (vault(&store), vault(&store));
        one.put("cky_1", Zeroizing::new(vec![1; 32])).unwrap();
        assert!(two.get("cky_1").is_none());
        two.reload().unwrap();
        assert_eq!(two.get("cky_1").unwrap().as_slice(), &[1; 32]);
    }

    #[test]
    fn a_retry_of_the_same_key_writes_no_second_record() {
        let store = Memory::default();
        let vault = vault(&store);
        vault.put("cky_1", Zeroizing::new(vec![1; 32])).unwrap();
        vault.put("cky_1", Zeroizing::new(vec![1; 32])).unwrap();
        assert_eq!(*store.1.lock().unwrap(), 1);
    }

    #[test]
    fn serving_without_a_pepper_is_refused_and_initialising_makes_exactly_one() {
        let store = Memory::default();
        let vault = vault(&store);
        assert!(matches!(vault.pepper(), Err(VaultError::NoPepper)));
        let made = vault.ensure_pepper().unwrap().hash_of_api_key("test_op_x");
        assert_eq!(vault.ensure_pepper().unwrap().hash_of_api_key("test_op_x"), made);
        assert_eq!(*store.1.lock().unwrap(), 1);
    }
}
