//! `PATCH /v1/payments/{paymentId}/metadata`: up to 20 keys of the merchant's own on a payment, in whatever state it is. Keys that
//! are not named stay; an empty text takes a key away (`null` means "not given" throughout this API, so it cannot).

use std::collections::{BTreeMap, BTreeSet};

use actix_web::HttpResponse;
use ledger_domain::days::Moment;
use ledger_domain::ids::PaymentId;
use ledger_domain::payment::{ChangeMetadata, MAX_METADATA_VALUE};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::PaymentBody;
use super::outcome;
use crate::access::Caller;
use crate::catalogue::Code;
use crate::http::command::CommandRequest;
use crate::http::input::{Fields, raw};
use crate::http::problem::Problem;
use crate::ledger::ClientCommand;

/// A change of a payment's metadata.
#[derive(Serialize, ToSchema)]
pub struct MetadataRequest {
    /// Keys of 1 to 40 of `A-Z a-z 0-9 _ - .`, values of up to 500 characters; an empty value removes its key. Never a card
    /// number, never a person's data: what is recorded stays recorded.
    metadata: BTreeMap<String, String>,
}

/// Changes the merchant's own keys on a payment.
#[utoipa::path(patch, path = "/v1/payments/{paymentId}/metadata", operation_id = "change_metadata", tag = "payments",
    params(("paymentId" = String, Path),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = MetadataRequest,
    responses((status = 200, description = "Changed: the payment as it is then", body = PaymentBody),
              (status = 422, description = "Too many keys", body = crate::http::openapi::ProblemBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let change = parse(request.caller, &request.body, request.received_ms)?;
    let payment: PaymentId =
        request.segment("paymentId").parse().map_err(|_| Problem::new(Code::PaymentNotFound))?;
    outcome::change(&request.submit(ClientCommand::Metadata(payment, change), None).await?)
}

fn parse(caller: Caller, body: &[u8], received_ms: i64) -> Result<ChangeMetadata, Problem> {
    let fields = Fields::of_body(body, &["metadata"])?;
    let (mut set, mut removed) = (BTreeMap::new(), BTreeSet::new());
    for (key, value) in fields.texts("metadata", |value| raw::text(value, 0, MAX_METADATA_VALUE))? {
        if value.is_empty() {
            removed.insert(key);
        } else {
            set.insert(key, value);
        }
    }
    Ok(ChangeMetadata {
        merchant_id: caller.merchant()?,
        set,
        removed,
        // The owner puts the submission's own limit in its place.
        not_after: Moment::from_ms(received_ms),
    })
}
