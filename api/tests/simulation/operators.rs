//! Operators who open shops while the storm goes on: an agency, a branch, merchants, a key and a contract for each. What a merchant
//! may rely on from the moment somebody was told of it is written down here.

use super::process::OPERATOR;
use super::told::Tick;
use super::world::{PROCESSES, World};
use crate::owner_support::wishes::{Body, Registration};
use ledger_domain::directory::{Digest, DirectoryEvent, Scope};
use ledger_domain::ids::{BranchId, MerchantId};
use uuid::Uuid;

/// So many shops are opened at most.
const MOST: usize = 12;
/// So many are there before the storm begins.
const FIRST: usize = 4;

/// A merchant, and when its client was told of its key and its contract.
#[derive(Debug)]
pub struct Shop {
    pub merchant: MerchantId,
    pub key: Option<(Digest, Tick)>,
    pub contract: Option<Tick>,
}

#[derive(Debug, Default)]
pub struct Shops {
    branch: Option<BranchId>,
    pub all: Vec<Shop>,
    wanted: usize,
}

impl Shops {
    pub fn of(&self, merchant: MerchantId) -> Option<&Shop> {
        self.all.iter().find(|shop| shop.merchant == merchant)
    }

    /// Merchants that know their key.
    pub fn with_keys(&self) -> Vec<(MerchantId, Digest)> {
        self.all.iter().filter_map(|shop| Some((shop.merchant, shop.key?.0))).collect()
    }
}

impl World {
    /// The first shops are there.
    pub fn open_the_first(&mut self) -> Result<(), String> {
        let opened = |world: &mut World| {
            world.processes().any(|process| process.published.partitions().count() == 2)
                && world.processes().any(|process| process.published.caller(&OPERATOR).is_some())
        };
        self.until(60_000, opened, false)?;
        self.operator_wants(Registration::Agency);
        self.until(60_000, |world| world.shops.branch.is_some(), false)?;
        (0..FIRST).for_each(|_| self.open_a_shop());
        let open = |world: &mut World| {
            world.shops.all.iter().filter(|shop| shop.contract.is_some()).count() == FIRST
        };
        self.until(120_000, open, false)
    }

    /// One more merchant.
    pub fn open_a_shop(&mut self) {
        if let Some(branch) = self.shops.branch.filter(|_| self.shops.wanted < MOST) {
            self.shops.wanted += 1;
            self.operator_wants(Registration::Merchant(branch));
        }
    }

    fn operator_wants(&mut self, wanted: Registration) {
        let nobody = MerchantId::new(Uuid::nil());
        let want = self.want(nobody, OPERATOR, Body::Directory(wanted));
        self.submit(want, None);
    }

    /// The directory has changed, and an operator knows.
    pub fn registered(&mut self, event: &DirectoryEvent) {
        let tick = self.clients.tick();
        match event {
            DirectoryEvent::AgencyRegistered(agency) => {
                self.operator_wants(Registration::Branch(agency.agency_id));
            }
            DirectoryEvent::BranchRegistered(branch) => self.shops.branch = Some(branch.branch_id),
            DirectoryEvent::MerchantRegistered(event) if self.shops.of(event.merchant_id).is_none() => {
                let merchant = event.merchant_id;
                self.shops.all.push(Shop { merchant, key: None, contract: None });
                self.operator_wants(Registration::Key(merchant));
            }
            DirectoryEvent::KeyIssued(event) => {
                let Scope::Merchant(merchant) = event.scope else { return };
                let Some(shop) = self.shops.all.iter_mut().find(|shop| shop.merchant == merchant) else {
                    return;
                };
                if shop.key.is_none() {
                    shop.key = Some((event.hash, tick));
                    if let Some(branch) = self.shops.branch {
                        self.operator_wants(Registration::Contract(merchant, branch));
                    }
                    self.sell_everywhere(merchant, event.hash);
                }
            }
            DirectoryEvent::ContractSet(event) => {
                let merchant = event.merchant_id;
                let Some(shop) = self.shops.all.iter_mut().find(|shop| shop.merchant == merchant) else {
                    return;
                };
                if shop.contract.is_none() {
                    shop.contract = Some(tick);
                    if let Some((key, _)) = shop.key {
                        self.sell_everywhere(merchant, key);
                    }
                }
            }
            DirectoryEvent::MerchantRegistered(_)
            | DirectoryEvent::KeyRevoked(_)
            | DirectoryEvent::CardKeyIssued(_)
            | DirectoryEvent::PartitionOpened(_)
            | DirectoryEvent::AcquirerRegistered(_)
            | DirectoryEvent::NodeTermsSet(_) => {}
        }
    }

    /// A client that has just been told makes use of it at once, wherever it can.
    fn sell_everywhere(&mut self, merchant: MerchantId, key: Digest) {
        for number in 0..PROCESSES {
            let order_id = format!("first-{}-{}", self.clients.wants.len(), number);
            let want = self.want(merchant, key, Body::KeyIn { order_id, amount: 10_000 });
            self.submit_to(number, want, None);
        }
    }
}
