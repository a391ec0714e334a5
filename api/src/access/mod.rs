//! Who asks, what they may call, and whose data they may see: decided here and nowhere else.
//! A route cannot be registered without an `Access`; a handler cannot see data without the `Caller`.

mod authenticate;
mod caller;

pub use authenticate::Authenticator;
pub use caller::{Caller, Confinement, Scope};

/// Which scopes may call an operation. What they see of it is the `Caller`'s confinement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// No key needed: health, metrics, documents.
    Public,
    /// Any valid key.
    AnyKey,
    /// Operators.
    Operator,
    /// Merchants.
    Merchant,
    /// A merchant, or an operator who looks in.
    MerchantOrOperator,
    /// Another process of this ledger, by its seal. To everybody else there is no such route, and the document does not name it.
    Peer,
}

impl Access {
    /// Whether this scope may call.
    #[must_use]
    pub const fn allows(self, scope: &Scope) -> bool {
        match (self, scope) {
            (Self::Public | Self::AnyKey, _)
            | (Self::Operator | Self::MerchantOrOperator, Scope::Operator)
            | (Self::Merchant | Self::MerchantOrOperator, Scope::Merchant(_)) => true,
            (Self::Peer, Scope::Operator | Scope::Node(_) | Scope::Merchant(_))
            | (Self::Operator, Scope::Node(_) | Scope::Merchant(_))
            | (Self::Merchant, Scope::Operator | Scope::Node(_))
            | (Self::MerchantOrOperator, Scope::Node(_)) => false,
        }
    }
}
