//! What several projections read out of money that moved. Amounts come out signed: a cancel takes back.

use ledger_domain::ids::{AgencyId, BranchId};
use ledger_domain::lines::{Line, LineType, Node, Party};
use ledger_domain::money::{Amount, Currency};
use ledger_domain::payment::{Movement, MovementKind, PaymentEvent};

/// The amount with the sign of its movement: positive for a sale, negative for a cancel.
pub fn signed(money: &Movement, amount: Amount) -> i64 {
    match money.posting_policy.kind() {
        MovementKind::Sale => amount.minor(),
        MovementKind::Cancel => amount.minor().saturating_neg(),
    }
}

/// The row of transactions that an event is about: its cancel, otherwise its payment.
pub fn transaction_id(event: &PaymentEvent) -> [u8; 16] {
    event.cancel_id().map_or(*event.payment_id().as_bytes(), |cancel| *cancel.as_bytes())
}

/// The nearest branch and the topmost agency above a merchant at the sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nodes {
    /// The branch the merchant belongs to.
    pub branch: [u8; 16],
    /// The agency above it.
    pub agency: [u8; 16],
}

impl Nodes {
    /// From a path, top first.
    ///
    /// # Errors
    /// When there is no branch or no agency in it.
    pub fn of(path: &[Node]) -> Result<Nodes, String> {
        let agency = path.iter().find_map(agency).ok_or("its branch path has no agency")?;
        let branch = path.iter().rev().find_map(branch).ok_or("its branch path has no branch")?;
        Ok(Nodes { branch: *branch.as_bytes(), agency: *agency.as_bytes() })
    }
}

fn agency(node: &Node) -> Option<AgencyId> {
    match node {
        Node::Agency(id) => Some(*id),
        Node::Branch(_) => None,
    }
}

fn branch(node: &Node) -> Option<BranchId> {
    match node {
        Node::Branch(id) => Some(*id),
        Node::Agency(_) => None,
    }
}

/// The nodes that earn on this movement or give back, in the order of their first lines.
pub fn earners(money: &Movement) -> Vec<Node> {
    let mut nodes = Vec::new();
    for line in money.lines.iter().filter(|line| line.kind == LineType::Commission) {
        if let Party::Node(node) = line.payee
            && !nodes.contains(&node)
        {
            nodes.push(node);
        }
    }
    nodes
}

/// Charges by their parts, signed: positive when charged, negative when returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fees {
    /// Without VAT.
    pub supply: i64,
    /// VAT.
    pub vat: i64,
    /// Both.
    pub total: i64,
}

impl Fees {
    /// What the merchant pays (or gets back).
    ///
    /// # Errors
    /// When the sum does not fit.
    pub fn of_merchant(money: &Movement) -> Result<Fees, String> {
        Fees::sum(money, |line| line.kind == LineType::Fee)
    }

    /// What one node of the tree earns (or gives back).
    ///
    /// # Errors
    /// When the sum does not fit.
    pub fn of_node(money: &Movement, node: Node) -> Result<Fees, String> {
        Fees::sum(money, |line| line.kind == LineType::Commission && line.payee == Party::Node(node))
    }

    fn sum(money: &Movement, mine: impl Fn(&Line) -> bool) -> Result<Fees, String> {
        let mut fees = Fees::default();
        for line in money.lines.iter().filter(|line| mine(line)) {
            fees = fees.plus(money, line).ok_or("its lines do not fit a sum")?;
        }
        Ok(fees)
    }

    fn plus(self, money: &Movement, line: &Line) -> Option<Fees> {
        Some(Fees {
            supply: self.supply.checked_add(signed(money, line.supply))?,
            vat: self.vat.checked_add(signed(money, line.vat))?,
            total: self.total.checked_add(signed(money, line.total))?,
        })
    }
}

/// The currency's ISO 4217 code.
pub const fn currency(money: Currency) -> &'static str {
    match money {
        Currency::Krw => "KRW",
    }
}
