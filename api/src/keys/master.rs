//! The master key: 32 bytes in base64 in a file only its owner can read. Wraps and unwraps key records (AES-256-GCM,
//! additional data = the key id, so that one record's bytes cannot stand in for another's). There is no default.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Why the master key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read.
    #[error("the master key file {path} cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// Others may read or write it.
    #[error(
        "the master key file {path} has mode {mode:03o}; it must be closed to group and others (chmod 600)"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not 32 bytes of base64.
    #[error("the master key file {path} must hold exactly 32 bytes in base64")]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The record was wrapped under another master key.
    #[error("key record {key_id} was wrapped under master key {wanted}, but {path} holds {given}")]
    Other {
        /// Which record.
        key_id: String,
        /// The fingerprint of the record's master key.
        wanted: String,
        /// The fingerprint of the file's.
        given: String,
        /// The file.
        path: PathBuf,
    },
    /// The record is not what `wrap` made for this id.
    #[error("key record {key_id} is damaged or belongs to another key id")]
    Damaged {
        /// Which record.
        key_id: String,
    },
    /// The system gives no randomness.
    #[error("the system gave no random bytes")]
    NoRandomness,
}

/// What lies in `ledger.keys`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    format: u32,
    /// Tells master keys apart without revealing them.
    master: String,
    iv: String,
    ciphertext: String,
}

/// The key that wraps all others.
pub struct MasterKey {
    cipher: LessSafeKey,
    id: String,
    path: PathBuf,
}

impl MasterKey {
    /// Reads the file and checks its mode.
    pub fn read(path: &Path) -> Result<Self, MasterKeyError> {
        let unreadable = |why| MasterKeyError::Unreadable { path: path.to_owned(), why };
        let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::Exposed { path: path.to_owned(), mode });
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(unreadable)?);
        let malformed = || MasterKeyError::Malformed { path: path.to_owned() };
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| malformed())?);
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| malformed())?;
        let mut named = digest::Context::new(&digest::SHA256);
        named.update(b"ledger-master-id/1\n");
        named.update(&bytes);
        let id = hex::encode(named.finish().as_ref().get(..8).unwrap_or_default());
        Ok(Self { cipher: LessSafeKey::new(key), id, path: path.to_owned() })
    }

    /// The record for `ledger.keys`.
    pub fn wrap(&self, key_id: &str, plain: &[u8]) -> Result<Vec<u8>, MasterKeyError> {
        let mut iv = [0_u8; NONCE_LEN];
        SystemRandom::new().fill(&mut iv).map_err(|_| MasterKeyError::NoRandomness)?;
        let mut bytes = plain.to_vec();
        let damaged = || MasterKeyError::Damaged { key_id: key_id.to_owned() };
        self.cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(iv), Aad::from(key_id), &mut bytes)
            .map_err(|_| damaged())?;
        let record = Wrapped {
            format: 1,
            master: self.id.clone(),
            iv: STANDARD.encode(iv),
            ciphertext: STANDARD.encode(bytes),
        };
        serde_json::to_vec(&record).map_err(|_| damaged())
    }

    /// The plain key of a record.
    pub fn unwrap_record(&self, key_id: &str, record: &[u8]) -> Result<Zeroizing<Vec<u8>>, MasterKeyError> {
        let damaged = || MasterKeyError::Damaged { key_id: key_id.to_owned() };
        let record: Wrapped = serde_json::from_slice(record).map_err(|_| damaged())?;
        if record.master != self.id {
            return Err(MasterKeyError::Other {
                key_id: key_id.to_owned(),
                wanted: record.master,
                given: self.id.clone(),
                path: self.path.clone(),
            });
        }
        let iv = STANDARD.decode(&record.iv).ok().and_then(|iv| <[u8; NONCE_LEN]>::try_from(iv).ok());
        let nonce = Nonce::assume_unique_for_key(iv.ok_or_else(damaged)?);
        let mut bytes = Zeroizing::new(STANDARD.decode(&record.ciphertext).map_err(|_| damaged())?);
        let plain = self.cipher.open_in_place(nonce, Aad::from(key_id), &mut bytes).map_err(|_| damaged())?;
        if record.format == 1 { Ok(Zeroizing::new(plain.to_vec())) } else { Err(damaged()) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A file with a key of one repeated byte; the caller keeps the folder alive.
    pub(crate) fn file(name: &str, byte: u8, mode: u32) -> PathBuf {
        let path = std::env::temp_dir().join(format!("ledger-master-{}-{name}", uuid::Uuid::new_v4()));
        std::fs::write(&path, format!("{}\n", STANDARD.encode([byte; 32]))).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_wrapped_key_comes_back_under_its_own_id_only() {
        let path = file("own", 7, 0o600);
        let master = MasterKey::read(&path).unwrap();
        let record = master.wrap("cky_1", b"secret bytes").unwrap();
        assert_eq!(master.unwrap_record("cky_1", &record).unwrap().as_slice(), b"secret bytes");
        assert!(matches!(master.unwrap_record("cky_2", &record), Err(MasterKeyError::Damaged { .. })));
        assert!(!record.windows(6).any(|window| window == b"secret"));
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn another_master_key_is_named_and_not_called_damage() {
        let (one, two) = (file("one", 1, 0o600), file("two", 2, 0o400));
        let record = MasterKey::read(&one).unwrap().wrap("cky_1", b"x").unwrap();
        let error = MasterKey::read(&two).unwrap().unwrap_record("cky_1", &record).unwrap_err();
        assert!(matches!(error, MasterKeyError::Other { .. }), "{error}");
        std::fs::remove_file(one).unwrap();
        std::fs::remove_file(two).unwrap();
    }

    #[test]
    fn every_changed_byte_of_a_record_is_noticed() {
        let path = file("bytes", 3, 0o600);
        let master = MasterKey::read(&path).unwrap();
        let record = master.wrap("cky_1", b"0123456789abcdef0123456789abcdef").unwrap();
        for at in 0..record.len() {
            let mut changed = record.clone();
            changed[at] ^= 1;
            assert!(master.unwrap_record("cky_1", &changed).is_err(), "byte {at}");
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_open_to_others_or_of_another_size_is_refused() {
        let open = file("open", 7, 0o644);
        assert!(matches!(MasterKey::read(&open), Err(MasterKeyError::Exposed { mode: 0o644, .. })));
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&open, STANDARD.encode([1_u8; 31])).unwrap();
        assert!(matches!(MasterKey::read(&open), Err(MasterKeyError::Malformed { .. })));
        std::fs::remove_file(&open).unwrap();
        assert!(matches!(MasterKey::read(&open), Err(MasterKeyError::Unreadable { .. })));
    }
}
