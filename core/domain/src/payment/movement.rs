//! What every event that moves money carries, in one shape (money.md 1): the sale's split, the lines, and the
//! facts they were computed with, so that each row of a projection depends on this one event.

use serde::{Deserialize, Serialize};

use crate::contract::Method;
use crate::days::Day;
use crate::ids::ContractId;
use crate::lines::{Line, Node};
use crate::money::{Amount, Currency};
use crate::vat::SaleSplit;

/// Which way money moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MovementKind {
    /// From the buyer.
    Sale,
    /// Back to the buyer.
    Cancel,
}

/// Which pure function turns the event into postings. Old policies stay for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum PostingPolicy {
    /// A sale, version 1.
    #[serde(rename = "sale/1")]
    Sale1,
    /// A cancel, version 1.
    #[serde(rename = "cancel/1")]
    Cancel1,
}

impl PostingPolicy {
    /// Which way its events move money.
    pub const fn kind(self) -> MovementKind {
        match self {
            Self::Sale1 => MovementKind::Sale,
            Self::Cancel1 => MovementKind::Cancel,
        }
    }
}

/// Money that moved. All amounts are magnitudes; [`PostingPolicy::kind`] says which way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Movement {
    /// The merchant's order id.
    pub order_id: String,
    /// How it was paid.
    pub method: Method,
    /// In what.
    pub currency: Currency,
    /// `sale_supply + sale_vat + sale_tax_free`.
    pub amount: Amount,
    /// Taxable supply without VAT.
    pub sale_supply: Amount,
    /// VAT on it.
    pub sale_vat: Amount,
    /// Tax-free part.
    pub sale_tax_free: Amount,
    /// Who pays whom for it. On a cancel: what returns; a line that does not return is not listed.
    pub lines: Vec<Line>,
    /// How it is posted.
    pub posting_policy: PostingPolicy,
    /// Agency … branch as it was at the sale, top first.
    pub branch_path: Vec<Node>,
    /// The contract.
    pub contract_id: ContractId,
    /// Its version.
    pub contract_version: u32,
    /// The calendar that dated it.
    pub calendar_version: String,
    /// The merchant's settlement day.
    pub sold_date: Day,
    /// When it is expected to be paid out, or clawed back.
    pub expected_pay_out_date: Day,
}

impl Movement {
    /// The sale's split.
    pub fn split(&self) -> SaleSplit {
        SaleSplit { supply: self.sale_supply, vat: self.sale_vat, tax_free: self.sale_tax_free }
    }
}
