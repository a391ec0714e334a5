//! The table itself: one row an error. Rows are added, never changed in meaning, never reused.

use super::{Action, Entry};

macro_rules! catalogue {
    ($( $variant:ident $code:literal $status:literal $retryable:ident $action:ident $en:literal $ko:literal; )+) => {
        /// Every error of the API; the table row is its `entry()`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $( #[doc = $en] $variant, )+ }

        /// Every code, in the table's order.
        pub const ALL: &[Code] = &[ $( Code::$variant, )+ ];

        impl Code {
            /// The row of this code.
            #[must_use]
            pub const fn entry(self) -> &'static Entry {
                match self { $( Self::$variant => &Entry {
                    code: $code, status: $status, retryable: $retryable, action: Action::$action,
                    title_en: $en, title_ko: $ko,
                }, )+ }
            }

            /// The code with this text.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $( $code => Some(Self::$variant), )+ _ => None }
            }
        }
    };
}

catalogue! {
    // The request itself
    MalformedJson "MALFORMED_JSON" 400 false FixRequest
        "The body is not valid JSON" "본문이 올바른 JSON이 아닙니다";
    InvalidEncoding "INVALID_ENCODING" 400 false FixRequest
        "The request is not valid UTF-8" "요청이 올바른 UTF-8이 아닙니다";
    MissingField "MISSING_FIELD" 400 false FixRequest
        "A required field is missing" "필수 항목이 없습니다";
    UnknownField "UNKNOWN_FIELD" 400 false FixRequest
        "A field is not known to this operation" "이 요청에 없는 항목입니다";
    DuplicateField "DUPLICATE_FIELD" 400 false FixRequest
        "A field stands twice" "같은 항목이 두 번 있습니다";
    WrongType "WRONG_TYPE" 400 false FixRequest
        "A field has the wrong type" "항목의 자료형이 다릅니다";
    InvalidValue "INVALID_VALUE" 400 false FixRequest
        "A field's value is not allowed" "항목의 값이 올바르지 않습니다";
    AmountFractional "AMOUNT_FRACTIONAL" 400 false FixRequest
        "An amount is a whole number of the currency's minor unit" "금액은 통화 최소 단위의 정수여야 합니다";
    AmountNotPositive "AMOUNT_NOT_POSITIVE" 400 false FixRequest
        "The amount must be above zero" "금액은 0보다 커야 합니다";
    AmountNegative "AMOUNT_NEGATIVE" 400 false FixRequest
        "The amount must not be negative" "금액은 음수일 수 없습니다";
    IdempotencyKeyRequired "IDEMPOTENCY_KEY_REQUIRED" 400 false FixRequest
        "A command needs the header Idempotency-Key" "Idempotency-Key 헤더가 필요합니다";
    IdempotencyKeyInvalid "IDEMPOTENCY_KEY_INVALID" 400 false FixRequest
        "Idempotency-Key is 1 to 255 visible ASCII characters" "Idempotency-Key는 표시 가능한 ASCII 1~255자여야 합니다";
    InvalidCursor "INVALID_CURSOR" 400 false FixRequest
        "The cursor does not belong to this list" "이 목록의 커서가 아닙니다";
    InvalidPosition "INVALID_POSITION" 400 false FixRequest
        "Ledger-Position is not a position of this ledger" "이 원장의 Ledger-Position이 아닙니다";
    RangeTooLong "RANGE_TOO_LONG" 400 false FixRequest
        "The period is longer than this operation allows" "조회 기간이 허용 범위를 넘습니다";
    RequestTimeout "REQUEST_TIMEOUT" 408 true RetrySameKey
        "The body did not arrive in time" "본문이 제시간에 도착하지 않았습니다";
    PayloadTooLarge "PAYLOAD_TOO_LARGE" 413 false FixRequest
        "The body is larger than 64 KiB" "본문이 64KiB를 넘습니다";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 false FixRequest
        "The body must be application/json" "본문은 application/json이어야 합니다";

    // Who asks, and for what
    ApiKeyRequired "API_KEY_REQUIRED" 401 false FixCredentials
        "An API key is required" "API 키가 필요합니다";
    ApiKeyInvalid "API_KEY_INVALID" 401 false FixCredentials
        "The API key is not known" "등록되지 않은 API 키입니다";
    ApiKeyOtherMode "API_KEY_OTHER_MODE" 401 false FixCredentials
        "The API key belongs to the other mode (test or live)" "다른 모드(test 또는 live)의 API 키입니다";
    ScopeForbidden "SCOPE_FORBIDDEN" 403 false UseAnotherKeyScope
        "The API key's scope does not allow this operation" "API 키의 권한으로 할 수 없는 작업입니다";
    RouteNotFound "NOT_FOUND_ROUTE" 404 false FixRequest
        "There is no such operation" "없는 경로입니다";
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 false FixRequest
        "The method is not allowed here" "허용되지 않는 메서드입니다";
    PaymentNotFound "NOT_FOUND_PAYMENT" 404 false FixRequest
        "There is no such payment" "결제를 찾을 수 없습니다";
    OrderNotFound "NOT_FOUND_ORDER" 404 false FixRequest
        "There is no payment with this order id" "주문번호에 해당하는 결제를 찾을 수 없습니다";
    MerchantNotFound "NOT_FOUND_MERCHANT" 404 false FixRequest
        "There is no such merchant" "가맹점을 찾을 수 없습니다";
    BranchNotFound "NOT_FOUND_BRANCH" 404 false FixRequest
        "There is no such branch" "영업점을 찾을 수 없습니다";
    AgencyNotFound "NOT_FOUND_AGENCY" 404 false FixRequest
        "There is no such agency" "대리점을 찾을 수 없습니다";
    CommandNotFound "NOT_FOUND_COMMAND" 404 false FixRequest
        "This is not the id of a command" "명령 ID가 아닙니다";
    TransactionNotFound "NOT_FOUND_TRANSACTION" 404 false FixRequest
        "There is no such transaction" "거래를 찾을 수 없습니다";

    // The card and its envelope
    CardKeyUnknown "CARD_KEY_UNKNOWN" 400 false FixRequest
        "The card envelope names a key this merchant does not have" "가맹점의 카드 암호화 키가 아닙니다";
    CardDecryptFailed "CARD_DECRYPT_FAILED" 400 false FixRequest
        "The card envelope cannot be opened for this request" "카드 암호문을 이 요청으로 복호화할 수 없습니다";
    CardEnvelopeStale "CARD_ENVELOPE_STALE" 400 false FixRequest
        "The card envelope's timestamp is more than five minutes off" "카드 암호문의 시각이 5분 이상 어긋납니다";
    CardContentInvalid "CARD_CONTENT_INVALID" 400 false FixRequest
        "The opened card envelope does not hold a card as specified" "복호화한 카드 정보의 형식이 올바르지 않습니다";
    CardNumberInvalid "CARD_NUMBER_INVALID" 400 false FixRequest
        "The card number is not valid" "카드 번호가 올바르지 않습니다";
    CardExpiryInvalid "CARD_EXPIRY_INVALID" 400 false FixRequest
        "The card's expiry is not a month" "카드 유효기간이 올바르지 않습니다";
    CardExpired "CARD_EXPIRED" 422 false UseAnotherCard
        "The card has expired" "유효기간이 지난 카드입니다";

    // Idempotency and outcomes
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" 422 false FixRequest
        "The idempotency key belongs to another request" "다른 요청에 사용된 Idempotency-Key입니다";
    RequestInProgress "IDEMPOTENT_REQUEST_PROCESSING" 409 true RetrySameKey
        "The first request with this idempotency key is still running" "같은 Idempotency-Key의 요청을 처리하고 있습니다";
    PaymentDeclined "PAYMENT_DECLINED" 402 false UseAnotherCard
        "The acquirer declined the payment" "카드사가 승인을 거절했습니다";
    CancelDeclined "CANCEL_DECLINED" 402 false RetryNewKey
        "The acquirer declined the cancel" "카드사가 취소를 거절했습니다";
    CancelNotAttempted "CANCEL_NOT_ATTEMPTED" 502 false RetryNewKey
        "The acquirer was not reached; nothing was canceled" "카드사에 연결되지 않아 취소를 요청하지 않았습니다";
    CancelNotDone "CANCEL_NOT_DONE" 409 false ReadAgain
        "The cancel was closed as not done; the payment stands" "취소되지 않은 것으로 확정되었습니다. 결제는 유효합니다";
    PaymentNotAttempted "PAYMENT_NOT_ATTEMPTED" 502 false RetryNewKey
        "The acquirer was not reached; nothing was charged" "카드사에 연결되지 않아 승인을 요청하지 않았습니다";
    PaymentNetCanceled "PAYMENT_NET_CANCELED" 502 false RetryNewKey
        "The acquirer did not answer; the attempt was undone and nothing is charged"
        "카드사 응답이 없어 망취소했습니다. 청구되지 않습니다";
    PaymentAborted "PAYMENT_ABORTED" 402 false RetryNewKey
        "The payment was closed without a charge after investigation" "조사 결과 청구 없이 종료된 결제입니다";
    ResultUnknown "RESULT_UNKNOWN" 504 true AskForResult
        "The outcome is not known yet; ask for it, never charge again"
        "결과를 아직 알 수 없습니다. 다시 결제하지 말고 결과를 조회하십시오";

    // Rules: one row for each rejection of the domain, under the domain's own code
    InvalidText "INVALID_TEXT" 400 false FixRequest
        "A text is empty, too long, or holds characters it must not" "문자열이 비었거나 너무 길거나 허용되지 않는 문자가 있습니다";
    AmountIsZero "INVALID_AMOUNT" 400 false FixRequest
        "The amount must be at least 1" "금액은 1 이상이어야 합니다";
    AmountOutOfRange "AMOUNT_OUT_OF_RANGE" 400 false FixRequest
        "The amount is larger than this system takes" "금액이 허용 범위를 넘습니다";
    BelowMinimumAmount "BELOW_MINIMUM_AMOUNT" 422 false FixRequest
        "The amount is below the contract's minimum" "최소 결제 금액보다 적습니다";
    ExceedMaxAmount "EXCEED_MAX_AMOUNT" 422 false FixRequest
        "The amount is above the largest payment" "최대 결제 금액을 넘습니다";
    InvalidInstallment "INVALID_CARD_INSTALLMENT_PLAN" 400 false FixRequest
        "installmentMonths must be 0 or 2 to 36" "할부 개월은 0 또는 2~36이어야 합니다";
    InstallmentBelowMinimum "INSTALLMENT_BELOW_MINIMUM" 422 false FixRequest
        "Installments need at least 50,000 KRW" "할부는 50,000원 이상부터 가능합니다";
    TaxFreeNotAllowed "TAX_FREE_NOT_ALLOWED" 422 false FixRequest
        "The merchant's tax type does not allow this taxFreeAmount" "가맹점의 과세 유형에 맞지 않는 면세 금액입니다";
    TaxFreeExceedsAmount "TAX_FREE_EXCEEDS_AMOUNT" 422 false FixRequest
        "taxFreeAmount exceeds the amount" "면세 금액이 금액을 넘습니다";
    VatExceedsTaxable "VAT_EXCEEDS_TAXABLE" 422 false FixRequest
        "vat exceeds the taxable part" "부가세가 과세 금액을 넘습니다";
    DuplicateOrderId "DUPLICATED_ORDER_ID" 409 false ReadAgain
        "A live payment has this order id" "이미 사용 중인 주문번호입니다";
    TooManyAttempts "TOO_MANY_ATTEMPTS" 409 false FixRequest
        "The order id has been tried too often; use a new one" "같은 주문번호로 너무 많이 시도했습니다. 새 주문번호를 쓰십시오";
    PaymentExists "PAYMENT_EXISTS" 409 false ReadAgain
        "The payment id is already in use" "이미 있는 결제입니다";
    PaymentInProgress "PAYMENT_IN_PROGRESS" 409 false ReadAgain
        "The payment's approval has no outcome yet" "승인 결과가 아직 나오지 않았습니다";
    OutcomeUnknown "PAYMENT_OUTCOME_UNKNOWN" 409 false ReadAgain
        "The outcome is unknown: only the whole payment can be canceled" "결과를 알 수 없어 전액 취소만 가능합니다";
    NetCancelInProgress "NET_CANCEL_IN_PROGRESS" 409 false ReadAgain
        "The payment is being net-canceled" "망취소를 진행하고 있습니다";
    PaymentUnresolved "PAYMENT_UNRESOLVED" 409 false ContactSupport
        "The payment's outcome must be resolved by two people first" "담당자 두 명의 확인이 먼저 필요한 결제입니다";
    NothingPaid "NOT_CANCELABLE_PAYMENT" 409 false ReadAgain
        "Nothing was paid" "결제되지 않아 취소할 수 없습니다";
    AlreadyCanceled "ALREADY_CANCELED_PAYMENT" 409 false ReadAgain
        "The payment is already canceled" "이미 취소된 결제입니다";
    CancelInProgress "CANCEL_IN_PROGRESS" 409 false ReadAgain
        "Cancels under way reserve all that is left" "진행 중인 취소가 남은 금액을 모두 잡고 있습니다";
    ExceedsCancelable "NOT_CANCELABLE_AMOUNT" 409 false ReadAgain
        "The cancel is larger than what is left" "취소 금액이 취소 가능 금액을 넘습니다";
    ExceedsTaxable "NOT_CANCELABLE_TAXABLE_AMOUNT" 409 false ReadAgain
        "The cancel takes more of the taxable part than is left" "취소할 과세 금액이 남은 금액을 넘습니다";
    ExceedsTaxFree "NOT_CANCELABLE_TAX_FREE_AMOUNT" 409 false ReadAgain
        "The cancel takes more of the tax-free part than is left" "취소할 면세 금액이 남은 금액을 넘습니다";
    BalanceChanged "BALANCE_CHANGED" 409 false ReadAgain
        "currentCancellableAmount is not what is left" "취소 가능 금액이 currentCancellableAmount와 다릅니다";
    CancelExists "CANCEL_EXISTS" 409 false ReadAgain
        "The cancel id is already in use" "이미 있는 취소입니다";
    TooManyCancels "TOO_MANY_CANCELS" 409 false ContactSupport
        "The payment has been canceled too often" "취소 횟수가 한도를 넘습니다";
    OutcomeNotAwaited "OUTCOME_NOT_AWAITED" 409 false ReadAgain
        "No such outcome is awaited" "기다리는 결과가 아닙니다";
    CancelNotPending "CANCEL_NOT_PENDING" 409 false ReadAgain
        "No such cancel is pending" "진행 중인 취소가 아닙니다";
    NothingToResolve "NOTHING_TO_RESOLVE" 409 false ReadAgain
        "Nothing about the payment is unresolved" "확인이 필요한 결제가 아닙니다";
    ResolutionDiffers "RESOLUTION_DIFFERS" 409 false ReadAgain
        "The proposed resolution is another one" "먼저 제안된 결과와 다릅니다";
    ResolutionNeedsAnotherKey "RESOLUTION_NEEDS_ANOTHER_KEY" 403 false UseAnotherKeyScope
        "The same key proposed this; another must confirm it" "제안한 키와 다른 API 키로 확인해야 합니다";
    NoMetadataChange "NO_METADATA_CHANGE" 400 false FixRequest
        "metadata must name at least one key" "metadata에 키가 하나 이상 있어야 합니다";
    InvalidMetadataKey "INVALID_METADATA_KEY" 400 false FixRequest
        "A key of metadata is not one" "metadata의 키 형식이 올바르지 않습니다";
    TooManyMetadataKeys "TOO_MANY_METADATA_KEYS" 422 false FixRequest
        "A payment may not have so many keys of metadata" "metadata의 키가 너무 많습니다";
    TooManyMetadataChanges "TOO_MANY_METADATA_CHANGES" 409 false ContactSupport
        "The metadata of the payment has been changed too often" "metadata 변경 횟수가 한도를 넘습니다";
    AcquirerNotFound "NOT_FOUND_ACQUIRER" 422 false FixRequest
        "There is no such acquirer" "없는 원천사입니다";
    KeyNotFound "NOT_FOUND_KEY" 404 false FixRequest
        "There is no such key" "키를 찾을 수 없습니다";
    NoContract "NO_CONTRACT_IN_FORCE" 422 false ContactSupport
        "The merchant has no contract in force" "유효한 가맹점 계약이 없습니다";
    MethodNotContracted "METHOD_NOT_CONTRACTED" 422 false ContactSupport
        "The contract does not cover this method" "계약에 없는 결제 수단입니다";
    InvalidContract "INVALID_CONTRACT" 422 false FixRequest
        "A part of the contract is not valid" "계약 내용이 올바르지 않습니다";
    CommissionOutsidePath "COMMISSION_OUTSIDE_BRANCH_PATH" 422 false FixRequest
        "A commission's payee is not above the merchant" "수수료 수취인이 가맹점의 상위 조직이 아닙니다";
    ContractRetroactive "RETROACTIVE_CONTRACT" 422 false FixRequest
        "A new version must take effect at least an hour ahead" "새 계약은 한 시간 이후부터 적용할 수 있습니다";
    ContractOutOfOrder "CONTRACT_OUT_OF_ORDER" 409 false ReadAgain
        "A new version must take effect after the one before it" "이전 계약보다 뒤에 적용되어야 합니다";
    AlreadyRegistered "ALREADY_REGISTERED" 409 false ReadAgain
        "This is already registered" "이미 등록되어 있습니다";
    TreeTooDeep "BRANCH_TREE_TOO_DEEP" 422 false FixRequest
        "The branch path is too deep" "영업점 단계가 한도를 넘습니다";
    NoPartition "NO_PARTITION_OPEN" 503 true RetrySameKey
        "No payment partition has been opened yet" "아직 열린 원장 파티션이 없습니다";
    PartitionDiffers "PARTITION_DIFFERS" 409 false ContactSupport
        "The partition was opened with another genesis" "파티션의 시작 기록이 다릅니다";

    PayeeNotFound "NOT_FOUND_PAYEE" 404 false FixRequest
        "There is no such payee" "지급 대상을 찾을 수 없습니다";
    DayNotOver "DAY_NOT_OVER" 409 false ReadAgain
        "It is too early for this day" "아직 처리할 수 없는 날짜입니다";
    NothingToClose "NOTHING_TO_CLOSE" 409 false ReadAgain
        "Nothing of the day is left to close" "마감할 내역이 없습니다";
    NothingToDeliver "NOTHING_TO_DELIVER" 409 false ReadAgain
        "No such commission is undelivered" "전달할 수수료가 없습니다";
    NothingPayable "NOTHING_PAYABLE" 409 false ReadAgain
        "There is nothing to pay, withhold or release" "지급하거나 보류·해제할 금액이 없습니다";
    ExceedsPayable "EXCEEDS_PAYABLE_AMOUNT" 409 false ReadAgain
        "The amount is more than there is" "금액이 남은 금액을 넘습니다";
    PayOutNotFound "NOT_FOUND_PAY_OUT" 404 false FixRequest
        "There is no such pay-out" "지급을 찾을 수 없습니다";
    PayOutNotInStage "PAY_OUT_NOT_IN_STAGE" 409 false ReadAgain
        "The pay-out is at another stage" "지급 상태가 다릅니다";
    NeedsAnotherKey "NEEDS_ANOTHER_KEY" 403 false UseAnotherKeyScope
        "Another key must do this" "다른 API 키로 해야 합니다";
    ClosingNotFound "NOT_FOUND_CLOSING" 404 false FixRequest
        "There is no such closing, or nothing is left of it" "마감을 찾을 수 없거나 남은 금액이 없습니다";
    ProposalNotFound "NOT_FOUND_PROPOSAL" 404 false FixRequest
        "There is no such proposal" "제안을 찾을 수 없습니다";
    TooManyProposals "TOO_MANY_PROPOSALS" 409 false ContactSupport
        "Too many proposals of this payee wait for another key" "확인을 기다리는 제안이 너무 많습니다";

    // The system
    CommandExpired "COMMAND_EXPIRED" 503 true RetrySameKey
        "The request waited too long and was dropped; nothing was recorded" "대기 시간이 지나 처리하지 않았습니다. 기록되지 않았습니다";
    NotReady "NOT_READY" 503 true RetrySameKey
        "The service is not ready; nothing was recorded" "서비스가 준비되지 않았습니다. 기록되지 않았습니다";
    ReadUnavailable "READ_UNAVAILABLE" 503 true RetrySameKey
        "The read cannot be answered right now" "지금은 조회할 수 없습니다";
    ProjectionBehind "PROJECTION_BEHIND" 503 true RetrySameKey
        "The tables have not reached the position asked for" "요청한 위치까지 집계되지 않았습니다";
    InternalError "INTERNAL_ERROR" 500 false ContactSupport
        "Something is wrong on our side" "시스템 오류입니다";
}
