//! Secrets at rest: the master key from its file, every other key wrapped under it in `ledger.keys`.
//! Plain key bytes exist in memory only, are zeroized, and have no `Debug`.

mod derive;
mod master;
mod vault;

pub use derive::Pepper;
pub use master::{MasterKey, MasterKeyError};
pub use vault::{KeyStore, KeyStoreError, KeyVault, VaultError};
