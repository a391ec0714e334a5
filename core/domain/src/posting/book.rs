//! Entries, and the sums they come from.

use std::collections::BTreeMap;
use std::fmt;

use super::account::{Account, Side};
use crate::ids::MerchantId;
use crate::lines::{AcquirerId, LineType, Node, Payee};
use crate::money::{Amount, MoneyError, Net};

/// The sub-ledger key of an entry. As text: nothing, `acquirer/NAME`, a payee's id, `brn_…/mer_…`, `FEE`, `bank/NAME`, `ADJUSTMENT`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Holder {
    /// None: the account is one.
    None,
    /// `{acquirer}`
    Acquirer(AcquirerId),
    /// `{merchant}`
    Merchant(MerchantId),
    /// `{payee}`
    Payee(Payee),
    /// `{payee, merchant}`
    Commission(Node, MerchantId),
    /// `{fee type}`
    Fee(LineType),
    /// `{account}` of a bank.
    Bank(String),
    /// Income that is no fee: manual adjustments.
    Adjustment,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Acquirer(id) => write!(f, "acquirer/{id}"),
            Self::Merchant(id) => id.fmt(f),
            Self::Payee(payee) => payee.fmt(f),
            Self::Commission(node, merchant) => write!(f, "{node}/{merchant}"),
            Self::Fee(kind) => f.write_str(kind.as_str()),
            Self::Bank(name) => write!(f, "bank/{name}"),
            Self::Adjustment => f.write_str("ADJUSTMENT"),
        }
    }
}

/// One entry: an amount on one side of one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// Whose.
    pub holder: Holder,
    /// Which side.
    pub side: Side,
    /// Never zero.
    pub amount: Amount,
}

/// Sums by account and holder; a sum below zero stands on the other side.
#[derive(Default)]
pub(super) struct Book(BTreeMap<(Account, Holder), i64>);

impl Book {
    pub(super) fn add(&mut self, account: Account, holder: Holder, side: Side, minor: i64) {
        let signed = if side == Side::Debit { minor } else { -minor };
        *self.0.entry((account, holder)).or_default() += signed;
    }

    /// Debits one place and credits another; a sum below nothing the other way round.
    pub(super) fn moves(&mut self, debit: (Account, Holder), credit: (Account, Holder), net: Net) {
        self.add(debit.0, debit.1, Side::Debit, net.minor());
        self.add(credit.0, credit.1, Side::Credit, net.minor());
    }

    pub(super) fn entries(self) -> Result<Vec<Entry>, MoneyError> {
        let moved = self.0.into_iter().filter(|(_, signed)| *signed != 0);
        moved
            .map(|((account, holder), signed)| {
                let side = if signed > 0 { Side::Debit } else { Side::Credit };
                Ok(Entry { account, holder, side, amount: Amount::new(signed.abs())? })
            })
            .collect()
    }
}
