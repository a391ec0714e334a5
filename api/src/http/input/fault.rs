//! What can be wrong with a field, in both languages. It names the field and the expectation, never the value:
//! a value may be a card number that somebody sent in the wrong place.

use ledger_domain::money::Amount;

use crate::catalogue::Code;
use crate::http::problem::{Detail, Problem};

/// The JSON types, as a caller knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean,
    /// any number
    Number,
    /// `"…"`
    Text,
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

impl Kind {
    const fn english(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }

    const fn korean(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "불리언",
            Self::Number => "숫자",
            Self::Text => "문자열",
            Self::Array => "배열",
            Self::Object => "객체",
        }
    }
}

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Required and absent (or null).
    Missing,
    /// No such field in this operation.
    Unknown,
    /// Twice in one object.
    Duplicate,
    /// Another JSON type than the one wanted.
    Type {
        /// What belongs there.
        want: Kind,
        /// What stands there.
        is: Kind,
    },
    /// A string whose escapes do not make text.
    NotText,
    /// Number of characters out of bounds.
    Length {
        /// The least.
        min: usize,
        /// The most.
        max: usize,
    },
    /// Control characters in a text.
    Control,
    /// A number with a fraction or an exponent where a whole one is wanted.
    Fractional,
    /// A whole number above the largest amount.
    TooLarge,
    /// Zero or less where more is wanted.
    NotPositive,
    /// Below zero.
    Negative,
    /// A whole number out of bounds.
    Range {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// An array with too few or too many items.
    Items {
        /// The least.
        min: usize,
        /// The most.
        max: usize,
    },
    /// Not one of the words allowed.
    OneOf(&'static [&'static str]),
    /// Not the form wanted, described in English and Korean.
    Form {
        /// In English.
        en: &'static str,
        /// In Korean.
        ko: &'static str,
    },
}

impl Fault {
    /// The problem for the field with this path, such as `card.keyId` or `fees[0].rate`.
    #[must_use]
    pub fn at(&self, param: &str) -> Problem {
        Problem::new(self.code()).param(param).detail(Detail {
            en: format!("`{param}` {}.", self.english()),
            ko: format!("`{param}`: {}.", self.korean()),
        })
    }

    const fn code(&self) -> Code {
        match self {
            Self::Missing => Code::MissingField,
            Self::Unknown => Code::UnknownField,
            Self::Duplicate => Code::DuplicateField,
            Self::Type { .. } => Code::WrongType,
            Self::Fractional => Code::AmountFractional,
            Self::TooLarge => Code::AmountOutOfRange,
            Self::NotPositive => Code::AmountNotPositive,
            Self::Negative => Code::AmountNegative,
            Self::NotText
            | Self::Length { .. }
            | Self::Control
            | Self::Range { .. }
            | Self::Items { .. }
            | Self::OneOf(_)
            | Self::Form { .. } => Code::InvalidValue,
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Missing => "is required".to_owned(),
            Self::Unknown => "is not a field of this operation".to_owned(),
            Self::Duplicate => "stands twice".to_owned(),
            Self::Type { want, is } => format!("must be {}, but is {}", want.english(), is.english()),
            Self::NotText => "holds an escape that is not a character".to_owned(),
            Self::Length { min, max } => format!("must have {min} to {max} characters"),
            Self::Control => "must not hold control characters".to_owned(),
            Self::Fractional => "must be a whole number, without fraction or exponent".to_owned(),
            Self::TooLarge => format!("must not be above {}", Amount::MAX),
            Self::NotPositive => "must be above zero".to_owned(),
            Self::Negative => "must not be negative".to_owned(),
            Self::Range { min, max } => format!("must be from {min} to {max}"),
            Self::Items { min, max } => format!("must have {min} to {max} items"),
            Self::OneOf(words) => format!("must be one of {}", words.join(", ")),
            Self::Form { en, .. } => format!("must be {en}"),
        }
    }

    fn korean(&self) -> String {
        match self {
            Self::Missing => "필수 항목입니다".to_owned(),
            Self::Unknown => "이 요청에 없는 항목입니다".to_owned(),
            Self::Duplicate => "두 번 있습니다".to_owned(),
            Self::Type { want, is } => format!("{}이어야 하는데 {}입니다", want.korean(), is.korean()),
            Self::NotText => "문자가 아닌 이스케이프가 있습니다".to_owned(),
            Self::Length { min, max } => format!("{min}~{max}자여야 합니다"),
            Self::Control => "제어 문자를 쓸 수 없습니다".to_owned(),
            Self::Fractional => "소수점이나 지수가 없는 정수여야 합니다".to_owned(),
            Self::TooLarge => format!("{} 이하여야 합니다", Amount::MAX),
            Self::NotPositive => "0보다 커야 합니다".to_owned(),
            Self::Negative => "음수일 수 없습니다".to_owned(),
            Self::Range { min, max } => format!("{min} 이상 {max} 이하여야 합니다"),
            Self::Items { min, max } => format!("항목이 {min}~{max}개여야 합니다"),
            Self::OneOf(words) => format!("다음 중 하나여야 합니다: {}", words.join(", ")),
            Self::Form { ko, .. } => format!("{ko}이어야 합니다"),
        }
    }
}
