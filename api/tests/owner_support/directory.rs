//! A directory with one opened partition, one acquirer and two merchants, made by the domain's own rules.

use ledger_api::owner::DirectoryView;
use ledger_domain::contract::{AcquirerRoute, CommissionRule, ContractTerms, FeeReturn, FeeRule, Method};
use ledger_domain::directory::{
    Digest, Directory, DirectoryCommand, OpenPartition, PartitionRef, RegisterAcquirer, RegisterAgency,
    RegisterBranch, RegisterMerchant, SetContract, decide, evolve,
};
use ledger_domain::ids::{AgencyId, BranchId, ContractId, MerchantId};
use ledger_domain::lines::{Node, VatMode};
use ledger_domain::money::{Amount, Rounding};
use ledger_domain::vat::TaxType;
use ledger_log::{PartitionId, Position};
use std::sync::Arc;
use uuid::Uuid;

pub const START_MS: i64 = 1_795_000_000_000;

pub fn merchant(number: u128) -> MerchantId {
    MerchantId::new(Uuid::from_u128(0x1000 + number))
}

pub fn terms() -> ContractTerms {
    ContractTerms {
        fees: vec![FeeRule {
            method: Method::Card,
            rate: "0.03".parse().unwrap(),
            fixed: Amount::ZERO,
            min: None,
            max: None,
            vat_mode: VatMode::Excluded,
            rounding: Rounding::Nearest,
        }],
        commissions: Vec::new(),
        settlement_cycle_days: 2,
        acquirer: AcquirerRoute { id: "sandbox".parse().unwrap(), cost_rate: "0.02".parse().unwrap() },
        minimum_amount: Amount::new(100).unwrap(),
        fee_return: FeeReturn::Yes,
        settlement_cycle: None,
        reserve: None,
        minimum_pay_out: None,
    }
}

pub fn commands(tombstones: bool) -> Vec<DirectoryCommand> {
    let agency_id = AgencyId::new(Uuid::from_u128(1));
    let branch_id = BranchId::new(Uuid::from_u128(2));
    let mut commands = vec![
        DirectoryCommand::OpenPartition(OpenPartition {
            partition: PartitionRef { topic: "sim.payments".to_owned(), partition: 0 },
            genesis_hash: Digest([7; 32]),
        }),
        DirectoryCommand::RegisterAcquirer(RegisterAcquirer {
            acquirer: "sandbox".parse().unwrap(),
            tombstones,
        }),
        DirectoryCommand::RegisterAgency(RegisterAgency { agency_id, name: "Agency".to_owned() }),
        DirectoryCommand::RegisterBranch(RegisterBranch {
            branch_id,
            parent: Node::Agency(agency_id),
            name: "Branch".to_owned(),
        }),
    ];
    for number in 1..=2 {
        let merchant_id = merchant(number);
        commands.push(DirectoryCommand::RegisterMerchant(RegisterMerchant {
            merchant_id,
            branch_id,
            name: format!("Merchant {number}"),
            tax_type: TaxType::Taxable,
        }));
        commands.push(DirectoryCommand::SetContract(SetContract {
            merchant_id,
            contract_id: ContractId::new(Uuid::from_u128(0x2000 + number)),
            effective_from: None,
            terms: terms(),
        }));
    }
    commands
}

pub fn view(tombstones: bool) -> DirectoryView {
    view_of(tombstones, START_MS - 10_000)
}

/// The terms with a share of every sale for these.
pub fn earning(shares: &[(Node, &str)]) -> ContractTerms {
    let rule = |(payee, rate): &(Node, &str)| CommissionRule {
        payee: *payee,
        rate: rate.parse().unwrap(),
        vat_mode: VatMode::Excluded,
        rounding: Rounding::Floor,
    };
    ContractTerms { commissions: shares.iter().map(rule).collect(), ..terms() }
}

/// The same, where branch and agency earn on every sale, decided at one instant.
pub fn paying_commissions(decided_ms: i64) -> DirectoryView {
    let earn = earning(&[
        (Node::Branch(BranchId::new(Uuid::from_u128(2))), "0.005"),
        (Node::Agency(AgencyId::new(Uuid::from_u128(1))), "0.002"),
    ]);
    let mut view = view_of(true, decided_ms);
    let mut directory = Directory::default();
    for mut command in commands(true) {
        if let DirectoryCommand::SetContract(contract) = &mut command {
            contract.terms = earn.clone();
        }
        let event = decide(&directory, &command, None, decided_ms).unwrap();
        directory = evolve(directory, &event).unwrap();
    }
    view.directory = Arc::new(directory);
    view
}

/// The same as [`view`], all of it decided at one instant.
pub fn view_of(tombstones: bool, decided_ms: i64) -> DirectoryView {
    let mut directory = Directory::default();
    for command in commands(tombstones) {
        let event = decide(&directory, &command, None, decided_ms).unwrap();
        directory = evolve(directory, &event).unwrap();
    }
    let position = Position { partition: PartitionId::new("sim.directory", 0), seq: 9 };
    DirectoryView { directory: Arc::new(directory), position: Some(position), as_of_ms: i64::MAX, decided_ms }
}
