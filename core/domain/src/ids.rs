//! Identifiers: a readable prefix and 32 lower-case hexadecimal digits of a UUID (`pay_0199…`).
//! Nothing here makes a random id: ids arrive in commands, or follow from one that did.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use uuid::Uuid;

use crate::text::text_serde;

/// A text that is not an id of the kind asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("expected `{prefix}` and 32 lower-case hexadecimal digits")]
pub struct IdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

fn parse(text: &str, prefix: &'static str) -> Result<Uuid, IdError> {
    let error = IdError { prefix };
    let digits = text.strip_prefix(prefix).ok_or(error)?;
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if digits.len() != 32 || !digits.bytes().all(lower_hex) {
        return Err(error);
    }
    Uuid::try_parse(digits).map_err(|_| error)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text of such an id begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID; version 7 for ids that are made, version 8 for ids that are computed.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID without its prefix.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// The 16 bytes, as a table stores them.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text, $prefix).map(Self)
            }
        }

        text_serde!($name);
    };
}

id!(/** One payment: one stream. */ PaymentId, "pay_");
id!(/** One cancel of a payment. */ CancelId, "can_");
id!(/** A merchant (가맹점). */ MerchantId, "mer_");
id!(/** A branch (영업점). */ BranchId, "brn_");
id!(/** An agency (대리점). */ AgencyId, "agn_");
id!(/** An API key; never its secret. */ KeyId, "key_");
id!(/** A key that seals card envelopes; never its secret. */ CardKeyId, "cky_");
id!(/** A merchant's contract; its versions are numbered. */ ContractId, "con_");
id!(/** A command, computed from the caller's scope and idempotency key. */ CommandId, "cmd_");
id!(/** A pay-out (지급): the id of the command that proposed it. */ PayOutId, "pyo_");
id!(/** A proposal that another key must confirm. */ ProposalId, "prp_");
id!(/** One call to an acquirer: its idempotency key there. A retry keeps it. */ OperationId, "op_");

impl CommandId {
    /// The id of the command that a SHA-256 over scope and idempotency key stands for (UUIDv8, RFC 9562).
    pub fn from_digest(sha256: [u8; 32]) -> Self {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&sha256[..16]);
        Self(Uuid::new_v8(bytes))
    }
}

impl OperationId {
    /// The approval of a payment.
    pub fn approval(payment: PaymentId) -> Self {
        Self::derive(payment.0, *b"approval")
    }

    /// The net cancel (망취소) of a payment.
    pub fn net_cancel(payment: PaymentId) -> Self {
        Self::derive(payment.0, *b"net-canc")
    }

    /// One cancel of a payment.
    pub fn cancel(cancel: CancelId) -> Self {
        Self::derive(cancel.0, *b"a-cancel")
    }

    /// Flips fixed bits of the random half: one to one, so two operations collide only if two ids would.
    fn derive(id: Uuid, purpose: [u8; 8]) -> Self {
        let mut bytes = id.into_bytes();
        for (byte, mask) in bytes[8..].iter_mut().zip(purpose) {
            *byte ^= mask;
        }
        Self(Uuid::new_v8(bytes))
    }
}
