//! The posting policies of a sale and of a cancel: the same entries, on opposite sides.

use thiserror::Error;

use super::account::{Account, Side};
use super::book::{Book, Entry, Holder};
use crate::ids::MerchantId;
use crate::lines::{AcquirerId, Line, LineType, Node, Party};
use crate::money::MoneyError;
use crate::payment::{Movement, MovementKind, PaymentEvent, PostingPolicy};

/// A movement that cannot be posted: its lines name parties that its policy does not know.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PostingError {
    /// A line between parties that its type does not have.
    #[error("line {rule_id} is not between the parties of its type")]
    Parties {
        /// The line's rule.
        rule_id: String,
    },
    /// An amount out of bounds.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// The balanced entries of an event; none if it moves no money. Errors: [`PostingError`]; an event that `decide`
/// emitted always posts.
pub fn post(event: &PaymentEvent) -> Result<Vec<Entry>, PostingError> {
    let Some(money) = event.money() else { return Ok(Vec::new()) };
    let sale = match money.posting_policy {
        PostingPolicy::Sale1 | PostingPolicy::Cancel1 => sale_entries(event.merchant_id(), money)?,
    };
    let sides = |entry: Entry| match money.posting_policy.kind() {
        MovementKind::Sale => entry,
        MovementKind::Cancel => Entry { side: entry.side.other(), ..entry },
    };
    Ok(sale.into_iter().map(sides).collect())
}

/// Policy `sale/1`: the acquirer owes the amount less its cost, the merchant is owed the amount less its fee, and
/// each commission is owed to its payee.
fn sale_entries(merchant: MerchantId, money: &Movement) -> Result<Vec<Entry>, PostingError> {
    let mut book = Book::default();
    let mut expected = money.amount.minor();
    let mut payable = money.amount.minor();
    let mut acquirer = None;
    for line in &money.lines {
        let (supply, vat, total) = (line.supply.minor(), line.vat.minor(), line.total.minor());
        match parties(line)? {
            Kind::Fee => {
                payable -= total;
                book.add(Account::R10, Holder::Fee(line.kind), Side::Credit, supply);
                book.add(Account::L40, Holder::None, Side::Credit, vat);
            }
            Kind::Commission(payee) => {
                book.add(Account::E20, Holder::None, Side::Debit, supply);
                book.add(Account::A40, Holder::None, Side::Debit, vat);
                book.add(Account::L30, Holder::Commission(payee, merchant), Side::Credit, total);
            }
            Kind::Cost(id) => {
                expected -= total;
                book.add(Account::E10, Holder::None, Side::Debit, supply);
                book.add(Account::A40, Holder::None, Side::Debit, vat);
                acquirer = Some(id);
            }
        }
    }
    let missing = || PostingError::Parties { rule_id: "acquirer".to_owned() };
    book.add(Account::A10, Holder::Acquirer(acquirer.ok_or_else(missing)?), Side::Debit, expected);
    book.add(Account::L10, Holder::Merchant(merchant), Side::Credit, payable);
    Ok(book.entries()?)
}

enum Kind {
    Fee,
    Commission(Node),
    Cost(AcquirerId),
}

fn parties(line: &Line) -> Result<Kind, PostingError> {
    match (line.kind, &line.payer, &line.payee) {
        (LineType::Fee, Party::Merchant(_), Party::Operator) => Ok(Kind::Fee),
        (LineType::Commission, Party::Operator, Party::Node(node)) => Ok(Kind::Commission(*node)),
        (LineType::AcquirerCost, Party::Operator, Party::Acquirer(id)) => Ok(Kind::Cost(id.clone())),
        (LineType::Fee | LineType::Commission | LineType::AcquirerCost, _, _) => {
            Err(PostingError::Parties { rule_id: line.rule_id.clone() })
        }
    }
}
