//! What was sold under each agency and branch: every movement counts for every node of its path, as the tree was at the sale, so
//! that a subtree of any depth is one node's rows. Sums by day and by hour, and the rows behind them.

pub mod rows;
pub mod sums;

use super::money::Fees;
use ledger_domain::days::Moment;
use ledger_domain::lines::Node;
use ledger_domain::payment::{Movement, MovementKind};

/// The ids on a path, from the top down, one after the other.
pub type Path = Vec<u8>;

/// A movement as one node of its path sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The node.
    pub node: [u8; 16],
    /// Whether it is the path's first: those rows together hold every movement once.
    pub is_top: bool,
    /// The path as it was at the sale.
    pub path: Path,
    /// The branch the merchant belonged to.
    pub branch: [u8; 16],
    /// The agency above all.
    pub agency: [u8; 16],
    /// What it moves.
    pub sums: Sums,
}

/// In the order of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Approvals.
    pub approval_count: i64,
    /// Their sum.
    pub approval_amount: i64,
    /// Cancels.
    pub cancel_count: i64,
    /// Their sum, positive.
    pub cancel_amount: i64,
    /// Approvals less cancels.
    pub net_amount: i64,
    /// Charged to merchants less what was returned, without VAT.
    pub fee_supply: i64,
    /// VAT on it.
    pub fee_vat: i64,
    /// What the node earned, with VAT, less what was clawed back.
    pub own_commission: i64,
    /// What the nodes below it earned, with VAT, less what was clawed back.
    pub below_commission: i64,
}

impl Sums {
    /// Both together; None when a sum does not fit.
    pub fn plus(&self, other: &Sums) -> Option<Sums> {
        Some(Sums {
            approval_count: self.approval_count.checked_add(other.approval_count)?,
            approval_amount: self.approval_amount.checked_add(other.approval_amount)?,
            cancel_count: self.cancel_count.checked_add(other.cancel_count)?,
            cancel_amount: self.cancel_amount.checked_add(other.cancel_amount)?,
            net_amount: self.net_amount.checked_add(other.net_amount)?,
            fee_supply: self.fee_supply.checked_add(other.fee_supply)?,
            fee_vat: self.fee_vat.checked_add(other.fee_vat)?,
            own_commission: self.own_commission.checked_add(other.own_commission)?,
            below_commission: self.below_commission.checked_add(other.below_commission)?,
        })
    }
}

/// The movement once for every node of its path, from the top down.
///
/// # Errors
/// When the path does not lead from an agency to a branch, or a sum does not fit.
pub fn seen(money: &Movement) -> Result<Vec<Seen>, String> {
    let (first, last) = match (money.branch_path.first(), money.branch_path.last()) {
        (Some(Node::Agency(agency)), Some(Node::Branch(branch))) => (*agency.as_bytes(), *branch.as_bytes()),
        _ => return Err("its branch path does not lead from an agency to a branch".to_owned()),
    };
    let path: Path = money.branch_path.iter().flat_map(Node::as_bytes).copied().collect();
    let whole = whole(money)?;
    let mut below = 0_i64;
    let mut all = Vec::with_capacity(money.branch_path.len());
    for (place, node) in money.branch_path.iter().enumerate().rev() {
        let own = Fees::of_node(money, *node)?.total;
        let sums = Sums { own_commission: own, below_commission: below, ..whole };
        below = below.checked_add(own).ok_or("its commissions do not fit a sum")?;
        let (node, is_top, path) = (*node.as_bytes(), place == 0, path.clone());
        all.push(Seen { node, is_top, path, branch: last, agency: first, sums });
    }
    all.reverse();
    Ok(all)
}

/// Without commissions, which differ from node to node.
fn whole(money: &Movement) -> Result<Sums, String> {
    let (fees, amount) = (Fees::of_merchant(money)?, money.amount.minor());
    let sums = Sums { fee_supply: fees.supply, fee_vat: fees.vat, ..Sums::default() };
    Ok(match money.posting_policy.kind() {
        MovementKind::Sale => Sums { approval_count: 1, approval_amount: amount, net_amount: amount, ..sums },
        MovementKind::Cancel => {
            Sums { cancel_count: 1, cancel_amount: amount, net_amount: amount.saturating_neg(), ..sums }
        }
    })
}

/// The hour of the sold day in which it was recorded, 0 to 23; what was recorded before its sold day began belongs to hour 0.
pub fn hour(money: &Movement, at: Moment) -> u8 {
    if at.seoul_day() == money.sold_date { at.seoul_hour() } else { 0 }
}
