//! A recorded command is not yet a success: what the payment says decides. Declined is 402, not attempted 502, not known
//! 504; never 200 for a failure.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use ledger_domain::ids::CancelId;
use ledger_domain::payment::{CancelStatus, Failure, PaymentStatus, PaymentView};

use super::body::PaymentBody;
use crate::catalogue::Code;
use crate::http::command::{Recorded, unknown};
use crate::http::problem::Problem;
use crate::ledger::{CommandResult, PaymentAt};

/// What a key-in led to.
pub fn approval(recorded: &Recorded) -> Result<HttpResponse, Problem> {
    let payment = payment(recorded)?;
    let failure = payment.view.failure.as_ref();
    match payment.view.status {
        PaymentStatus::Done | PaymentStatus::PartialCanceled => {
            Ok(rendered(recorded, payment, StatusCode::OK))
        }
        PaymentStatus::Canceled if failure.is_none() => Ok(rendered(recorded, payment, StatusCode::OK)),
        PaymentStatus::Canceled | PaymentStatus::Aborted => Err(told(recorded, payment, failed(failure))),
        PaymentStatus::Ready
        | PaymentStatus::InProgress
        | PaymentStatus::Unknown
        | PaymentStatus::Unresolved => Err(told(recorded, payment, unknown(recorded.command_id))),
    }
}

/// What a cancel led to. The answer names its cancel, also when it is told again.
pub fn cancel(recorded: &Recorded) -> Result<HttpResponse, Problem> {
    let payment = payment(recorded)?;
    let cancel = payment.view.cancels.iter().find(|cancel| Some(cancel.cancel_id) == payment.cancel);
    match cancel.map(|cancel| (cancel.status, cancel.failure.as_ref())) {
        Some((CancelStatus::Done, _)) => Ok(rendered(recorded, payment, StatusCode::OK)),
        Some((CancelStatus::Aborted, failure)) => Err(told(recorded, payment, cancel_failed(failure))),
        Some((CancelStatus::InProgress | CancelStatus::Unknown | CancelStatus::Unresolved, _)) | None => {
            Err(told(recorded, payment, unknown(recorded.command_id)))
        }
    }
}

/// What a change that needs nobody outside led to.
pub fn change(recorded: &Recorded) -> Result<HttpResponse, Problem> {
    Ok(rendered(recorded, payment(recorded)?, StatusCode::OK))
}

/// What an operator's word led to: 202 while it waits for a second key.
pub fn resolution(recorded: &Recorded, cancel: Option<CancelId>) -> Result<HttpResponse, Problem> {
    let payment = payment(recorded)?;
    let status = if is_open(&payment.view, cancel) { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok(rendered(recorded, payment, status))
}

fn is_open(view: &PaymentView, cancel: Option<CancelId>) -> bool {
    match cancel {
        None => view.status == PaymentStatus::Unresolved,
        Some(id) => view
            .cancels
            .iter()
            .any(|cancel| cancel.cancel_id == id && cancel.status == CancelStatus::Unresolved),
    }
}

fn payment(recorded: &Recorded) -> Result<&PaymentAt, Problem> {
    match &recorded.result {
        CommandResult::Payment(payment) => Ok(payment),
        CommandResult::Directory(_) | CommandResult::Settlement(_) => Err(Problem::new(Code::InternalError)),
    }
}

fn rendered(recorded: &Recorded, payment: &PaymentAt, status: StatusCode) -> HttpResponse {
    let mut response = HttpResponseBuilder::new(status);
    recorded.head(&mut response);
    response.json(PaymentBody::from(payment))
}

/// A failure that is in the ledger: it names its payment, and its position.
fn told(recorded: &Recorded, payment: &PaymentAt, problem: Problem) -> Problem {
    recorded.on(problem.member("paymentId", payment.view.payment_id.to_string()))
}

fn failed(failure: Option<&Failure>) -> Problem {
    match failure {
        Some(Failure::Declined { code, message }) => {
            Problem::new(Code::PaymentDeclined).acquirer(Some(code.clone()), Some(message.clone()))
        }
        Some(Failure::NotAttempted) => Problem::new(Code::PaymentNotAttempted),
        Some(Failure::NetCancelled) => Problem::new(Code::PaymentNetCanceled),
        Some(Failure::ResolvedAsNotDone) | None => Problem::new(Code::PaymentAborted),
    }
}

fn cancel_failed(failure: Option<&Failure>) -> Problem {
    match failure {
        Some(Failure::Declined { code, message }) => {
            Problem::new(Code::CancelDeclined).acquirer(Some(code.clone()), Some(message.clone()))
        }
        Some(Failure::NotAttempted) => Problem::new(Code::CancelNotAttempted),
        Some(Failure::NetCancelled | Failure::ResolvedAsNotDone) | None => Problem::new(Code::CancelNotDone),
    }
}
