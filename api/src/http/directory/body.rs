//! Agencies, branches and merchants as the API shows them.

use ledger_domain::directory::{AgencyRegistered, BranchRegistered, Directory, MerchantRegistered};
use ledger_domain::ids::{AgencyId, BranchId, MerchantId};
use ledger_domain::lines::Node;
use ledger_domain::vat::TaxType;
use serde::Serialize;
use utoipa::ToSchema;

/// An agency (대리점).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Agency)]
pub struct AgencyBody {
    /// `agn_` and 32 hexadecimal digits.
    agency_id: String,
    name: String,
}

/// A branch (영업점).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Branch)]
pub struct BranchBody {
    /// `brn_` and 32 hexadecimal digits.
    branch_id: String,
    /// The agency or branch it hangs under.
    parent_id: String,
    name: String,
}

/// A merchant (가맹점).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Merchant)]
pub struct MerchantBody {
    /// `mer_` and 32 hexadecimal digits.
    merchant_id: String,
    /// Who looks after it.
    branch_id: String,
    name: String,
    /// TAXABLE, EXEMPT, MIXED.
    tax_type: &'static str,
}

impl From<&AgencyRegistered> for AgencyBody {
    fn from(event: &AgencyRegistered) -> Self {
        Self { agency_id: event.agency_id.to_string(), name: event.name.clone() }
    }
}

impl From<&BranchRegistered> for BranchBody {
    fn from(event: &BranchRegistered) -> Self {
        let (branch_id, parent_id) = (event.branch_id.to_string(), event.parent.to_string());
        Self { branch_id, parent_id, name: event.name.clone() }
    }
}

impl From<&MerchantRegistered> for MerchantBody {
    fn from(event: &MerchantRegistered) -> Self {
        Self {
            merchant_id: event.merchant_id.to_string(),
            branch_id: event.branch_id.to_string(),
            name: event.name.clone(),
            tax_type: tax_type(event.tax_type),
        }
    }
}

/// An agency of the directory.
#[must_use]
pub fn agency(directory: &Directory, id: AgencyId) -> Option<AgencyBody> {
    let found = directory.agency(id)?;
    Some(AgencyBody { agency_id: Node::Agency(id).to_string(), name: found.name.clone() })
}

/// A branch of the directory.
#[must_use]
pub fn branch(directory: &Directory, id: BranchId) -> Option<BranchBody> {
    let found = directory.branch(id)?;
    let (branch_id, parent_id) = (id.to_string(), found.parent.to_string());
    Some(BranchBody { branch_id, parent_id, name: found.name.clone() })
}

/// A merchant of the directory.
#[must_use]
pub fn merchant(directory: &Directory, id: MerchantId) -> Option<MerchantBody> {
    let found = directory.merchant(id)?;
    Some(MerchantBody {
        merchant_id: id.to_string(),
        branch_id: found.branch_id.to_string(),
        name: found.name.clone(),
        tax_type: tax_type(found.tax_type),
    })
}

const fn tax_type(tax_type: TaxType) -> &'static str {
    match tax_type {
        TaxType::Taxable => "TAXABLE",
        TaxType::Exempt => "EXEMPT",
        TaxType::Mixed => "MIXED",
    }
}
