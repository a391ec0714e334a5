//! Running sums of what is not closed yet, and the hash over the entries behind them. A closing copies them; nothing is summed again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::directory::Digest;
use crate::lines::{LineType, Node, Party};
use crate::money::{MoneyError, Net};
use crate::payment::{Movement, MovementKind};

/// A merchant's sums of one settlement day that is not closed, in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Totals {
    /// Number of sales.
    pub sales: u32,
    /// Their amount.
    pub sales_amount: Net,
    /// Number of cancels.
    pub cancels: u32,
    /// Their amount, a magnitude.
    pub cancels_amount: Net,
    /// What the merchant pays less what returns, without VAT.
    pub fee_supply: Net,
    /// VAT on it.
    pub fee_vat: Net,
    /// What each node earned less what it gives back, VAT included.
    pub commissions: BTreeMap<Node, Net>,
    /// Over the entries so far: see [`chain`].
    pub entries_hash: Digest,
    /// The seq of the last entry.
    pub through: u64,
}

impl Default for Totals {
    fn default() -> Self {
        Self {
            sales: 0,
            sales_amount: Net::ZERO,
            cancels: 0,
            cancels_amount: Net::ZERO,
            fee_supply: Net::ZERO,
            fee_vat: Net::ZERO,
            commissions: BTreeMap::new(),
            entries_hash: Digest([0; 32]),
            through: 0,
        }
    }
}

impl Totals {
    /// Whether nothing was sold or cancelled.
    pub const fn is_empty(&self) -> bool {
        self.sales == 0 && self.cancels == 0
    }

    /// Entries: sales and cancels.
    pub const fn entries(&self) -> u32 {
        self.sales.saturating_add(self.cancels)
    }

    /// What the merchant is owed: sales less cancels less fees.
    pub fn net(&self) -> Result<Net, MoneyError> {
        self.sold()?.minus(self.fee_supply)?.minus(self.fee_vat)
    }

    /// Sales less cancels.
    pub fn sold(&self) -> Result<Net, MoneyError> {
        self.sales_amount.minus(self.cancels_amount)
    }

    /// With one more movement, recorded at `seq`. Errors: a sum leaves its bounds, which nine thousand largest amounts would.
    pub fn with(mut self, money: &Movement, seq: u64) -> Result<Self, MoneyError> {
        let sign = |net: Net| match money.posting_policy.kind() {
            MovementKind::Sale => net,
            MovementKind::Cancel => net.negated(),
        };
        let amount = Net::from(money.amount);
        let count = |number: u32| number.checked_add(1).ok_or(MoneyError::OutOfRange);
        match money.posting_policy.kind() {
            MovementKind::Sale => {
                self.sales = count(self.sales)?;
                self.sales_amount = self.sales_amount.plus(amount)?;
            }
            MovementKind::Cancel => {
                self.cancels = count(self.cancels)?;
                self.cancels_amount = self.cancels_amount.plus(amount)?;
            }
        }
        let mut net = sign(amount);
        for line in &money.lines {
            match (line.kind, &line.payer, &line.payee) {
                (LineType::Fee, Party::Merchant(_), _) => {
                    self.fee_supply = self.fee_supply.plus(sign(line.supply.into()))?;
                    self.fee_vat = self.fee_vat.plus(sign(line.vat.into()))?;
                    net = net.minus(sign(line.total.into()))?;
                }
                (LineType::Commission, _, Party::Node(node)) => {
                    let earned = self.commissions.entry(*node).or_default();
                    *earned = earned.plus(sign(line.total.into()))?;
                }
                (LineType::Fee | LineType::Commission | LineType::AcquirerCost, _, _) => {}
            }
        }
        self.entries_hash = chain(self.entries_hash, seq, net);
        self.through = seq;
        Ok(self)
    }
}

/// What a branch or agency received on one day that is not closed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Received {
    /// How many commissions.
    pub entries: u32,
    /// Their sum.
    pub amount: Net,
    /// Over them: see [`chain`].
    pub hash: Digest,
}

impl Default for Received {
    fn default() -> Self {
        Self { entries: 0, amount: Net::ZERO, hash: Digest([0; 32]) }
    }
}

/// The hash over a closing's entries: SHA-256 over the hash so far (32 zero bytes before the first), a number, and the entry's
/// amount, both as 8 bytes, the highest first. The number is the entry's seq in the partition; of a commission received it is the
/// merchant's closing.
pub fn chain(before: Digest, number: u64, net: Net) -> Digest {
    let mut hash = Sha256::new();
    hash.update(before.0);
    hash.update(number.to_be_bytes());
    hash.update(net.minor().to_be_bytes());
    Digest(hash.finalize().into())
}
