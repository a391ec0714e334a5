//! What may change in the directory, and what it is afterwards.

use super::command::{
    DirectoryCommand, IssueCardKey, IssueKey, OpenPartition, RegisterAcquirer, RegisterAgency,
    RegisterBranch, RegisterMerchant, SetContract, SetNodeTerms,
};
use super::event::{
    AcquirerRegistered, AgencyRegistered, BranchRegistered, CardKeyIssued, ContractSet, DirectoryEvent,
    KeyIssued, KeyRevoked, MerchantRegistered, NodeTermsSet, PartitionOpened, PartitionRef, Scope,
};
use super::state::{
    Acquirer, Agency, ApiKey, Branch, CardKey, Contract, ContractVersion, Directory, MAX_PATH, Merchant,
    NodeTermsVersion,
};
use crate::days::Moment;
use crate::event::Impossible;
use crate::lines::Node;
use crate::rejection::{Field, Rejection};
use crate::text;

/// A version less than this ahead of its append is retroactive (money.md 2): an hour.
pub const RETROACTIVE_MS: i64 = 60 * 60 * 1000;

/// Decides a command. `not_after` is a client's; the ledger's own commands carry none.
pub fn decide(
    directory: &Directory,
    command: &DirectoryCommand,
    not_after: Option<Moment>,
    now_ms: i64,
) -> Result<DirectoryEvent, Rejection> {
    let at = Moment::from_ms(now_ms);
    if not_after.is_some_and(|last| at > last) {
        return Err(Rejection::TooLate);
    }
    match command {
        DirectoryCommand::RegisterAgency(new) => agency(directory, new, at),
        DirectoryCommand::RegisterBranch(new) => branch(directory, new, at),
        DirectoryCommand::RegisterMerchant(new) => merchant(directory, new, at),
        DirectoryCommand::SetContract(new) => contract(directory, new, at),
        DirectoryCommand::IssueKey(new) => key(directory, new, at),
        DirectoryCommand::RevokeKey(key_id) => {
            let known = directory.keys.get(key_id).filter(|key| !key.revoked);
            known.ok_or(Rejection::KeyNotFound)?;
            Ok(DirectoryEvent::KeyRevoked(KeyRevoked { at, key_id: *key_id }))
        }
        DirectoryCommand::IssueCardKey(new) => card_key(directory, new, at),
        DirectoryCommand::OpenPartition(new) => partition(directory, new, at),
        DirectoryCommand::RegisterAcquirer(new) => acquirer(directory, new, at),
        DirectoryCommand::SetNodeTerms(new) => node_terms(directory, new, at),
    }
}

fn node_terms(directory: &Directory, new: &SetNodeTerms, at: Moment) -> Result<DirectoryEvent, Rejection> {
    if !directory.has_node(new.node) {
        return Err(Rejection::PayeeNotFound);
    }
    new.terms.cycle.check()?;
    let earlier = directory.node_terms.get(&new.node).map_or(&[][..], Vec::as_slice);
    let effective_from =
        effective_from(new.effective_from, earlier.last().map(|last| last.effective_from), at)?;
    let version =
        u32::try_from(earlier.len() + 1).map_err(|_| Rejection::InvalidContract { part: "version" })?;
    let (node, terms) = (new.node, new.terms);
    Ok(DirectoryEvent::NodeTermsSet(NodeTermsSet { at, node, version, effective_from, terms }))
}

/// When a new version takes effect. Before the first one nothing can have been reckoned by it, so it may take effect at once.
fn effective_from(wanted: Option<Moment>, last: Option<Moment>, at: Moment) -> Result<Moment, Rejection> {
    let in_an_hour = Moment::from_ms(at.ms().saturating_add(RETROACTIVE_MS));
    let soonest = if last.is_some() { in_an_hour } else { at };
    let effective_from = wanted.unwrap_or(soonest);
    if effective_from < soonest {
        return Err(Rejection::ContractRetroactive);
    }
    if last.is_some_and(|last| effective_from <= last) {
        return Err(Rejection::ContractOutOfOrder);
    }
    Ok(effective_from)
}

fn agency(directory: &Directory, new: &RegisterAgency, at: Moment) -> Result<DirectoryEvent, Rejection> {
    let RegisterAgency { agency_id, name } = new.clone();
    text::check(Field::Name, &name, text::MAX_NAME)?;
    vacant(directory.agencies.contains_key(&agency_id))?;
    let partition = choose(directory, agency_id.as_bytes())?;
    Ok(DirectoryEvent::AgencyRegistered(AgencyRegistered { at, agency_id, name, partition }))
}

fn branch(directory: &Directory, new: &RegisterBranch, at: Moment) -> Result<DirectoryEvent, Rejection> {
    let RegisterBranch { branch_id, parent, name } = new.clone();
    text::check(Field::Name, &name, text::MAX_NAME)?;
    vacant(directory.branches.contains_key(&branch_id))?;
    let path = directory.path_to(parent).ok_or(match parent {
        Node::Agency(_) => Rejection::AgencyNotFound,
        Node::Branch(_) => Rejection::BranchNotFound,
    })?;
    if path.len() >= MAX_PATH {
        return Err(Rejection::TreeTooDeep { limit: MAX_PATH });
    }
    let partition = choose(directory, branch_id.as_bytes())?;
    Ok(DirectoryEvent::BranchRegistered(BranchRegistered { at, branch_id, parent, name, partition }))
}

fn merchant(directory: &Directory, new: &RegisterMerchant, at: Moment) -> Result<DirectoryEvent, Rejection> {
    let RegisterMerchant { merchant_id, branch_id, name, tax_type } = new.clone();
    text::check(Field::Name, &name, text::MAX_NAME)?;
    vacant(directory.merchants.contains_key(&merchant_id))?;
    directory.branches.get(&branch_id).ok_or(Rejection::BranchNotFound)?;
    let partition = choose(directory, merchant_id.as_bytes())?;
    let data = MerchantRegistered { at, merchant_id, branch_id, name, tax_type, partition };
    Ok(DirectoryEvent::MerchantRegistered(data))
}

fn contract(directory: &Directory, new: &SetContract, at: Moment) -> Result<DirectoryEvent, Rejection> {
    let path = directory.branch_path(new.merchant_id).ok_or(Rejection::MerchantNotFound)?;
    new.terms.check()?;
    if new.terms.commissions.iter().any(|rule| !path.contains(&rule.payee)) {
        return Err(Rejection::CommissionOutsidePath);
    }
    directory.acquirers.get(&new.terms.acquirer.id).ok_or(Rejection::AcquirerNotFound)?;
    let earlier = directory.contracts.get(&new.merchant_id);
    let last = earlier.and_then(|contract| contract.versions.last()).map(|last| last.effective_from);
    let effective_from = effective_from(new.effective_from, last, at)?;
    let count = earlier.map_or(0, |contract| contract.versions.len());
    let version = u32::try_from(count + 1).map_err(|_| Rejection::InvalidContract { part: "version" })?;
    Ok(DirectoryEvent::ContractSet(ContractSet {
        at,
        merchant_id: new.merchant_id,
        contract_id: earlier.map_or(new.contract_id, |contract| contract.contract_id),
        version,
        effective_from,
        terms: new.terms.clone(),
    }))
}

fn key(directory: &Directory, new: &IssueKey, at: Moment) -> Result<DirectoryEvent, Rejection> {
    let IssueKey { key_id, scope, hash } = new.clone();
    vacant(directory.keys.contains_key(&key_id) || directory.keys_by_hash.contains_key(&hash))?;
    match scope {
        Scope::Operator => {}
        Scope::Node(Node::Agency(id)) => {
            directory.agencies.get(&id).ok_or(Rejection::AgencyNotFound)?;
        }
        Scope::Node(Node::Branch(id)) => {
            directory.branches.get(&id).ok_or(Rejection::BranchNotFound)?;
        }
        Scope::Merchant(id) => {
            directory.merchants.get(&id).ok_or(Rejection::MerchantNotFound)?;
        }
    }
    Ok(DirectoryEvent::KeyIssued(KeyIssued { at, key_id, scope, hash }))
}

fn card_key(directory: &Directory, new: &IssueCardKey, at: Moment) -> Result<DirectoryEvent, Rejection> {
    let IssueCardKey { card_key_id, merchant_id } = new.clone();
    vacant(directory.card_keys.contains_key(&card_key_id))?;
    directory.merchants.get(&merchant_id).ok_or(Rejection::MerchantNotFound)?;
    Ok(DirectoryEvent::CardKeyIssued(CardKeyIssued { at, card_key_id, merchant_id }))
}

fn partition(directory: &Directory, new: &OpenPartition, at: Moment) -> Result<DirectoryEvent, Rejection> {
    let OpenPartition { partition, genesis_hash } = new.clone();
    match directory.partitions.get(&partition) {
        None => Ok(DirectoryEvent::PartitionOpened(PartitionOpened { at, partition, genesis_hash })),
        Some(opened) if *opened == genesis_hash => Err(Rejection::AlreadyRegistered),
        Some(_) => Err(Rejection::PartitionDiffers),
    }
}

fn acquirer(directory: &Directory, new: &RegisterAcquirer, at: Moment) -> Result<DirectoryEvent, Rejection> {
    let RegisterAcquirer { acquirer, tombstones } = new.clone();
    vacant(directory.acquirers.get(&acquirer).is_some_and(|known| known.tombstones == tombstones))?;
    Ok(DirectoryEvent::AcquirerRegistered(AcquirerRegistered { at, acquirer, tombstones }))
}

fn vacant(taken: bool) -> Result<(), Rejection> {
    if taken { Err(Rejection::AlreadyRegistered) } else { Ok(()) }
}

/// A payee's partition: by its id over the partitions that are open now; recorded, and kept for ever.
fn choose(directory: &Directory, id: &[u8; 16]) -> Result<PartitionRef, Rejection> {
    let count = u64::try_from(directory.partitions.len()).unwrap_or(0);
    let random_half = id[8..].iter().fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
    // The low bits of a UUIDv7 are random; the high ones of this half hold its variant.
    let place = random_half.checked_rem(count).and_then(|place| usize::try_from(place).ok());
    place.and_then(|place| directory.partitions.keys().nth(place)).cloned().ok_or(Rejection::NoPartition)
}

/// The directory after an event. Errors: [`Impossible`].
pub fn evolve(mut directory: Directory, event: &DirectoryEvent) -> Result<Directory, Impossible> {
    apply(&mut directory, event)?;
    Ok(directory)
}

/// The same in place, for those who follow the directory. Errors: [`Impossible`]; it is then of no use any more.
pub fn apply(directory: &mut Directory, event: &DirectoryEvent) -> Result<(), Impossible> {
    step(directory, event).map_err(|why| Impossible { state: "DIRECTORY", event: event.type_name(), why })
}

/// The directory after all of its events.
pub fn replay<'a>(events: impl IntoIterator<Item = &'a DirectoryEvent>) -> Result<Directory, Impossible> {
    events.into_iter().try_fold(Directory::default(), evolve)
}

fn step(directory: &mut Directory, event: &DirectoryEvent) -> Result<(), &'static str> {
    const TWICE: &str = "the id is taken";
    match event.clone() {
        DirectoryEvent::AgencyRegistered(AgencyRegistered { agency_id, name, partition, at: _ }) => {
            opened(directory, &partition)?;
            fresh(directory.agencies.insert(agency_id, Agency { name, partition }), TWICE)
        }
        DirectoryEvent::BranchRegistered(BranchRegistered { branch_id, parent, name, partition, at: _ }) => {
            opened(directory, &partition)?;
            if !directory.has_node(parent) {
                return Err("its parent does not exist");
            }
            fresh(directory.branches.insert(branch_id, Branch { parent, name, partition }), TWICE)
        }
        DirectoryEvent::MerchantRegistered(data) => {
            let MerchantRegistered { merchant_id, branch_id, name, tax_type, partition, at: _ } = data;
            opened(directory, &partition)?;
            directory.branches.get(&branch_id).ok_or("its branch does not exist")?;
            fresh(
                directory.merchants.insert(merchant_id, Merchant { branch_id, name, tax_type, partition }),
                TWICE,
            )
        }
        DirectoryEvent::ContractSet(data) => contract_set(directory, data),
        DirectoryEvent::KeyIssued(KeyIssued { key_id, scope, hash, at: _ }) => {
            fresh(directory.keys.insert(key_id, ApiKey { scope, revoked: false }), TWICE)?;
            fresh(directory.keys_by_hash.insert(hash, key_id), "the key's hash is taken")
        }
        DirectoryEvent::KeyRevoked(KeyRevoked { key_id, at: _ }) => {
            let key = directory.keys.get_mut(&key_id).filter(|key| !key.revoked);
            key.ok_or("no such key is valid")?.revoked = true;
            Ok(())
        }
        DirectoryEvent::CardKeyIssued(CardKeyIssued { card_key_id, merchant_id, at: _ }) => {
            fresh(directory.card_keys.insert(card_key_id, CardKey { merchant_id }), TWICE)
        }
        DirectoryEvent::PartitionOpened(PartitionOpened { partition, genesis_hash, at: _ }) => {
            fresh(directory.partitions.insert(partition, genesis_hash), "the partition is open already")
        }
        DirectoryEvent::AcquirerRegistered(AcquirerRegistered { acquirer, tombstones, at: _ }) => {
            directory.acquirers.insert(acquirer, Acquirer { tombstones });
            Ok(())
        }
        DirectoryEvent::NodeTermsSet(NodeTermsSet { node, version, effective_from, terms, at: _ }) => {
            if !directory.has_node(node) {
                return Err("it does not exist");
            }
            let versions = directory.node_terms.entry(node).or_default();
            if u32::try_from(versions.len() + 1) != Ok(version) {
                return Err("its versions are numbered without gaps");
            }
            versions.push(NodeTermsVersion { effective_from, terms });
            Ok(())
        }
    }
}

fn contract_set(directory: &mut Directory, data: ContractSet) -> Result<(), &'static str> {
    directory.merchants.get(&data.merchant_id).ok_or("its merchant does not exist")?;
    let contract_id = data.contract_id;
    let contract =
        directory.contracts.entry(data.merchant_id).or_insert(Contract { contract_id, versions: Vec::new() });
    let next = u32::try_from(contract.versions.len() + 1).map_err(|_| "too many versions")?;
    if contract.contract_id != contract_id || data.version != next {
        return Err("not the contract's next version");
    }
    contract.versions.push(ContractVersion { effective_from: data.effective_from, terms: data.terms });
    Ok(())
}

fn opened(directory: &Directory, partition: &PartitionRef) -> Result<(), &'static str> {
    directory.partitions.get(partition).map(|_| ()).ok_or("its partition was never opened")
}

fn fresh<T>(earlier: Option<T>, why: &'static str) -> Result<(), &'static str> {
    match earlier {
        None => Ok(()),
        Some(_) => Err(why),
    }
}
