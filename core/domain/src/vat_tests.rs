use super::{SaleSplit, SplitRule, TaxType, split_sale};
use crate::money::Amount;
use crate::rejection::Rejection;

fn won(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

fn split(supply: i64, vat: i64, tax_free: i64) -> SaleSplit {
    SaleSplit { supply: won(supply), vat: won(vat), tax_free: won(tax_free) }
}

#[test]
fn vat_is_computed_where_the_caller_does_not_give_it() {
    assert_eq!(split_sale(TaxType::Taxable, won(100_000), None, None).unwrap(), split(90_909, 9_091, 0));
    assert_eq!(
        split_sale(TaxType::Mixed, won(100_000), Some(won(45_000)), None).unwrap(),
        split(50_000, 5_000, 45_000)
    );
    assert_eq!(split_sale(TaxType::Mixed, won(1), None, None).unwrap(), split(1, 0, 0));
}

#[test]
fn a_caller_s_own_vat_is_kept_up_to_the_taxable_part() {
    assert_eq!(split_sale(TaxType::Taxable, won(1_000), None, Some(won(90))).unwrap(), split(910, 90, 0));
    assert_eq!(split_sale(TaxType::Taxable, won(1_000), None, Some(won(0))).unwrap(), split(1_000, 0, 0));
    let too_much = split_sale(TaxType::Mixed, won(1_000), Some(won(400)), Some(won(601)));
    assert_eq!(too_much, Err(Rejection::VatExceedsTaxable { taxable: won(600) }));
}

#[test]
fn the_tax_type_says_whether_a_tax_free_part_is_possible() {
    assert_eq!(split_sale(TaxType::Exempt, won(1_000), None, None).unwrap(), split(0, 0, 1_000));
    assert_eq!(split_sale(TaxType::Exempt, won(1_000), Some(won(1_000)), None).unwrap(), split(0, 0, 1_000));
    assert_eq!(
        split_sale(TaxType::Exempt, won(1_000), Some(won(1)), None),
        Err(Rejection::TaxFreeNotAllowed)
    );
    assert_eq!(
        split_sale(TaxType::Taxable, won(1_000), Some(won(1)), None),
        Err(Rejection::TaxFreeNotAllowed)
    );
    assert_eq!(
        split_sale(TaxType::Mixed, won(1_000), Some(won(1_001)), None),
        Err(Rejection::TaxFreeExceedsAmount)
    );
}

#[test]
fn a_hundred_thousand_cancelled_in_halves_gives_back_4546_and_then_4545_of_vat() {
    let rule = SplitRule { original: split(90_909, 9_091, 0), vat_given: false };
    let (whole, half, nothing) = (won(100_000), won(50_000), Amount::ZERO);
    assert_eq!(rule.taken((whole, nothing), (half, nothing)).unwrap(), split(45_454, 4_546, 0));
    assert_eq!(rule.taken((half, nothing), (nothing, nothing)).unwrap(), split(45_455, 4_545, 0));
}

#[test]
fn a_given_vat_keeps_its_proportion_as_the_payment_shrinks() {
    let rule = SplitRule { original: split(997, 3, 0), vat_given: true };
    let left = |minor| rule.of_remaining(won(minor), Amount::ZERO).unwrap().vat.minor();
    assert_eq!([left(1_000), left(500), left(499), left(167), left(166), left(0)], [3, 2, 1, 1, 0, 0]);
}
