use super::{Amount, Rate, Rounding};

fn won(minor: i64) -> Amount {
    Amount::new(minor).unwrap()
}

fn rate(text: &str) -> Rate {
    text.parse().unwrap()
}

#[test]
fn an_amount_lies_between_nothing_and_the_maximum() {
    assert!(Amount::new(-1).is_err());
    assert!(Amount::new(Amount::MAX.minor() + 1).is_err());
    assert!(Amount::new(i64::MAX).is_err() && Amount::new(i64::MIN).is_err());
    assert_eq!(Amount::new(Amount::MAX.minor()).unwrap(), Amount::MAX);
}

#[test]
fn sums_and_differences_never_leave_the_bounds() {
    assert!(Amount::MAX.plus(won(1)).is_err());
    assert!(won(1).minus(won(2)).is_err());
    assert_eq!(won(5).minus(won(5)).unwrap(), Amount::ZERO);
}

#[test]
fn an_amount_is_read_only_from_a_whole_number_in_bounds() {
    for bad in ["-1", "1.5", "1e3", "\"1\"", "9223372036854775808", "1000000000000", "null", "true"] {
        assert!(serde_json::from_str::<Amount>(bad).is_err(), "{bad}");
    }
    assert_eq!(serde_json::from_str::<Amount>("50000").unwrap(), won(50_000));
}

#[test]
fn included_vat_is_an_eleventh_to_the_nearest_won() {
    for (amount, vat) in
        [(0, 0), (5, 0), (6, 1), (11, 1), (16, 1), (17, 2), (50_000, 4_545), (100_000, 9_091)]
    {
        assert_eq!(won(amount).included_vat(), won(vat), "of {amount}");
    }
    assert_eq!(Amount::MAX.included_vat(), won(90_909_090_909));
}

#[test]
fn a_share_is_rounded_to_nearest_with_a_half_up_and_does_not_overflow() {
    assert_eq!(won(1).share(won(1), won(2)).unwrap(), won(1));
    assert_eq!(won(1).share(won(1), won(3)).unwrap(), won(0));
    assert_eq!(Amount::MAX.share(Amount::MAX, Amount::MAX).unwrap(), Amount::MAX);
    assert!(won(1).share(won(1), Amount::ZERO).is_err());
}

#[test]
fn a_rate_rounds_as_it_is_told() {
    // 0.0307 of 1,050 is 32.235; of 50 is 1.535; 0.005 of 100 is exactly a half.
    for (base, text, floor, nearest, ceil) in [
        (1_050, "0.0307", 32, 32, 33),
        (50, "0.0307", 1, 2, 2),
        (100, "0.005", 0, 1, 1),
        (1_000, "0.03", 30, 30, 30),
    ] {
        assert_eq!(rate(text).of(won(base), Rounding::Floor).unwrap(), won(floor));
        assert_eq!(rate(text).of(won(base), Rounding::Nearest).unwrap(), won(nearest));
        assert_eq!(rate(text).of(won(base), Rounding::Ceil).unwrap(), won(ceil));
    }
}

#[test]
fn a_rate_has_one_spelling_and_keeps_its_zeros() {
    for good in ["0", "1", "0.03", "0.0300", "0.000001", "1.0"] {
        assert_eq!(rate(good).to_string(), good);
    }
    for bad in
        ["", "-0.1", "1.01", "+0.1", ".5", "0.0000001", "1e-3", "0.03 ", "3%", "NaN", "00.1", "0_1", "-0"]
    {
        assert!(bad.parse::<Rate>().is_err(), "{bad}");
    }
}

#[test]
fn a_rate_is_never_read_from_a_json_number() {
    assert!(serde_json::from_str::<Rate>("0.03").is_err());
    assert_eq!(serde_json::from_str::<Rate>("\"0.03\"").unwrap(), rate("0.03"));
}
