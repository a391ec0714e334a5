//! The closed set of everything the ledger can hold, by type name. A name, once published, never changes its meaning.

use thiserror::Error;

use crate::directory::DirectoryEvent;
use crate::payment::PaymentEvent;
use crate::settlement::SettlementEvent;

/// Defines an enum of events: its type names, and the way from and to JSON, in one list.
macro_rules! event_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $type_name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum $name {
            $($(#[$variant_doc])* $variant($variant),)+
        }

        impl $name {
            /// The type names, in the order of the list.
            pub const TYPES: &'static [&'static str] = &[$($type_name),+];

            /// The name that the record's `ce_type` carries.
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $type_name,)+
                }
            }

            /// The value's bytes.
            pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
                match self {
                    $(Self::$variant(data) => serde_json::to_vec(data),)+
                }
            }

            /// From the value's bytes; `None` if the type is not of this enum.
            pub fn from_json(type_name: &str, value: &[u8]) -> Option<serde_json::Result<Self>> {
                match type_name {
                    $($type_name => Some(serde_json::from_slice(value).map(Self::$variant)),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use event_enum;

/// Any event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Of a payment.
    Payment(PaymentEvent),
    /// Of the directory.
    Directory(DirectoryEvent),
    /// Of a payee's settlement.
    Settlement(SettlementEvent),
}

/// Every event type there is: payment types, directory types, settlement types.
pub const EVENT_TYPES: [&[&str]; 3] = [PaymentEvent::TYPES, DirectoryEvent::TYPES, SettlementEvent::TYPES];

impl Event {
    /// The name that the record's `ce_type` carries.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Payment(event) => event.type_name(),
            Self::Directory(event) => event.type_name(),
            Self::Settlement(event) => event.type_name(),
        }
    }

    /// When it was decided.
    pub const fn at(&self) -> crate::days::Moment {
        match self {
            Self::Payment(event) => event.at(),
            Self::Directory(event) => event.at(),
            Self::Settlement(event) => event.at(),
        }
    }

    /// The stream's id, as `ce_subject` carries it.
    pub fn subject(&self) -> String {
        match self {
            Self::Payment(event) => event.payment_id().to_string(),
            Self::Directory(event) => event.subject(),
            Self::Settlement(event) => event.payee().to_string(),
        }
    }
}

/// A history that cannot be: `decide` would never have emitted this event in this state. Nothing may skip it.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("impossible history: {event} in state {state}: {why}")]
pub struct Impossible {
    /// The state's name.
    pub state: &'static str,
    /// The event's type name.
    pub event: &'static str,
    /// What does not fit.
    pub why: &'static str,
}
