//! Who sells in a generated history: agencies, branches and merchants, on terms that differ, all from one seed.

use ledger_domain::contract::{AcquirerRoute, CommissionRule, ContractTerms, FeeReturn, FeeRule, Method};
use ledger_domain::days::calendar::HolidayRule;
use ledger_domain::directory::{
    DirectoryCommand, NodeTerms, RegisterAgency, RegisterBranch, RegisterMerchant, SetContract, SetNodeTerms,
};
use ledger_domain::ids::{AgencyId, BranchId, ContractId, MerchantId};
use ledger_domain::lines::{Node, VatMode};
use ledger_domain::money::{Amount, Rounding};
use ledger_domain::settlement::{PayeeTax, ReserveRule, SettlementCycle};
use ledger_domain::vat::TaxType;
use uuid::Uuid;

use crate::failure::{Done, During};

const AGENCIES: usize = 3;
const BRANCHES: usize = 30;

/// Those who sell, the busiest first, and what registers everybody, in order.
pub struct People {
    pub merchants: Vec<MerchantId>,
    /// Agency and branch above each of them.
    pub paths: Vec<(Node, Node)>,
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
            if let Some(terms) = node_terms(random, number)? {
                let node = Node::Branch(branch_id);
                commands.push(DirectoryCommand::SetNodeTerms(SetNodeTerms {
                    node,
                    effective_from: None,
                    terms,
                }));
            }
        }
        let (mut all, mut paths) = (Vec::new(), Vec::new());
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
            let above = (Node::Agency(agency), Node::Branch(branch_id));
            let terms = terms(random, above)?;
            paths.push(above);
            commands.push(DirectoryCommand::SetContract(SetContract {
                merchant_id,
                contract_id,
                effective_from: None,
                terms,
            }));
        }
        Ok(People { merchants: all, paths, commands })
    }
}

/// Every third branch is a person without registration, every fourth is paid by the week; the others have no terms of their own.
fn node_terms(random: &mut fastrand::Rng, number: usize) -> Done<Option<NodeTerms>> {
    let (person, weekly) = (number.is_multiple_of(3), number.is_multiple_of(4));
    if !person && !weekly {
        return Ok(None);
    }
    let tax = if person { PayeeTax::Person } else { PayeeTax::Registered };
    let cycle = match weekly {
        true => weekly_cycle(random),
        false => SettlementCycle::Monthly { ends_on: 31, lag_days: 10, holidays: HolidayRule::After },
    };
    Ok(Some(NodeTerms { cycle, minimum_pay_out: Amount::new(1_000)?, tax }))
}

fn weekly_cycle(random: &mut fastrand::Rng) -> SettlementCycle {
    SettlementCycle::Weekly { ends_on: 7, lag_days: random.u8(1..6), holidays: HolidayRule::After }
}

/// What a merchant agrees to, on top of fees and commissions: most are paid at D+n, some by the week or the month; some leave a reserve.
fn paid_out(
    random: &mut fastrand::Rng,
) -> Done<(Option<SettlementCycle>, Option<ReserveRule>, Option<Amount>)> {
    let cycle = match random.u8(0..10) {
        0 => Some(weekly_cycle(random)),
        1 => {
            let holidays =
                *random.choice(&[HolidayRule::Before, HolidayRule::After]).unwrap_or(&HolidayRule::After);
            Some(SettlementCycle::Monthly {
                ends_on: random.u8(1..=31),
                lag_days: random.u8(3..20),
                holidays,
            })
        }
        _ => None,
    };
    let reserve = match random.u8(0..10) {
        0..3 => Some(ReserveRule {
            rate: "0.05".parse()?,
            days: random.u16(20..120),
            cap: random.bool().then(|| Amount::new(500_000)).transpose()?,
            usable_for_offset: random.bool(),
        }),
        _ => None,
    };
    let minimum = (random.u8(0..10) == 0).then(|| Amount::new(10_000)).transpose()?;
    Ok((cycle, reserve, minimum))
}

/// Terms for a merchant below an agency and a branch.
///
/// # Errors
/// They are none.
pub fn terms(random: &mut fastrand::Rng, (agency, branch): (Node, Node)) -> Done<ContractTerms> {
    let (settlement_cycle, reserve, minimum_pay_out) = paid_out(random)?;
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
        min: (random.u8(0..5) == 0).then(|| Amount::new(50)).transpose()?,
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
        fee_return: *random
            .choice(&[FeeReturn::Yes, FeeReturn::Yes, FeeReturn::No, FeeReturn::SameDay])
            .unwrap_or(&FeeReturn::Yes),
        settlement_cycle,
        reserve,
        minimum_pay_out,
    })
}
