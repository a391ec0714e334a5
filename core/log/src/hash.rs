//! SHA-256 values as the ledger writes them: 32 bytes, shown as 64 lower-case hexadecimal digits.

use std::fmt;
use std::str::FromStr;

/// A SHA-256 value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What a genesis names as its predecessor: 32 zero bytes.
    pub const ZERO: Hash = Hash([0; 32]);

    /// SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Hash {
        Hasher::new(bytes).end()
    }
}

/// SHA-256 of what is given piece by piece.
pub(crate) struct Hasher(ring::digest::Context);

impl Hasher {
    /// Begins with these bytes.
    pub(crate) fn new(begin: &[u8]) -> Hasher {
        let mut hasher = Hasher(ring::digest::Context::new(&ring::digest::SHA256));
        hasher.add(begin);
        hasher
    }

    /// Goes on with these.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all that was given.
    pub(crate) fn end(self) -> Hash {
        let mut hash = [0; 32];
        hash.copy_from_slice(self.0.finish().as_ref());
        Hash(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 64];
        match hex::encode_to_slice(self.0, &mut text) {
            Ok(()) => f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 lower-case hexadecimal digits")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;

    /// Only the canonical spelling is read, so that one hash has one text.
    fn from_str(text: &str) -> Result<Hash, NotAHash> {
        if text.len() != 64 || text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(NotAHash);
        }
        let mut hash = [0; 32];
        hex::decode_to_slice(text, &mut hash).map_err(|_| NotAHash)?;
        Ok(Hash(hash))
    }
}
