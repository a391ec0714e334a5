//! `POST /v1/payees/{payeeId}/proposals`: proposes what takes two people: an adjustment, a write-off, or a reserve before its day.

use actix_web::HttpResponse;
use ledger_domain::ids::ProposalId;
use ledger_domain::money::Net;
use ledger_domain::settlement::{Deed, Wish};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::SettlementEventBody;
use crate::http::command::CommandRequest;
use crate::http::input::{Fault, Fields, raw};
use crate::http::problem::Problem;

/// Proposes what takes two people: an adjustment, a write-off, or a reserve before its day.
#[utoipa::path(post, path = "/v1/payees/{payeeId}/proposals", operation_id = "propose_decision", tag = "payees",
    params(("payeeId" = String, Path, description = "`mer_…`, `brn_…` or `agn_…`"),
           ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; never expires")),
    request_body = DecisionRequest,
    responses((status = 200, description = "Proposed; waits for another key", body = SettlementEventBody)),
    security(("apiKey" = [])))]
pub async fn handle(request: CommandRequest) -> Result<HttpResponse, Problem> {
    let fields = Fields::of_body(&request.body, &["kind", "amount", "closing", "reason", "document"])?;
    let deed = Deed::Propose {
        proposal_id: ProposalId::new(Uuid::now_v7()),
        wish: wish(&request.body)?,
        reason: fields.required("reason", |value| raw::text(value, 1, 200))?,
        document: fields.required("document", |value| raw::text(value, 1, 200))?,
    };
    super::operate(request, deed).await
}

/// What takes two people.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionRequest {
    /// ADJUSTMENT, WRITE_OFF, RESERVE_RELEASE.
    kind: String,
    /// Of ADJUSTMENT: above nothing in the payee's favour.
    amount: Option<i64>,
    /// Of the others: the closing's number.
    closing: Option<u32>,
    /// 1 to 200 characters.
    reason: String,
    /// Where the document behind it is filed, 1 to 200 characters; never a person's data.
    document: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Adjustment,
    WriteOff,
    ReserveRelease,
}

fn wish(body: &[u8]) -> Result<Wish, Problem> {
    const WORDS: &[&str] = &["ADJUSTMENT", "WRITE_OFF", "RESERVE_RELEASE"];
    const KINDS: &[Kind] = &[Kind::Adjustment, Kind::WriteOff, Kind::ReserveRelease];
    let fields = Fields::of_body(body, &["kind", "amount", "closing", "reason", "document"])?;
    let kind = fields.required("kind", |value| raw::word(value, WORDS, KINDS))?;
    // What belongs to another kind is unknown to this one.
    let own = if matches!(kind, Kind::Adjustment) { "amount" } else { "closing" };
    let fields = Fields::of_body(body, &["kind", own, "reason", "document"])?;
    Ok(match kind {
        Kind::Adjustment => Wish::Adjustment { amount: fields.required("amount", net)? },
        Kind::WriteOff => Wish::WriteOff { closing: fields.required("closing", closing)? },
        Kind::ReserveRelease => Wish::ReserveRelease { closing: fields.required("closing", closing)? },
    })
}

fn net(value: &RawValue) -> Result<Net, Fault> {
    Net::new(raw::whole(value)?).map_err(|_| Fault::TooLarge)
}

fn closing(value: &RawValue) -> Result<u32, Fault> {
    let number = raw::whole_within(value, 1, u32::MAX.into())?;
    u32::try_from(number).map_err(|_| Fault::TooLarge)
}
