use super::{CardCompanion, CardError, CardNumber, MaskedCard};

const GOOD: &str = "4111111111111111";

fn companion(year: &str, month: &str) -> Result<CardCompanion, CardError> {
    CardCompanion::parse(GOOD, year, month, None, None)
}

#[test]
fn a_card_number_passes_luhn_and_has_thirteen_to_nineteen_digits() {
    for good in
        [GOOD, "5500005555555559", "378282246310005", "30569309025904", "6011111111111117", "4222222222222"]
    {
        assert!(CardNumber::parse(good).is_ok(), "{good}");
    }
    let bad = [
        "4111111111111112",
        "4111 1111 1111 1111",
        "",
        "0",
        "411111111111",
        "41111111111111111111",
        "４１１１１１１１１１１１１１１１",
        "411111111111111a",
    ];
    for bad in bad {
        assert!(CardNumber::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_masked_number_shows_the_first_six_and_the_last_four() {
    assert_eq!(CardNumber::parse(GOOD).unwrap().masked().as_str(), "411111******1111");
    assert_eq!(CardNumber::parse("378282246310005").unwrap().masked().as_str(), "378282*****0005");
    assert_eq!(CardNumber::parse("4222222222222").unwrap().masked().as_str(), "422222***2222");
}

#[test]
fn a_whole_number_is_never_read_as_a_masked_one() {
    for bad in [
        GOOD,
        "4111111*****1111",
        "41111*******1111",
        "411111*****11111",
        "411111****11",
        "******",
        "한글한글한글***1234",
    ] {
        assert_eq!(bad.parse::<MaskedCard>(), Err(CardError::Masked), "{bad}");
    }
    assert!("411111******1111".parse::<MaskedCard>().is_ok());
}

#[test]
fn the_digits_are_lent_whole_and_unchanged() {
    assert!(CardNumber::parse(GOOD).unwrap().expose(|digits| digits == GOOD));
}

#[test]
fn the_digits_are_overwritten_when_the_number_is_dropped() {
    assert!(std::mem::needs_drop::<CardNumber>(), "nothing would happen at a drop");
    let mut number = CardNumber::parse(GOOD).unwrap();
    // All that `drop` does.
    zeroize::Zeroize::zeroize(&mut number);
    assert_eq!((number.digits, number.length), ([0; super::MAX_DIGITS], 0));
}

#[test]
fn a_card_is_good_to_the_last_day_of_its_month_in_seoul() {
    // 2026-11-30 23:59:59.999 +09:00 and the millisecond after it.
    let last = 1_796_050_799_999;
    assert!(companion("26", "11").unwrap().check_expiry(last).is_ok());
    assert_eq!(companion("26", "11").unwrap().check_expiry(last + 1), Err(CardError::Expired));
    assert!(companion("27", "01").unwrap().check_expiry(last + 1).is_ok());
}

#[test]
fn each_part_of_the_card_data_has_its_own_error() {
    for (year, month) in [("26", "00"), ("26", "13"), ("2026", "11"), ("2x", "11"), ("26", "1"), ("+6", "11")]
    {
        assert_eq!(companion(year, month).err(), Some(CardError::Expiry), "{year}/{month}");
    }
    let with = |identity, password| CardCompanion::parse(GOOD, "26", "11", identity, password).err();
    assert_eq!(with(Some("90010"), None), Some(CardError::Identity));
    assert_eq!(with(Some("900101"), Some("1")), Some(CardError::Password));
    assert_eq!(with(Some("1234567890"), Some("12")), None);
    assert_eq!(CardCompanion::parse("1", "xx", "11", None, None).err(), Some(CardError::Number));
}
