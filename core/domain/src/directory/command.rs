//! What can be asked of the directory. Ids are made by the caller; secrets are never part of a command.

use super::event::{Digest, NodeTerms, PartitionRef, Scope};
use crate::contract::ContractTerms;
use crate::days::Moment;
use crate::ids::{AgencyId, BranchId, CardKeyId, ContractId, KeyId, MerchantId};
use crate::lines::{AcquirerId, Node};
use crate::vat::TaxType;

/// A request to change the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DirectoryCommand {
    /// A new agency.
    RegisterAgency(RegisterAgency),
    /// A new branch.
    RegisterBranch(RegisterBranch),
    /// A new merchant.
    RegisterMerchant(RegisterMerchant),
    /// A new version of a merchant's contract.
    SetContract(SetContract),
    /// A new API key.
    IssueKey(IssueKey),
    /// An API key ends.
    RevokeKey(KeyId),
    /// A new key for card envelopes.
    IssueCardKey(IssueCardKey),
    /// A partition's genesis was accepted.
    OpenPartition(OpenPartition),
    /// An acquirer of the configuration.
    RegisterAcquirer(RegisterAcquirer),
    /// How a branch or agency is paid out.
    SetNodeTerms(SetNodeTerms),
}

/// A new agency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterAgency {
    /// A fresh id.
    pub agency_id: AgencyId,
    /// Its business name.
    pub name: String,
}

/// A new branch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterBranch {
    /// A fresh id.
    pub branch_id: BranchId,
    /// What it hangs under.
    pub parent: Node,
    /// Its business name.
    pub name: String,
}

/// A new merchant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterMerchant {
    /// A fresh id.
    pub merchant_id: MerchantId,
    /// Who looks after it.
    pub branch_id: BranchId,
    /// Its business name.
    pub name: String,
    /// How its sales are taxed.
    pub tax_type: TaxType,
}

/// A new version of a merchant's contract.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetContract {
    /// Whose.
    pub merchant_id: MerchantId,
    /// A fresh id; used only if the merchant has no contract yet.
    pub contract_id: ContractId,
    /// From when on; the first version by default now, a later one by default in an hour.
    pub effective_from: Option<Moment>,
    /// On which terms.
    pub terms: ContractTerms,
}

/// A new API key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssueKey {
    /// A fresh id.
    pub key_id: KeyId,
    /// Whom it speaks for.
    pub scope: Scope,
    /// HMAC-SHA-256 of the whole key under the pepper.
    pub hash: Digest,
}

/// A new key for card envelopes; it must be durable in the key topic before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssueCardKey {
    /// A fresh id.
    pub card_key_id: CardKeyId,
    /// Whose envelopes it opens.
    pub merchant_id: MerchantId,
}

/// A partition's genesis was accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenPartition {
    /// Which.
    pub partition: PartitionRef,
    /// The hash of its genesis record.
    pub genesis_hash: Digest,
}

/// An acquirer of the configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterAcquirer {
    /// The acquirer.
    pub acquirer: AcquirerId,
    /// Whether it promises that a net cancel leaves a tombstone.
    pub tombstones: bool,
}

/// How a branch or agency is paid out from a date on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetNodeTerms {
    /// Who.
    pub node: Node,
    /// From when on; the first version by default now, a later one by default in an hour.
    pub effective_from: Option<Moment>,
    /// On which terms.
    pub terms: NodeTerms,
}
