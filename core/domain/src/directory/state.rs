//! The directory after all of its events. Ordered maps only: two processes walk it in the same order.

use std::collections::BTreeMap;

use super::event::{Digest, NodeTerms, PartitionRef, Scope};
use crate::contract::ContractTerms;
use crate::days::Moment;
use crate::ids::{AgencyId, BranchId, CardKeyId, ContractId, KeyId, MerchantId};
use crate::lines::{AcquirerId, Node};
use crate::vat::TaxType;

/// Most nodes on a branch path, agency included.
pub const MAX_PATH: usize = 8;

/// Who there is and on which terms. Look-ups are in `lookup`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    pub(super) agencies: BTreeMap<AgencyId, Agency>,
    pub(super) branches: BTreeMap<BranchId, Branch>,
    pub(super) merchants: BTreeMap<MerchantId, Merchant>,
    pub(super) contracts: BTreeMap<MerchantId, Contract>,
    pub(super) keys: BTreeMap<KeyId, ApiKey>,
    pub(super) keys_by_hash: BTreeMap<Digest, KeyId>,
    pub(super) card_keys: BTreeMap<CardKeyId, CardKey>,
    pub(super) acquirers: BTreeMap<AcquirerId, Acquirer>,
    pub(super) partitions: BTreeMap<PartitionRef, Digest>,
    pub(super) node_terms: BTreeMap<Node, Vec<NodeTermsVersion>>,
}

/// An agency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agency {
    /// Its business name.
    pub name: String,
    /// Where its stream as a payee lives.
    pub partition: PartitionRef,
}

/// A branch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Branch {
    /// What it hangs under.
    pub parent: Node,
    /// Its business name.
    pub name: String,
    /// Where its stream as a payee lives.
    pub partition: PartitionRef,
}

/// A merchant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merchant {
    /// Who looks after it.
    pub branch_id: BranchId,
    /// Its business name.
    pub name: String,
    /// How its sales are taxed.
    pub tax_type: TaxType,
    /// Where its payments live.
    pub partition: PartitionRef,
}

/// A merchant's contract: all its versions, oldest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contract {
    /// The contract.
    pub contract_id: ContractId,
    /// Version n is at place n − 1.
    pub versions: Vec<ContractVersion>,
}

/// One version of a contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContractVersion {
    /// From when on.
    pub effective_from: Moment,
    /// On which terms.
    pub terms: ContractTerms,
}

/// An API key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// Whom it speaks for.
    pub scope: Scope,
    /// Whether it has ended.
    pub revoked: bool,
}

/// A key for card envelopes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardKey {
    /// Whose envelopes it opens.
    pub merchant_id: MerchantId,
}

/// An acquirer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acquirer {
    /// Whether its net cancels leave a tombstone.
    pub tombstones: bool,
}

/// One version of how a branch or agency is paid out; version n is at place n − 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NodeTermsVersion {
    /// From when on.
    pub effective_from: Moment,
    /// On which terms.
    pub terms: NodeTerms,
}
