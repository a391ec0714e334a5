//! How a sale's amount divides into supply, VAT and tax-free part, and what of it a partial cancel takes back
//! (money.md 1). Always `supply + vat + tax_free = amount`.

use serde::{Deserialize, Serialize};

use crate::money::{Amount, MoneyError};
use crate::rejection::Rejection;

/// How a merchant's sales are taxed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaxType {
    /// Everything is taxable (과세).
    Taxable,
    /// Nothing is (면세).
    Exempt,
    /// Each sale says which part is tax-free.
    Mixed,
}

/// A sale's own split; never the fee's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SaleSplit {
    /// Taxable supply without its VAT.
    pub supply: Amount,
    /// VAT on the supply.
    pub vat: Amount,
    /// Tax-free part.
    pub tax_free: Amount,
}

impl SaleSplit {
    /// Supply and VAT together.
    pub fn taxable(&self) -> Result<Amount, MoneyError> {
        self.supply.plus(self.vat)
    }

    /// All three together.
    pub fn amount(&self) -> Result<Amount, MoneyError> {
        self.taxable()?.plus(self.tax_free)
    }
}

/// Splits a sale. `tax_free` defaults to nothing, for an exempt merchant to everything; `vat` is the caller's own,
/// if any. Errors: a tax-free part that the merchant's tax type does not allow or that exceeds the amount, a VAT
/// that exceeds the taxable part.
pub fn split_sale(
    tax_type: TaxType,
    amount: Amount,
    tax_free: Option<Amount>,
    vat: Option<Amount>,
) -> Result<SaleSplit, Rejection> {
    let tax_free = match (tax_type, tax_free) {
        (TaxType::Exempt, None) => amount,
        (TaxType::Exempt, Some(given)) if given != amount => return Err(Rejection::TaxFreeNotAllowed),
        (TaxType::Taxable, Some(given)) if !given.is_zero() => return Err(Rejection::TaxFreeNotAllowed),
        (_, given) => given.unwrap_or_default(),
    };
    let taxable = amount.minus(tax_free).map_err(|_| Rejection::TaxFreeExceedsAmount)?;
    let vat = vat.unwrap_or_else(|| taxable.included_vat());
    let supply = taxable.minus(vat).map_err(|_| Rejection::VatExceedsTaxable { taxable })?;
    Ok(SaleSplit { supply, vat, tax_free })
}

/// The rule by which the components of a payment follow from what is left of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SplitRule {
    /// The split of the whole sale.
    pub original: SaleSplit,
    /// Whether the caller gave the VAT, so that it must keep its proportion.
    pub vat_given: bool,
}

impl SplitRule {
    /// C(x): the split of a payment of which only this much is left.
    pub fn of_remaining(&self, taxable: Amount, tax_free: Amount) -> Result<SaleSplit, MoneyError> {
        let whole = self.original.taxable()?;
        let vat = match (self.vat_given, whole.is_zero()) {
            (_, true) => Amount::ZERO,
            (true, false) => self.original.vat.share(taxable, whole)?,
            (false, false) => taxable.included_vat(),
        };
        Ok(SaleSplit { supply: taxable.minus(vat)?, vat, tax_free })
    }

    /// C(before) − C(after): what a cancel takes of each component.
    pub fn taken(&self, before: (Amount, Amount), after: (Amount, Amount)) -> Result<SaleSplit, MoneyError> {
        let (b, a) = (self.of_remaining(before.0, before.1)?, self.of_remaining(after.0, after.1)?);
        Ok(SaleSplit {
            supply: b.supply.minus(a.supply)?,
            vat: b.vat.minus(a.vat)?,
            tax_free: b.tax_free.minus(a.tax_free)?,
        })
    }
}

#[cfg(test)]
#[path = "vat_tests.rs"]
mod tests;
