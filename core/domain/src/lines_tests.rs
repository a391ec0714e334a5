use super::{AcquirerId, Charge, Node, Party, Tariff, VatMode};
use crate::money::{Amount, Rounding};

fn won(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

fn tariff(rate: &str, vat_mode: VatMode) -> Tariff {
    let rate = rate.parse().unwrap();
    Tariff { rate, fixed: Amount::ZERO, min: None, max: None, vat_mode, rounding: Rounding::Floor }
}

fn charge(supply: i64, vat: i64) -> Charge {
    Charge { supply: won(supply), vat: won(vat), total: won(supply + vat) }
}

#[test]
fn three_point_o_seven_percent_of_a_million_is_30700_and_3070_on_top() {
    assert_eq!(tariff("0.0307", VatMode::Excluded).charge(won(1_000_000)).unwrap(), charge(30_700, 3_070));
}

#[test]
fn the_vat_mode_says_whether_vat_is_inside_on_top_or_not_due() {
    assert_eq!(tariff("0.03", VatMode::Included).charge(won(100_000)).unwrap(), charge(2_727, 273));
    assert_eq!(tariff("0.03", VatMode::Excluded).charge(won(100_000)).unwrap(), charge(3_000, 300));
    assert_eq!(tariff("0.03", VatMode::Exempt).charge(won(100_000)).unwrap(), charge(3_000, 0));
}

#[test]
fn a_charge_stays_between_its_minimum_and_maximum_and_is_nothing_on_nothing() {
    let bounded =
        Tariff { fixed: won(10), min: Some(won(100)), max: Some(won(200)), ..tariff("0.1", VatMode::Exempt) };
    let on = |base| bounded.charge(won(base)).unwrap().total.minor();
    assert_eq!(
        [on(0), on(1), on(900), on(901), on(910), on(1_900), on(5_000)],
        [0, 100, 100, 100, 101, 200, 200]
    );
}

#[test]
fn the_line_s_rounding_applies_to_the_share_and_to_vat_on_top() {
    let with =
        |rounding| Tariff { rounding, ..tariff("0.03", VatMode::Excluded) }.charge(won(1_150)).unwrap();
    // 34.5, and a tenth of 34 or 35.
    assert_eq!(with(Rounding::Floor), charge(34, 3));
    assert_eq!(with(Rounding::Nearest), charge(35, 4));
    assert_eq!(with(Rounding::Ceil), charge(35, 4));
}

#[test]
fn a_charge_out_of_bounds_is_an_error_and_not_a_wrong_number() {
    let all = Tariff { fixed: Amount::MAX, ..tariff("1", VatMode::Excluded) };
    assert!(all.charge(won(1)).is_err());
}

#[test]
fn every_party_reads_back_from_its_text() {
    let hex = "0".repeat(32);
    for text in [
        format!("mer_{hex}"),
        format!("brn_{hex}"),
        format!("agn_{hex}"),
        "acquirer/sandbox".into(),
        "operator".into(),
    ] {
        assert_eq!(text.parse::<Party>().unwrap().to_string(), text);
    }
    for bad in ["", "house", "acquirer/", "acquirer/A", "mer_0", &format!("pay_{hex}")] {
        assert!(bad.parse::<Party>().is_err(), "{bad}");
    }
    assert!(format!("mer_{hex}").parse::<Node>().is_err());
    assert!("a".repeat(33).parse::<AcquirerId>().is_err());
}
