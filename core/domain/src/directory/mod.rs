//! Who there is and on which terms: agencies, branches, merchants, contracts, keys, acquirers, opened partitions.
//! One stream in one partition; everybody follows it and looks things up in [`Directory`].

mod command;
mod decide;
mod event;
mod lookup;
mod state;

pub use command::{
    DirectoryCommand, IssueCardKey, IssueKey, OpenPartition, RegisterAcquirer, RegisterAgency,
    RegisterBranch, RegisterMerchant, SetContract, SetNodeTerms,
};
pub use decide::{RETROACTIVE_MS, apply, decide, evolve, replay};
pub use event::*;
pub use lookup::Caller;
pub use state::{
    Acquirer, Agency, ApiKey, Branch, CardKey, Contract, ContractVersion, Directory, MAX_PATH, Merchant,
    NodeTermsVersion,
};
