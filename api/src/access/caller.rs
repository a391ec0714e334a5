//! The authenticated caller: which key, which scope, and what that scope confines its reads and writes to.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
pub use ledger_domain::directory::Scope;

use ledger_domain::directory::Directory;
use ledger_domain::ids::{AgencyId, BranchId, KeyId, MerchantId};
use ledger_domain::lines::Node;
use ledger_domain::recorded::Actor;

use crate::catalogue::Code;
use crate::http::problem::Problem;
use crate::ledger::CommandScope;

/// The caller of this request. Only the gate makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Which key.
    pub key: KeyId,
    /// Whose.
    pub scope: Scope,
}

/// What a list must be restricted to, in its query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// An operator sees all.
    Everything,
    /// All merchants below this agency.
    Agency(AgencyId),
    /// All merchants below this branch.
    Branch(BranchId),
    /// One merchant.
    Merchant(MerchantId),
}

impl Confinement {
    /// The node whose subtree it is.
    #[must_use]
    pub const fn node(&self) -> Option<Node> {
        match self {
            Self::Agency(agency) => Some(Node::Agency(*agency)),
            Self::Branch(branch) => Some(Node::Branch(*branch)),
            Self::Everything | Self::Merchant(_) => None,
        }
    }
}

impl Caller {
    /// The restriction that every list carries.
    #[must_use]
    pub const fn confinement(&self) -> Confinement {
        match self.scope {
            Scope::Operator => Confinement::Everything,
            Scope::Node(Node::Agency(agency)) => Confinement::Agency(agency),
            Scope::Node(Node::Branch(branch)) => Confinement::Branch(branch),
            Scope::Merchant(merchant) => Confinement::Merchant(merchant),
        }
    }

    /// What commands and idempotency keys are scoped to, as text: part of every command id.
    #[must_use]
    pub fn scope_text(&self) -> String {
        self.scope.to_string()
    }

    /// Who an event of this caller says it was.
    #[must_use]
    pub const fn actor(&self) -> Actor {
        Actor::Key(self.key)
    }

    /// The merchant who asks.
    ///
    /// # Errors
    /// When the key is not a merchant's.
    pub fn merchant(&self) -> Result<MerchantId, Problem> {
        match self.scope {
            Scope::Merchant(merchant) => Ok(merchant),
            Scope::Operator | Scope::Node(_) => Err(Problem::new(Code::ScopeForbidden)),
        }
    }

    /// Whose commands the caller may ask for.
    ///
    /// # Errors
    /// Agencies and branches submit no commands yet.
    pub fn command_scope(&self) -> Result<CommandScope, Problem> {
        match self.scope {
            Scope::Operator => Ok(CommandScope::Operator),
            Scope::Merchant(merchant) => Ok(CommandScope::Merchant(merchant)),
            Scope::Node(_) => Err(Problem::new(Code::ScopeForbidden)),
        }
    }

    /// Whether the caller may see this merchant; a merchant that does not exist is seen by nobody.
    #[must_use]
    pub fn sees_merchant(&self, directory: &Directory, merchant: MerchantId) -> bool {
        directory.merchant(merchant).is_some() && directory.covers(&self.scope, merchant)
    }

    /// Whether the caller may see this agency or branch.
    #[must_use]
    pub fn sees_node(&self, directory: &Directory, node: Node) -> bool {
        directory.has_node(node) && directory.covers_node(&self.scope, node)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().copied().ok_or_else(|| Problem::new(Code::ApiKeyRequired)))
    }
}
