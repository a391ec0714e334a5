//! Amounts and cards that make the sandbox decline or refuse to try: the table in the documentation is this one.
//! An amount that ends in 0 is never magic.

use super::entry::{Outcome, Refusal};
use super::wire::Card;

/// What the sandbox would like to answer, before memory has its say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Do it.
    Do,
    /// Refuse, with a code and a message.
    Decline(&'static str, &'static str),
    /// Maintenance: nobody tries.
    NotAttempt,
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Do => Outcome::Done,
            Verdict::Decline(code, message) => Outcome::Declined(Refusal::new(code, message)),
            Verdict::NotAttempt => Outcome::NotAttempted(Refusal::new(
                "MAINTENANCE",
                "점검 중입니다. 처리를 시도하지 않았습니다.",
            )),
        }
    }
}

/// A way to be declined: code, message, the amount's last four digits, the card that always gets it.
pub struct Decline {
    /// Toss-like.
    pub code: &'static str,
    /// For a person.
    pub message: &'static str,
    /// `amount % 10_000`.
    pub amount: i64,
    /// A whole number that passes the check digit.
    pub card: &'static str,
}

const fn decline(amount: i64, card: &'static str, code: &'static str, message: &'static str) -> Decline {
    Decline { code, message, amount, card }
}

/// Declines of approvals.
pub const APPROVE_DECLINES: [Decline; 12] = [
    decline(4401, "4000000000000010", "REJECT_CARD_PAYMENT", "한도초과 또는 잔액부족입니다."),
    decline(4402, "4000000000000028", "INVALID_STOPPED_CARD", "정지된 카드입니다."),
    decline(4403, "4000000000000036", "INVALID_CARD_LOST_OR_STOLEN", "분실 또는 도난 카드입니다."),
    decline(4404, "4000000000000044", "EXCEED_MAX_AMOUNT", "거래금액 한도를 초과했습니다."),
    decline(4405, "4000000000000051", "EXCEED_MAX_ONE_DAY_AMOUNT", "일일 한도를 초과했습니다."),
    decline(4406, "4000000000000069", "EXCEED_MAX_DAILY_PAYMENT_COUNT", "일일 결제 횟수를 초과했습니다."),
    decline(4407, "4000000000000077", "INVALID_CARD_EXPIRATION", "카드 유효기간을 확인해 주세요."),
    decline(4408, "4000000000000085", "REJECT_CARD_COMPANY", "카드사에서 승인을 거절했습니다."),
    decline(4409, "4000000000000093", "INVALID_CARD_NUMBER", "카드번호를 확인해 주세요."),
    decline(4411, "4000000000000119", "INVALID_CARD_PASSWORD", "카드 비밀번호가 일치하지 않습니다."),
    decline(4412, "4000000000000127", "INVALID_CARD_IDENTITY", "본인확인 정보가 일치하지 않습니다."),
    decline(
        4413,
        "4000000000000135",
        "NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT",
        "할부를 지원하지 않는 카드입니다.",
    ),
];

/// Declines of cancels, by the cancel's amount.
pub const CANCEL_DECLINES: [(i64, &str, &str); 4] = [
    (4601, "NOT_CANCELABLE_PAYMENT", "취소할 수 없는 결제입니다."),
    (4602, "EXCEED_MAX_REFUND_DUE", "취소 가능 기간이 지났습니다."),
    (4603, "NOT_ALLOWED_PARTIAL_REFUND", "부분 취소를 할 수 없는 카드입니다."),
    (4604, "REJECT_CARD_COMPANY", "카드사에서 취소를 거절했습니다."),
];

/// Maintenance by the amount of an approval.
pub const APPROVE_MAINTENANCE: i64 = 4491;
/// Maintenance by the amount of a cancel.
pub const CANCEL_MAINTENANCE: i64 = 4691;
/// Maintenance by card.
pub const MAINTENANCE_CARD: &str = "4000000000000911";

/// The verdict on an approval; `year` and `month` are today's.
pub fn approve(amount: i64, card: &Card, (year, month): (i32, u8)) -> Verdict {
    let ending = amount % 10_000;
    if ending == APPROVE_MAINTENANCE || card.number == MAINTENANCE_CARD {
        return Verdict::NotAttempt;
    }
    let magic = APPROVE_DECLINES.iter().find(|d| d.amount == ending || d.card == card.number);
    if let Some(decline) = magic {
        return Verdict::Decline(decline.code, decline.message);
    }
    let expires = (2000 + i32::from(card.expiry_year), card.expiry_month);
    if !(1..=12).contains(&card.expiry_month) || expires < (year, month) {
        return Verdict::Decline("INVALID_CARD_EXPIRATION", "카드 유효기간을 확인해 주세요.");
    }
    Verdict::Do
}

/// The verdict on a cancel.
pub fn cancel(amount: i64) -> Verdict {
    let ending = amount % 10_000;
    if ending == CANCEL_MAINTENANCE {
        return Verdict::NotAttempt;
    }
    let magic = CANCEL_DECLINES.iter().find(|(amount, _, _)| *amount == ending);
    magic.map_or(Verdict::Do, |(_, code, message)| Verdict::Decline(code, message))
}

/// A card's first six and last four digits; everything masked when it is too short to keep anything back.
pub fn mask(number: &str) -> String {
    let length = number.len();
    if !(12..=19).contains(&length) || !number.bytes().all(|b| b.is_ascii_digit()) {
        return "*".repeat(length.min(19));
    }
    let kept = |at: usize| at < 6 || at + 4 >= length;
    number.chars().enumerate().map(|(at, digit)| if kept(at) { digit } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(number: &str, expiry_year: u8, expiry_month: u8) -> Card {
        Card { number: number.into(), expiry_year, expiry_month, identity_number: None, password: None }
    }

    fn passes_the_check_digit(number: &str) -> bool {
        let digits = number.bytes().rev().map(|b| u32::from(b - b'0')).enumerate();
        let sum: u32 = digits.map(|(i, d)| if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { d }).sum();
        sum.is_multiple_of(10)
    }

    #[test]
    fn magic_cards_pass_the_check_digit_so_that_the_public_api_lets_them_through() {
        for number in APPROVE_DECLINES.iter().map(|d| d.card).chain([MAINTENANCE_CARD]) {
            assert!(passes_the_check_digit(number), "{number}");
        }
    }

    #[test]
    fn every_decline_comes_by_amount_and_by_card() {
        for decline in &APPROVE_DECLINES {
            let expected = Verdict::Decline(decline.code, decline.message);
            let plain = "4111111111111111";
            assert_eq!(approve(50_000 + decline.amount, &card(plain, 99, 12), (2026, 11)), expected);
            assert_eq!(approve(50_000, &card(decline.card, 99, 12), (2026, 11)), expected);
        }
    }

    #[test]
    fn no_magic_amount_ends_in_zero_so_that_round_prices_are_safe() {
        let endings = APPROVE_DECLINES.iter().map(|d| d.amount).chain(CANCEL_DECLINES.iter().map(|d| d.0));
        assert!(endings.chain([APPROVE_MAINTENANCE, CANCEL_MAINTENANCE]).all(|e| e % 10 != 0));
    }

    #[test]
    fn a_card_is_good_through_the_month_it_expires_in() {
        let on = |year, month| approve(1_000, &card("4111111111111111", 26, 11), (year, month));
        assert_eq!(on(2026, 11), Verdict::Do);
        assert!(matches!(on(2026, 12), Verdict::Decline("INVALID_CARD_EXPIRATION", _)));
        assert!(matches!(
            approve(1_000, &card("4111111111111111", 30, 13), (2026, 11)),
            Verdict::Decline("INVALID_CARD_EXPIRATION", _)
        ));
    }

    #[test]
    fn a_mask_keeps_six_and_four_and_nothing_of_what_is_no_card() {
        assert_eq!(mask("4111111111111111"), "411111******1111");
        assert_eq!(mask("41111111"), "********");
        assert_eq!(mask("4111 1111 1111 1111"), "*******************");
    }
}
