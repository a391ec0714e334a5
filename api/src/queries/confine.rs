//! The one place where a list is confined to what its caller may see. Every query over rows of somebody holds the
//! marker, and a query without it is never sent; what the condition is follows from the caller's scope alone.

use super::QueryError;
use crate::access::Confinement;
use mysql_async::Value;

/// Stands in each query's WHERE; as written it is true, so that the file can be prepared as it is.
const MARKER: &str = "/*confined*/ TRUE";

/// Whose rows a table holds, and so by which columns it is confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Rows of one merchant, with its branch and agency as they were at the sale.
    OfMerchants,
    /// Rows of a node of the tree, with the path it was on at the sale: a node sees its own and those of the nodes that were below
    /// it then, a merchant none.
    OfBranches,
    /// Rows of payees: those above see the ones below, never the other way round.
    OfPayees,
    /// What a payee is paid and owes altogether: its own, whoever is above it.
    OwnPayee,
}

/// A query that shows the caller nothing but its own.
#[derive(Clone, Debug)]
pub struct Confined {
    /// The query with its condition.
    pub sql: String,
    /// The value of its parameter `:scope`.
    pub scope: Value,
}

/// Puts the caller's confinement into the query.
///
/// # Errors
/// [`QueryError::Broken`] when the query has not exactly one place for it.
pub fn confine(sql: &str, rows: Rows, to: &Confinement) -> Result<Confined, QueryError> {
    if sql.matches(MARKER).count() != 1 {
        return Err(QueryError::Broken("a query has not exactly one place for its confinement".to_owned()));
    }
    let (condition, scope) = match to {
        Confinement::Everything => ("TRUE", Value::NULL),
        Confinement::Agency(id) => (of_agency(rows), bytes(id.as_bytes())),
        Confinement::Branch(id) => (of_branch(rows), bytes(id.as_bytes())),
        Confinement::Merchant(id) => (of_merchant(rows), bytes(id.as_bytes())),
    };
    Ok(Confined { sql: sql.replace(MARKER, condition), scope })
}

/// The node of the row is the scope's, or comes after it on the path.
const ON_PATH: &str = "LOCATE(CAST(:scope AS BINARY), path) BETWEEN 1 AND LOCATE(node_id, path)";

const fn of_agency(rows: Rows) -> &'static str {
    match rows {
        Rows::OfMerchants | Rows::OfPayees => "agency_id = :scope",
        Rows::OfBranches => ON_PATH,
        Rows::OwnPayee => "payee_id = :scope AND payee_kind = 'AGENCY'",
    }
}

const fn of_branch(rows: Rows) -> &'static str {
    match rows {
        Rows::OfMerchants => "branch_id = :scope",
        Rows::OfBranches => ON_PATH,
        // What its agency earns on the same sale is not the branch's business.
        Rows::OfPayees => "branch_id = :scope AND payee_kind <> 'AGENCY'",
        Rows::OwnPayee => "payee_id = :scope AND payee_kind = 'BRANCH'",
    }
}

const fn of_merchant(rows: Rows) -> &'static str {
    match rows {
        Rows::OfMerchants => "merchant_id = :scope",
        Rows::OfBranches => "FALSE AND node_id = :scope",
        Rows::OfPayees | Rows::OwnPayee => "payee_id = :scope AND payee_kind = 'MERCHANT'",
    }
}

fn bytes(id: &[u8; 16]) -> Value {
    Value::Bytes(id.to_vec())
}
