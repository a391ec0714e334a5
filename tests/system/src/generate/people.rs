//! Who sells in a generated history: agencies, branches and merchants, on terms that differ, all from one seed.

use ledger_domain::contract::{AcquirerRoute, CommissionRule, ContractTerms, FeeReturn, FeeRule, Method};
use ledger_domain::directory::{
    DirectoryCommand, RegisterAgency, RegisterBranch, RegisterMerchant, SetContract,
};
use ledger_domain::ids::{AgencyId, BranchId, ContractId, MerchantId};
use ledger_domain::lines::{Node, VatMode};
use ledger_domain::money::{Amount, Rounding};
use ledger_domain::vat::TaxType;
use uuid::Uuid;

use crate::failure::{Done, During};

const AGENCIES: usize = 3;
const BRANCHES: usize = 30;

/// Those who sell, the busiest first, and what registers everybody, in order.
pub struct People {
    pub merchants: Vec<MerchantId>,
    pub commands: Vec<DirectoryCommand>,
}

/// A UUIDv7 of this time.
pub fn fresh(random: &mut fastrand::Rng, at_ms: i64) -> Uuid {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    uuid::Builder::from_unix_timestamp_millis(at_ms.unsigned_abs(), &bytes).into_uuid()
}

impl People {
    /// So many merchants under three agencies with thirty branches.
    ///
    /// # Errors
    /// The terms are none.
    pub fn draw(random: &mut fastrand::Rng, merchants: usize, at_ms: i64) -> Done<People> {
        let mut commands = Vec::new();
        let agencies: Vec<AgencyId> = (0..AGENCIES).map(|_| AgencyId::new(fresh(random, at_ms))).collect();
        for (agency_id, number) in agencies.iter().copied().zip(1..) {
            commands.push(DirectoryCommand::RegisterAgency(RegisterAgency {
                agency_id,
                name: format!("대리점 {number}"),
            }));
        }
        let mut branches = Vec::new();
        for number in 1..=BRANCHES {
            let agency = *agencies.get(number % AGENCIES).during(|| "no agency".to_owned())?;
            let branch_id = BranchId::new(fresh(random, at_ms));
            branches.push((branch_id, agency));
            let (parent, name) = (Node::Agency(agency), format!("영업점 {number}"));
            commands.push(DirectoryCommand::RegisterBranch(RegisterBranch { branch_id, parent, name }));
        }
        let mut all = Vec::new();
        for number in 1..=merchants {
            let (branch_id, agency) = *random.choice(&branches).during(|| "no branch".to_owned())?;
            let merchant_id = MerchantId::new(fresh(random, at_ms));
            all.push(merchant_id);
            let tax_type = if random.u8(0..10) == 0 { TaxType::Exempt } else { TaxType::Taxable };
            let name = format!("가맹점 {number}");
            commands.push(DirectoryCommand::RegisterMerchant(RegisterMerchant {
                merchant_id,
                branch_id,
                name,
                tax_type,
            }));
            let contract_id = ContractId::new(fresh(random, at_ms));
            let terms = terms(random, Node::Agency(agency), Node::Branch(branch_id))?;
            commands.push(DirectoryCommand::SetContract(SetContract {
                merchant_id,
                contract_id,
                effective_from: None,
                terms,
            }));
        }
        Ok(People { merchants: all, commands })
    }
}

fn terms(random: &mut fastrand::Rng, agency: Node, branch: Node) -> Done<ContractTerms> {
    let rates = ["0.015", "0.022", "0.0275", "0.03", "0.033"];
    let rate = random.choice(rates).unwrap_or("0.03");
    let vat_mode = if random.bool() { VatMode::Excluded } else { VatMode::Included };
    let share = |payee, rate: &str| -> Done<CommissionRule> {
        Ok(CommissionRule {
            payee,
            rate: rate.parse()?,
            vat_mode: VatMode::Excluded,
            rounding: Rounding::Floor,
        })
    };
    let fee = FeeRule {
        method: Method::Card,
        rate: rate.parse()?,
        fixed: Amount::ZERO,
        min: None,
        max: None,
        vat_mode,
        rounding: Rounding::Floor,
    };
    Ok(ContractTerms {
        fees: vec![fee],
        commissions: vec![share(branch, "0.003")?, share(agency, "0.001")?],
        settlement_cycle_days: random.u8(1..8),
        acquirer: AcquirerRoute { id: "sandbox".parse()?, cost_rate: "0.008".parse()? },
        minimum_amount: Amount::new(100)?,
        fee_return: FeeReturn::Yes,
        settlement_cycle: None,
        reserve: None,
        minimum_pay_out: None,
    })
}
