//! The directory: who there is, on which terms, and who may see whom.

use ledger_domain::Rejection;
use ledger_domain::contract::ContractTerms;
use ledger_domain::days::Moment;
use ledger_domain::days::calendar::HolidayRule;
use ledger_domain::directory::{
    Digest, Directory, DirectoryCommand, DirectoryEvent, IssueCardKey, IssueKey, MAX_PATH, NodeTerms,
    OpenPartition, PartitionRef, RETROACTIVE_MS, RegisterAcquirer, RegisterAgency, RegisterBranch,
    RegisterMerchant, Scope, SetContract, SetNodeTerms, decide, evolve, replay,
};
use ledger_domain::ids::{BranchId, CardKeyId, ContractId, KeyId, MerchantId};
use ledger_domain::lines::{Node, Payee};
use ledger_domain::settlement::{PayeeTax, PayeeTerms, ReserveRule, SettlementCycle};
use ledger_domain::vat::TaxType;

use crate::payees::reserve;
use crate::support::{NOW, agency_id, branch_id, merchant_id, terms, uuid, won};

struct World {
    directory: Directory,
    events: Vec<DirectoryEvent>,
    now: i64,
}

impl World {
    fn empty() -> Self {
        Self { directory: Directory::default(), events: Vec::new(), now: NOW }
    }

    fn on(&mut self, command: DirectoryCommand) -> Result<DirectoryEvent, Rejection> {
        let event = decide(&self.directory, &command, None, self.now)?;
        self.directory =
            evolve(std::mem::take(&mut self.directory), &event).expect("evolve accepts what decide emits");
        self.events.push(event.clone());
        self.now += 1_000;
        Ok(event)
    }

    fn then(mut self, command: DirectoryCommand) -> Self {
        self.on(command).expect("the command becomes an event");
        self
    }

    fn code(&self, command: DirectoryCommand) -> &'static str {
        decide(&self.directory, &command, None, self.now).expect_err("the command is rejected").code()
    }
}

fn partition(number: i32) -> DirectoryCommand {
    let partition = PartitionRef { topic: "ledger.payments".into(), partition: number };
    DirectoryCommand::OpenPartition(OpenPartition { partition, genesis_hash: Digest([1; 32]) })
}

fn agency() -> DirectoryCommand {
    DirectoryCommand::RegisterAgency(RegisterAgency {
        agency_id: agency_id(), name: "한강대리점".into()
    })
}

fn branch(id: BranchId, parent: Node) -> DirectoryCommand {
    DirectoryCommand::RegisterBranch(RegisterBranch { branch_id: id, parent, name: "마포영업점".into() })
}

fn merchant(id: MerchantId) -> DirectoryCommand {
    let (branch_id, name, tax_type) = (branch_id(), "하늘상점".to_owned(), TaxType::Taxable);
    DirectoryCommand::RegisterMerchant(RegisterMerchant { merchant_id: id, branch_id, name, tax_type })
}

fn contract(terms: ContractTerms, effective_from: Option<i64>) -> DirectoryCommand {
    let effective_from = effective_from.map(Moment::from_ms);
    let contract_id = ContractId::new(uuid(5));
    DirectoryCommand::SetContract(SetContract {
        merchant_id: merchant_id(),
        contract_id,
        effective_from,
        terms,
    })
}

fn acquirer(tombstones: bool) -> DirectoryCommand {
    DirectoryCommand::RegisterAcquirer(RegisterAcquirer { acquirer: "sandbox".parse().unwrap(), tombstones })
}

fn key(n: u128, scope: Scope) -> DirectoryCommand {
    let hash = Digest([u8::try_from(n).unwrap(); 32]);
    DirectoryCommand::IssueKey(IssueKey { key_id: KeyId::new(uuid(n)), scope, hash })
}

fn tree() -> World {
    (0..4)
        .fold(World::empty(), |world, number| world.then(partition(number)))
        .then(acquirer(true))
        .then(agency())
        .then(branch(branch_id(), Node::Agency(agency_id())))
        .then(merchant(merchant_id()))
}

#[test]
fn a_merchant_with_a_contract_can_sell() {
    let world = tree().then(contract(terms(), None));
    let facts = world.directory.sale_facts(merchant_id(), Moment::from_ms(world.now)).unwrap();
    assert_eq!(facts.branch_path, [Node::Agency(agency_id()), Node::Branch(branch_id())]);
    assert_eq!((facts.contract_version, facts.tax_type, facts.tombstones), (1, TaxType::Taxable, true));
    assert_eq!(facts.terms, terms());
}

#[test]
fn without_a_merchant_or_a_contract_in_force_nothing_is_sold() {
    let at = |world: &World, id, ms| world.directory.sale_facts(id, Moment::from_ms(ms)).unwrap_err().code();
    let world = tree();
    assert_eq!(at(&world, MerchantId::new(uuid(77)), world.now), "NOT_FOUND_MERCHANT");
    assert_eq!(at(&world, merchant_id(), world.now), "NO_CONTRACT_IN_FORCE");
    let later = NOW + 86_400_000;
    let world = world.then(contract(terms(), Some(later)));
    assert_eq!(at(&world, merchant_id(), later - 1), "NO_CONTRACT_IN_FORCE");
    assert!(world.directory.sale_facts(merchant_id(), Moment::from_ms(later)).is_ok());
}

#[test]
fn contract_versions_are_an_hour_ahead_in_order_and_never_edited() {
    let mut dearer = terms();
    dearer.fees[0].rate = "0.035".parse().unwrap();
    let mut world = tree().then(contract(terms(), None));
    let hour = world.now + RETROACTIVE_MS;
    assert_eq!(world.code(contract(dearer.clone(), Some(hour - 1))), "RETROACTIVE_CONTRACT");
    let event = world.on(contract(dearer.clone(), None)).unwrap();
    let DirectoryEvent::ContractSet(data) = &event else { panic!("{event:?}") };
    assert_eq!((data.version, data.effective_from), (2, Moment::from_ms(hour)));
    let rate_at = |ms| {
        let (version, found) = world.directory.contract_at(merchant_id(), Moment::from_ms(ms)).unwrap();
        (version, found.terms.fees[0].rate.to_string())
    };
    assert_eq!((rate_at(hour - 1), rate_at(hour)), ((1, "0.03".to_owned()), (2, "0.035".to_owned())));
    let mut far = World { now: world.now, ..tree().then(contract(terms(), Some(NOW + 10 * RETROACTIVE_MS))) };
    assert_eq!(far.code(contract(dearer.clone(), Some(NOW + 10 * RETROACTIVE_MS))), "CONTRACT_OUT_OF_ORDER");
    assert!(far.on(contract(dearer, Some(NOW + 11 * RETROACTIVE_MS))).is_ok());
}

#[test]
fn a_contract_that_cannot_work_is_rejected_with_the_part_that_is_wrong() {
    let code = |change: fn(&mut ContractTerms)| {
        let mut terms = terms();
        change(&mut terms);
        match decide(&tree().directory, &contract(terms, None), None, NOW) {
            Err(Rejection::InvalidContract { part }) => part,
            Err(other) => other.code(),
            Ok(_) => "accepted",
        }
    };
    assert_eq!(code(|_| {}), "accepted");
    assert_eq!(code(|t| t.fees.clear()), "fees");
    assert_eq!(code(|t| t.fees.push(t.fees[0].clone())), "fees");
    assert_eq!(code(|t| (t.fees[0].min, t.fees[0].max) = (Some(won(2)), Some(won(1)))), "fees");
    assert_eq!(code(|t| t.commissions.push(t.commissions[0].clone())), "commissions");
    assert_eq!(code(|t| t.settlement_cycle_days = 61), "settlementCycleDays");
    assert_eq!(code(|t| t.minimum_amount = won(0)), "minimumAmount");
    let weekly =
        |ends_on, lag_days| SettlementCycle::Weekly { ends_on, lag_days, holidays: HolidayRule::After };
    assert_eq!(
        code(|t| t.settlement_cycle = Some(SettlementCycle::Daily { business_days: 61 })),
        "settlementCycle"
    );
    for cycle in [weekly(0, 0), weekly(8, 0), weekly(1, 61)] {
        assert!(cycle.check().is_err(), "{cycle:?}");
    }
    assert_eq!(code(|t| t.reserve = Some(ReserveRule { days: 0, ..reserve(None) })), "reserve");
    assert_eq!(code(|t| t.reserve = Some(ReserveRule { days: 1_096, ..reserve(None) })), "reserve");
    assert_eq!(code(|t| t.acquirer.id = "other".parse().unwrap()), "NOT_FOUND_ACQUIRER");
    let elsewhere = |t: &mut ContractTerms| t.commissions[0].payee = Node::Branch(BranchId::new(uuid(88)));
    assert_eq!(code(elsewhere), "COMMISSION_OUTSIDE_BRANCH_PATH");
}

fn node_terms(node: Node, cycle: SettlementCycle, effective_from: Option<i64>) -> DirectoryCommand {
    let effective_from = effective_from.map(Moment::from_ms);
    let terms = NodeTerms { cycle, minimum_pay_out: won(10_000), tax: PayeeTax::Person };
    DirectoryCommand::SetNodeTerms(SetNodeTerms { node, effective_from, terms })
}

#[test]
fn a_branch_is_paid_out_by_its_own_terms_once_it_has_some() {
    let node = Node::Branch(branch_id());
    let cycle = |business_days| SettlementCycle::Daily { business_days };
    let world = tree();
    let at = |world: &World, ms| world.directory.payee_terms(Payee::Node(node), Moment::from_ms(ms)).unwrap();
    assert_eq!(at(&world, world.now), PayeeTerms::of_node());
    assert_eq!(world.code(node_terms(node, cycle(61), None)), "INVALID_CONTRACT");
    let stranger = Node::Branch(BranchId::new(uuid(500)));
    assert_eq!(world.code(node_terms(stranger, cycle(1), None)), "NOT_FOUND_PAYEE");
    let nobody = world.directory.payee_terms(Payee::Node(stranger), Moment::from_ms(world.now));
    assert_eq!(nobody.unwrap_err().code(), "NOT_FOUND_PAYEE");
    let world = world.then(node_terms(node, cycle(1), None));
    let first = at(&world, world.now);
    assert_eq!((first.version, first.cycle, first.minimum_pay_out), (1, cycle(1), won(10_000)));
    assert_eq!((first.tax, first.reserve), (PayeeTax::Person, None));
    let hour = world.now + RETROACTIVE_MS;
    assert_eq!(world.code(node_terms(node, cycle(2), Some(hour - 1))), "RETROACTIVE_CONTRACT");
    let world = world.then(node_terms(node, cycle(2), Some(hour)));
    assert_eq!((at(&world, hour - 1).version, at(&world, hour).version), (1, 2));
    assert_eq!(world.code(node_terms(node, cycle(3), Some(hour))), "RETROACTIVE_CONTRACT");
    let later = World { now: hour - RETROACTIVE_MS, ..world };
    assert_eq!(later.code(node_terms(node, cycle(3), Some(hour))), "CONTRACT_OUT_OF_ORDER");
}

#[test]
fn a_merchant_is_paid_out_by_its_contract() {
    let mut with = terms();
    with.reserve = Some(reserve(None));
    with.minimum_pay_out = Some(won(10_000));
    let merchant = Payee::Merchant(merchant_id());
    let at = |world: &World, ms| world.directory.payee_terms(merchant, Moment::from_ms(ms));
    assert_eq!(at(&tree(), NOW).unwrap_err().code(), "NO_CONTRACT_IN_FORCE");
    let later = NOW + 86_400_000;
    let world = tree().then(contract(with, Some(later)));
    let found = at(&world, NOW).unwrap();
    assert_eq!(found, at(&world, later).unwrap(), "before the first version it counts already");
    assert_eq!((found.version, found.cycle), (1, SettlementCycle::Daily { business_days: 2 }));
    assert_eq!((found.reserve, found.minimum_pay_out), (Some(reserve(None)), won(10_000)));
    let weekly = SettlementCycle::Weekly { ends_on: 7, lag_days: 3, holidays: HolidayRule::After };
    let mut other = terms();
    other.settlement_cycle = Some(weekly);
    let world = world.then(contract(other, Some(later + 1)));
    let found = at(&world, later + 1).unwrap();
    assert_eq!((found.version, found.cycle, found.reserve), (2, weekly, None));
}

#[test]
fn a_payee_goes_to_an_opened_partition_and_stays_there() {
    assert_eq!(World::empty().code(agency()), "NO_PARTITION_OPEN");
    let before = tree();
    let home = before.directory.partition_of(merchant_id()).unwrap().clone();
    assert_eq!(home.topic, "ledger.payments");
    let after = (4..64).fold(before, |world, number| world.then(partition(number)));
    assert_eq!(after.directory.partition_of(merchant_id()), Some(&home));
    let mut seen = std::collections::BTreeSet::new();
    let mut world = after;
    for n in 1_000..1_256 {
        world = world.then(merchant(MerchantId::new(uuid(n))));
        seen.insert(world.directory.partition_of(MerchantId::new(uuid(n))).unwrap().partition);
    }
    assert_eq!(seen.len(), 64, "every opened partition is used");
}

#[test]
fn a_partition_is_opened_once_with_one_genesis() {
    let world = World::empty().then(partition(0));
    assert_eq!(world.code(partition(0)), "ALREADY_REGISTERED");
    let partition = PartitionRef { topic: "ledger.payments".into(), partition: 0 };
    let other = OpenPartition { partition, genesis_hash: Digest([2; 32]) };
    assert_eq!(world.code(DirectoryCommand::OpenPartition(other)), "PARTITION_DIFFERS");
}

#[test]
fn a_key_is_found_by_its_hash_until_it_is_revoked() {
    let mut world = tree();
    assert!(world.directory.has_no_keys());
    world = world.then(key(9, Scope::Merchant(merchant_id())));
    let caller = world.directory.caller(&Digest([9; 32])).unwrap();
    assert_eq!((caller.key_id, caller.scope), (KeyId::new(uuid(9)), Scope::Merchant(merchant_id())));
    assert_eq!(world.directory.caller(&Digest([8; 32])), None);
    assert_eq!(world.code(key(9, Scope::Operator)), "ALREADY_REGISTERED");
    world = world.then(DirectoryCommand::RevokeKey(caller.key_id));
    assert_eq!(world.directory.caller(&Digest([9; 32])), None);
    assert_eq!(world.code(DirectoryCommand::RevokeKey(caller.key_id)), "NOT_FOUND_KEY");
    assert!(!world.directory.has_no_keys());
}

#[test]
fn nothing_hangs_under_what_does_not_exist() {
    let world = tree();
    let stranger = uuid(500);
    assert_eq!(
        world.code(branch(BranchId::new(uuid(6)), Node::Branch(BranchId::new(stranger)))),
        "NOT_FOUND_BRANCH"
    );
    let no_agency = Node::Agency(ledger_domain::ids::AgencyId::new(stranger));
    assert_eq!(world.code(branch(BranchId::new(uuid(6)), no_agency)), "NOT_FOUND_AGENCY");
    assert_eq!(world.code(key(9, Scope::Node(no_agency))), "NOT_FOUND_AGENCY");
    assert_eq!(world.code(key(9, Scope::Merchant(MerchantId::new(stranger)))), "NOT_FOUND_MERCHANT");
    let card_key = |merchant_id| IssueCardKey { card_key_id: CardKeyId::new(uuid(7)), merchant_id };
    assert_eq!(
        world.code(DirectoryCommand::IssueCardKey(card_key(MerchantId::new(stranger)))),
        "NOT_FOUND_MERCHANT"
    );
    let world = world.then(DirectoryCommand::IssueCardKey(card_key(merchant_id())));
    assert_eq!(world.directory.card_key(CardKeyId::new(uuid(7))).unwrap().merchant_id, merchant_id());
}

#[test]
fn the_tree_has_a_bounded_depth_and_names_are_bounded_too() {
    let mut world = tree();
    let mut parent = Node::Branch(branch_id());
    for n in 0..MAX_PATH - 2 {
        let id = BranchId::new(uuid(600 + n as u128));
        world = world.then(branch(id, parent));
        parent = Node::Branch(id);
    }
    assert_eq!(world.directory.path_to(parent).unwrap().len(), MAX_PATH);
    assert_eq!(world.code(branch(BranchId::new(uuid(700)), parent)), "BRANCH_TREE_TOO_DEEP");
    let long =
        RegisterAgency { agency_id: ledger_domain::ids::AgencyId::new(uuid(1)), name: "가".repeat(101) };
    assert_eq!(world.code(DirectoryCommand::RegisterAgency(long)), "INVALID_TEXT");
}

#[test]
fn a_scope_covers_its_own_subtree_and_nothing_beside_it() {
    let (other_branch, other_merchant) = (BranchId::new(uuid(30)), MerchantId::new(uuid(31)));
    let (name, tax_type) = ("바다상점".to_owned(), TaxType::Exempt);
    let world = tree().then(branch(other_branch, Node::Agency(agency_id()))).then(
        DirectoryCommand::RegisterMerchant(RegisterMerchant {
            merchant_id: other_merchant,
            branch_id: other_branch,
            name,
            tax_type,
        }),
    );
    let directory = &world.directory;
    let agency = Scope::Node(Node::Agency(agency_id()));
    let own = Scope::Node(Node::Branch(branch_id()));
    for (scope, sees_own, sees_other) in [
        (Scope::Operator, true, true),
        (agency, true, true),
        (own, true, false),
        (Scope::Merchant(merchant_id()), true, false),
        (Scope::Node(Node::Branch(BranchId::new(uuid(999)))), false, false),
    ] {
        assert_eq!(directory.covers(&scope, merchant_id()), sees_own, "{scope}");
        assert_eq!(directory.covers(&scope, other_merchant), sees_other, "{scope}");
    }
    assert_eq!(directory.merchants_of(&own).map(|(id, _)| id).collect::<Vec<_>>(), [merchant_id()]);
    assert_eq!(directory.branches_of(&agency).count(), 2);
    assert!(!directory.covers_node(&own, Node::Agency(agency_id())));
    assert!(!directory.covers_node(&own, Node::Branch(other_branch)));
    assert!(
        !directory.covers(&Scope::Operator, MerchantId::new(uuid(404))),
        "nobody sees what does not exist"
    );
}

#[test]
fn an_acquirer_is_registered_again_only_when_its_promise_changes() {
    let world = tree();
    assert_eq!(world.code(acquirer(true)), "ALREADY_REGISTERED");
    let world = world.then(acquirer(false)).then(contract(terms(), None));
    assert!(!world.directory.sale_facts(merchant_id(), Moment::from_ms(world.now)).unwrap().tombstones);
}

#[test]
fn a_client_s_command_is_refused_after_its_not_after() {
    let late = decide(&tree().directory, &acquirer(false), Some(Moment::from_ms(NOW - 1)), NOW);
    assert_eq!(late.unwrap_err().code(), "COMMAND_EXPIRED");
    assert!(decide(&tree().directory, &acquirer(false), Some(Moment::from_ms(NOW)), NOW).is_ok());
}

#[test]
fn the_directory_is_its_events_and_an_impossible_history_is_an_error() {
    let world = tree().then(contract(terms(), None)).then(key(9, Scope::Operator));
    assert_eq!(replay(&world.events).unwrap(), world.directory);
    for event in &world.events {
        let twice = evolve(world.directory.clone(), event);
        let repeatable = matches!(event, DirectoryEvent::AcquirerRegistered(_));
        assert_eq!(twice.is_ok(), repeatable, "{event:?} a second time");
    }
    let (last, all) = (world.events.last().unwrap(), &world.events[..world.events.len() - 3]);
    assert!(replay(all).is_ok() && evolve(Directory::default(), last).is_ok());
    let orphan = world.events.iter().find(|e| matches!(e, DirectoryEvent::MerchantRegistered(_))).unwrap();
    assert!(evolve(Directory::default(), orphan).is_err());
}
