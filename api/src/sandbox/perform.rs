//! One request from parsing to the answer, or to whatever the fault it meets makes of that.
//! The work is done under the bank's lock and does not depend on the caller staying.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use super::bank::{Asked, Bank, Told};
use super::connection::Connection;
use super::entry::ApproveFacts;
use super::fault::{Endpoint, Fault, Kind};
use super::magic;
use super::wire::{Answer, ApproveRequest, CancelRequest, Envelope, NetCancelRequest};

/// The header that asks for a fault.
pub const FAULT_HEADER: &str = "sandbox-fault";

/// `POST /approve`
pub async fn approve(bank: Data<Bank>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let ApproveBody { operation, facts, verdict } = match parse::<ApproveRequest>(&body) {
        Ok(parsed) => approve_body(parsed),
        Err(response) => return response,
    };
    let about = Some((facts.order_id.clone(), facts.amount));
    let call = Call { bank, request, endpoint: Endpoint::Approve, operation: operation.clone() };
    let fault = match call.fault(about) {
        Ok(fault) => fault,
        Err(response) => return response,
    };
    if fault.is_some_and(|fault| fault.kind == Kind::Hold) {
        let delivered = call.bank.hold(&operation, facts, verdict);
        return match delivered.await {
            Ok(told) => call.answer(told, None).await,
            Err(_) => call.cut(&[]),
        };
    }
    call.perform(fault, move |bank| bank.approve(&operation, facts, verdict)).await
}

/// What stays of an approve request once the card has been looked at.
struct ApproveBody {
    operation: String,
    facts: ApproveFacts,
    verdict: magic::Verdict,
}

fn approve_body(parsed: ApproveRequest) -> ApproveBody {
    let today = OffsetDateTime::now_utc();
    let verdict = magic::approve(parsed.amount, &parsed.card, (today.year(), today.month().into()));
    let facts = ApproveFacts {
        payment_id: parsed.payment_id,
        merchant_id: parsed.merchant_id,
        order_id: parsed.order_id,
        amount: parsed.amount,
        currency: parsed.currency,
        installment_months: parsed.installment_months,
        card: magic::mask(&parsed.card.number),
    };
    ApproveBody { operation: parsed.operation_id, facts, verdict }
}

/// `POST /cancel`
pub async fn cancel(bank: Data<Bank>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let CancelRequest { operation_id, facts } = match parse(&body) {
        Ok(parsed) => parsed,
        Err(response) => return response,
    };
    let about = Some((facts.order_id.clone(), facts.amount));
    let call = Call { bank, request, endpoint: Endpoint::Cancel, operation: operation_id.clone() };
    let verdict = magic::cancel(facts.amount);
    match call.fault(about) {
        Ok(fault) => call.perform(fault, move |bank| bank.cancel(&operation_id, facts, verdict)).await,
        Err(response) => response,
    }
}

/// `POST /net-cancel`
pub async fn net_cancel(bank: Data<Bank>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let NetCancelRequest { operation_id, facts } = match parse(&body) {
        Ok(parsed) => parsed,
        Err(response) => return response,
    };
    let about = Some((facts.order_id.clone(), facts.amount));
    let call = Call { bank, request, endpoint: Endpoint::NetCancel, operation: operation_id.clone() };
    match call.fault(about) {
        Ok(fault) => call.perform(fault, move |bank| bank.net_cancel(&operation_id, facts)).await,
        Err(response) => response,
    }
}

/// `GET /operations/{id}`
pub async fn inquire(bank: Data<Bank>, request: HttpRequest, operation: Path<String>) -> HttpResponse {
    let operation = operation.into_inner();
    let call = Call { bank, request, endpoint: Endpoint::Inquire, operation: operation.clone() };
    match call.fault(None) {
        Ok(fault) => call.perform(fault, move |bank| bank.inquire(&operation)).await,
        Err(response) => response,
    }
}

#[expect(clippy::result_large_err, reason = "the error is the answer itself, made once a refused request")]
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, HttpResponse> {
    // serde's message may quote what it read, so it is not passed on: it could be a card number.
    serde_json::from_slice(body).map_err(|error| {
        let why = format!("not the JSON asked for (line {}, column {})", error.line(), error.column());
        render(None, &Answer::error("INVALID_REQUEST", why))
    })
}

/// One request under way.
struct Call {
    bank: Data<Bank>,
    request: HttpRequest,
    endpoint: Endpoint,
    operation: String,
}

impl Call {
    #[expect(
        clippy::result_large_err,
        reason = "the error is the answer itself, made once a refused request"
    )]
    fn fault(&self, facts: Option<(String, i64)>) -> Result<Option<Fault>, HttpResponse> {
        let header = self.request.headers().get(FAULT_HEADER).map(|value| value.to_str().unwrap_or("?"));
        let asked = Asked { endpoint: self.endpoint, operation: &self.operation, facts, header };
        let invalid = |why| render(Some(&self.operation), &Answer::error("INVALID_REQUEST", why));
        self.bank.fault(&asked).map_err(invalid)
    }

    async fn perform<W>(&self, fault: Option<Fault>, work: W) -> HttpResponse
    where
        W: FnOnce(&Bank) -> Told + 'static,
    {
        match fault {
            None => self.answer(work(&self.bank), None).await,
            Some(Fault { before: false, kind }) => self.answer(work(&self.bank), Some(kind)).await,
            Some(Fault { before: true, kind: Kind::Late(ms) }) => match self.work_later(ms, work).await {
                Some(told) => self.answer(told, None).await,
                None => self.cut(&[]),
            },
            Some(Fault { before: true, kind: Kind::Hold }) => self.answer(work(&self.bank), None).await,
            Some(Fault { before: true, kind }) => {
                self.misbehave(kind, &Answer::error("INVALID_REQUEST", "")).await
            }
        }
    }

    /// Works after a while in a task of its own, so that the work is done even if the caller hangs up meanwhile.
    async fn work_later<W>(&self, ms: Option<u64>, work: W) -> Option<Told>
    where
        W: FnOnce(&Bank) -> Told + 'static,
    {
        let (bank, operation, wait) = (self.bank.clone(), self.operation.clone(), self.late(ms));
        bank.under_way(&operation, true);
        let task = actix_web::rt::spawn(async move {
            actix_web::rt::time::sleep(wait).await;
            let told = work(&bank);
            bank.under_way(&operation, false);
            told
        });
        task.await.ok()
    }

    fn late(&self, ms: Option<u64>) -> Duration {
        Duration::from_millis(ms.unwrap_or_else(|| self.bank.settings().late_ms))
    }

    /// Answers once it is on disk, with the fault that comes after the work.
    async fn answer(&self, told: Told, kind: Option<Kind>) -> HttpResponse {
        if let Err(closed) = self.bank.on_disk(&told).await {
            let failed = Answer::error("JOURNAL_FAILED", closed.to_string());
            return render(Some(&self.operation), &failed);
        }
        match kind {
            Some(kind) => self.misbehave(kind, &told.answer).await,
            None => render(Some(&self.operation), &told.answer),
        }
    }

    async fn misbehave(&self, kind: Kind, answer: &Answer) -> HttpResponse {
        match kind {
            Kind::Late(ms) => {
                actix_web::rt::time::sleep(self.late(ms)).await;
                render(Some(&self.operation), answer)
            }
            Kind::Never => std::future::pending().await,
            Kind::Drop => self.cut(&[]),
            Kind::Half => self.cut(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 300\r\n\r\n{\"operationId\":\""),
            Kind::Garbage => HttpResponse::Ok().content_type("application/json").body("\u{fffd}{\"outcome\":"),
            Kind::Error500 => HttpResponse::InternalServerError().body("Internal Server Error"),
            Kind::Hold => render(Some(&self.operation), answer),
        }
    }

    /// Cuts the connection; the response is for the framework only, its socket is closed.
    fn cut(&self, bytes: &[u8]) -> HttpResponse {
        if let Some(connection) = self.request.conn_data::<Connection>() {
            connection.cut_after(bytes);
        }
        HttpResponse::InternalServerError().finish()
    }
}

/// An answer as it goes out.
pub fn render(operation: Option<&str>, answer: &Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(Envelope { operation_id: operation, answer })
}
