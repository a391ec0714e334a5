//! What HTTP makes of a rejection or a card problem: exhaustive matches, so that a new rule stops the compiler here.
//! The domain's code and the table's code are the same text; a test compares them.

use ledger_domain::Rejection as R;
use serde_json::Value;

use super::Code;
use crate::envelope::CardProblem;
use crate::http::problem::{Detail, Problem};

/// The code, the parameter at fault, and the fact a program needs to go on without reading the sentence.
type Row = (Code, Option<&'static str>, Option<(&'static str, Value)>);

/// The problem that tells a caller of this rejection.
#[must_use]
pub fn rejection(rejection: &R) -> Problem {
    let (code, param, fact) = row(rejection);
    let en = sentence(&rejection.to_string());
    let mut problem = Problem::new(code).detail(Detail { en, ko: format!("{}.", code.entry().title_ko) });
    if let Some(param) = param {
        problem = problem.param(param);
    }
    if let Some((name, value)) = fact {
        problem = problem.member(name, value);
    }
    problem
}

/// A sentence begins with a capital, unless it begins with a field's name.
fn sentence(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    let is_name = word == "vat" || word.bytes().any(|byte| byte.is_ascii_uppercase());
    let mut characters = text.chars();
    let first = characters.next().map(|first| if is_name { first } else { first.to_ascii_uppercase() });
    first.into_iter().chain(characters).chain(['.']).collect()
}

fn row(rejection: &R) -> Row {
    let number = |name, amount: &ledger_domain::money::Amount| Some((name, Value::from(amount.minor())));
    match rejection {
        R::TooLate => (Code::CommandExpired, None, None),
        R::InvalidText { field, max } => {
            (Code::InvalidText, Some(field.param()), Some(("maximumLength", Value::from(*max))))
        }
        R::AmountIsZero => (Code::AmountIsZero, Some("amount"), None),
        R::AmountOutOfRange => (Code::AmountOutOfRange, Some("amount"), None),
        R::BelowMinimum { minimum } => {
            (Code::BelowMinimumAmount, Some("amount"), number("minimumAmount", minimum))
        }
        R::AboveMaximum { maximum } => {
            (Code::ExceedMaxAmount, Some("amount"), number("maximumAmount", maximum))
        }
        R::InvalidInstallment => (Code::InvalidInstallment, Some("installmentMonths"), None),
        R::InstallmentBelowMinimum { minimum } => {
            (Code::InstallmentBelowMinimum, Some("installmentMonths"), number("minimumAmount", minimum))
        }
        R::TaxFreeNotAllowed => (Code::TaxFreeNotAllowed, Some("taxFreeAmount"), None),
        R::TaxFreeExceedsAmount => (Code::TaxFreeExceedsAmount, Some("taxFreeAmount"), None),
        R::VatExceedsTaxable { taxable } => {
            (Code::VatExceedsTaxable, Some("vat"), number("taxableAmount", taxable))
        }
        R::DuplicateOrderId { payment_id } => {
            let fact = ("paymentId", Value::from(payment_id.to_string()));
            (Code::DuplicateOrderId, Some("orderId"), Some(fact))
        }
        R::TooManyAttempts { .. } => (Code::TooManyAttempts, Some("orderId"), None),
        R::PaymentNotFound => (Code::PaymentNotFound, None, None),
        R::PaymentExists => (Code::PaymentExists, None, None),
        R::PaymentInProgress => (Code::PaymentInProgress, None, None),
        R::OutcomeUnknown => (Code::OutcomeUnknown, Some("cancelAmount"), None),
        R::NetCancelInProgress => (Code::NetCancelInProgress, None, None),
        R::PaymentUnresolved => (Code::PaymentUnresolved, None, None),
        R::NothingPaid { status } => {
            (Code::NothingPaid, None, Some(("paymentStatus", Value::from(status.as_str()))))
        }
        R::AlreadyCanceled => (Code::AlreadyCanceled, None, None),
        R::CancelInProgress => (Code::CancelInProgress, None, None),
        R::ExceedsCancelable { cancelable } => {
            (Code::ExceedsCancelable, Some("cancelAmount"), number("cancelableAmount", cancelable))
        }
        R::ExceedsTaxable { cancelable } => {
            (Code::ExceedsTaxable, Some("cancelAmount"), number("cancelableAmount", cancelable))
        }
        R::ExceedsTaxFree { cancelable } => {
            (Code::ExceedsTaxFree, Some("taxFreeAmount"), number("cancelableAmount", cancelable))
        }
        R::BalanceChanged { cancelable } => {
            (Code::BalanceChanged, Some("currentCancellableAmount"), number("cancelableAmount", cancelable))
        }
        R::CancelExists => (Code::CancelExists, None, None),
        R::TooManyCancels { .. } => (Code::TooManyCancels, None, None),
        R::OutcomeNotAwaited { status } => {
            (Code::OutcomeNotAwaited, None, Some(("paymentStatus", Value::from(status.as_str()))))
        }
        R::CancelNotPending => (Code::CancelNotPending, None, None),
        R::NothingToResolve => (Code::NothingToResolve, None, None),
        R::ResolutionDiffers => (Code::ResolutionDiffers, None, None),
        R::ResolutionNeedsAnotherKey => (Code::ResolutionNeedsAnotherKey, None, None),
        R::NoMetadataChange => (Code::NoMetadataChange, Some("metadata"), None),
        R::InvalidMetadataKey { .. } => (Code::InvalidMetadataKey, Some("metadata"), None),
        R::TooManyMetadataKeys { limit } => {
            (Code::TooManyMetadataKeys, Some("metadata"), Some(("maximumKeys", Value::from(*limit))))
        }
        R::TooManyMetadataChanges { .. } => (Code::TooManyMetadataChanges, Some("metadata"), None),
        R::MerchantNotFound => (Code::MerchantNotFound, None, None),
        R::BranchNotFound => (Code::BranchNotFound, None, None),
        R::AgencyNotFound => (Code::AgencyNotFound, None, None),
        R::AcquirerNotFound => (Code::AcquirerNotFound, Some("acquirer.id"), None),
        R::KeyNotFound => (Code::KeyNotFound, None, None),
        R::NoContract => (Code::NoContract, None, None),
        R::MethodNotContracted => (Code::MethodNotContracted, None, None),
        R::InvalidContract { part } => (Code::InvalidContract, Some(part), None),
        R::CommissionOutsidePath => (Code::CommissionOutsidePath, Some("commissions"), None),
        R::ContractRetroactive => (Code::ContractRetroactive, Some("effectiveFrom"), None),
        R::ContractOutOfOrder => (Code::ContractOutOfOrder, Some("effectiveFrom"), None),
        R::AlreadyRegistered => (Code::AlreadyRegistered, None, None),
        R::TreeTooDeep { .. } => (Code::TreeTooDeep, None, None),
        R::NoPartition => (Code::NoPartition, None, None),
        R::PartitionDiffers => (Code::PartitionDiffers, None, None),
        R::PayeeNotFound => (Code::PayeeNotFound, None, None),
        R::DayNotOver { day } => (Code::DayNotOver, None, Some(("day", Value::from(day.to_string())))),
        R::NothingToClose { day } => {
            (Code::NothingToClose, None, Some(("day", Value::from(day.to_string()))))
        }
        R::NothingToDeliver => (Code::NothingToDeliver, None, None),
        R::NothingPayable => (Code::NothingPayable, None, None),
        R::ExceedsPayable { payable } => {
            (Code::ExceedsPayable, Some("amount"), number("payableAmount", payable))
        }
        R::PayOutNotFound => (Code::PayOutNotFound, None, None),
        R::PayOutNotInStage { stage } => {
            (Code::PayOutNotInStage, None, Some(("state", Value::from(stage.as_str()))))
        }
        R::NeedsAnotherKey => (Code::NeedsAnotherKey, None, None),
        R::ClosingNotFound => (Code::ClosingNotFound, None, None),
        R::ProposalNotFound => (Code::ProposalNotFound, None, None),
        R::TooManyProposals { .. } => (Code::TooManyProposals, None, None),
    }
}

/// The problem that tells a caller what was wrong with the card's envelope, and never what was in it.
#[must_use]
pub fn card_problem(problem: CardProblem) -> Problem {
    let (code, param) = match problem {
        CardProblem::KeyUnknown => (Code::CardKeyUnknown, "card.keyId"),
        CardProblem::DecryptFailed => (Code::CardDecryptFailed, "card.ciphertext"),
        CardProblem::Stale => (Code::CardEnvelopeStale, "card.timestamp"),
        CardProblem::ContentInvalid => (Code::CardContentInvalid, "card.ciphertext"),
        CardProblem::NumberInvalid => (Code::CardNumberInvalid, "cardNumber"),
        CardProblem::ExpiryInvalid => (Code::CardExpiryInvalid, "cardExpirationMonth"),
        CardProblem::Expired => (Code::CardExpired, "cardExpirationYear"),
    };
    Problem::new(code).param(param)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_domain_has_its_row_under_the_same_name() {
        for code in R::CODES {
            assert!(Code::parse(code).is_some(), "{code} is missing in the catalogue");
        }
    }

    #[test]
    fn a_sentence_begins_with_a_capital_unless_with_a_fields_name() {
        assert_eq!(sentence("the amount must be at least 1"), "The amount must be at least 1.");
        assert_eq!(sentence("installmentMonths must be 0"), "installmentMonths must be 0.");
        assert_eq!(sentence("vat exceeds 5"), "vat exceeds 5.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn a_rejection_keeps_its_code_and_says_what_is_left() {
        let cancelable = ledger_domain::money::Amount::new(700).unwrap();
        let rejected = R::ExceedsCancelable { cancelable };
        assert_eq!(rejection(&rejected).code().entry().code, rejected.code());
        let late = R::TooLate;
        assert_eq!(rejection(&late).code().entry().code, late.code());
    }
}
