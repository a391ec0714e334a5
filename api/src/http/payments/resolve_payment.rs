//! `POST /v1/payments/{paymentId}/resolve`: an operator says, with evidence, what became of something unresolved. The
//! first key proposes (202), another key that says the same confirms (200).

use actix_web::HttpResponse;
use ledger_domain::days::Moment;
use ledger_domain::ids::{CancelId, PaymentId};
use ledger_domain::payment::{AcquirerApproval, AcquirerCancel, Evidence, EvidenceKind, Resolution, Resolve};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::PaymentBody;
use super::outcome;
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::command::CommandRequest;
use crate::http::input::{Fault, Fields, raw};
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// What became of a payment or a cancel.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResolveRequest {
    /// PAID, NOT_PAID, REVERSED, CANCEL_DONE, CANCEL_NOT_DONE.
    outcome: String,
    /// With PAID and CANCEL_DONE: the acquirer's id of the transaction.
    acquirer_transaction: Option<String>,
    /// With PAID.
    approve_no: Option<String>,
    /// With PAID, if told.
    issuer_code: Option<String>,
    /// With PAID and CANCEL_DONE: the acquirer's time, RFC 3339.
    settled_at: Option<String>,
    /// With CANCEL_DONE and CANCEL_NOT_DONE.
    cancel_id: Option<String>,
    evidence: EvidenceBody,
}

/// What shows it.
#[derive(Serialize, ToSchema)]
#[schema(as = Evidence)]
pub struct EvidenceBody {
    /// SETTLEMENT_FILE, ACQUIRER_CONSOLE, ACQUIRER_LETTER, BANK_STATEMENT.
    kind: String,
    /// Where it is filed, 1 to 200 characters; never a person's data.
    reference: String,
}

/// Proposes or confirms what became of something unresolved.
#[utoipa::path(post, path = "/v1/payments/{paymentId}/resolve", operation_id = "resolve_payment", tag = "payments",
    params(("paymentId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = ResolveRequest,
    responses((status = 200, description = "Confirmed by a second key", body = PaymentBody),
              (status = 202, description = "Proposed; waits for another key", body = PaymentBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let resolve = parse(request.caller, &request.body, request.received_ms)?;
    let payment: PaymentId =
        request.segment("paymentId").parse().map_err(|_| Problem::new(Code::PaymentNotFound))?;
    let cancel = resolve.resolution.cancel_id();
    outcome::resolution(&request.submit(ClientCommand::Resolve(payment, resolve), None).await?, cancel)
}

#[derive(Clone, Copy)]
enum Outcome {
    Paid,
    NotPaid,
    Reversed,
    CancelDone,
    CancelNotDone,
}

impl Outcome {
    const WORDS: &[&str] = &["PAID", "NOT_PAID", "REVERSED", "CANCEL_DONE", "CANCEL_NOT_DONE"];
    const ALL: &[Self] = &[Self::Paid, Self::NotPaid, Self::Reversed, Self::CancelDone, Self::CancelNotDone];

    /// What this outcome is told with; anything else is refused as unknown.
    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Paid => {
                &["outcome", "evidence", "acquirerTransaction", "approveNo", "issuerCode", "settledAt"]
            }
            Self::NotPaid | Self::Reversed => &["outcome", "evidence"],
            Self::CancelDone => &["outcome", "evidence", "acquirerTransaction", "settledAt", "cancelId"],
            Self::CancelNotDone => &["outcome", "evidence", "cancelId"],
        }
    }
}

fn parse(caller: Caller, body: &[u8], received_ms: i64) -> Result<Resolve, Problem> {
    const KNOWN: &[&str] =
        &["outcome", "evidence", "acquirerTransaction", "approveNo", "issuerCode", "settledAt", "cancelId"];
    let outcome = Fields::of_body(body, KNOWN)?
        .required("outcome", |value| raw::word(value, Outcome::WORDS, Outcome::ALL))?;
    let fields = Fields::of_body(body, outcome.fields())?;
    Ok(Resolve {
        by: caller.key,
        resolution: resolution(outcome, &fields)?,
        evidence: evidence(&fields.object("evidence", &["kind", "reference"])?)?,
        // The owner puts the submission's own limit in its place.
        not_after: Moment::from_ms(received_ms),
    })
}

fn resolution(outcome: Outcome, fields: &Fields<'_>) -> Result<Resolution, Problem> {
    let short = |name| fields.required(name, |value| raw::text(value, 1, 64));
    Ok(match outcome {
        Outcome::Paid => Resolution::Paid {
            approval: AcquirerApproval {
                acquirer_transaction: short("acquirerTransaction")?,
                approve_no: short("approveNo")?,
                approved_at: fields.required("settledAt", raw::moment)?,
                issuer_code: fields.optional("issuerCode", |value| raw::text(value, 1, 64))?,
            },
        },
        Outcome::NotPaid => Resolution::NotPaid {},
        Outcome::Reversed => Resolution::Reversed {},
        Outcome::CancelDone => Resolution::CancelDone {
            cancel: AcquirerCancel {
                cancel_id: cancel_id(fields)?,
                acquirer_transaction: short("acquirerTransaction")?,
                canceled_at: fields.required("settledAt", raw::moment)?,
            },
        },
        Outcome::CancelNotDone => Resolution::CancelNotDone { cancel_id: cancel_id(fields)? },
    })
}

fn cancel_id(fields: &Fields<'_>) -> Result<CancelId, Problem> {
    let form = Fault::Form { en: "`can_` and 32 hexadecimal digits", ko: "`can_`와 16진수 32자리" };
    fields.required("cancelId", |value| raw::string(value)?.parse().map_err(|_| form))
}

fn evidence(fields: &Fields<'_>) -> Result<Evidence, Problem> {
    const WORDS: &[&str] = &["SETTLEMENT_FILE", "ACQUIRER_CONSOLE", "ACQUIRER_LETTER", "BANK_STATEMENT"];
    const KINDS: &[EvidenceKind] = &[
        EvidenceKind::SettlementFile,
        EvidenceKind::AcquirerConsole,
        EvidenceKind::AcquirerLetter,
        EvidenceKind::BankStatement,
    ];
    Ok(Evidence {
        kind: fields.required("kind", |value| raw::word(value, WORDS, KINDS))?,
        reference: fields.required("reference", |value| raw::text(value, 1, 200))?,
    })
}
