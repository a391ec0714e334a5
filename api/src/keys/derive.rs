//! The pepper, and what is computed from it: the keyed hash of an API key that the directory holds, and the secrets of
//! keys that a command creates, so that an identical retry shows the same secret without anybody having stored it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ledger_domain::directory::Digest;
use ring::hmac;
use zeroize::Zeroizing;

/// The key record of the pepper in `ledger.keys`.
pub const PEPPER_KEY_ID: &str = "pepper";

const PEER: &[u8] = b"ledger-peer/1\n";

/// A keyed hash over everything an API key or a derived secret is made from.
pub struct Pepper(hmac::Key);

impl Pepper {
    /// From the 32 plain bytes of its key record.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// What the directory holds of an API key: HMAC-SHA256 over the key's whole text.
    #[must_use]
    pub fn hash_of_api_key(&self, key: &str) -> Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hmac::sign(&self.0, key.as_bytes()).as_ref());
        Digest(bytes)
    }

    /// The secret part of the API key that this command creates, 32 bytes in base64url.
    #[must_use]
    pub fn api_secret(&self, command: &[u8; 16]) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.derive(b"ledger-api-secret/1\n", command)))
    }

    /// The 32 bytes of the card key that this command creates.
    #[must_use]
    pub fn card_key(&self, command: &[u8; 16]) -> Zeroizing<Vec<u8>> {
        self.derive(b"ledger-card-key/1\n", command)
    }

    /// The 16 bytes of the id that goes with a derived secret: the same at every retry, so that a retry rewrites its key
    /// record and never leaves a second one behind.
    #[must_use]
    pub fn id_bytes(&self, command: &[u8; 16]) -> [u8; 16] {
        let digest = self.derive(b"ledger-key-id/1\n", command);
        let mut bytes = [0_u8; 16];
        bytes.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// The seal on what one process of this ledger tells another, hexadecimal.
    #[must_use]
    pub fn peer_seal(&self, text: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(PEER);
        context.update(text);
        hex::encode(context.sign().as_ref())
    }

    /// Whether a process of this ledger has sealed this text so.
    #[must_use]
    pub fn is_peer_seal(&self, text: &[u8], seal: &str) -> bool {
        let Ok(seal) = hex::decode(seal) else { return false };
        hmac::verify(&self.0, &[PEER, text].concat(), &seal).is_ok()
    }

    /// An API key's text never starts with one of these labels, so no caller can make us sign one.
    fn derive(&self, label: &[u8], command: &[u8; 16]) -> Zeroizing<Vec<u8>> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(label);
        context.update(command);
        Zeroizing::new(context.sign().as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_for_its_text_and_its_ledger_alone() {
        let (pepper, other) = (Pepper::new(&[9; 32]), Pepper::new(&[8; 32]));
        let seal = pepper.peer_seal(b"POST /v1/x");
        assert!(pepper.is_peer_seal(b"POST /v1/x", &seal));
        assert!(!pepper.is_peer_seal(b"POST /v1/y", &seal) && !other.is_peer_seal(b"POST /v1/x", &seal));
        assert!(!pepper.is_peer_seal(b"POST /v1/x", "") && !pepper.is_peer_seal(b"POST /v1/x", "zz"));
    }

    #[test]
    fn a_retry_derives_the_same_and_another_command_something_else() {
        let pepper = Pepper::new(&[9; 32]);
        assert_eq!(pepper.api_secret(&[1; 16]), pepper.api_secret(&[1; 16]));
        assert_ne!(pepper.api_secret(&[1; 16]), pepper.api_secret(&[2; 16]));
        assert_ne!(pepper.card_key(&[1; 16])[..16], pepper.id_bytes(&[1; 16]));
        assert_eq!(pepper.api_secret(&[1; 16]).len(), 43);
        assert_ne!(Pepper::new(&[8; 32]).card_key(&[1; 16]), pepper.card_key(&[1; 16]));
    }
}
