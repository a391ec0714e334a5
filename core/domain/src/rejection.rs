//! Every rule that can say no, each a named variant with a stable code. What HTTP makes of a code is not known here.

use thiserror::Error;

use crate::days::Day;
use crate::ids::PaymentId;
use crate::money::Amount;
use crate::payment::PaymentStatus;
use crate::settlement::PayOutStage;

/// Which free text a rejection is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// `orderId`
    OrderId,
    /// `orderName`
    OrderName,
    /// `cancelReason`
    CancelReason,
    /// `name` of an agency, branch or merchant
    Name,
    /// `reference` of a piece of evidence
    Evidence,
    /// A value in `metadata`
    Metadata,
    /// `reason` of an operator
    Reason,
    /// `document` behind a decision
    Document,
    /// `batch` that goes to the bank
    Batch,
    /// `bankAccount`
    BankAccount,
    /// `bankReference`
    BankReference,
}

impl Field {
    /// The parameter's name in the API.
    pub const fn param(self) -> &'static str {
        match self {
            Self::OrderId => "orderId",
            Self::OrderName => "orderName",
            Self::CancelReason => "cancelReason",
            Self::Name => "name",
            Self::Evidence => "evidence.reference",
            Self::Metadata => "metadata",
            Self::Reason => "reason",
            Self::Document => "document",
            Self::Batch => "batch",
            Self::BankAccount => "bankAccount",
            Self::BankReference => "bankReference",
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.param())
    }
}

macro_rules! rejections {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident : $kind:ty),+ })? $code:literal $message:literal
        $(, . $place:ident . $method:ident ())?;)+) => {
        /// A rule said no: nothing is recorded.
        #[derive(Clone, PartialEq, Eq, Debug, Error)]
        pub enum Rejection {
            $($(#[$doc])* #[error($message $(, .$place.$method())?)] $name $({ $(#[doc = "What the message names."] $field: $kind),+ })?,)+
        }

        impl Rejection {
            /// The stable code: one meaning each, never renamed.
            pub const fn code(&self) -> &'static str {
                match self {
                    $(Self::$name $({ $($field: _),+ })? => $code,)+
                }
            }

            /// All codes, in the order of the list.
            pub const CODES: &'static [&'static str] = &[$($code),+];
        }
    };
}

rejections! {
    /// `notAfter` of a client's command has passed: it must not take effect any more.
    TooLate "COMMAND_EXPIRED" "the command arrived after its notAfter";
    /// A free text is empty, too long, or holds characters it must not.
    InvalidText { field: Field, max: usize } "INVALID_TEXT" "{field} must be 1 to {max} allowed characters";
    /// An amount of nothing.
    AmountIsZero "INVALID_AMOUNT" "the amount must be at least 1";
    /// Some computed amount would leave the bounds of an amount.
    AmountOutOfRange "AMOUNT_OUT_OF_RANGE" "an amount would lie outside 0 to 999999999999";
    /// Below the contract's minimum.
    BelowMinimum { minimum: Amount } "BELOW_MINIMUM_AMOUNT" "the contract's smallest payment is {minimum}";
    /// Above what one payment may be.
    AboveMaximum { maximum: Amount } "EXCEED_MAX_AMOUNT" "the largest payment is {maximum}";
    /// Not 0 or 2 to 36 months.
    InvalidInstallment "INVALID_CARD_INSTALLMENT_PLAN" "installmentMonths must be 0 or 2 to 36";
    /// Instalments need 50,000 won.
    InstallmentBelowMinimum { minimum: Amount } "INSTALLMENT_BELOW_MINIMUM" "instalments need at least {minimum}";
    /// The merchant's tax type does not allow this tax-free part.
    TaxFreeNotAllowed "TAX_FREE_NOT_ALLOWED" "the merchant's tax type does not allow this taxFreeAmount";
    /// More tax-free than there is.
    TaxFreeExceedsAmount "TAX_FREE_EXCEEDS_AMOUNT" "taxFreeAmount exceeds the amount";
    /// The given VAT exceeds the taxable part.
    VatExceedsTaxable { taxable: Amount } "VAT_EXCEEDS_TAXABLE" "vat exceeds the taxable part of {taxable}";
    /// The order id belongs to a live payment.
    DuplicateOrderId { payment_id: PaymentId } "DUPLICATED_ORDER_ID" "the order id belongs to {payment_id}";
    /// Too many attempts under one order id.
    TooManyAttempts { limit: u32 } "TOO_MANY_ATTEMPTS" "an order id may be tried {limit} times";
    /// No such payment, or not the caller's.
    PaymentNotFound "NOT_FOUND_PAYMENT" "there is no such payment";
    /// The payment's id is taken.
    PaymentExists "PAYMENT_EXISTS" "the payment id is already in use";
    /// The approval has no outcome yet.
    PaymentInProgress "PAYMENT_IN_PROGRESS" "the payment's approval has no outcome yet";
    /// Only the whole of a payment whose outcome is unknown can be cancelled.
    OutcomeUnknown "PAYMENT_OUTCOME_UNKNOWN" "the outcome is unknown: only the whole payment can be cancelled";
    /// A net cancel is under way.
    NetCancelInProgress "NET_CANCEL_IN_PROGRESS" "the payment is being net-cancelled";
    /// Two people are needed first.
    PaymentUnresolved "PAYMENT_UNRESOLVED" "the payment's outcome must be resolved by two people first";
    /// Nothing was paid.
    NothingPaid { status: PaymentStatus } "NOT_CANCELABLE_PAYMENT" "nothing was paid: the payment is {status}";
    /// All of it is cancelled.
    AlreadyCanceled "ALREADY_CANCELED_PAYMENT" "the payment is already cancelled";
    /// All that is left is reserved by cancels under way.
    CancelInProgress "CANCEL_IN_PROGRESS" "cancels under way reserve all that is left";
    /// More than is left beside the cancels under way.
    ExceedsCancelable { cancelable: Amount } "NOT_CANCELABLE_AMOUNT" "only {cancelable} can be cancelled";
    /// More of the taxable part than is left of it.
    ExceedsTaxable { cancelable: Amount } "NOT_CANCELABLE_TAXABLE_AMOUNT" "only {cancelable} of the taxable part is left";
    /// More of the tax-free part than is left of it.
    ExceedsTaxFree { cancelable: Amount } "NOT_CANCELABLE_TAX_FREE_AMOUNT" "only {cancelable} of the tax-free part is left";
    /// `currentCancellableAmount` is not what is left.
    BalanceChanged { cancelable: Amount } "BALANCE_CHANGED" "{cancelable} can be cancelled, not what the caller expected";
    /// The cancel's id is taken.
    CancelExists "CANCEL_EXISTS" "the cancel id is already in use";
    /// Too many cancels of one payment.
    TooManyCancels { limit: u32 } "TOO_MANY_CANCELS" "a payment may be cancelled {limit} times";
    /// An outcome that is recorded already or that the state does not wait for.
    OutcomeNotAwaited { status: PaymentStatus } "OUTCOME_NOT_AWAITED" "no such outcome is awaited: the payment is {status}";
    /// An outcome or deadline of a cancel that is not pending.
    CancelNotPending "CANCEL_NOT_PENDING" "no such cancel is pending";
    /// There is nothing to resolve.
    NothingToResolve "NOTHING_TO_RESOLVE" "nothing about the payment is unresolved";
    /// The second person says something else than the first.
    ResolutionDiffers "RESOLUTION_DIFFERS" "the proposed resolution is another one";
    /// The same key proposed this already.
    ResolutionNeedsAnotherKey "RESOLUTION_NEEDS_ANOTHER_KEY" "the same key has proposed this; another must confirm it";
    /// Nothing is to be set or removed.
    NoMetadataChange "NO_METADATA_CHANGE" "metadata must name at least one key";
    /// A key is too long, holds other characters, or is both set and removed.
    InvalidMetadataKey { max: usize } "INVALID_METADATA_KEY" "a key of metadata must be 1 to {max} of A-Z a-z 0-9 _ - . and stand once";
    /// More keys than a payment may have.
    TooManyMetadataKeys { limit: usize } "TOO_MANY_METADATA_KEYS" "a payment may have {limit} keys of metadata";
    /// The metadata has been changed too often.
    TooManyMetadataChanges { limit: u32 } "TOO_MANY_METADATA_CHANGES" "the metadata of a payment may be changed {limit} times";
    /// No such merchant.
    MerchantNotFound "NOT_FOUND_MERCHANT" "there is no such merchant";
    /// No such branch.
    BranchNotFound "NOT_FOUND_BRANCH" "there is no such branch";
    /// No such agency.
    AgencyNotFound "NOT_FOUND_AGENCY" "there is no such agency";
    /// No such acquirer.
    AcquirerNotFound "NOT_FOUND_ACQUIRER" "there is no such acquirer";
    /// No such key.
    KeyNotFound "NOT_FOUND_KEY" "there is no such key";
    /// No contract is in force.
    NoContract "NO_CONTRACT_IN_FORCE" "the merchant has no contract in force";
    /// The contract has no fee for the method.
    MethodNotContracted "METHOD_NOT_CONTRACTED" "the contract does not cover this method";
    /// A part of the contract is wrong.
    InvalidContract { part: &'static str } "INVALID_CONTRACT" "the contract's {part} is not valid";
    /// A commission for somebody who is not above the merchant.
    CommissionOutsidePath "COMMISSION_OUTSIDE_BRANCH_PATH" "a commission's payee is not on the merchant's branch path";
    /// Less than an hour ahead.
    ContractRetroactive "RETROACTIVE_CONTRACT" "a new version must take effect at least an hour ahead";
    /// Not after the version before it.
    ContractOutOfOrder "CONTRACT_OUT_OF_ORDER" "a new version must take effect after the one before it";
    /// The id is taken.
    AlreadyRegistered "ALREADY_REGISTERED" "this is already registered";
    /// The tree would become too deep.
    TreeTooDeep { limit: usize } "BRANCH_TREE_TOO_DEEP" "a branch path has at most {limit} nodes";
    /// No partition has been opened, so there is nowhere to go.
    NoPartition "NO_PARTITION_OPEN" "no payment partition has been opened";
    /// The partition was opened with another genesis.
    PartitionDiffers "PARTITION_DIFFERS" "the partition was opened with another genesis";
    /// No such payee.
    PayeeNotFound "NOT_FOUND_PAYEE" "there is no such payee";
    /// It can only be done once the day is there, or over.
    DayNotOver { day: Day } "DAY_NOT_OVER" "it is too early for {day}";
    /// Nothing of the day is unclosed.
    NothingToClose { day: Day } "NOTHING_TO_CLOSE" "nothing of {day} is left to close";
    /// The commission has arrived already.
    NothingToDeliver "NOTHING_TO_DELIVER" "no such commission is undelivered";
    /// Nothing is due, withheld or payable.
    NothingPayable "NOTHING_PAYABLE" "there is nothing to pay, withhold or release";
    /// More than there is.
    ExceedsPayable { payable: Amount } "EXCEEDS_PAYABLE_AMOUNT" "there is only {payable}";
    /// No such pay-out, or it can no longer come back.
    PayOutNotFound "NOT_FOUND_PAY_OUT" "there is no such pay-out";
    /// The pay-out is at another stage.
    PayOutNotInStage { stage: PayOutStage } "PAY_OUT_NOT_IN_STAGE" "the pay-out is {stage}";
    /// It takes a second person.
    NeedsAnotherKey "NEEDS_ANOTHER_KEY" "another key must do this";
    /// No such closing, or nothing is left of it.
    ClosingNotFound "NOT_FOUND_CLOSING" "there is no such closing, or nothing is left of it";
    /// No such proposal.
    ProposalNotFound "NOT_FOUND_PROPOSAL" "there is no such proposal";
    /// Too many proposals.
    TooManyProposals { limit: usize } "TOO_MANY_PROPOSALS" "at most {limit} proposals of a payee may wait";
}

impl Rejection {
    /// Whether it rests on what the directory says of the merchant: with a newer directory it may not hold any more.
    pub const fn rests_on_directory(&self) -> bool {
        matches!(
            self,
            Self::MerchantNotFound
                | Self::BranchNotFound
                | Self::AgencyNotFound
                | Self::AcquirerNotFound
                | Self::NoContract
                | Self::MethodNotContracted
                | Self::BelowMinimum { .. }
                | Self::TaxFreeNotAllowed
                | Self::PayeeNotFound
        )
    }
}

impl From<crate::money::MoneyError> for Rejection {
    fn from(_: crate::money::MoneyError) -> Self {
        Self::AmountOutOfRange
    }
}
