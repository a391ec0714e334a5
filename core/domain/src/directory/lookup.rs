//! What HTTP and the owners ask the directory. Read only.

use super::event::{Digest, NodeTerms, PartitionRef, Scope};
use super::state::{
    Acquirer, Agency, ApiKey, Branch, CardKey, Contract, ContractVersion, Directory, MAX_PATH, Merchant,
};
use crate::contract::SaleFacts;
use crate::days::Moment;
use crate::ids::{AgencyId, BranchId, CardKeyId, KeyId, MerchantId};
use crate::lines::{AcquirerId, Node, Payee};
use crate::rejection::Rejection;
use crate::settlement::PayeeTerms;

/// Who is calling: a key, and whom it speaks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The key.
    pub key_id: KeyId,
    /// Whom it speaks for.
    pub scope: Scope,
}

impl Directory {
    /// The caller whose key has this keyed hash, unless the key was revoked.
    pub fn caller(&self, hash: &Digest) -> Option<Caller> {
        let key_id = *self.keys_by_hash.get(hash)?;
        let key = self.keys.get(&key_id).filter(|key| !key.revoked)?;
        Some(Caller { key_id, scope: key.scope })
    }

    /// True while no key was ever issued: only then is the first operator's key taken from the environment.
    pub fn has_no_keys(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether a scope may see a merchant's data: its own, or that of a merchant below it.
    pub fn covers(&self, scope: &Scope, merchant: MerchantId) -> bool {
        match scope {
            Scope::Operator => self.merchants.contains_key(&merchant),
            Scope::Merchant(own) => *own == merchant,
            Scope::Node(node) => self.branch_path(merchant).is_some_and(|path| path.contains(node)),
        }
    }

    /// Whether a scope may see a branch's or agency's data: its own, or that of a node below it.
    pub fn covers_node(&self, scope: &Scope, node: Node) -> bool {
        match scope {
            Scope::Operator => self.has_node(node),
            Scope::Merchant(_) => false,
            Scope::Node(own) => self.path_to(node).is_some_and(|path| path.contains(own)),
        }
    }

    /// Agency … branch above a merchant, top first.
    pub fn branch_path(&self, merchant: MerchantId) -> Option<Vec<Node>> {
        self.path_to(Node::Branch(self.merchants.get(&merchant)?.branch_id))
    }

    /// The path from the top down to a node, itself included.
    pub fn path_to(&self, node: Node) -> Option<Vec<Node>> {
        let mut path = vec![node];
        let mut lowest = node;
        while let Node::Branch(id) = lowest {
            lowest = self.branches.get(&id)?.parent;
            path.push(lowest);
            if path.len() > MAX_PATH {
                return None;
            }
        }
        path.reverse();
        self.has_node(lowest).then_some(path)
    }

    /// Whether an agency or branch exists.
    pub fn has_node(&self, node: Node) -> bool {
        match node {
            Node::Agency(id) => self.agencies.contains_key(&id),
            Node::Branch(id) => self.branches.contains_key(&id),
        }
    }

    /// The partition where a merchant's payments live.
    pub fn partition_of(&self, merchant: MerchantId) -> Option<&PartitionRef> {
        self.merchants.get(&merchant).map(|m| &m.partition)
    }

    /// The contract version in force at an instant, with its number: the newest whose date of effect has come.
    pub fn contract_at(&self, merchant: MerchantId, at: Moment) -> Option<(u32, &ContractVersion)> {
        let versions = &self.contracts.get(&merchant)?.versions;
        let newest = versions.iter().zip(1..).filter(|(version, _)| version.effective_from <= at).last();
        newest.map(|(version, number)| (number, version))
    }

    /// How a payee is paid out at an instant. Of a merchant whose contract is not in force yet the first version counts; of a branch or
    /// agency without terms of its own see [`PayeeTerms::of_node`]. Errors: no such payee, no contract.
    pub fn payee_terms(&self, payee: Payee, at: Moment) -> Result<PayeeTerms, Rejection> {
        match payee {
            Payee::Merchant(merchant) => {
                let first = || Some((1, self.contracts.get(&merchant)?.versions.first()?));
                let found = self.contract_at(merchant, at).or_else(first);
                let (version, contract) = found.ok_or(Rejection::NoContract)?;
                Ok(contract.terms.pay_out_terms(version))
            }
            Payee::Node(node) if !self.has_node(node) => Err(Rejection::PayeeNotFound),
            Payee::Node(node) => {
                let versions = self.node_terms.get(&node).into_iter().flatten().zip(1..);
                let newest = versions.filter(|(version, _)| version.effective_from <= at).last();
                let NodeTerms { cycle, minimum_pay_out, tax } = match newest {
                    None => return Ok(PayeeTerms::of_node()),
                    Some((version, _)) => version.terms,
                };
                let version = newest.map_or(0, |(_, number)| number);
                Ok(PayeeTerms { version, cycle, reserve: None, minimum_pay_out, tax })
            }
        }
    }

    /// The partition of a payee's stream.
    pub fn partition_of_payee(&self, payee: Payee) -> Option<&PartitionRef> {
        match payee {
            Payee::Merchant(id) => self.partition_of(id),
            Payee::Node(Node::Branch(id)) => self.branches.get(&id).map(|branch| &branch.partition),
            Payee::Node(Node::Agency(id)) => self.agencies.get(&id).map(|agency| &agency.partition),
        }
    }

    /// All that a sale needs to know, at an instant. Errors: no such merchant, no contract in force.
    pub fn sale_facts(&self, merchant_id: MerchantId, at: Moment) -> Result<SaleFacts, Rejection> {
        let merchant = self.merchants.get(&merchant_id).ok_or(Rejection::MerchantNotFound)?;
        let contract = self.contracts.get(&merchant_id).ok_or(Rejection::NoContract)?;
        let (contract_version, version) = self.contract_at(merchant_id, at).ok_or(Rejection::NoContract)?;
        let acquirer = self.acquirers.get(&version.terms.acquirer.id).ok_or(Rejection::AcquirerNotFound)?;
        Ok(SaleFacts {
            merchant_id,
            tax_type: merchant.tax_type,
            branch_path: self.branch_path(merchant_id).ok_or(Rejection::BranchNotFound)?,
            contract_id: contract.contract_id,
            contract_version,
            terms: version.terms.clone(),
            tombstones: acquirer.tombstones,
        })
    }

    /// The merchants that a scope may see, in the order of their ids.
    pub fn merchants_of<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (MerchantId, &'a Merchant)> {
        self.merchants.iter().filter(|(id, _)| self.covers(scope, **id)).map(|(id, merchant)| (*id, merchant))
    }

    /// The branches that a scope may see, in the order of their ids.
    pub fn branches_of<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (BranchId, &'a Branch)> {
        let seen = |id: &BranchId| self.covers_node(scope, Node::Branch(*id));
        self.branches.iter().filter(move |(id, _)| seen(id)).map(|(id, branch)| (*id, branch))
    }

    /// A merchant.
    pub fn merchant(&self, id: MerchantId) -> Option<&Merchant> {
        self.merchants.get(&id)
    }

    /// A branch.
    pub fn branch(&self, id: BranchId) -> Option<&Branch> {
        self.branches.get(&id)
    }

    /// An agency.
    pub fn agency(&self, id: AgencyId) -> Option<&Agency> {
        self.agencies.get(&id)
    }

    /// A merchant's contract with all its versions.
    pub fn contract(&self, merchant: MerchantId) -> Option<&Contract> {
        self.contracts.get(&merchant)
    }

    /// An API key.
    pub fn key(&self, id: KeyId) -> Option<&ApiKey> {
        self.keys.get(&id)
    }

    /// A key for card envelopes.
    pub fn card_key(&self, id: CardKeyId) -> Option<&CardKey> {
        self.card_keys.get(&id)
    }

    /// An acquirer.
    pub fn acquirer(&self, id: &AcquirerId) -> Option<&Acquirer> {
        self.acquirers.get(id)
    }

    /// The opened partitions with the hash of their genesis, in order.
    pub fn partitions(&self) -> impl Iterator<Item = (&PartitionRef, &Digest)> {
        self.partitions.iter()
    }
}
